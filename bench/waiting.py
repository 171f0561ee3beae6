"""Tasks with reminders that wait, put into a database by COPY."""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from bench.seed import Owner, copy_users, id_at

TASK_COLUMNS = (
    "id", "owner_id", "list_id", "title", "description", "priority", "position", "due_at",
    "time_zone", "reminders_count", "version", "created_at", "updated_at",
)  # fmt: skip
REMINDER_COLUMNS = (
    "id", "task_id", "owner_id", "at", "channels", "state", "next_fire_at", "version",
    "created_at", "updated_at",
)  # fmt: skip


async def copy_waiting(
    connection: Any,
    owners: Sequence[Owner],
    when: Callable[[], datetime],
    *,
    of_each: int = 1,
) -> None:
    """Add these people, their tasks, and so many reminders by mail of each task."""
    chance = random.Random(8)
    tasks: list[tuple[Any, ...]] = []
    reminders: list[tuple[Any, ...]] = []
    for owner in owners:
        for number in range(owner.tasks):
            at = when()
            task = id_at(at, chance)
            tasks.append((
                task, owner.id, owner.inbox, f"Task {number}", "", 4, f"0{number:09}",
                at + timedelta(hours=1), owner.zone, of_each, 1, at, at,
            ))  # fmt: skip
            for _ in range(of_each):
                at = when()
                reminders.append((
                    id_at(at, chance), task, owner.id, at, ["email"], "scheduled", at, 1, at, at,
                ))  # fmt: skip
    await copy_users(connection, owners)
    # without the look-up of each foreign key: all is right here
    await connection.execute("SET session_replication_role = replica")
    for table, columns, rows in (
        ("task", TASK_COLUMNS, tasks),
        ("reminder", REMINDER_COLUMNS, reminders),
    ):
        await connection.copy_records_to_table(table, records=rows, columns=columns, timeout=600)
