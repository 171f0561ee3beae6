"""How Alembic compares the models with a database and writes what differs."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlmodel.sql.sqltypes import AutoString

from taskbell.clock import now
from taskbell.db import Timestamp
from taskbell_migrate import scripts

ID = "%Y%m%d_%H%M"

COMPARE: dict[str, Any] = {"compare_type": True, "compare_server_default": True}


def render_item(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """Write our own types as what they are: a revision must not change when the models do."""
    if kind == "type" and isinstance(item, Timestamp):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


def name_revision(
    _context: MigrationContext,
    _revision: str | Iterable[str | None] | Iterable[str],
    directives: list[MigrationScript],
) -> None:
    """Name a new revision after the minute it was made in, so that files sort by age."""
    directives[0].rev_id = free_id(scripts.directory().get_current_head() or "")


def free_id(head: str) -> str:
    """Return a revision id, YYYYMMDD_HHMM in UTC, that sorts after the one of `head`."""
    name = now().strftime(ID)
    if name <= head:
        after = datetime.strptime(head, ID).replace(tzinfo=UTC) + timedelta(minutes=1)
        name = after.strftime(ID)
    return name
