"""Push messages, from the API to a real push service on the loopback."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from core.tests.push.push_service import Device, Got, PushService, push_service
from tests.e2e.client import API, Tokens, User, instant, ok, secret, soon
from tests.e2e.mailbox import Mailbox
from tests.e2e.test_reminders import PUNCTUAL, SOON
from tests.e2e.waiting import until

pytestmark = pytest.mark.embedded  # the containers of Compose do not reach this loopback
SUBSCRIPTIONS = "/push/subscriptions"


@pytest.fixture
def service(user: User) -> Iterator[PushService]:
    with push_service() as running:
        running.key = ok(user.get("/push/key"))["public_key"]
        yield running


def subscribe(user: User, device: Device, name: str = "Phone") -> dict[str, Any]:
    for value in (device.endpoint.rsplit("/", 1)[1], device.keys["auth"]):
        secret(value)
    body = {**device.subscription, "name": name}
    made: dict[str, Any] = ok(user.post(SUBSCRIPTIONS, body), 201)
    return made


def remind(user: User, title: str, *channels: str) -> dict[str, Any]:
    due = soon(SOON)
    task = user.add_task(title, due_at=instant(due))
    return user.remind(task, offset_minutes=0, channels=list(channels or ["push"]))


def got(device: Device) -> Got:
    until(lambda: device.got, "the push message")
    (message,) = device.got
    return message


def ended(user: User, reminder: dict[str, Any], state: str) -> dict[str, Any]:
    def found() -> list[dict[str, Any]]:
        return [one for one in user.deliveries(reminder) if one["state"] == state]

    return until(found, f"a delivery that is {state}")[0]


def test_a_reminder_reaches_all_devices_in_time(user: User, service: PushService) -> None:
    phone, laptop = service.device(), service.device()
    subscribe(user, phone, "Phone")
    subscribe(user, laptop, "Laptop")
    reminder = remind(user, "Call Zoë 💚")
    message = got(phone)
    assert message.payload["title"] == "Call Zoë 💚"
    assert message.payload["body"].startswith("Due ")
    assert message.payload["url"] == f"/?task={reminder['task_id']}"
    assert message.payload["late_seconds"] <= PUNCTUAL
    assert got(laptop).payload == message.payload
    delivery = user.sent(reminder)
    assert (delivery["channel"], delivery["target"]) == ("push", "Phone, Laptop")
    assert "201" in delivery["response"]
    listed = ok(user.get(SUBSCRIPTIONS))["items"]
    assert all(one["last_used_at"] for one in listed)


def test_a_device_that_is_gone_is_forgotten_and_an_email_goes_out(
    user: User, service: PushService, mailbox: Mailbox
) -> None:
    subscribe(user, service.device(410))
    reminder = remind(user, "Only by push")
    mailbox.wait(user.email, "Only by push")
    failed = ended(user, reminder, "failed")
    assert failed["channel"] == "push"
    assert "it goes out by e-mail instead" in failed["response"]
    assert ended(user, reminder, "sent")["channel"] == "email"
    assert ok(user.get(SUBSCRIPTIONS))["items"] == []
    told = ok(user.get("/notifications"))["items"]
    assert [one["kind"] for one in told] == ["push_gone"]
    assert len(mailbox.to(user.email, "Only by push")) == 1


def test_a_device_that_is_signed_out_gets_nothing(
    user: User, http: httpx.Client, service: PushService, mailbox: Mailbox
) -> None:
    form = {"username": user.email, "password": user.password}
    tokens = Tokens.of(ok(http.post(f"{API}/auth/login", data=form)))
    phone = User(http, user.email, user.password, tokens)
    lost = service.device()
    subscribe(phone, lost)
    ok(http.post(f"{API}/auth/logout", json={"refresh_token": tokens.refresh}), 204)
    remind(user, "Not for finders")
    mailbox.wait(user.email, "Not for finders")
    assert lost.got == []


def test_a_test_message_shows_what_the_push_service_said(user: User, service: PushService) -> None:
    device = service.device()
    subscribe(user, device)
    answer = ok(user.post("/users/me/test-notification", {"channel": "push"}))
    assert answer["state"] == "accepted"
    assert "201 Created" in answer["summary"]
    assert f"POST {service.origin}/…" in answer["transcript"]
    assert device.endpoint not in answer["transcript"]
    assert got(device).payload["title"] == "Test from Taskbell"
