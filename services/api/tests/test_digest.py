"""Switching the digest off from its mail: by one click of a mail program, or on the page."""

from uuid import UUID

import httpx
import pytest

from taskbell.clock import now
from taskbell.db import Database
from taskbell.digest import unsubscribe
from taskbell.notifications.models import NotificationPreference as Preference

from .conftest import ORIGIN, MakeApi, Person, assert_problem

PATH = "/digest/unsubscribe"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def token(database: Database, ada: Person) -> str:
    """Ada has a digest; the token of its link."""
    async with database.transaction() as session:
        user_id = UUID(ada.id)
        session.add(Preference(user_id=user_id, digest_enabled=True, digest_next_at=now()))
        return await unsubscribe.make_token(session, user_id=user_id)


async def is_on(database: Database, ada: Person) -> bool:
    async with database.transaction() as session:
        preference = await session.get_one(Preference, ada.id)
        assert preference.digest_enabled == (preference.digest_next_at is not None)
        return preference.digest_enabled


@pytest.mark.parametrize("how", ["form", "multipart", "empty", "from another origin"])
async def test_one_click(
    api: httpx.AsyncClient, database: Database, ada: Person, token: str, how: str
) -> None:
    options = {
        "form": {"data": ONE_CLICK},
        "multipart": {"files": {name: (None, value) for name, value in ONE_CLICK.items()}},
        "empty": {},
        "from another origin": {"headers": {"Origin": "https://mail.example"}},
    }[how]
    for _ in range(2):
        answer = await api.post(f"{PATH}?token={token}", **options)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()) == (200, {"unsubscribed": True})
        assert "set-cookie" not in answer.headers
        assert not await is_on(database, ada)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_programs_that_look_at_it_do_nothing(
    api: httpx.AsyncClient, database: Database, ada: Person, token: str, method: str
) -> None:
    answer = await api.request(method, f"{PATH}?token={token}")
    assert answer.status_code in {303, 405}
    assert await is_on(database, ada)


async def test_whoever_follows_the_link_comes_to_the_page(
    api: httpx.AsyncClient, token: str
) -> None:
    answer = await api.get(f"{PATH}?token={token}")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{ORIGIN}/unsubscribe#token={token}"
    assert answer.headers["referrer-policy"] == "no-referrer"
    answer = await api.get(PATH, params={"token": "//evil.example/\r\nX: y#&"})
    assert answer.headers["location"].startswith(f"{ORIGIN}/unsubscribe#token=%2F%2Fevil")
    assert "x" not in answer.headers


async def test_other_tokens(
    api: httpx.AsyncClient, database: Database, ada: Person, token: str
) -> None:
    for wrong in ("x", token[:-1], token + "A", "A" * 64, "é" * 64, "\x00"):
        answer = await api.post(PATH, params={"token": wrong}, data=ONE_CLICK)
        assert_problem(answer, 400, "invalid_unsubscribe_token")
    assert_problem(await api.post(PATH, data=ONE_CLICK), 422, "validation_failed")
    assert_problem(await api.post(f"{PATH}?token="), 422, "validation_failed")
    assert await is_on(database, ada)


async def test_no_log_has_the_token(
    api: httpx.AsyncClient, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for method in ("GET", "POST", "PUT"):
        await api.request(method, f"{PATH}?token={token}")
        await api.request(method, f"{PATH}/?token={token}")
    await api.post(f"{PATH}?token={token[:-1]}")
    shown = capsys.readouterr()
    assert "unsubscribe" in shown.out
    assert token[:-1] not in shown.out + shown.err


async def test_it_is_counted(make_api: MakeApi) -> None:
    api = make_api(rate_limit_enabled=True, rate_limit_unsubscribe="2/hour")
    answers = [await api.post(f"{PATH}?token=x") for _ in range(3)]
    assert [one.status_code for one in answers] == [400, 400, 429]
