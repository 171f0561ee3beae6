"""Who sends the requests: their tokens, their tasks, and cursors from the middle of their list."""

from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import uuid5

import asyncpg
import httpx
from pydantic import SecretStr

from bench.cases import TASKS, Person
from bench.seed import Owner
from taskbell.accounts.models import User
from taskbell.accounts.tokens import TokenKeys
from taskbell.clock import now
from taskbell.settings import TokenSettings
from taskbell_local.stack import Stack

PER_PAGE = 20


async def look_up(stack: Stack, owners: Sequence[Owner], database_url: str = "") -> list[Person]:
    """Return these users with a session and access token (15 minutes) each, and their tasks."""
    environment = stack.environment()
    keys = TokenKeys(
        TokenSettings(
            taskbell_env="local",
            public_url=environment["PUBLIC_URL"],
            jwt_secret=SecretStr(environment["JWT_SECRET"]),
        )
    )
    connection = await asyncpg.connect(database_url or stack.database_url)
    try:
        rows = await connection.fetch(
            "SELECT owner_id, array_agg(id) AS tasks FROM task WHERE owner_id = ANY($1)"
            " GROUP BY owner_id",
            [owner.id for owner in owners],
        )
        # the same in each database: a token may be sent to both
        sessions = {owner.id: uuid5(owner.id, "bench") for owner in owners}
        await connection.executemany(
            "INSERT INTO auth_session (id, user_id, user_agent, created_at, last_used_at,"
            " expires_at) VALUES ($1, $2, 'bench', now(), now(), now() + interval '1 day')"
            " ON CONFLICT DO NOTHING",
            [(session_id, user_id) for user_id, session_id in sessions.items()],
        )
    finally:
        await connection.close()
    tasks = {row["owner_id"]: row["tasks"] for row in rows}
    return [
        Person(
            one.id,
            keys.issue(User(id=one.id, email="", email_key=""), sessions[one.id]),
            tasks.get(one.id, []),
        )
        for one in owners
    ]


def add_pages(port: int, people: Sequence[Person]) -> None:
    """Give each person a page by cursor: pending, due before today, from the middle of it."""
    # midnight: tasks due on a date and those due at an instant are both cut off there
    before = now().replace(hour=0, minute=0, second=0, microsecond=0).isoformat()
    wanted = {"status": "pending", "due_before": before.replace("+00:00", "Z")}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        for person in people:
            headers = {"Authorization": f"Bearer {person.token}"}
            query: dict[str, str] = {**wanted, "per_page": "100"}
            answer = client.get(TASKS, params=query, headers=headers).raise_for_status().json()
            half = answer["total"] // 2
            while half > 100:
                query["cursor"] = answer["next_cursor"]
                answer = client.get(TASKS, params=query, headers=headers).raise_for_status().json()
                half -= 100
            query["per_page"] = str(max(1, half))
            answer = client.get(TASKS, params=query, headers=headers).raise_for_status().json()
            page = {**wanted, "cursor": answer["next_cursor"], "per_page": str(PER_PAGE)}
            person.pages[:] = [f"{TASKS}?{urlencode(page)}"]
