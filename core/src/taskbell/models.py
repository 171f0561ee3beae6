"""Every table, imported: what migrate compares the database with."""

from taskbell.accounts import models as accounts
from taskbell.db import METADATA
from taskbell.digest import models as digest
from taskbell.events import models as events
from taskbell.events import triggers
from taskbell.feeds import models as feeds
from taskbell.filters import models as filters
from taskbell.idempotency import models as idempotency
from taskbell.installation import models as installation
from taskbell.jobs import models as jobs
from taskbell.labels import models as labels
from taskbell.lists import models as lists
from taskbell.notifications import models as notifications
from taskbell.push import models as push
from taskbell.reminders import models as reminders
from taskbell.tasks import models as tasks
from taskbell.transfer import models as transfer
from taskbell.webhooks import models as webhooks

__all__ = [
    "METADATA",
    "accounts",
    "digest",
    "events",
    "feeds",
    "filters",
    "idempotency",
    "installation",
    "jobs",
    "labels",
    "lists",
    "notifications",
    "push",
    "reminders",
    "tasks",
    "transfer",
    "webhooks",
]

triggers.attach(METADATA)
