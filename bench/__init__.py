"""Load on a real stack, as ratios against a limit measured in the same run."""
