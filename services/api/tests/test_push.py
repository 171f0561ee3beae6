"""Devices that take push messages: subscribed by their browser, theirs while they are signed in."""

import re
from typing import Any

import pytest
from sqlalchemy import text

from core.tests.push.push_service import PushService
from taskbell.db import Database
from taskbell.outbound.networks import parse_networks
from taskbell.push.service import MOST_SUBSCRIPTIONS
from taskbell.push.vapid import from_base64
from taskbell_api.deps import Services

from .conftest import MakeApi, Person, assert_problem, signed_in_again
from .operations import DEVICE, PASSWORD

URL = "/push/subscriptions"


@pytest.fixture
def browsers() -> PushService:
    """Never started: only endpoints and keys are wanted of it."""
    service = PushService()
    service.server.server_close()
    service.origin = "https://1.1.1.1"
    return service


async def subscribe(person: Person, device: Any, name: str = "Phone") -> dict[str, Any]:
    answer = await person.post(URL, json={**device.subscription, "name": name})
    assert answer.status_code in {200, 201}, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def names(person: Person) -> list[str]:
    return [one["name"] for one in (await person.get(URL)).json()["items"]]


async def test_the_key_is_a_point_and_stays(ada: Person, bob: Person) -> None:
    key = (await ada.get("/push/key")).json()["public_key"]
    assert len(from_base64(key)) == 65
    assert from_base64(key)[0] == 4
    assert (await bob.get("/push/key")).json() == {"public_key": key}


async def test_subscribed_listed_and_removed(ada: Person, browsers: PushService) -> None:
    device = browsers.device()
    made = await subscribe(ada, device)
    assert made == {
        "id": made["id"],
        "name": "Phone",
        "host": "1.1.1.1",
        "current": True,
        "state": "working",
        "created_at": made["created_at"],
        "last_used_at": None,
    }
    page = await ada.get(URL)
    assert (page.json()["items"], page.json()["total"]) == ([made], 1)
    for secret in (device.endpoint, *device.keys.values()):
        assert secret not in page.text
    assert (await ada.delete(f"{URL}/{made['id']}")).status_code == 204
    assert (await ada.get(URL)).json()["items"] == []
    assert_problem(await ada.delete(f"{URL}/{made['id']}"), 404, "push_subscription_not_found")


async def test_the_same_browser_again_is_renewed(
    ada: Person, browsers: PushService, database: Database
) -> None:
    device = browsers.device()
    first = await ada.post(URL, json={**device.subscription, "name": "Phone"})
    async with database.transaction() as session:
        await session.execute(text("UPDATE push_subscription SET failures = 3"))
    assert (await ada.get(URL)).json()["items"][0]["state"] == "refusing"
    again = await ada.post(URL, json={**device.subscription, "name": "Pixel"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "name": "Pixel"}
    assert await names(ada) == ["Pixel"]


async def test_somebody_else_in_the_same_browser_takes_it_over(
    ada: Person, bob: Person, browsers: PushService
) -> None:
    device = browsers.device()
    was = await subscribe(ada, device, "Ada's")
    now = await subscribe(bob, device, "Bob's")
    assert (await names(ada), await names(bob)) == ([], ["Bob's"])
    assert now["id"] != was["id"]
    assert_problem(await ada.delete(f"{URL}/{now['id']}"), 404, "push_subscription_not_found")


async def test_a_device_goes_with_its_session(
    services: Services, ada: Person, browsers: PushService
) -> None:
    phone = await signed_in_again(services, ada)
    await subscribe(phone, browsers.device(), "Phone")
    await subscribe(ada, browsers.device(), "Laptop")
    listed = {one["name"]: one["current"] for one in (await ada.get(URL)).json()["items"]}
    assert listed == {"Phone": False, "Laptop": True}
    await phone.api.post("/auth/logout", json={"refresh_token": phone.tokens["refresh_token"]})
    assert await names(ada) == ["Laptop"]


async def test_a_new_password_ends_the_other_devices(
    services: Services, ada: Person, browsers: PushService
) -> None:
    await subscribe(await signed_in_again(services, ada), browsers.device(), "Stolen phone")
    await subscribe(ada, browsers.device(), "Laptop")
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    assert (await ada.post("/users/me/password", json=body)).status_code == 204
    assert await names(ada) == ["Laptop"]


async def test_a_device_that_signs_in_again_is_back(
    services: Services, ada: Person, browsers: PushService
) -> None:
    device, phone = browsers.device(), await signed_in_again(services, ada)
    await subscribe(phone, device)
    await phone.api.post("/auth/logout", json={"refresh_token": phone.tokens["refresh_token"]})
    assert await names(ada) == []
    await subscribe(await signed_in_again(services, ada), device)
    assert await names(ada) == ["Phone"]


async def test_there_is_a_bound(ada: Person, browsers: PushService) -> None:
    devices = [browsers.device() for _ in range(MOST_SUBSCRIPTIONS)]
    for device in devices:
        await subscribe(ada, device)
    refused = await ada.post(URL, json=browsers.device().subscription)
    assert_problem(refused, 422, "too_many_push_subscriptions")
    assert (await ada.post(URL, json=devices[0].subscription)).status_code == 200


async def test_devices_that_are_signed_out_make_room(
    ada: Person, browsers: PushService, database: Database
) -> None:
    for _ in range(MOST_SUBSCRIPTIONS):
        await subscribe(ada, browsers.device())
    async with database.transaction() as session:
        ended = text(
            "WITH over AS (INSERT INTO auth_session (id, user_id, user_agent, address, created_at,"
            " last_used_at, expires_at, ended_at) SELECT gen_random_uuid(), :user, '', '', now(),"
            " now(), now(), now() RETURNING id)"
            " UPDATE push_subscription SET session_id = over.id FROM over WHERE owner_id = :user"
        )
        await session.execute(ended, {"user": ada.id})
    await subscribe(ada, browsers.device(), "New one")
    assert await names(ada) == ["New one"]


async def test_an_api_token_cannot_subscribe(ada: Person) -> None:
    script = await ada.program("tasks:write", "account:write")
    answer = await script.post(URL, json=DEVICE)
    assert_problem(answer, 403, "session_required")


WRONG: dict[str, dict[str, Any]] = {
    "no address": {"endpoint": "push.example.com/send"},
    "another scheme": {"endpoint": "ftp://push.example.com/send"},
    "a password": {"endpoint": "https://a:b@push.example.com/send"},
    "a port of its own": {"endpoint": "https://push.example.com:25/send"},
    "too long": {"endpoint": "https://push.example.com/" + "x" * 2000},
    "spaces": {"endpoint": "https://push.example.com/a b"},
    "no key": {"keys": {"auth": DEVICE["keys"]["auth"]}},
    "half a key": {"keys": {**DEVICE["keys"], "p256dh": DEVICE["keys"]["p256dh"][:40]}},
    "on no curve": {"keys": {**DEVICE["keys"], "p256dh": "B" + "A" * 86}},
    "a short secret": {"keys": {**DEVICE["keys"], "auth": "AAAA"}},
    "no base64": {"keys": {**DEVICE["keys"], "auth": "é" * 22}},
    "no name": {"name": " "},
    "a long name": {"name": "x" * 101},
    "something else": {"expirationTime": None},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
async def test_what_is_no_subscription_is_refused(ada: Person, wrong: dict[str, Any]) -> None:
    answer = await ada.post(URL, json=DEVICE | wrong)
    assert_problem(answer, 422, "validation_failed")
    assert all(
        re.match(r"body\.(endpoint|keys|name|exp)", e["field"]) for e in answer.json()["errors"]
    )


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1/send",
        "https://[::1]/send",
        "https://10.1.2.3/send",
        "https://169.254.169.254/latest",
        "https://localhost/send",
        "http://1.1.1.1/send",
    ],
)
async def test_addresses_that_are_not_on_the_internet_are_refused(
    ada: Person, endpoint: str
) -> None:
    answer = await ada.post(URL, json={**DEVICE, "endpoint": endpoint})
    assert_problem(answer, 422, "push_endpoint_refused")


async def test_some_private_networks_may_be_allowed(make_api: MakeApi, ada: Person) -> None:
    api = make_api(outbound_allow=parse_networks(["127.0.0.0/8"]))
    answer = await api.post(
        URL,
        json={**DEVICE, "endpoint": "http://127.0.0.1:8099/send"},
        headers={"Authorization": f"Bearer {ada.tokens['access_token']}"},
    )
    assert answer.status_code == 201


async def test_a_host_that_is_not_found_just_now_is_taken(ada: Person) -> None:
    answer = await ada.post(URL, json={**DEVICE, "endpoint": "https://push.invalid/send"})
    assert answer.status_code == 201
