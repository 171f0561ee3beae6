"""How long and how often to measure."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Options:
    """`seconds` is the length of one measurement, `warm` of the warm-up before the first round."""

    rounds: int = 5
    seconds: int = 3
    warm: int = 1
    connections: int = 32
    users: int = 20
    large_rows: int = 1_000_000
    pgbench_seconds: int = 3
    jobs: int = 3000
    singles: int = 120
    job_rounds: int = 3
    reminders: int = 10_000
    streams: int = 2000
    starts: int = 3

    def changed(self, **given: int | None) -> "Options":
        """Return these options with what was given on the command line."""
        return replace(self, **{name: value for name, value in given.items() if value})


QUICK = Options(
    rounds=2, seconds=1, large_rows=100_000, pgbench_seconds=1, jobs=500, singles=30,
    job_rounds=1, reminders=500, streams=200, starts=1,
)  # fmt: skip
