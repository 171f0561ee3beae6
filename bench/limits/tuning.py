"""Tuning of the process: all that ours gets, the limit gets too."""

import gc


def settle() -> None:
    """Take what was made at start out of the collector's sight, as our API does."""
    gc.collect()
    gc.freeze()
