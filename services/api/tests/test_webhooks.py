"""Webhooks: made and changed by people, who see what became of each message."""

import base64
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from taskbell.clock import now
from taskbell.jobs.models import Job
from taskbell.webhooks.models import Webhook
from taskbell.webhooks.service import MOST_WEBHOOKS, SHUT_OUT
from taskbell_api.deps import Services

from .conftest import Person, a_webhook_message, assert_problem
from .mailbox import mail_link
from .operations import HOOK, PASSWORD, UNKNOWN_ID


async def make(person: Person, **fields: Any) -> dict[str, Any]:
    answer = await person.post("/webhooks", json=HOOK | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_made_listed_changed_and_deleted(ada: Person) -> None:
    answer = await ada.post("/webhooks", json=HOOK)
    made = answer.json()
    path = f"/webhooks/{made['id']}"
    assert answer.headers["location"] == f"/api/v1{path}"
    assert answer.headers["etag"] == '"1"'
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert made == {
        "id": made["id"],
        **HOOK,
        "is_active": True,
        "disabled_at": None,
        "disabled_reason": None,
        "failing_since": None,
        "previous_secret_until": None,
        "version": 1,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }
    page = (await ada.get("/webhooks")).json()
    assert (page["items"], page["total"]) == ([made], 1)
    assert (await ada.get(path)).json() == made
    changed = await ada.patch(path, json={"name": "Hall", "url": "https://8.8.8.8/x"})
    assert changed.headers["etag"] == '"2"'
    body = changed.json()
    assert (body["name"], body["url"], body["version"]) == ("Hall", "https://8.8.8.8/x", 2)
    assert "secret" not in body
    assert (await ada.patch(path, json={"name": "Hall"})).json()["version"] == 2
    assert (await ada.delete(path)).status_code == 204
    assert_problem(await ada.get(path), 404, "webhook_not_found")


async def test_switched_off_and_on(ada: Person) -> None:
    path = f"/webhooks/{(await make(ada))['id']}"
    off = (await ada.patch(path, json={"is_active": False})).json()
    assert (off["is_active"], off["disabled_reason"]) == (False, None)
    assert off["disabled_at"] is not None
    on = (await ada.patch(path, json={"is_active": True})).json()
    assert (on["is_active"], on["disabled_at"], on["version"]) == (True, None, 3)


async def test_a_change_of_what_was_changed_meanwhile_is_refused(ada: Person) -> None:
    path = f"/webhooks/{(await make(ada))['id']}"
    stale = {"If-Match": '"7"'}
    answer = await ada.patch(path, json={"name": "x"}, headers=stale)
    assert_problem(answer, 412, "version_mismatch")
    assert_problem(await ada.delete(path, headers=stale), 412, "version_mismatch")
    assert (await ada.delete(path, headers={"If-Match": '"1"'})).status_code == 204


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://1.1.1.1/", "https://"),
        ("https://127.0.0.1/", "not on the internet"),
        ("https://169.254.169.254/latest/meta-data/", "not on the internet"),
        ("https://[::ffff:10.0.0.1]/", "not on the internet"),
        ("https://localhost/", "not on the internet"),
        ("https://2130706433/", "four decimal numbers"),
        ("https://user:pass@example.com/", "user name"),
        ("https://1.1.1.1:25/", "Port 25"),
        ("gopher://1.1.1.1/", "https://"),
        ("{not} an address", "spaces"),
        ("https://1.1.1.1/" + "a" * 2000, "2000 characters"),
        ("", "must not be empty"),
    ],
)
async def test_addresses_that_nothing_is_sent_to(ada: Person, url: str, words: str) -> None:
    path = f"/webhooks/{(await make(ada))['id']}"
    for answer in (
        await ada.post("/webhooks", json=HOOK | {"url": url}),
        await ada.patch(path, json={"url": url}),
    ):
        assert answer.status_code == 422, answer.text
        (problem,) = answer.json()["errors"]
        assert problem["field"] == "body.url"
        assert words in problem["message"]
    assert (await ada.get(path)).json()["url"] == HOOK["url"]


async def test_a_host_that_is_not_found_now_may_be_later(ada: Person) -> None:
    assert (await make(ada, url="https://nowhere.invalid/"))["is_active"]


async def test_ten_at_most(ada: Person) -> None:
    for number in range(MOST_WEBHOOKS):
        await make(ada, name=str(number))
    assert_problem(await ada.post("/webhooks", json=HOOK), 422, "too_many_webhooks")


async def test_another_address_takes_a_password_another_name_does_not(
    ada: Person, services: Services
) -> None:
    path = f"/webhooks/{(await make(ada))['id']}"
    async with services.database.transaction() as session:
        await session.execute(
            text("UPDATE auth_session SET proven_at = now() - interval '2 h' WHERE user_id = :id"),
            {"id": ada.id},
        )
    assert (await ada.patch(path, json={"name": "Hall", "is_active": False})).status_code == 200
    answer = await ada.patch(path, json={"url": "https://8.8.8.8/"})
    assert_problem(answer, 403, "reauthentication_required")
    answer = await ada.post(f"{path}/rotate-secret")
    assert_problem(answer, 403, "reauthentication_required")


async def test_a_new_secret_and_the_one_before(ada: Person, services: Services) -> None:
    made = await make(ada)
    path = f"/webhooks/{made['id']}"
    answer = await ada.post(f"{path}/rotate-secret")
    assert answer.status_code == 200
    rotated = answer.json()
    assert rotated["secret"] not in {None, made["secret"]}
    assert rotated["previous_secret_until"] > made["created_at"]
    for path_ in (path, "/webhooks"):
        shown = (await ada.get(path_)).text
        assert made["secret"] not in shown
        assert rotated["secret"] not in shown
    async with services.database.transaction() as session:
        kept = await session.get_one(Webhook, UUID(made["id"]))
    assert (kept.secret, kept.previous_secret) == (rotated["secret"], made["secret"])


async def test_the_list_of_messages(ada: Person, services: Services) -> None:
    webhook_id = (await make(ada))["id"]
    path = f"/webhooks/{webhook_id}/deliveries"
    states = ("failed", "delivered", "suppressed", "pending")
    ids = [await a_webhook_message(services, ada, webhook_id, state=state) for state in states]
    page = (await ada.get(path)).json()
    assert ([one["id"] for one in page["items"]], page["total"]) == (ids[::-1], 4)
    assert page["items"][0]["message_id"] == f"msg_{UUID(ids[-1]).hex}"
    assert "body" not in page["items"][0]
    only = (await ada.get(path, params={"state": "failed"})).json()
    assert ([one["id"] for one in only["items"]], only["total"]) == (ids[:1], 1)
    first = (await ada.get(path, params={"per_page": 3})).json()
    rest = (await ada.get(path, params={"cursor": first["next_cursor"]})).json()
    assert [one["id"] for one in rest["items"]] == ids[:1]
    assert (await ada.get(path, params={"state": "lost"})).status_code == 422


async def test_a_replay_is_planned_at_once(ada: Person, services: Services) -> None:
    webhook_id = (await make(ada))["id"]
    message_id = await a_webhook_message(services, ada, webhook_id)
    answer = await ada.post(f"/webhooks/{webhook_id}/deliveries/{message_id}/replay")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["id"], shown["state"], shown["finished_at"]) == (message_id, "pending", None)
    async with services.database.transaction() as session:
        of_kind = col(Job.kind) == "webhook.send"
        jobs = list(await session.scalars(select(Job).where(of_kind)))
    (job,) = [one for one in jobs if one.payload["message_id"] == message_id]
    assert (job.payload["replay"], job.lane) == (True, "web")
    assert job.run_at <= now()
    again = await ada.post(f"/webhooks/{webhook_id}/deliveries/{message_id}/replay")
    assert again.json()["state"] == "pending"  # it waits already: no second job
    async with services.database.transaction() as session:
        after = len(list(await session.scalars(select(Job).where(of_kind))))
    assert after == len(jobs)


async def test_replays_that_cannot_be(ada: Person, services: Services) -> None:
    webhook_id = (await make(ada))["id"]
    path = f"/webhooks/{webhook_id}/deliveries"
    never = await a_webhook_message(services, ada, webhook_id, state="suppressed", body=None)
    assert_problem(await ada.post(f"{path}/{never}/replay"), 409, "nothing_to_replay")
    failed = await a_webhook_message(services, ada, webhook_id)
    other = (await make(ada))["id"]
    answer = await ada.post(f"/webhooks/{other}/deliveries/{failed}/replay")
    assert_problem(answer, 404, "webhook_delivery_not_found")
    answer = await ada.post(f"{path}/{UNKNOWN_ID}/replay")
    assert_problem(answer, 404, "webhook_delivery_not_found")
    await ada.patch(f"/webhooks/{webhook_id}", json={"is_active": False})
    assert_problem(await ada.post(f"{path}/{failed}/replay"), 409, "webhook_off")


async def test_a_new_webhook_is_told_by_mail(ada: Person, services: Services) -> None:
    await make(ada)
    async with services.database.transaction() as session:
        notices = await session.scalars(select(Job).where(col(Job.kind) == "mail.notice"))
        mine = [one.payload for one in notices if one.payload["user_id"] == ada.id]
    assert [one["notice"] for one in mine] == ["webhook_made"]


async def test_who_sets_a_password_anew_finds_webhooks_switched_off(
    ada: Person, services: Services
) -> None:
    """A thief may have made one: it would outlive the new password."""
    made = await make(ada)
    token = await mail_link(services.database, "reset_password", ada)
    body = {"token": token, "password": PASSWORD}
    assert (await ada.api.post("/auth/reset-password", json=body)).status_code == 204
    async with services.database.transaction() as session:
        kept = await session.get_one(Webhook, UUID(made["id"]))
    assert (kept.is_active, kept.disabled_reason, kept.version) == (False, SHUT_OUT, 2)
