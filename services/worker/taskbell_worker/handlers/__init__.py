"""The handlers of all kinds of jobs, registered by being imported."""

from taskbell_worker.handlers import housekeeping, mail, reminders

__all__ = ["housekeeping", "mail", "reminders"]
