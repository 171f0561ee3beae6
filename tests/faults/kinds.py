"""Kinds of jobs that only these tests know. The worker that runs them is worker.py."""

from taskbell.jobs.kinds import Kind, Payload, RetryPolicy

EFFECTS_FILE = "FAULTS_EFFECTS_FILE"
"""Variable that names the file to which handlers append what they did."""


class Work(Payload):
    """Work for so long, then append a line to the file: an effect no rollback takes back."""

    work_ms: int = 5


class Nothing(Payload):
    """No fields."""


QUICK_RETRY = RetryPolicy(max_attempts=3, base_seconds=0.2, cap_seconds=1)

NOTE = Kind("fault.note", Work, retry=RetryPolicy(max_attempts=25))
RAISE = Kind("fault.raise", Nothing, retry=QUICK_RETRY)
FLAKY = Kind("fault.flaky", Work, retry=QUICK_RETRY)
"""Fails once, then does what a note does."""

DIE = Kind("fault.die", Nothing, retry=RetryPolicy(max_attempts=25))
"""Kills the process that runs it."""

HANG = Kind("fault.hang", Nothing, retry=QUICK_RETRY, timeout_seconds=0.5)
"""Never ends by itself."""
