"""`GET /events` inside one process; through real connections it is in tests/e2e/test_events.py."""

import asyncio
import socket
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from taskbell.db import Database
from taskbell.events import service as events
from taskbell_api.app import create_app
from taskbell_api.deps import Services
from taskbell_api.live import hub, stream
from taskbell_api.settings import ApiSettings

from .conftest import Person
from .listening import Listener
from .test_authorisation import ENDED, make_true


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do each second what is done every ten or fifteen."""
    for name in ("POLL_TICKS", "HEARTBEAT_TICKS", "CHECK_TICKS"):
        monkeypatch.setattr(hub, name, 1)


async def test_one_is_told_at_once(app: FastAPI, ada: Person) -> None:
    async with Listener(app, ada) as page:
        (ready,) = page.told
        assert (ready.event, ready.data) == ("ready", {"user_id": ada.id})
        assert page.text.startswith("retry: 2000\n\n")
        task = await ada.task()
        await page.until(lambda: page.changes)
        await ada.patch(f"/tasks/{task['id']}", json={"title": "x"})
        await page.until(lambda: len(page.changes) > 1)
        await ada.delete(f"/tasks/{task['id']}?permanent=true")
        await page.until(lambda: page.changes[-1][1] == "deleted")
    changes = [one.data for one in page.told[1:]]
    seen = [(one["kind"], one["id"], one["action"], one["version"]) for one in changes]
    assert list(dict.fromkeys(seen)) == [
        ("task", task["id"], "created", 1),
        ("task", task["id"], "updated", 2),
        ("task", task["id"], "deleted", 2),
    ]
    assert set(changes[0]) == {"kind", "id", "action", "version", "at"}, "none of its contents"


async def test_nobody_is_told_of_others(app: FastAPI, ada: Person, bob: Person) -> None:
    async with Listener(app, ada) as hers, Listener(app, bob) as his:
        theirs = await ada.task()
        await hers.until(lambda: hers.changes)
        mine = await bob.task()
        await his.until(lambda: his.changes)
    assert hers.ids == [theirs["id"]]
    assert his.ids == [mine["id"]]


async def test_all_pages_of_somebody_are_told_the_same(app: FastAPI, ada: Person) -> None:
    async with AsyncExitStack() as exits:
        pages = [await exits.enter_async_context(Listener(app, ada)) for _ in range(5)]
        await ada.task()
        for page in pages:
            await page.until_changes(1)
        assert len({page.text.split("event: change")[1] for page in pages}) == 1


# --- going on where one was -----------------------------------------------------------------------


async def test_what_was_missed_is_told_first(app: FastAPI, ada: Person) -> None:
    async with Listener(app, ada) as page:
        first = await ada.task()
        await page.until(lambda: page.changes)
    missed = [(await ada.task())["id"] for _ in range(3)]
    async with Listener(app, ada, last_event_id=page.last_id) as again:
        await again.until(lambda: len(again.changes) == 3)
        assert again.told[0].id == page.last_id, "until they are told"
        last = await ada.task()
        await again.until(lambda: len(again.changes) == 4)
    assert again.ids == [*missed, last["id"]]
    assert first["id"] not in again.ids
    async with Listener(app, ada, last_event_id=again.last_id) as quiet:
        await asyncio.sleep(0.2)
    assert quiet.changes == []


async def test_whoever_is_cut_off_among_changes_gets_the_rest(app: FastAPI, ada: Person) -> None:
    async with Listener(app, ada) as page:
        pass
    made = [(await ada.task())["id"] for _ in range(4)]
    async with Listener(app, ada, last_event_id=page.last_id) as again:
        await again.until_changes(4)
    for number in range(4):
        known = again.told[1 + number].id
        async with Listener(app, ada, last_event_id=known) as later:
            await later.until_changes(3 - number)
            await asyncio.sleep(0.05)
        assert later.ids == made[1 + number :]


async def test_whoever_is_cut_off_among_changes_of_one_request_gets_all_of_them_again(
    app: FastAPI, ada: Person
) -> None:
    async with Listener(app, ada) as page:
        pass
    batch = {"operations": [{"op": "create", "task": {"title": str(n)}} for n in range(3)]}
    await ada.post("/tasks/batch", json=batch)
    async with Listener(app, ada, last_event_id=page.last_id) as again:
        await again.until(lambda: len(again.changes) == 3)
    assert [one.id == page.last_id for one in again.told] == [True, True, True, False]


@pytest.mark.parametrize("word", ["", "x", "7", "zz-1-2-3", "zz-1-2", "🔔", "a" * 3000])
async def test_an_id_that_is_not_known_means_to_load_everything(
    app: FastAPI, ada: Person, word: str
) -> None:
    async with Listener(app, ada, last_event_id=word) as page:
        await page.until(lambda: len(page.told) == 2)
        await ada.task()
        await page.until(lambda: page.changes)
    assert [one.event for one in page.told] == ["ready", "reset", "change"]
    assert page.told[0].id == page.told[1].id


async def test_reading_without_following(ada: Person) -> None:
    answer = await ada.get("/events?follow=false")
    assert answer.headers["content-type"].startswith("text/event-stream")
    position = answer.text.split("id: ")[1].split("\n")[0]
    task = await ada.task()
    answer = await ada.get("/events?follow=false", headers={"Last-Event-ID": position})
    assert answer.text.count("event: change") == 1
    assert task["id"] in answer.text


# --- who may listen, and how long -----------------------------------------------------------------


async def test_a_program_is_told_of_what_it_may_read(app: FastAPI, ada: Person) -> None:
    program = await ada.program("tasks:read")
    both = await ada.program("tasks:read", "account:read")
    async with Listener(app, program) as one, Listener(app, both) as other:
        await ada.patch("/users/me", json={"name": "Ada L."})
        await ada.post("/feeds", json={"name": "Phone"})
        await ada.task()
        await one.until(lambda: one.changes)
        await other.until(lambda: len(other.changes) > 1)
    assert one.changes == [("task", "created")]
    assert other.changes == [("account", "updated"), ("task", "created")]


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("how", ENDED)
async def test_it_ends_with_the_sign_in(
    app: FastAPI, ada: Person, bob: Person, database: Database, how: str
) -> None:
    async with Listener(app, ada) as hers, Listener(app, bob) as his:
        await make_true(database, ENDED[how], ada)
        await hers.until(lambda: hers.is_over)
        assert not his.is_over
    assert "retry: " in hers.text.split("user_id")[1], "and says when to come back"
    async with Listener(app, ada) as refused:
        assert refused.status == 401


@pytest.mark.usefixtures("hurry")
async def test_it_ends_with_the_api_token(app: FastAPI, ada: Person) -> None:
    kept, revoked = await ada.program("tasks:read"), await ada.program("tasks:read")
    async with Listener(app, kept) as going_on, Listener(app, revoked) as ending:
        newest = (await ada.get("/tokens")).json()["items"][0]["id"]
        await ada.delete(f"/tokens/{newest}")
        await ending.until(lambda: ending.is_over)
        assert not going_on.is_over


@pytest.mark.usefixtures("hurry")
async def test_administrators_change_others(app: FastAPI, ada: Person, admin: Person) -> None:
    async with Listener(app, ada) as page:
        await admin.patch(f"/users/{ada.id}", json={"role": "admin"})
        await page.until(lambda: page.changes)
        await admin.patch(f"/users/{ada.id}", json={"is_active": False})
        await page.until(lambda: page.is_over)
    assert page.changes[0] == ("account", "updated")


async def test_a_user_has_a_limit(
    app: FastAPI, ada: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MOST_OF_A_USER", 2)
    async with Listener(app, ada), Listener(app, ada):
        async with Listener(app, ada) as refused:
            assert refused.status == 429
            assert "too_many_streams" in refused.text
        async with Listener(app, bob) as other:
            assert other.status == 200
    async with Listener(app, ada) as again:
        assert again.status == 200


async def test_a_process_has_a_limit(
    app: FastAPI, ada: Person, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "MOST_STREAMS", services.hub.open_streams + 1)
    async with Listener(app, ada), Listener(app, ada) as refused:
        assert refused.status == 503
        assert "streams_full" in refused.text


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.usefixtures("hurry")
async def test_it_shows_that_it_lives(app: FastAPI, ada: Person) -> None:
    async with Listener(app, ada) as page:
        await page.until(lambda: ": heartbeat\nid: " in page.text)
    before = len(page.told)
    task = await ada.task()
    async with Listener(app, ada, last_event_id=page.last_id) as again:
        await again.until(lambda: again.changes)
    assert (before, again.ids) == (1, [task["id"]])


async def test_who_reads_too_slowly_is_cut_off_and_holds_up_nobody(
    app: FastAPI, ada: Person, services: Services
) -> None:
    async with Listener(app, ada) as slow, Listener(app, ada) as quick:
        slow.stop_reading()
        await ada.task()
        await quick.until(lambda: quick.changes)
        await ada.task()
        await quick.until(lambda: len(quick.changes) == 2)
        slow.read_on()
        await slow.until(lambda: slow.is_over)
    assert slow.changes == []
    async with Listener(app, ada, last_event_id=slow.last_id) as again:
        await again.until(lambda: len(again.changes) == 2)
    assert services.hub.open_streams == 0


async def test_a_process_that_is_about_to_end_takes_no_stream(app: FastAPI, ada: Person) -> None:
    async with Listener(app, ada, state={stream.DRAINING: True}) as page:
        await page.until(lambda: page.is_over)
    assert page.text.startswith("retry: ")
    assert page.told == []


async def test_a_process_that_ends_says_good_bye(app: FastAPI, ada: Person) -> None:
    async with Listener(app, ada) as page:
        page.state[stream.END_STREAM]()
        assert page.is_over


async def test_without_redis_it_looks_by_itself(
    settings: ApiSettings, ada: Person, database: Database
) -> None:
    """Also for what other processes change."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = f"redis://127.0.0.1:{free.getsockname()[1]}"
    app = create_app(ApiSettings(**(settings.model_dump() | {"redis_url": away})))
    async with Listener(app, ada) as page:
        async with database.transaction() as session:
            await session.execute(
                text("UPDATE user_account SET name = 'x' WHERE id = :id"), {"id": ada.id}
            )
        await page.until(lambda: page.changes)
    await app.state.services.close()


async def test_two_processes(settings: ApiSettings, app: FastAPI, ada: Person) -> None:
    other = create_app(settings)
    async with Listener(other, ada) as page:
        # its ears take a moment; before, it looks each second
        for number in range(3):
            await ada.task()
            await page.until_changes(number + 1)
    await other.state.services.close()


async def test_the_end_of_the_application_ends_its_streams(
    settings: ApiSettings, ada: Person
) -> None:
    app = create_app(settings)
    async with Listener(app, ada) as page:
        await app.state.services.close()
        assert page.is_over


async def test_very_many_changes_are_a_reset(
    app: FastAPI, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Listener(app, ada) as page:
        pass

    async def few(*given: Any) -> Any:
        return await read(*given, most=2)

    read = events.read
    monkeypatch.setattr(events, "read", few)
    for _ in range(3):
        await ada.task()
    async with Listener(app, ada, last_event_id=page.last_id) as again:
        await again.until(lambda: len(again.told) > 1)
    assert [one.event for one in again.told] == ["ready", "reset"]
