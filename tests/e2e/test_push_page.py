"""Push messages in a browser: what the service worker shows, and turning them on and off.

The browser of these tests reaches no push service, so that `pushManager.subscribe` fails in it. Its
place takes a subscription at the test's own service; what that got is handed to the browser over
the DevTools protocol, as the browser's own connection to a push service would.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from core.tests.push.push_service import Device, PushService, push_service
from tests.e2e.browser import section, sign_in, sign_out
from tests.e2e.client import User, ok, secret
from tests.e2e.troubles import Troubles
from tests.e2e.waiting import until

pytestmark = pytest.mark.embedded  # the containers of Compose do not reach this loopback

# What a browser that reaches its push service would make of it; survives a reload.
SUBSCRIBED = """given => {
  const own = "test.subscribed";
  const bytes = text => Uint8Array.from(
    atob(text.replaceAll("-", "+").replaceAll("_", "/")), c => c.charCodeAt(0)).buffer;
  const made = key => ({
    options: { userVisibleOnly: true, applicationServerKey: bytes(key) },
    toJSON: () => ({ ...given, expirationTime: null }),
    unsubscribe: async () => { localStorage.removeItem(own); return true; },
  });
  PushManager.prototype.subscribe = async ({ applicationServerKey: key }) => {
    localStorage.setItem(own, key);
    return made(key);
  };
  PushManager.prototype.getSubscription = async () => {
    const key = localStorage.getItem(own);
    return key ? made(key) : null;
  };
}"""
SHOWN = """() => navigator.serviceWorker.ready
  .then(registration => registration.getNotifications())
  .then(all => all.map(({title, body, tag, icon, badge, renotify, data}) =>
    ({title, body, tag, icon, badge, renotify, data})))"""

SUBSCRIPTIONS = "/push/subscriptions"
Deliver = Callable[[Any], None]


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
def subscriber(service: PushService) -> Device:
    made = service.device()
    secret(made.endpoint.rsplit("/", 1)[1])
    return made


@pytest.fixture
def deliver(page: Page, base_url: str) -> Deliver:
    """Hands messages to the service worker, as the browser does when a push service sends some."""
    found: list[str] = []

    def deliver(message: Any) -> None:
        if not found:
            cdp: CDPSession = page.context.new_cdp_session(page)
            cdp.on("ServiceWorker.workerRegistrationUpdated", note)
            cdp.send("ServiceWorker.enable")
            page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
            until(lambda: turned(page) and found, "the worker's registration")
            sessions.append(cdp)
        sessions[0].send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": base_url,
                "registrationId": found[0],
                "data": message if isinstance(message, str) else json.dumps(message),
            },
        )

    def note(event: dict[str, Any]) -> None:
        found.extend(one["registrationId"] for one in event["registrations"])

    sessions: list[CDPSession] = []
    return deliver


@pytest.fixture
def worker(page: Page, base_url: str) -> Page:
    """A page with the service worker at work, nobody signed in."""
    page.context.grant_permissions(["notifications"], origin=base_url)
    page.goto("/")
    page.evaluate(
        "() => navigator.serviceWorker.register('/sw.js')"
        ".then(() => navigator.serviceWorker.ready).then(() => true)"
    )
    return page


def turned(page: Page) -> bool:
    """Let events of the browser in."""
    page.wait_for_timeout(20)
    return True


def shown(page: Page, count: int = 1) -> list[dict[str, Any]]:
    def all_of_them() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = page.evaluate(SHOWN)
        return found if len(found) == count else []

    return until(all_of_them, f"{count} notifications on the screen")


MESSAGE = {
    "title": "Pay the rent 💚",
    "body": "Due 09:00",
    "url": "/?task=0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a001",
    "tag": "reminder:1",
    "reminder_id": "1",
    "fire_at": "2026-11-21T08:00:00Z",
    "late_seconds": 0,
}


def test_the_worker_is_served_as_browsers_want_it(page: Page) -> None:
    answer = page.request.get("/sw.js")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache", "a new one is taken at once"
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
    for image in ("/icon-192.png", "/badge-96.png"):
        assert page.request.get(image).headers["content-type"] == "image/png"


def test_a_message_is_shown(worker: Page, deliver: Deliver, base_url: str) -> None:
    deliver(MESSAGE)
    (one,) = shown(worker)
    assert (one["title"], one["body"]) == ("Pay the rent 💚", "Due 09:00")
    assert one["icon"] == f"{base_url}/icon-192.png"
    assert one["badge"] == f"{base_url}/badge-96.png"


def test_the_same_message_twice_is_shown_once_and_makes_noise_once(
    worker: Page, deliver: Deliver
) -> None:
    deliver(MESSAGE)
    assert shown(worker)[0]["renotify"] is True
    deliver(MESSAGE)
    until(lambda: worker.evaluate(SHOWN)[0]["renotify"] is False, "the second one, silent")
    deliver({**MESSAGE, "fire_at": "2026-11-21T08:10:00Z"})
    until(lambda: worker.evaluate(SHOWN)[0]["renotify"] is True, "snoozed: one more bell")
    deliver({**MESSAGE, "tag": "reminder:2"})
    shown(worker, 2)


@pytest.mark.parametrize("data", ["", "no JSON", "{}", '{"title": 1}', "null"])
def test_what_cannot_be_read_is_shown_nevertheless(
    worker: Page, deliver: Deliver, data: str
) -> None:
    """Browsers take the permission away from pages that show nothing."""
    deliver(data)
    assert shown(worker)[0]["title"] == "Taskbell"


def test_turned_on_received_opened_and_turned_off(
    page: Page,
    user: User,
    service: PushService,
    subscriber: Device,
    deliver: Deliver,
    base_url: str,
) -> None:
    task = user.add_task("Pay the rent 💚")
    page.context.grant_permissions(["notifications"], origin=base_url)
    page.add_init_script(f"({SUBSCRIBED})({json.dumps(subscriber.subscription)})")
    sign_in(page, user)
    page.goto("/settings/notifications")
    push = section(page, "Push")
    push.get_by_role("button", name="Turn on in this browser").click()
    expect(push.get_by_text("On in this browser.")).to_be_visible()
    (listed,) = ok(user.get(SUBSCRIPTIONS))["items"]
    assert (listed["host"], listed["current"]) == ("127.0.0.1", False)
    assert "Chrome" in listed["name"]

    service.key = ok(user.get("/push/key"))["public_key"]
    answer = ok(user.post("/users/me/test-notification", {"channel": "push"}))
    assert answer["state"] == "accepted", answer
    (got,) = subscriber.got
    deliver(got.payload)
    assert shown(page)[0]["title"] == "Test from Taskbell"

    page.goto("/settings/notifications")  # told again, not made again
    expect(push.get_by_text("On in this browser.")).to_be_visible()
    assert [one["id"] for one in ok(user.get(SUBSCRIPTIONS))["items"]] == [listed["id"]]
    click(page, {**MESSAGE, "url": f"/?task={task['id']}"})
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("dialog").get_by_label("Title")).to_have_value("Pay the rent 💚")
    page.keyboard.press("Escape")

    with page.expect_request(lambda one: one.method == "POST" and one.url.endswith(SUBSCRIPTIONS)):
        page.context.service_workers[0].evaluate(
            "() => void self.dispatchEvent(new ExtendableEvent('pushsubscriptionchange'))"
        )
    push.get_by_role("button", name="Turn off in this browser").click()
    expect(push.get_by_text("Off in this browser.")).to_be_visible()
    assert ok(user.get(SUBSCRIPTIONS))["items"] == []
    assert page.evaluate("() => localStorage.getItem('test.subscribed')") is None


def test_signing_out_turns_it_off(
    page: Page, user: User, subscriber: Device, base_url: str, troubles: Troubles
) -> None:
    # the list may be reading news of the new device while the session ends
    troubles.refusals.add(401)
    page.context.grant_permissions(["notifications"], origin=base_url)
    page.add_init_script(f"({SUBSCRIBED})({json.dumps(subscriber.subscription)})")
    sign_in(page, user)
    page.goto("/settings/notifications")
    section(page, "Push").get_by_role("button", name="Turn on in this browser").click()
    expect(section(page, "Push").get_by_text("On in this browser.")).to_be_visible()
    sign_out(page)
    until(
        lambda: page.evaluate("() => localStorage.getItem('test.subscribed')") is None,
        "the browser's subscription is gone",
    )
    assert ok(user.get(SUBSCRIPTIONS))["items"] == []


def test_the_address_of_a_message_opens_its_task(page: Page, user: User) -> None:
    task = user.add_task("Pay the rent 💚")
    sign_in(page, user)
    page.goto(f"/?task={task['id']}")
    expect(page.get_by_role("dialog").get_by_label("Title")).to_have_value("Pay the rent 💚")
    assert "task=" not in page.url


def test_a_browser_without_a_push_service_says_so(
    page: Page, user: User, base_url: str, troubles: Troubles
) -> None:
    """This one: its contexts are private windows, where Chromium has none."""
    page.context.grant_permissions(["notifications"], origin=base_url)
    sign_in(page, user)
    page.goto("/settings/notifications")
    section(page, "Push").get_by_role("button", name="Turn on in this browser").click()
    expect(section(page, "Push").get_by_text("could not reach its push service")).to_be_visible()
    assert ok(user.get(SUBSCRIPTIONS))["items"] == []
    # it says so itself, too
    troubles.found[:] = [
        one for one in troubles.found if "does not support the Push API" not in one
    ]


def click(page: Page, message: dict[str, Any]) -> None:
    """Click on a notification. The DevTools protocol cannot, so the event is made by hand."""
    (worker,) = page.context.service_workers
    worker.evaluate(
        """async ({ title, url }) => {
          await self.registration.showNotification(title, { tag: "clicked", data: { url } });
          const [notification] = await self.registration.getNotifications({ tag: "clicked" });
          self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
        }""",
        message,
    )
