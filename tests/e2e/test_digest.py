"""The daily digest and the links in reminders' mails, from the setting to the mailbox and back."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.accounts import token_in
from tests.e2e.client import API, User, instant, moment, ok, problem, secret, soon
from tests.e2e.database import sql
from tests.e2e.mailbox import Mail, Mailbox
from tests.e2e.stacks import RunningStack
from tests.e2e.waiting import until

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
SETTINGS = "/users/me/notifications"


@pytest.fixture
def reader(user: User, mailbox: Mailbox, stack: RunningStack) -> User:
    """Somebody whose address is confirmed."""
    welcome = mailbox.wait(user.email, "Welcome")
    token = token_in(welcome, "verify-email", stack.gateway)
    ok(user.post("/auth/verify-email", {"token": token}), 204)
    return user


def digest_now(stack: RunningStack, user: User) -> None:
    """Let the time of a user's next digest come: the minute that it is."""
    at = datetime.now(UTC)
    ok(user.patch(SETTINGS, {"digest_enabled": True, "digest_time": f"{at:%H:%M}"}))
    sql(
        stack,
        "UPDATE notification_preference SET digest_next_at = now() FROM user_account"  # noqa: S608
        f" WHERE user_id = id AND email = '{user.email}'",
    )


def states(stack: RunningStack, user: User) -> list[str]:
    """What became of a user's digests."""
    found = sql(
        stack,
        "SELECT state FROM digest JOIN user_account ON user_id = id"  # noqa: S608
        f" WHERE email = '{user.email}' ORDER BY day",
    )
    return found.split()


def is_on(user: User) -> bool:
    on: bool = ok(user.get(SETTINGS))["digest_enabled"]
    return on


def one_click_address(mail: Mail) -> str:
    """Where mail programs would POST to, by the headers of a mail (RFC 8058)."""
    headers = {name.lower(): value for name, value in mail.headers.items()}
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    found = re.fullmatch(r"<(https?://[^<>\s]+)>", headers["list-unsubscribe"])
    assert found
    secret(found[1].rpartition("=")[2])
    return found[1]


def test_a_digest_a_day(
    reader: User, mailbox: Mailbox, stack: RunningStack, http: httpx.Client
) -> None:
    today = datetime.now(UTC).date()
    reader.add_task("Water the <plants>", due_date=today.isoformat())
    reader.add_task("Call Zoë", due_at=instant(datetime.now(UTC).replace(hour=23, minute=59)))
    reader.add_task("Tax", due_date=(today - timedelta(days=2)).isoformat())
    reader.add_task("Next year", due_date=(today + timedelta(days=365)).isoformat())
    digest_now(stack, reader)
    mail = mailbox.wait(reader.email, "due today")
    assert mail.subject == f"{today:%A}: 2 due today, 1 overdue"
    for shown in ("Water the <plants>", "Call Zoë", "23:59", "Tax"):
        assert shown in mail.text
    assert "Next year" not in mail.text
    assert "Water the &lt;plants&gt;" in mail.html
    until(lambda: states(stack, reader) == ["sent"], "it is noted as sent")
    digest_now(stack, reader)  # once more on the same day
    other = soon(2)
    reader.remind(reader.add_task("Later one"), at=instant(other))
    mailbox.wait(reader.email, "Later one")
    assert len(mailbox.to(reader.email, "due today")) == 1
    assert states(stack, reader) == ["sent"]

    address = one_click_address(mail)
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == stack.gateway
    path = f"{parts.path}?{parts.query}"
    followed = http.get(path)
    assert followed.status_code == 303
    token = address.rpartition("=")[2]
    assert followed.headers["location"] == f"{stack.gateway}/unsubscribe#token={token}"
    assert http.head(path).status_code in {303, 405}
    assert is_on(reader), "whoever only looks changes nothing"
    problem(http.post(path[:-1], data=ONE_CLICK), 400, "invalid_unsubscribe_token")
    for _ in range(2):
        assert ok(http.post(path, data=ONE_CLICK)) == {"unsubscribed": True}
        assert not is_on(reader)
    for service in ("gateway", "api", "worker"):
        assert token not in stack.log(service)


def test_whoever_has_not_confirmed_their_address_gets_none(user: User, stack: RunningStack) -> None:
    user.add_task("Water the plants", due_date=datetime.now(UTC).date().isoformat())
    digest_now(stack, user)
    until(lambda: states(stack, user) == ["skipped"], "it is skipped")


# --- links in reminders' mails ------------------------------------------------------------


def link_of(user: User, mailbox: Mailbox, stack: RunningStack, title: str) -> str:
    return token_in(mailbox.wait(user.email, title), "reminder", stack.gateway)


def test_done_from_the_mail(
    user: User, mailbox: Mailbox, stack: RunningStack, http: httpx.Client
) -> None:
    due = soon(3600).replace(microsecond=0)
    daily = {"rrule": "FREQ=DAILY", "anchor": "schedule"}
    task = user.add_task("Take the pill", due_at=instant(due), recurrence=daily)
    user.remind(task, at=instant(soon(2)))
    token = link_of(user, mailbox, stack, "Take the pill")
    assert http.get("/reminder").is_success, "the page, which asks first"
    shown = ok(http.post(f"{API}/reminder-links/look", json={"token": token}))
    assert (shown["title"], shown["state"]) == ("Take the pill", "open")
    assert user.task(task["id"])["version"] == 1
    used = ok(http.post(f"{API}/reminder-links/use", json={"token": token, "action": "done"}))
    assert used["outcome"] == "done"
    moved = user.task(task["id"])
    assert not moved["completed"]
    assert moment(moved["due_at"]) - moment(task["due_at"]) == timedelta(days=1)
    again = http.post(f"{API}/reminder-links/use", json={"token": token, "action": "done"})
    problem(again, 422, "link_expired")


def test_snooze_from_the_mail(
    user: User, mailbox: Mailbox, stack: RunningStack, http: httpx.Client
) -> None:
    task = user.add_task("Ring the bell", due_at=instant(soon(7200)))
    reminder = user.remind(task, at=instant(soon(2)))
    token = link_of(user, mailbox, stack, "Ring the bell")
    body = {"token": token, "action": "snooze", "minutes": 10}
    used = ok(http.post(f"{API}/reminder-links/use", json=body))
    assert used["outcome"] == "snoozed"
    snoozed = user.reminder(reminder)
    assert snoozed["state"] == "snoozed"
    assert snoozed["next_fire_at"] == used["snoozed_until"]
    late = (moment(used["snoozed_until"]) - datetime.now(UTC)).total_seconds()
    assert 540 < late <= 600
