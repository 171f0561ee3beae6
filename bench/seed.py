"""Users with lists, labels and tasks, put into a database by COPY.

Rows lie in the order of their creation, so that one user's tasks are spread over the whole table,
as they are in a real one. Times of due keep away from now: nothing becomes overdue meanwhile.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg

YEAR = timedelta(days=365)
ZONES = ("UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata", "Australia/Sydney")
WORDS = (
    "pay", "water", "call", "book", "check", "plan", "write", "mend", "order", "fetch", "sort",
    "clean", "paint", "read", "print", "move", "rent", "plants", "dentist", "train", "report",
    "garden", "bicycle", "letter", "groceries", "kitchen", "tickets", "invoice", "photos",
    "window", "boiler", "insurance", "passport", "present", "curtains", "shelves", "battery",
    "school", "library",
)  # fmt: skip
RARE_WORD = "aquarium"
"""In one title of a hundred, where the others are in one of five."""

USER_COLUMNS = (
    "id", "email", "email_key", "name", "role", "is_active", "time_zone", "version",
    "created_at", "updated_at", "email_verified_at",
)  # fmt: skip
LIST_COLUMNS = ("id", "owner_id", "name", "is_inbox", "version", "created_at", "updated_at")
LABEL_COLUMNS = ("id", "owner_id", "name", "name_key", "version", "created_at", "updated_at")
TASK_COLUMNS = (
    "id", "owner_id", "list_id", "title", "description", "priority", "label_names", "position",
    "completed_at", "due_date", "due_at", "time_zone", "start_date", "reminders_count", "version",
    "created_at", "updated_at", "deleted_at",
)  # fmt: skip
LISTS = ("Home", "Work", "Garden")
"""Of each user, besides the inbox; a quarter of the tasks is in each of these four."""

LABELS = ("phone", "errand", "waiting", "someday", "quick")
LABELLED = 0.2
"""The share of tasks that have one of them."""


@dataclass(frozen=True)
class Owner:
    """A user to be, with so many tasks."""

    id: UUID
    inbox: UUID
    name: str
    zone: str
    tasks: int

    def list_id(self, name: str) -> UUID:
        """Return the id of one of `LISTS`."""
        return uuid5(self.id, f"list {name}")


def make_owners(count: int, tasks: int, *, name: str, chance: random.Random) -> list[Owner]:
    """Return `count` users of `tasks` tasks each, in various time zones."""
    born = datetime.now(UTC) - YEAR
    return [
        Owner(
            id_at(born, chance), id_at(born, chance), f"{name}{number}",
            ZONES[number % len(ZONES)], tasks,
        )
        for number in range(count)
    ]  # fmt: skip


def id_at(moment: datetime, chance: random.Random) -> UUID:
    """Return a UUIDv7 of a moment (RFC 9562 §5.7)."""
    milliseconds = int(moment.timestamp() * 1000)
    noise = chance.getrandbits(74)
    return UUID(
        int=milliseconds << 80 | 7 << 76 | (noise >> 62) << 64 | 2 << 62 | noise & (2**62 - 1)
    )


async def seed(admin_url: str, owners: Sequence[Owner], chance: random.Random) -> None:
    """Fill a database with these users, and leave it vacuumed and analysed."""
    connection = await asyncpg.connect(admin_url)
    try:
        await copy_users(connection, owners)
        await _copy_places(connection, owners)
        # without the look-up of each foreign key and the upkeep of indexes: all is right here
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET maintenance_work_mem = '512MB'")
        indexes = await _drop_indexes(connection)
        await connection.copy_records_to_table(
            "task", records=_task_rows(owners, chance), columns=TASK_COLUMNS, timeout=600
        )
        for definition in indexes:
            await connection.execute(definition, timeout=600)
    finally:
        await connection.close()
    await vacuum(admin_url)


async def vacuum(admin_url: str) -> None:
    """Make a database as autovacuum would leave it after a quiet hour."""
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("VACUUM ANALYZE", timeout=600)
        await connection.execute("CHECKPOINT", timeout=600)
    finally:
        await connection.close()


def email_of(owner: Owner) -> str:
    """Return the address a user is given."""
    return f"{owner.name}.{owner.id.hex[-8:]}@example.com"


async def copy_users(connection: Any, owners: Sequence[Owner]) -> None:
    """Add these users and their inboxes."""
    born = datetime.now(UTC) - YEAR
    emails = {owner.id: email_of(owner) for owner in owners}
    users = [
        (
            one.id,
            emails[one.id],
            emails[one.id],
            one.name,
            "user",
            True,
            one.zone,
            1,
            born,
            born,
            born,
        )
        for one in owners
    ]
    inboxes = [(one.inbox, one.id, "Inbox", True, 1, born, born) for one in owners]
    await connection.copy_records_to_table("user_account", records=users, columns=USER_COLUMNS)
    await connection.copy_records_to_table("task_list", records=inboxes, columns=LIST_COLUMNS)


async def _copy_places(connection: Any, owners: Sequence[Owner]) -> None:
    born = datetime.now(UTC) - YEAR
    lists = [
        (one.list_id(name), one.id, name, False, 1, born, born) for one in owners for name in LISTS
    ]
    labels = [
        (uuid5(one.id, f"label {name}"), one.id, name, name, 1, born, born)
        for one in owners
        for name in LABELS
    ]
    await connection.copy_records_to_table("task_list", records=lists, columns=LIST_COLUMNS)
    await connection.copy_records_to_table("label", records=labels, columns=LABEL_COLUMNS)


async def _drop_indexes(connection: Any) -> list[str]:
    """Drop the task table's indexes but the primary key; return how to make them again."""
    rows = await connection.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition"
        " FROM pg_index WHERE indrelid = 'task'::regclass AND NOT indisprimary AND NOT indisunique"
    )
    for row in rows:
        await connection.execute(f"DROP INDEX {row['name']}")
    return [row["definition"] for row in rows]


def _task_rows(owners: Sequence[Owner], chance: random.Random) -> Iterator[tuple[Any, ...]]:
    order = [owner for owner in owners for _ in range(owner.tasks)]
    chance.shuffle(order)
    now = datetime.now(UTC)
    step = (YEAR - timedelta(days=1)) / len(order)
    titles = [_words(chance, 40) for _ in range(2000)]
    titles[:20] = [f"{title} {RARE_WORD}" for title in titles[:20]]
    descriptions = [_words(chance, 200) for _ in range(500)]
    places = {one.id: (one.inbox, *(one.list_id(name) for name in LISTS)) for one in owners}
    for number, owner in enumerate(order):
        created = now - YEAR + step * number
        done = created + timedelta(hours=1) if chance.random() < 0.3 else None
        due_date, due_at = _due(now, chance)
        yield (
            id_at(created, chance), owner.id, places[owner.id][int(chance.random() * 4)],
            titles[int(chance.random() * 2000)],
            descriptions[int(chance.random() * 500)] if chance.random() < 0.25 else "",
            1 + int(chance.random() * 4),
            chance.choice(LABELS) if chance.random() < LABELLED else "", f"0{number:09}",
            done, due_date, due_at, owner.zone, None, 0, 1 if done is None else 2, created,
            done or created, None,
        )  # fmt: skip


def _due(now: datetime, chance: random.Random) -> tuple[date | None, datetime | None]:
    """Half are due: a quarter on a date, a quarter at an instant, up to half a year from now."""
    if chance.random() < 0.5:
        return None, None
    away = timedelta(minutes=3 * 1440 + int(chance.random() * 180 * 1440))
    at = now + away if chance.random() < 0.5 else now - away
    if chance.random() < 0.5:
        return at.date(), None
    return None, at.replace(second=0, microsecond=0)


def _words(chance: random.Random, length: int) -> str:
    text = ""
    while len(text) < length:
        text += chance.choice(WORDS) + " "
    return text.strip().capitalize()
