"""Before anything is measured: ours and the limit give the same answers and the same rows."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from bench.cases import API, CREATE, Case, Person
from bench.load import COUNTER, Request
from bench.measure import Measurements
from bench.stage import Stage
from bench.targets import Target

HEADERS = ("content-type", "etag", "location")
OWN = {"id", "position", "created_at", "updated_at", "completed_at"}
"""What may differ between two rows made or changed in the same way."""


class DifferentError(RuntimeError):
    """The limit does not do what ours does."""


def verify(stage: Stage, ours: Target, limit: Target, readers: list[Person]) -> None:
    """Raise `DifferentError` unless both targets answer and write alike in every case."""
    for case in API:
        if not case.writes:
            for request in case.build(readers[:3], stage.chance)[:5]:
                _same(case, _send(ours, request), _send(limit, request))
    writers = stage.people(stage.writers)
    for case in API:
        if case.writes:
            _verify_write(stage, case, ours, limit, writers[0])


def _send(target: Target, request: Request, turn: int = 0) -> httpx.Response:
    raw = request.body.replace(COUNTER, f"{turn:08}").encode()
    headers = {"Authorization": f"Bearer {request.token}"}
    if raw:
        headers["Content-Type"] = "application/json"
    return httpx.request(
        request.method,
        f"http://127.0.0.1:{target.port}{request.path}",
        headers=headers,
        content=raw,
        timeout=30,
    )


def _same(case: Case, a: httpx.Response, b: httpx.Response) -> None:
    """Compare whole answers of two reads: every byte of the body, status, main headers."""
    if _plain(a) != _plain(b) or a.content != b.content:
        raise DifferentError(f"{case.name}: ours\n{_plain(a)}\nlimit\n{_plain(b)}")


def _plain(answer: httpx.Response) -> str:
    headers = [answer.headers.get(name) for name in HEADERS]
    return f"{answer.status_code} {headers}\n{answer.text}"


def _verify_write(stage: Stage, case: Case, ours: Target, limit: Target, person: Person) -> None:
    # two tasks that are alike in what the case looks at: both pending, both untouched
    pair = asyncio.run(_pending(stage, person.id))
    for turn in range(2):
        seen = []
        for target, task in zip((ours, limit), pair, strict=True):
            one = Person(person.id, person.token, [task])
            request = case.build([one], stage.chance)[turn if case is CREATE else 0]
            before = asyncio.run(_row(stage, task))
            answer = _send(target, request, turn)
            changed = UUID(answer.json()["id"])
            after = asyncio.run(_row(stage, changed))
            _answer_is_row(case, answer, after)
            _asked(case, request, answer, turn)
            seen.append(_effect(case, answer, before, after))
        if seen[0] != seen[1]:
            raise DifferentError(f"{case.name}: ours\n{seen[0]}\nlimit\n{seen[1]}")


def _effect(
    case: Case,
    answer: httpx.Response,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> list[Any]:
    """Return what must be alike: the answer's form and which columns got which values."""
    if case is CREATE:
        values = {name: value for name, value in after.items() if name not in OWN}
        values["priority"] = None  # each request asks for another one; compared above
    else:
        names = [name for name in after if after[name] != before[name]]
        values = {name: None for name in names if name != "priority"}
        values["version"] = after["version"] - before["version"]
        values["completed"] = after["completed_at"] is not None
    headers = [name for name in HEADERS if name in answer.headers]
    return [answer.status_code, headers, list(answer.json()), answer.headers["etag"][:1], values]


def _asked(case: Case, request: Request, answer: httpx.Response, turn: int) -> None:
    asked = json.loads(request.body) if request.body else {}
    for name in asked:
        if answer.json()[name] != asked[name].replace(COUNTER, f"{turn:08}"):
            raise DifferentError(f"{case.name}: {name} is not what was asked for")


def _answer_is_row(case: Case, answer: httpx.Response, row: Mapping[str, Any]) -> None:
    said = answer.json()
    for name in ("title", "description", "version", "time_zone", "reminders_count"):
        if said[name] != row[name]:
            raise DifferentError(f"{case.name}: the answer's {name} is not the row's")
    if said["completed"] != (row["completed_at"] is not None):
        raise DifferentError(f"{case.name}: the answer's completion is not the row's")


def written(stage: Stage) -> tuple[int, int]:
    """Return how many tasks there are, and the sum of their versions."""
    return asyncio.run(_written(stage))


async def _written(stage: Stage) -> tuple[int, int]:
    connection = await asyncpg.connect(stage.stack.database_url)
    try:
        row = await connection.fetchrow("SELECT count(*), sum(version)::bigint FROM task")
    finally:
        await connection.close()
    return row[0], row[1]


def check_written(before: tuple[int, int], after: tuple[int, int], found: Measurements) -> None:
    """Raise `DifferentError` unless every answered write is in the database.

    There may be more: what was answered after the load generator had stopped counting.
    """
    counts = {case: 0 for case in API if case.writes}
    for (key, _), series in found.items():
        for case in counts:
            if case.key == key:
                counts[case] += sum(sample.measured.requests for sample in series.samples)
    if after[0] - before[0] < counts[CREATE] or after[1] - before[1] < sum(counts.values()):
        raise DifferentError(f"writes are missing: {before} before, {after} after, {counts}")


async def _pending(stage: Stage, owner: UUID) -> list[UUID]:
    connection = await asyncpg.connect(stage.stack.database_url)
    try:
        rows = await connection.fetch(
            "SELECT id FROM task WHERE owner_id = $1 AND completed_at IS NULL AND version = 1"
            " AND title NOT LIKE 'Water the plants on%' ORDER BY id LIMIT 2",
            owner,
        )
    finally:
        await connection.close()
    return [row["id"] for row in rows]


async def _row(stage: Stage, task: UUID) -> dict[str, Any]:
    connection = await asyncpg.connect(stage.stack.database_url)
    try:
        return dict(await connection.fetchrow("SELECT * FROM task WHERE id = $1", task))
    finally:
        await connection.close()
