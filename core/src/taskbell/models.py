"""Every table, imported: what migrate compares the database with."""

from taskbell.accounts import models as accounts
from taskbell.db import METADATA
from taskbell.jobs import models as jobs
from taskbell.lists import models as lists
from taskbell.reminders import models as reminders
from taskbell.tasks import models as tasks

__all__ = ["METADATA", "accounts", "jobs", "lists", "reminders", "tasks"]
