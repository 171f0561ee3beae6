"""The handlers of all kinds of jobs, registered by being imported."""

from taskbell_worker.handlers import accounts, housekeeping, imports, reminders

__all__ = ["accounts", "housekeeping", "imports", "reminders"]
