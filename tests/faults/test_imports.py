"""Imports whose worker dies, and requests that are sent again when their API has died."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx

from taskbell_local.stack import Stack
from tests.faults.client import Client
from tests.faults.field import WORKERS
from tests.faults.waiting import until

ROWS = 3000
HEADER = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\n"
KEYS = 40


def todoist(rows: int) -> bytes:
    """A file of so many tasks, every fifth with a subtask."""
    return (
        HEADER
        + "".join(
            f"task,Task {number},,4,{2 if number % 5 == 4 else 1},,,,en,\n"
            for number in range(rows)
        )
    ).encode()


async def state_of(client: Client, import_id: str) -> dict[str, Any]:
    answer = await client.http.get(f"/imports/{import_id}")
    found: dict[str, Any] = answer.raise_for_status().json()
    return found


async def send(client: Client, data: bytes) -> str:
    answer = await client.http.post(
        "/imports",
        params={"source": "todoist", "filename": "Home.csv"},
        content=data,
        headers={"Content-Type": "text/csv"},
    )
    return str(answer.raise_for_status().json()["id"])


async def ended(client: Client, import_id: str) -> dict[str, Any]:
    async def over() -> bool:
        return (await state_of(client, import_id))["state"] in {"done", "failed"}

    await until(over, "the import has ended", timeout=90)
    return await state_of(client, import_id)


async def test_an_import_goes_on_when_its_worker_is_killed(whole: Stack) -> None:
    """Whoever takes it over begins where it was: each row is dealt with once."""
    client = await Client.sign_up(whole.gateway)
    data = todoist(ROWS)
    import_id = await send(client, data)
    for part in (1, 2):  # twice, in the middle of it

        async def under_way(least: int = part * 400) -> bool:
            return bool((await state_of(client, import_id))["done"] >= least)

        await until(under_way, "the import is under way", poll=0.02, timeout=60)
        assert (await state_of(client, import_id))["state"] == "running"
        for index in range(WORKERS):
            await asyncio.to_thread(whole.kill, "worker", index=index)
        await asyncio.to_thread(whole.start, "worker")
    found = await ended(client, import_id)
    assert (found["state"], found["total"], found["done"]) == ("done", ROWS, ROWS)
    assert found["created"] == ROWS, "none was met a second time"
    total = (await client.http.get("/tasks")).json()["total"]
    assert total == ROWS
    rows = (await client.http.get(f"/imports/{import_id}/rows", params={"per_page": 100})).json()
    assert rows["total"] == ROWS
    again = await ended(client, await send(client, data))
    assert (again["created"], again["duplicates"]) == (0, ROWS)
    await client.http.aclose()


async def insist(client: Client, port: int, others: list[int], number: int, key: str) -> str:
    """Add a task at one replica, and at the next ones until there is an answer."""
    body = {"title": f"Task {number}"}
    headers = {"Authorization": client.http.headers["Authorization"], "Idempotency-Key": key}
    ports = [port, *others]

    async def answered() -> str | None:
        at = ports[0]
        ports.append(ports.pop(0))
        try:
            async with httpx.AsyncClient(timeout=10) as http:
                answer = await http.post(
                    f"http://127.0.0.1:{at}/api/v1/tasks", json=body, headers=headers
                )
        except httpx.HTTPError:
            return None
        return str(answer.json()["id"]) if answer.status_code == httpx.codes.CREATED else None

    return str(await until(answered, f"task {number} is acknowledged", poll=0.05))


async def test_a_key_is_one_task_for_all_replicas_though_some_are_killed(whole: Stack) -> None:
    client = await Client.sign_up(whole.gateway)
    ports = list(whole.plan.api_ports)
    sent = [
        asyncio.create_task(insist(client, port, [p for p in ports if p != port], number, key))
        for number, key in enumerate(str(uuid4()) for _ in range(KEYS))
        for port in ports
    ]
    await asyncio.wait(sent, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.to_thread(whole.kill, "api", index=0)
    ids = await asyncio.gather(*sent)
    assert len(set(ids)) == KEYS
    assert (await client.http.get("/tasks")).json()["total"] == KEYS
    await client.http.aclose()
