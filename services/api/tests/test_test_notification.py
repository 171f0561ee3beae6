"""Test messages: asked for over the API, sent by a worker, and what came of it."""

import asyncio
import time
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from taskbell.notifications import testing
from taskbell_api.deps import Services

from .conftest import MakeApi, NewPerson, Person, assert_problem

URL = "/users/me/test-notification"


async def ask(person: Person, channel: str = "email", **more: str) -> httpx.Response:
    return await person.post(f"{URL}?wait=0", json={"channel": channel, **more})


async def worker_says(services: Services, person: Person, summary: str) -> None:
    """Do as the worker does, as soon as the test is there."""
    async with asyncio.timeout(20):
        while True:
            async with services.database.transaction() as session:
                test_id = await session.scalar(
                    text("SELECT id FROM notification_test WHERE owner_id = :id"),
                    {"id": person.id},
                )
                if test_id is not None:
                    await testing.end_test(
                        session, test_id=test_id, accepted=True, summary=summary, transcript="← 250"
                    )
                    return
            await asyncio.sleep(0.02)


async def test_it_waits_for_what_comes_of_it(services: Services, new_person: NewPerson) -> None:
    person = await new_person()
    began = time.monotonic()
    answer, _ = await asyncio.gather(
        person.post(URL, json={"channel": "email"}), worker_says(services, person, "It took it.")
    )
    assert answer.status_code == 200
    body = answer.json()
    assert (body["channel"], body["state"]) == ("email", "accepted")
    assert (body["summary"], body["transcript"]) == ("It took it.", "← 250")
    assert body["finished_at"] >= body["created_at"]
    assert time.monotonic() - began < 10
    assert (await person.get(f"{URL}/{body['id']}")).json() == body


async def test_it_waits_no_longer_than_one_wants(new_person: NewPerson) -> None:
    person = await new_person()
    began = time.monotonic()
    body = (await person.post(f"{URL}?wait=0.3", json={"channel": "push"})).json()
    assert time.monotonic() - began < 5
    assert body["state"] == "pending"
    assert body["summary"] is body["transcript"] is body["finished_at"] is None


@pytest.mark.parametrize("wait", ["-1", "16", "nan", "x"])
async def test_nobody_waits_for_ever(new_person: NewPerson, wait: str) -> None:
    person = await new_person()
    answer = await person.post(f"{URL}?wait={wait}", json={"channel": "email"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "body",
    [{}, {"channel": "fax"}, {"channel": "push", "target_id": "x"}, {"channel": "push", "to": "a"}],
)
async def test_what_no_channel_is_is_refused(new_person: NewPerson, body: dict[str, str]) -> None:
    answer = await (await new_person()).post(URL, json=body)
    assert answer.status_code == 422


async def test_a_job_waits_in_the_lane_of_its_channel_and_for_a_minute(
    services: Services, new_person: NewPerson
) -> None:
    person = await new_person()
    found = {}
    for channel in ("email", "in_app", "push", "webhook"):
        body = (await ask(person, channel, target_id=str(uuid4()))).json()
        async with services.database.connection() as connection:
            rows = await connection.execute(
                text(
                    "SELECT lane, max_attempts, extract(epoch FROM expires_at - created_at)::int"
                    " FROM job WHERE kind = 'notification.test' AND payload->>'test_id' = :id"
                ),
                {"id": body["id"]},
            )
            found[channel] = tuple(rows.one())
    lanes = {"email": "mail", "in_app": "main", "push": "push", "webhook": "web"}
    assert found == {channel: (lane, 1, 60) for channel, lane in lanes.items()}


async def test_a_test_that_no_worker_took_up_has_failed(
    services: Services, new_person: NewPerson
) -> None:
    person = await new_person()
    test_id = (await ask(person)).json()["id"]
    async with services.database.transaction() as session:
        await session.execute(
            text(
                "UPDATE notification_test SET created_at = created_at - interval '121 s'"
                " WHERE id = :id"
            ),
            {"id": UUID(test_id)},
        )
    body = (await person.get(f"{URL}/{test_id}")).json()
    assert body["state"] == "failed"
    assert "worker" in body["summary"]
    assert body["finished_at"] is not None


async def test_somebody_elses_test_is_not_there(new_person: NewPerson) -> None:
    test_id = (await ask(await new_person())).json()["id"]
    answer = await (await new_person()).get(f"{URL}/{test_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "notification_test_not_found")


async def test_nobody_sends_too_many(make_api: MakeApi, new_person: NewPerson) -> None:
    api = make_api(rate_limit_enabled=True, rate_limit_test_notification="2/10 minutes")
    ada, bob = [await new_person() for _ in range(2)]
    for person, status in ((ada, 200), (ada, 200), (ada, 429), (bob, 200)):
        answer = await api.post(
            f"{URL}?wait=0",
            json={"channel": "email"},
            headers={"Authorization": f"Bearer {person.tokens['access_token']}"},
        )
        assert answer.status_code == status
        if status == 429:
            assert_problem(answer, 429, "rate_limited")
