"""A database with many tasks: somebody with ten thousand of them among many others."""

import hashlib
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

EACH_OF_OTHERS = 50
MINE = 10_000
LISTS, LABELS = 16, 6


def _digest(words: str) -> UUID:
    return UUID(hashlib.md5(words.encode(), usedforsecurity=False).hexdigest())


ME, OTHER = _digest("user 1"), _digest("user 2")


def id_of(what: str, number: int, *, user: int = 1) -> UUID:
    """The id of a thing of mine, or of another user's: a list, a label or a task."""
    return _digest(f"{what} {user} {number}")


# Ids are digests of whose and which: of a user o the thing n. The tasks of a user lie scattered, as
# they do in a table that has grown for a year. Every tenth is a subtask; the last list is archived.
_PEOPLE = text("""
    INSERT INTO user_account (id, email, email_key, name, role, is_active, time_zone, locale,
        week_start, version, created_at, updated_at)
    SELECT md5('user ' || o)::uuid, o || '@e', o || '@e', '', 'user', true, 'Europe/Zurich', 'en',
        'monday', 1, now(), now()
    FROM generate_series(1, 1 + CAST(:others AS int)) AS o
""")
_LISTS = text("""
    INSERT INTO task_list (id, owner_id, name, is_inbox, position, version, created_at, updated_at,
        archived_at)
    SELECT md5('list ' || o || ' ' || n)::uuid, md5('user ' || o)::uuid, 'List ' || n, n = 0,
        '0' || n, 1, now(), now(), CASE WHEN n = CAST(:lists AS int) - 1 THEN now() END
    FROM generate_series(1, 1 + CAST(:others AS int)) AS o,
        generate_series(0, CAST(:lists AS int) - 1) AS n
""")
_LABELS = text("""
    INSERT INTO label (id, owner_id, name, name_key, version, created_at, updated_at)
    SELECT md5('label ' || o || ' ' || n)::uuid, md5('user ' || o)::uuid, 'label' || n,
        'label' || n, 1, now(), now()
    FROM generate_series(1, 1 + CAST(:others AS int)) AS o,
        generate_series(0, CAST(:labels AS int) - 1) AS n
""")
_TASKS = text("""
    INSERT INTO task (id, owner_id, list_id, parent_id, title, description, priority, label_names,
        position, completed_at, due_date, due_at, time_zone, rrule, repeat_anchor, repeat_start,
        occurrence, occurrence_number, subtasks_count, created_at, updated_at, deleted_at, trash_id,
        reminders_count, version)
    SELECT id, md5('user ' || o)::uuid, md5('list ' || o || ' ' || n / 10 % :lists)::uuid,
        CASE WHEN n % 10 = 3 THEN md5('task ' || o || ' ' || n - 1)::uuid END,
        (ARRAY['Buy', 'Call', 'Fix', 'Pay', 'Read', 'Write', 'Plan', 'Clean'])[1 + n % 8] || ' '
            || (ARRAY['milk', 'Anna', 'the roof', 'rent', 'the book', 'letters', 'holidays',
                'kitchen', 'windows'])[1 + n / 8 % 9] || ' ' || n,
        CASE WHEN n % 3 = 0 THEN repeat('What has to be done with it ', 4) ELSE '' END, 1 + n % 4,
        CASE WHEN n % 5 = 0 THEN 'label' || n / 5 % :labels ELSE '' END,
        '0' || lpad(n::text, 9, '0'), CASE WHEN n % 2 = 0 THEN now() END,
        CASE WHEN n % 7 = 1 THEN date '2026-11-01' + n % 100 END,
        CASE WHEN n % 7 = 2 THEN timestamptz '2026-11-01Z' + n * interval '13 minutes' END,
        'Europe/Zurich', CASE WHEN n % 70 = 1 THEN 'FREQ=DAILY' END,
        CASE WHEN n % 70 = 1 THEN 'schedule' END, CASE WHEN n % 70 = 1 THEN '2026-11-01' END,
        CASE WHEN n % 70 = 1 THEN '2026-11-20' END, CASE WHEN n % 70 = 1 THEN 20 END,
        CASE WHEN n % 10 = 2 THEN 1 ELSE 0 END, now() - n * interval '1 minute',
        now() - n % 997 * interval '1 minute', gone, CASE WHEN gone IS NOT NULL THEN id END, 0, 3
    FROM (
        SELECT o, n, md5('task ' || o || ' ' || n)::uuid AS id,
            -- half a percent has lain there for longer than the trash is kept
            CASE WHEN n % 50 = 9 THEN now() - CASE WHEN n % 200 = 9 THEN interval '31 days'
                ELSE interval '1 day' END END AS gone
        FROM (
            SELECT 1 AS o, n FROM generate_series(1, CAST(:mine AS int)) AS n
            UNION ALL
            SELECT o, n FROM generate_series(2, 1 + CAST(:others AS int)) AS o,
                generate_series(1, CAST(:each AS int)) AS n
        ) AS numbered
        ORDER BY hashint4(o * 16384 + n)
    ) AS made
""")
_CHANGES = text("""
    INSERT INTO task_activity (task_id, version, actor_id, via, action, at, before, after)
    SELECT id, 2 + again, owner_id, 'web', 'updated', now(), '{"title": "x"}', '{"title": "y"}'
    FROM task, generate_series(0, 1) AS again WHERE priority = 1
""")
_DONE = text("""
    INSERT INTO task_completion (id, task_id, occurrence, outcome, at)
    SELECT gen_random_uuid(), id, '2026-10-' || 10 + done, 'completed', now()
    FROM task, generate_series(0, 19) AS done WHERE rrule IS NOT NULL
""")


async def fill(owner: AsyncConnection, *, others: int) -> None:
    """Add `MINE` tasks of `ME`, and `others` of other people; commits nothing."""
    values = {
        "others": others // EACH_OF_OTHERS, "mine": MINE, "each": EACH_OF_OTHERS,
        "lists": LISTS, "labels": LABELS,
    }  # fmt: skip
    for statement in (_PEOPLE, _LISTS, _LABELS, _TASKS, _CHANGES, _DONE):
        wanted = {name: values[name] for name in statement._bindparams}
        await owner.execute(statement, wanted)
