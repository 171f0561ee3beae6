"""Jobs that run once a day."""

from taskbell.jobs.kinds import Kind, Payload


class DailyPayload(Payload):
    """Nothing to say: the day is in the job's dedupe key."""


TRASH_PURGE = Kind("trash.purge", DailyPayload)
SESSION_PRUNE = Kind("session.prune", DailyPayload)
DAILY = (TRASH_PURGE, SESSION_PRUNE)
