"""Webhooks, from the API to a real server on the loopback and back into the owner's list."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.client import User, instant, ok, problem, secret, soon
from tests.e2e.conftest import Measured
from tests.e2e.mailbox import Mailbox
from tests.e2e.receiver import Received, Receiver, receiver
from tests.e2e.stacks import SERVICES, RunningStack
from tests.e2e.test_reminders import PUNCTUAL, SOON
from tests.e2e.waiting import until

pytestmark = pytest.mark.embedded  # the containers of Compose do not reach this loopback


@pytest.fixture
def server() -> Iterator[Receiver]:
    with receiver(f"/hooks/{secret(secrets.token_urlsafe(16))}") as running:
        yield running


def make(user: User, url: str, name: str = "Kitchen") -> dict[str, Any]:
    made: dict[str, Any] = ok(user.post("/webhooks", {"name": name, "url": url}), 201)
    secret(made["secret"])
    return made


def remind(user: User, title: str) -> dict[str, Any]:
    due = soon(SOON)
    task = user.add_task(title, due_at=instant(due))
    return user.remind(task, offset_minutes=0, channels=["webhook"])


def verify(key: str, request: Received) -> bool:
    """Check a signature as standardwebhooks.com tells receivers to."""
    message, moment = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    signed = f"{message}.{moment}.".encode() + request.body
    digest = hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256)
    wanted = "v1," + base64.b64encode(digest.digest()).decode()
    return wanted in request.headers["webhook-signature"].split(" ")


def listed(user: User, hook: dict[str, Any], state: str) -> dict[str, Any]:
    """The newest message of a webhook, once it is in this state."""

    def newest() -> list[dict[str, Any]]:
        found = ok(user.get(f"/webhooks/{hook['id']}/deliveries"))["items"][:1]
        return [one for one in found if one["state"] == state]

    return until(newest, f"the newest message is {state}")[0]


def test_a_reminder_is_told_signed_and_listed(
    user: User, server: Receiver, measured: Measured
) -> None:
    hook = make(user, server.url)
    reminder = remind(user, "Call Zoë & <Max>")
    until(lambda: server.received, "the webhook is told")
    due = user.sent(reminder)
    (request,) = server.received
    assert verify(hook["secret"], request)
    assert abs(int(request.headers["webhook-timestamp"]) - time.time()) < 60
    told = json.loads(request.body)
    assert told["type"] == "reminder.due"
    assert told["data"]["task"]["title"] == "Call Zoë & <Max>"
    assert told["data"]["reminder"]["id"] == reminder["id"]
    measured(f"a webhook is told {due['late_seconds']} s after its time")
    assert due["late_seconds"] <= PUNCTUAL
    assert (due["channel"], due["target"], due["response"]) == ("webhook", "127.0.0.1", "200 OK")
    shown = listed(user, hook, "delivered")
    assert (shown["message_id"], shown["attempts"]) == (request.headers["webhook-id"], 1)
    assert (shown["response_status"], shown["response"]) == (200, "thank you")


def test_what_failed_is_tried_again_and_may_be_replayed(user: User, server: Receiver) -> None:
    hook = make(user, server.url)
    new = ok(user.post(f"/webhooks/{hook['id']}/rotate-secret"))
    secret(new["secret"])
    server.statuses = [500, 204]
    remind(user, "Twice")
    shown = listed(user, hook, "delivered")
    assert shown["attempts"] == 2
    ok(user.post(f"/webhooks/{hook['id']}/deliveries/{shown['id']}/replay"))
    until(lambda: len(server.received) == 3, "the replay")
    assert listed(user, hook, "delivered")["id"] == shown["id"]
    assert len({one.headers["webhook-id"] for one in server.received}) == 1
    assert len({one.body for one in server.received}) == 1
    for request in server.received:
        assert verify(hook["secret"], request)
        assert verify(new["secret"], request)


def test_a_webhook_that_is_gone_is_switched_off(user: User, server: Receiver) -> None:
    hook = make(user, server.url)
    server.statuses = [410]
    remind(user, "Nobody there")
    listed(user, hook, "failed")
    off = ok(user.get(f"/webhooks/{hook['id']}"))
    assert not off["is_active"]
    assert "410" in off["disabled_reason"]
    told = ok(user.get("/notifications", unread=True))["items"]
    assert [one["kind"] for one in told] == ["webhook_disabled"]


def test_a_hanging_webhook_holds_up_nobody(user: User, server: Receiver, mailbox: Mailbox) -> None:
    make(user, server.url)
    server.hold.clear()
    for number in range(6):
        remind(user, f"Hangs {number}")
    until(lambda: server.received, "the webhook is told")
    due = soon(SOON)
    user.remind(user.add_task("By mail", due_at=instant(due)), offset_minutes=0, channels=["email"])
    mail = mailbox.wait(user.email, "By mail")
    assert mail.seen_at - due.timestamp() <= PUNCTUAL


def test_a_test_message_shows_the_dialogue(user: User, server: Receiver) -> None:
    hook = make(user, server.url)
    body = {"channel": "webhook", "target_id": hook["id"]}
    shown = ok(user.post("/users/me/test-notification", body))
    assert shown["state"] == "accepted", shown
    assert shown["summary"] == "“Kitchen” took the message: 200 OK."
    assert "→ POST /… HTTP/1.1" in shown["transcript"]
    assert "← thank you" in shown["transcript"]
    assert hook["secret"] not in json.dumps(shown)
    (request,) = server.received
    assert verify(hook["secret"], request)


def test_no_log_has_the_secret_or_the_address(
    user: User, server: Receiver, stack: RunningStack
) -> None:
    hook = make(user, server.url)
    server.statuses = [500, 200]
    remind(user, "Canary of a title")
    listed(user, hook, "delivered")
    for service in SERVICES:
        log = stack.log(service)
        for hidden in (hook["secret"], server.url.rpartition("/")[2], "Canary of a title"):
            assert hidden not in log, service


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://2130706433/",
        "http://1.1.1.1/",
        "https://user:password@example.com/",
    ],
)
def test_addresses_inside_are_refused(user: User, url: str) -> None:
    refused = problem(user.post("/webhooks", {"name": "Inside", "url": url}), 422)
    assert [one["field"] for one in refused["errors"]] == ["body.url"]
