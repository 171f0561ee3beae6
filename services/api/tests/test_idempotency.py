"""`Idempotency-Key`: sent twice, done once, whatever goes wrong in between."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from taskbell.db import Database
from taskbell_api.access import check_declared
from taskbell_api.app import ROUTERS
from taskbell_api.idempotency import CreatesTasks, check_routes
from taskbell_local.ports import free_port

from .conftest import Belongings, MakeApi, NewPerson, Person, assert_problem
from .operations import NEW_TASK, OPERATIONS, Operation
from .test_authorisation import ENDED, call, make_true
from .test_statements import EXPECTED, Statements, T
from .test_statements import counted as counted

KEY = "Idempotency-Key"
REPLAYED = "idempotency-replayed"
BODY = {"offset_minutes": 30}


@pytest.fixture
def keyed(app: FastAPI) -> list[Operation]:
    """The operations that say that they take a key."""
    paths = app.openapi()["paths"]
    found = []
    for one in OPERATIONS:
        described = paths[one.path][one.method.lower()]
        if KEY in {each["name"] for each in described.get("parameters", ())}:
            found.append(one)
    return found


@pytest_asyncio.fixture
async def url(ada: Person) -> str:
    """Where Ada adds a reminder."""
    return f"/tasks/{(await ada.task(**NEW_TASK))['id']}/reminders"


async def add(
    person: Person, url: str, key: str = "k", body: Any = BODY, **options: Any
) -> httpx.Response:
    return await person.post(url, json=body, headers={KEY: key}, **options)


async def reminders(person: Person, url: str) -> int:
    total: int = (await person.get(url)).json()["total"]
    return total


async def kept(database: Database, person: Person) -> int:
    async with database.transaction() as session:
        found = await session.scalar(
            text("SELECT count(*) FROM idempotency_key WHERE owner_id = :user"), {"user": person.id}
        )
        return int(found or 0)


def assert_replayed(again: httpx.Response, first: httpx.Response) -> None:
    assert (again.status_code, again.content) == (first.status_code, first.content)
    for name in ("location", "etag", "content-type", "cache-control"):
        assert again.headers.get(name) == first.headers.get(name), name
    assert (first.headers.get(REPLAYED), again.headers.get(REPLAYED)) == (None, "true")


@asynccontextmanager
async def held_back(database: Database, url: str) -> AsyncIterator[None]:
    """Let requests about a task wait, by holding its row."""
    async with database.transaction() as session:
        await session.execute(
            text("SELECT 1 FROM task WHERE id = :id FOR UPDATE"), {"id": url.split("/")[2]}
        )
        yield


async def waiting(database: Database) -> int:
    """Return the backend of a request that waits for a row, once there is one."""
    async with asyncio.timeout(5), database.connection() as connection:
        while True:
            found = await connection.scalar(
                text(
                    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                    " AND application_name = 'taskbell-api'"
                )
            )
            if found is not None:
                return int(found)
            await asyncio.sleep(0.01)


# --- the same request again -----------------------------------------------------------------------


async def test_every_operation_that_takes_a_key_is_done_once(
    keyed: list[Operation], new_person: NewPerson, belongings: Belongings, database: Database
) -> None:
    assert "POST /api/v1/tasks/{task_id}/reminders" in {one.name for one in keyed}
    for operation in keyed:
        person = await new_person()
        ids = await belongings(person, operation)
        sender = replace(person, api=_with(person.api, {KEY: "once"}))
        first = await call(sender, operation, ids)
        assert first.status_code == operation.success, f"{operation.name}: {first.text}"
        before = await kept(database, person)
        again = await call(sender, operation, ids)
        assert_replayed(again, first)
        assert before == 1, operation.name


def _with(api: httpx.AsyncClient, headers: dict[str, str]) -> httpx.AsyncClient:
    """Return a client of the same application that always sends some headers."""
    return httpx.AsyncClient(
        transport=api._transport, base_url=api.base_url, headers=headers, timeout=20
    )


async def test_the_answer_is_the_one_of_then(ada: Person, url: str) -> None:
    first = await add(ada, url)
    assert first.status_code == 201
    await ada.delete(f"/reminders/{first.json()['id']}")
    assert_replayed(await add(ada, url), first)
    assert await reminders(ada, url) == 0


async def test_without_a_key_everything_is_done(ada: Person, url: str, database: Database) -> None:
    for _ in range(2):
        assert (await ada.post(url, json=BODY)).headers.get(REPLAYED) is None
    assert (await reminders(ada, url), await kept(database, ada)) == (2, 0)


async def test_twenty_at_once_do_it_once(ada: Person, url: str) -> None:
    answers = await asyncio.gather(*(add(ada, url) for _ in range(20)))
    made = [one for one in answers if one.status_code == 201]
    assert len({one.content for one in made}) == 1
    assert Counter(one.headers.get(REPLAYED) for one in made)[None] == 1
    for one in answers:
        if one not in made:
            assert_problem(one, 409, "idempotency_in_flight")
            assert one.headers["retry-after"] == "1"
    assert await reminders(ada, url) == 1
    assert (await add(ada, url)).content == made[0].content


async def test_while_the_first_is_on_its_way(ada: Person, url: str, database: Database) -> None:
    async with held_back(database, url):
        first = asyncio.create_task(add(ada, url))
        await waiting(database)
        assert_problem(await add(ada, url), 409, "idempotency_in_flight")
        other = await add(ada, url, body={"offset_minutes": 5})
        assert_problem(other, 409, "idempotency_in_flight")
    done = await first
    assert_replayed(await add(ada, url), done)


# --- other requests -------------------------------------------------------------------------------


async def test_another_request_with_the_same_key_is_refused(ada: Person, url: str) -> None:
    await add(ada, url)
    other = f"/tasks/{(await ada.task(**NEW_TASK))['id']}/reminders"
    for answer in (
        await add(ada, url, body={"offset_minutes": 31}),
        await add(ada, url, body={}),
        await add(ada, other),
        await add(ada, f"{url}?x=1"),
        await ada.post(url, content=b'{"offset_minutes": 30}', headers=_json("k")),
    ):
        assert_problem(answer, 422, "idempotency_key_reused")
    assert (await reminders(ada, url), await reminders(ada, other)) == (1, 0)


def _json(key: str) -> dict[str, str]:
    return {KEY: key, "Content-Type": "application/json"}


async def test_keys_of_others_are_theirs(ada: Person, bob: Person, url: str) -> None:
    await add(ada, url)
    bobs = f"/tasks/{(await bob.task(**NEW_TASK))['id']}/reminders"
    assert (await add(bob, bobs)).headers.get(REPLAYED) is None
    assert_problem(await add(bob, url), 422, "idempotency_key_reused")
    assert_problem(await add(bob, url, "new"), 404, "task_not_found")


async def test_an_api_token_acts_for_its_owner(ada: Person, url: str) -> None:
    first = await add(ada, url)
    assert_replayed(await add(await ada.program("tasks:write"), url), first)
    answer = await add(await ada.program("tasks:read"), url)
    assert_problem(answer, 403, "insufficient_scope")


@pytest.mark.parametrize("how", ENDED)
async def test_who_is_signed_out_gets_no_answer_of_before(
    keyed: list[Operation], new_person: NewPerson, belongings: Belongings, database: Database,
    how: str,
) -> None:  # fmt: skip
    for operation in keyed:
        person = await new_person()
        ids = await belongings(person, operation)
        sender = replace(person, api=_with(person.api, {KEY: "once"}))
        assert (await call(sender, operation, ids)).status_code == operation.success
        await make_true(database, ENDED[how], person)
        assert_problem(await call(sender, operation, ids), 401, "invalid_token")


# --- what is not kept -----------------------------------------------------------------------------


async def test_an_error_may_be_tried_again(ada: Person, database: Database) -> None:
    task = await ada.task()
    url = f"/tasks/{task['id']}/reminders"
    assert_problem(await add(ada, url), 422, "due_required")
    assert_problem(await add(ada, url, body={"offset_minutes": -1}), 422, "validation_failed")
    broken = await ada.post(url, content=b"{", headers=_json("k"))
    assert_problem(broken, 400, "malformed_body")
    assert await kept(database, ada) == 0
    await ada.patch(f"/tasks/{task['id']}", json={"due_at": "2030-01-31T09:00:00Z"})
    assert (await add(ada, url)).status_code == 201


class Failing:
    """Lets commits fail, before they happen or when their answer is lost."""

    def __init__(self, when: str) -> None:
        self._when = when

    def __enter__(self) -> None:
        event.listen(Session, self._when, self._fail)

    def __exit__(self, *_: object) -> None:
        event.remove(Session, self._when, self._fail)

    def _fail(self, _session: Session) -> None:
        raise ConnectionResetError("gone")


async def test_a_failed_commit_leaves_neither(ada: Person, url: str, database: Database) -> None:
    with Failing("before_commit"):
        assert_problem(await add(ada, url), 503, "database_unavailable")
    assert (await kept(database, ada), await reminders(ada, url)) == (0, 0)
    assert (await add(ada, url)).headers.get(REPLAYED) is None
    assert (await kept(database, ada), await reminders(ada, url)) == (1, 1)


async def test_a_commit_whose_answer_was_lost_is_found_again(ada: Person, url: str) -> None:
    """What the header is for: the caller heard 503, and it had happened."""
    with Failing("after_commit"):
        assert_problem(await add(ada, url), 503, "database_unavailable")
    again = await add(ada, url)
    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert await reminders(ada, url) == 1


async def test_a_connection_that_dies_meanwhile_frees_the_key(
    ada: Person, url: str, database: Database
) -> None:
    async with held_back(database, url):
        first = asyncio.create_task(add(ada, url))
        backend = await waiting(database)
        async with database.connection() as connection:
            await connection.execute(text(f"SELECT pg_terminate_backend({backend})"))
        assert_problem(await first, 503, "database_unavailable")
    assert (await add(ada, url)).headers.get(REPLAYED) is None
    assert await reminders(ada, url) == 1


async def test_after_a_day_a_key_is_new_again(ada: Person, url: str, database: Database) -> None:
    first = await add(ada, url)
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE idempotency_key SET created_at = created_at - interval '24 hours'")
        )
    second = await add(ada, url)
    assert second.json()["id"] != first.json()["id"]
    assert_replayed(await add(ada, url), second)
    assert (await reminders(ada, url), await kept(database, ada)) == (2, 1)


async def test_no_secret_is_kept(
    ada: Person, app: FastAPI, keyed: list[Operation], database: Database
) -> None:
    """What hands out secrets takes no key: the answer would have to be kept as it is."""
    body = {"name": "Script", "scopes": ["tasks:read"]}
    made = [
        (await ada.post("/tokens", json=body, headers={KEY: "k"})).json()["token"] for _ in range(2)
    ]
    assert len(set(made)) == 2
    assert await kept(database, ada) == 0
    for one in keyed:
        assert not one.path.startswith(("/api/v1/auth", "/api/v1/tokens", "/api/v1/feeds")), one
        described = app.openapi()["paths"][one.path][one.method.lower()]
        shown = str(described["responses"][str(one.success)])
        assert not any(word in shown for word in ("Token", "Feed")), one


# --- odd keys and bodies --------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "a\tb", "ü", "\x7f"], ids=ascii)
async def test_odd_keys_are_refused(ada: Person, url: str, key: str) -> None:
    answer = await ada.post(url, json=BODY, headers=[(KEY.encode(), key.encode("latin-1"))])
    assert_problem(answer, 400, "malformed_idempotency_key")
    assert await reminders(ada, url) == 0
    anonymous = await ada.api.post(url, json=BODY, headers=[(KEY.encode(), key.encode("latin-1"))])
    assert_problem(anonymous, 401, "unauthorized")


async def test_two_keys_are_none(ada: Person, url: str) -> None:
    headers = [*ada.headers.items(), (KEY, "a"), (KEY, "a")]
    assert_problem(
        await ada.api.post(url, json=BODY, headers=headers), 400, "malformed_idempotency_key"
    )


@pytest.mark.parametrize(
    "key", ['"quoted"', "x" * 255, "{}[],;:'%00", "01a1fde8-fb17-7103-9c29-5e9c355c27cd"]
)
async def test_good_keys(ada: Person, url: str, key: str) -> None:
    first = await add(ada, url, key)
    assert_replayed(await add(ada, url, key), first)


async def test_a_mebibyte_is_read_to_its_end(ada: Person, url: str) -> None:
    body = b'{"offset_minutes": 30' + b" " * (1024 * 1024 - 23) + b"} "
    assert len(body) == 1024 * 1024
    first = await ada.post(url, content=body, headers=_json("k"))
    assert first.status_code == 201, first.text
    assert_replayed(await ada.post(url, content=body, headers=_json("k")), first)
    other = await ada.post(url, content=body[:-1] + b"\n", headers=_json("k"))
    assert_problem(other, 422, "idempotency_key_reused")
    more = await ada.post(url, content=body + b" ", headers=_json("k"))
    assert_problem(more, 413, "request_too_large")


async def test_unicode_comes_back_as_it_was(ada: Person, url: str) -> None:
    address = f"{url}?note=%F0%9F%92%9A&note=ü"
    first = await add(ada, address)
    assert_replayed(await add(ada, address), first)
    assert_problem(await add(ada, f"{url}?note=💚"), 422, "idempotency_key_reused")


# --- around it ------------------------------------------------------------------------------------


async def test_redis_is_not_needed(ada: Person, url: str, make_api: MakeApi) -> None:
    away = replace(ada, api=make_api(redis_url=f"redis://127.0.0.1:{free_port()}/0"))
    first = await add(away, url)
    assert first.status_code == 201, first.text
    assert_replayed(await add(away, url), first)


async def test_one_connection_is_enough(
    keyed: list[Operation], new_person: NewPerson, belongings: Belongings, make_api: MakeApi
) -> None:
    """An operation that takes a second one while it holds the first would wait for itself."""
    api = make_api(database_pool_size=1)
    for operation in keyed:
        person = await new_person()
        ids = await belongings(person, operation)
        senders = [replace(person, api=_with(api, {KEY: f"{n}"})) for n in range(5)]
        answers = await asyncio.gather(*(call(one, operation, ids) for one in senders))
        assert all(one.status_code < 500 for one in answers), [one.text for one in answers]


async def test_statements(
    counted: tuple[Statements, httpx.AsyncClient], ada: Person, url: str
) -> None:
    """The lock, the look and the keeping: three more; a repeat asks two and changes nothing."""
    seen, api = counted
    counted_ada = replace(ada, api=api)
    usual = EXPECTED["POST /api/v1/tasks/{task_id}/reminders"]
    made = await seen.of(add(counted_ada, url), 201)
    assert len(made) == usual + 3, "\n".join(made)
    made = await seen.of(add(counted_ada, url), 201)
    assert len(made) == 1 + 2 + T, "\n".join(made)


def test_keys_are_described(app: FastAPI, keyed: list[Operation]) -> None:
    for one in keyed:
        answers = app.openapi()["paths"][one.path][one.method.lower()]["responses"]
        codes = {
            code
            for status in ("400", "409", "422")
            for code in answers[status]["content"]["application/problem+json"]["examples"]
        }
        wanted = {"malformed_idempotency_key", "idempotency_in_flight", "idempotency_key_reused"}
        assert wanted <= codes, one.name


async def test_a_key_is_not_heeded_unseen() -> None:
    """An operation that says it takes keys, on a router that does nothing about them."""
    router = APIRouter()

    @router.post("/things")
    async def create_thing(caller: CreatesTasks) -> None:
        """Make nothing."""

    with pytest.raises(RuntimeError, match="create_thing needs route_class"):
        check_routes(router.routes)


async def test_an_operation_must_say_who_may_call_it() -> None:
    router = APIRouter()

    @router.post("/things")
    async def create_thing() -> None:
        """Make nothing."""

    with pytest.raises(RuntimeError, match="create_thing must declare"):
        check_declared(router.routes)
    assert all(one.routes for one in ROUTERS)
