"""The handlers of all kinds of jobs, registered by being imported."""

from taskbell_worker.handlers import (
    accounts,
    digest,
    housekeeping,
    imports,
    push,
    reminders,
    test_notification,
    webhook_tests,
    webhooks,
)

__all__ = [
    "accounts",
    "digest",
    "housekeeping",
    "imports",
    "push",
    "reminders",
    "test_notification",
    "webhook_tests",
    "webhooks",
]
