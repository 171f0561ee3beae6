"""What Postgres does for the statements that a piece of code sends."""

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass
class Plan:
    """How one statement is answered, or several: what is read whole, and by which indexes."""

    read_whole: set[str] = field(default_factory=set)
    indexes: set[str] = field(default_factory=set)
    buffers: int = 0
    """Pages of tables and indexes that were looked at, each as often as it was."""

    statements: list[str] = field(default_factory=list)

    def add(self, statement: str, explained: dict[str, Any]) -> None:
        top = explained["Plan"]
        self.statements.append(statement)
        self.buffers += top.get("Shared Hit Blocks", 0) + top.get("Shared Read Blocks", 0)
        self._walk(top)

    def _walk(self, node: dict[str, Any]) -> None:
        if node["Node Type"] == "Seq Scan":
            self.read_whole.add(node["Relation Name"])
        if "Index Name" in node:
            self.indexes.add(node["Index Name"])
        for below in node.get("Plans", ()):
            self._walk(below)


@contextmanager
def _sent(session: AsyncSession) -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements that a session sends."""
    connection = session.get_bind()
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        found.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(connection, "before_cursor_execute", note)


async def plan_of(
    session: AsyncSession,
    act: Callable[[], Awaitable[object]],
    *,
    generic: bool = False,
    run: bool = False,
) -> Plan:
    """Return the plans of all that `act` sends by this session.

    `generic`: as it is planned without knowing the values, which Postgres does after five times if
    it finds that as cheap. `run`: run each statement once more, to count its buffers; not for those
    that write.
    """
    with _sent(session) as sent:
        await act()
    connection = await session.connection()
    mode = "force_generic_plan" if generic else "force_custom_plan"
    await connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {mode}")
    how = "ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON" if run else "FORMAT JSON"
    plan = Plan()
    for statement, values in sent:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "SET")):
            await connection.exec_driver_sql(f"PREPARE explained AS {statement}")
            answer = await connection.exec_driver_sql(
                f"EXPLAIN ({how}) EXECUTE explained{_arguments(values)}"
            )
            await connection.exec_driver_sql("DEALLOCATE explained")
            told = answer.scalar_one()
            plan.add(statement, (json.loads(told) if isinstance(told, str) else told)[0])
    return plan


def _arguments(values: Any) -> str:
    if not values:
        return ""
    return "(" + ", ".join(_literal(one) for one in values) + ")"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (list, tuple)):
        return "ARRAY[" + ", ".join(_literal(one) for one in value) + "]"
    if isinstance(value, dict):
        value = json.dumps(value)
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'"
