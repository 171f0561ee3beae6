"""What a mail looks like, whatever people write."""

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from taskbell.accounts.schemas import SignUp
from taskbell.ids import new_id
from taskbell.mail.errors import PermanentMailError
from taskbell.mail.message import Mail, Recipient, compose

JOB = UUID("01a1fb87-49ec-75f1-a572-281783323c0a")
PLAN = datetime(2026, 3, 29, 7, tzinfo=UTC)
ADA = Recipient("ada@example.com", "Ada")
CONTEXT = {"public_url": "https://x", "link": "https://x/verify-email#token=y", "ttl_seconds": 60}


def reminder(**more: Any) -> Mail:
    context = {
        "title": "Pay the rent", "description": "", "due": PLAN, "due_date": None,
        "zone": "Europe/Zurich", "planned_at": PLAN, "late_seconds": 0,
        "public_url": "https://tasks.example.com",
    } | more  # fmt: skip
    return compose(
        "reminder", job_id=JOB, sender="Taskbell <bell@example.org>", recipient=ADA,
        subject=f"Reminder: {context['title']}", context=context,
    )  # fmt: skip


def received(message: Mail) -> EmailMessage:
    """The message as a mail program sees it after it travelled."""
    sent = message.content
    assert sent.isascii(), "not every server takes 8 bits"
    assert max(len(line) for line in sent.split(b"\r\n")) <= 998
    arrived = message_from_bytes(sent, policy=default)
    assert isinstance(arrived, EmailMessage)
    return arrived


def bodies(message: Mail) -> tuple[str, str]:
    text, html = received(message).iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    return text.get_content(), html.get_content()


def test_headers() -> None:
    message = received(reminder())
    assert message["From"] == "Taskbell <bell@example.org>"
    assert message["To"] == "Ada <ada@example.com>"
    assert message["Subject"] == "Reminder: Pay the rent"
    assert message["Message-ID"] == f"<{JOB}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert abs(message["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_same_job_makes_the_same_message_id() -> None:
    assert received(reminder())["Message-ID"] == received(reminder(title="new"))["Message-ID"]


def test_what_a_reminder_says() -> None:
    for body in bodies(reminder(description="Standing order *and* receipt")):
        for words in (
            "Pay the rent", "Standing order *and* receipt", "https://tasks.example.com",
            "Sunday, 29 March 2026, 09:00 (Europe/Zurich)",
        ):  # fmt: skip
            assert words in body
        assert "late" not in body


def test_a_day_is_said_as_a_day() -> None:
    for body in bodies(reminder(due=None, due_date=date(2026, 3, 29))):
        assert "Sunday, 29 March 2026" in body
        assert "09:00" not in body


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (59, None), (60, "1 min late"), (119, "1 min late"), (7300, "2 h late"),
        (86_400, "1 day late"), (3 * 86_400, "3 days late"),
    ],
)  # fmt: skip
def test_a_late_reminder_says_so(seconds: int, words: str | None) -> None:
    for body in bodies(reminder(late_seconds=seconds)):
        flat = " ".join(body.split())
        assert (words or "nothing") in flat if words else "late" not in flat


NASTY = [
    "<script>alert(1)</script>", "a & b", '"quoted" \'too\'', "{{ 7 * 7 }}", "{% raw %}",
    "💚 Zürich 日本語", "ﷺ \u202e evil", "=?utf-8?q?x?=", "x" * 200, "ü" * 200,
]  # fmt: skip


@pytest.mark.parametrize("title", NASTY)
def test_a_title_arrives_as_written_and_is_no_html(title: str) -> None:
    message = reminder(title=title, description=title)
    text, html = bodies(message)
    assert text.splitlines()[0] == title
    assert "<script>" not in html
    assert "49" not in html.split("<h1")[1].split("</h1>")[0]
    assert received(message)["Subject"] == f"Reminder: {title}"


# each of these ends a line for somebody: what follows must not become a header
@pytest.mark.parametrize(
    "end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]
)
def test_no_header_is_smuggled_in(end: str) -> None:
    message = compose(
        "welcome", job_id=JOB, sender="bell@example.org",
        recipient=Recipient("ada@example.com", f"Ada{end}Bcc: evil@example.com"),
        subject=f"Hello{end}Bcc: evil@example.com", context=CONTEXT,
    )  # fmt: skip
    arrived = received(message)
    assert arrived["Bcc"] is None
    assert arrived["Subject"] == "Hello Bcc: evil@example.com"
    assert arrived["To"].addresses[0].addr_spec == "ada@example.com"


# `email` decodes encoded words in what it is given, line ends and half characters included
ENCODED = [
    "=?utf-8?q?=0D=0ABcc:=20evil=40example.com?=",
    "=?utf-8?q?hi=0D=0AContent-Type:=20text/html=0D=0A=0D=0A<h1>evil</h1>?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXhhbXBsZS5jb20=?=",
    "=?utf-7?q?+2AA-?=",
    "=?utf-8?q?Bob=0D=0AReply-To:=20evil=40example.com?=",
]


@pytest.mark.parametrize("words", ENCODED)
def test_encoded_words_stay_words(words: str) -> None:
    message = compose(
        "welcome", job_id=JOB, sender="bell@example.org",
        recipient=Recipient("ada@example.com", words), subject=words,
        context=CONTEXT,
    )  # fmt: skip
    arrived = received(message)
    assert set(arrived.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
        "Content-Type",
    }  # fmt: skip
    assert arrived.get_content_type() == "multipart/alternative"
    assert [one.addr_spec for one in arrived["To"].addresses] == ["ada@example.com"]


def test_an_address_that_reads_as_an_encoded_word_is_refused() -> None:
    evil = "=?utf-8?q?=0D=0ABcc=3Aevil=40example=2Ecom?=@example.com"
    with pytest.raises(ValidationError):
        SignUp(email=evil, password="correct horse battery")
    with pytest.raises(PermanentMailError):
        compose(
            "welcome", job_id=JOB, sender="bell@example.org", recipient=Recipient(evil, ""),
            subject="x", context=CONTEXT,
        )  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "Dr. Anna-Maria von Hohenstein, Chair of the Department of Applied Mathematics",
        "victim@example.org, somebody else with a name that goes on and on and on and on",
    ],
)
def test_a_long_name_with_specials_is_no_second_recipient(name: str) -> None:
    message = compose(
        "welcome", job_id=JOB, sender="bell@example.org",
        recipient=Recipient("ada@example.com", name), subject="x",
        context=CONTEXT,
    )  # fmt: skip
    assert [one.addr_spec for one in received(message)["To"].addresses] == ["ada@example.com"]


NAMES = [
    "", "Ada", "Zoë", "日本語", "💚", 'Ada "the first"', "Lovelace, Ada", "ada@example.com",
    'a" <evil@example.com>, "b', "<evil@example.com>", "(comment)", "a:b;", "\\", "x" * 100,
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name(name: str) -> None:
    message = compose(
        "welcome", job_id=JOB, sender="bell@example.org",
        recipient=Recipient("ada@example.com", name), subject="Hello", context=CONTEXT,
    )  # fmt: skip
    (address,) = received(message)["To"].addresses
    assert (address.addr_spec, address.display_name) == ("ada@example.com", name)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_text_can_be_mailed(written: str) -> None:
    message = reminder(title=written or "x", description=written)
    assert received(message)["Message-ID"] == f"<{JOB}@example.org>"


@pytest.mark.parametrize(
    ("email", "on_the_wire"),
    [
        ("ada@example.com", "ada@example.com"),
        ("ada+tag@example.com", "ada+tag@example.com"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("ada@bücher.example.com", "ada@xn--bcher-kva.example.com"),
    ],
)
def test_addresses(email: str, on_the_wire: str) -> None:
    message = compose(
        "welcome", job_id=new_id(), sender="bell@example.org", recipient=Recipient(email, "Ada"),
        subject="Hello", context=CONTEXT,
    )  # fmt: skip
    assert received(message)["To"].addresses[0].addr_spec == on_the_wire
    assert email in bodies(message)[0]


def test_a_wide_address_needs_a_wide_message() -> None:
    message = compose(
        "welcome", job_id=JOB, sender="bell@example.org",
        recipient=Recipient("zoë@example.com", "Zoë"), subject="Hello", context=CONTEXT,
    )  # fmt: skip
    assert " <zoë@example.com>\r\n" in message.content.decode()
    assert message.recipient == "zoë@example.com"
