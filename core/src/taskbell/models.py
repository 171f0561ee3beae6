"""Every table, imported: what migrate compares the database with."""

from taskbell.accounts import models as accounts
from taskbell.db import METADATA
from taskbell.feeds import models as feeds
from taskbell.filters import models as filters
from taskbell.idempotency import models as idempotency
from taskbell.jobs import models as jobs
from taskbell.labels import models as labels
from taskbell.lists import models as lists
from taskbell.reminders import models as reminders
from taskbell.tasks import models as tasks
from taskbell.transfer import models as transfer

__all__ = [
    "METADATA",
    "accounts",
    "feeds",
    "filters",
    "idempotency",
    "jobs",
    "labels",
    "lists",
    "reminders",
    "tasks",
    "transfer",
]
