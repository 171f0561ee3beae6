"""Mail that arrives, as it arrived; and the test message that shows how it went."""

import re
from typing import Any

import httpx
import pytest

from tests.e2e.client import User, instant, ok, soon
from tests.e2e.mailbox import Mailbox
from tests.e2e.stacks import RunningStack
from tests.e2e.waiting import until

TEST = "/users/me/test-notification"
SOON = 2.0


def tried(user: User, channel: str) -> dict[str, Any]:
    """Ask for a test message, and wait for what comes of it however busy the machine is."""
    answer: dict[str, Any] = ok(user.post(TEST, {"channel": channel}))

    def ended() -> list[dict[str, Any]]:
        found = ok(user.get(f"{TEST}/{answer['id']}"))
        return [found] if found["state"] != "pending" else []

    return until(ended, "something came of the test", timeout=60)[0]


def test_a_test_mail_really_goes_out_and_shows_the_dialogue(user: User, mailbox: Mailbox) -> None:
    result = tried(user, "email")
    assert result["state"] == "accepted", result
    assert re.fullmatch(r"The mail server at \S+ took it: 250 .*", result["summary"], re.DOTALL)
    lines = result["transcript"].splitlines()
    assert lines[0].startswith("← 220")
    assert any(re.fullmatch(r"→ EHLO \S+", line) for line in lines)
    assert f"→ RCPT TO:<{user.email}>" in lines
    assert any(re.fullmatch(r"→ … [\d,]+ bytes", line) for line in lines)
    assert lines[-2] == "→ ."
    assert lines[-1].startswith("← 250")
    mail = mailbox.wait(user.email, "Test message from Taskbell")
    assert "test message you asked for" in mail.text
    assert "password" not in result["transcript"].lower()


def test_a_test_inside_taskbell_is_in_the_list(user: User) -> None:
    assert tried(user, "in_app")["state"] == "accepted"
    items = ok(user.get("/notifications"))["items"]
    assert [(one["kind"], one["title"]) for one in items] == [("test", "Test notification")]


@pytest.mark.parametrize("channel", ["push", "webhook"])
def test_a_channel_with_nobody_at_its_other_end_says_so(user: User, channel: str) -> None:
    result = tried(user, channel)
    assert result["state"] == "failed"
    assert result["summary"]


def test_an_unconfirmed_address_is_not_filled_with_tests(user: User, mailbox: Mailbox) -> None:
    results = [tried(user, "email") for _ in range(11)]
    assert [one["state"] for one in results] == ["accepted"] * 10 + ["failed"]
    assert "not confirmed" in results[-1]["summary"]
    assert len(mailbox.to(user.email, "Test message")) == 10


def test_a_reminders_mail_has_what_mail_programs_look_for(user: User, mailbox: Mailbox) -> None:
    title = "Zähne putzen 💚 شراء"
    task = user.add_task(title, description="<b>twice</b>", due_at="2031-03-01T09:00:00Z")
    user.remind(task, at=instant(soon(SOON)), channels=["email"])
    mail = mailbox.wait(user.email, "Zähne putzen")
    assert mail.subject == f"Reminder: {title}"
    headers = {name.lower(): value for name, value in mail.headers.items()}
    assert headers["auto-submitted"] == "auto-generated"
    assert re.fullmatch(r"<[0-9a-f-]{36}@\S+>", headers["message-id"])
    assert headers["date"]
    assert "multipart/alternative" in str(headers["content-type"])
    assert not {"list-unsubscribe", "reply-to", "bcc"} & set(headers)
    assert mail.text.splitlines()[0] == title
    assert "&lt;b&gt;twice&lt;/b&gt;" in mail.html
    assert "prefers-color-scheme: dark" in mail.html
    links = re.findall(r'href="([^"]+)"', mail.html)
    assert len(set(links)) == len([one for one in set(links) if one.startswith("http")])
    assert not re.search(r"<(img|link|script|iframe)|url\(|@import", mail.html)


@pytest.mark.embedded
def test_the_mails_can_be_looked_at_where_taskbell_is_developed(
    http: httpx.Client, stack: RunningStack
) -> None:
    page = http.get("/dev/mails/reminder")
    assert page.status_code == 200
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert page.text.count("<iframe") == 4
    shown = http.get("/dev/mails/reminder/dark")
    assert "sandbox" in shown.headers["content-security-policy"]
    assert "script-src 'self'" not in shown.headers["content-security-policy"]


@pytest.mark.compose
def test_the_mails_cannot_be_looked_at_in_production(http: httpx.Client) -> None:
    for path in ("/dev/mails", "/dev/mails/reminder", "/dev/mails/reminder/dark"):
        assert http.get(path).status_code == 404
