"""Every template, whatever people write: whole, harmless, and fit to travel."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from taskbell.mail.message import Mail, Recipient, compose
from taskbell.mail.samples import JOB, PLAN, SAMPLES, Sample

PUBLIC_URL = "https://tasks.example.com"
VOID = {"meta", "br"}
TAGS = {
    "html", "head", "meta", "title", "style", "body", "table", "tr", "td", "div", "p", "a", "h1",
    "h2", "strong", "span", "bdi", "br",
}  # fmt: skip
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
}  # fmt: skip
HOSTILE = {
    "empty": "",
    "html": "</h1><script>alert(1)</script><img src=http://evil.example/x.png>",
    "attribute": '" onmouseover="alert(1)" style="background:url(//evil.example/x)',
    "template": "{{ 7 * 7 }}{% for x in y %}",
    "header": "x\r\nBcc: evil@example.com\r\n\r\n<h1>evil</h1>",
    "separator": "x\u2028Bcc: evil@example.com\u2029",
    "encoded": "=?utf-8?q?x=0D=0ABcc=3A_evil=40example.com?=",
    "boundary": f"\r\n--=_{JOB.hex}--\r\n--=_{JOB.hex}\r\nContent-Type: text/html\r\n\r\nevil",
    "bidi": "abc\u202efdp.exe \u2066\u2067\u200f",
    "zero": "a\x00b\x07\x1b[31m\x7f",
    "emoji": "👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿💚",
    "arabic": "شراء الحليب والخبز من السوق",
    "dots": ".\r\n.\r\n..\r\n",
    "from": "From here to there\nFrom me",
    "long": "x" * 10_000,
    "wide": "日本語" * 3_000,
    "half": "\ud83d",
}


class Page(HTMLParser):
    """Reads a page and complains about what does not belong into a mail."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS
        if tag == "p":
            assert "p" not in self.open
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in {"src", "srcset", "background", "action", "data"}
            assert "url(" not in (value or "") or name == "href"
            if name == "href":
                self.links.append(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            assert "url(" not in data
            assert "@import" not in data
        else:
            self.words.append(data)


def arrived(mail: Mail) -> EmailMessage:
    """Return a mail as it is read at the other end, once it has travelled as it must."""
    assert mail.content.isascii()
    lines = mail.content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line or b"\0" in line for line in lines)
    message = message_from_bytes(mail.content, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def check(sample: Sample, mail: Mail) -> tuple[str, str]:
    message = arrived(mail)
    more = {"List-Unsubscribe", "List-Unsubscribe-Post"} if sample.is_subscribed else set()
    assert set(message.keys()) == HEADERS | more
    assert len(message.keys()) == len(set(message.keys()))
    assert message["Message-ID"] == f"<{JOB}@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"].addresses[0].addr_spec == "taskbell@example.com"
    assert [one.addr_spec for one in message["To"].addresses] == [sample.recipient.email]
    assert message.get_content_type() == "multipart/alternative"
    text, html = list(message.iter_parts())
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    for part in (text, html):
        assert part["Content-Transfer-Encoding"] in {"7bit", "quoted-printable", "base64"}
        assert part.get_content_charset() == "utf-8"
        assert not part.defects
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    return text.get_content().replace("\r\n", "\n"), html.get_content()


def read(markup: str) -> Page:
    page = Page()
    page.feed(markup)
    page.close()
    assert page.open == []
    assert markup.startswith("<!doctype html>")
    assert all(link == PUBLIC_URL or link.startswith(f"{PUBLIC_URL}/") for link in page.links)
    return page


def test_every_template_has_a_sample() -> None:
    found = {file.name for file in files("taskbell.mail").joinpath("templates").iterdir()}
    names = {name.rpartition(".")[0] for name in found} - {"layout", "parts"}
    assert {sample.template for sample in SAMPLES.values()} == names
    assert {f"{name}.{kind}" for name in names for kind in ("html", "txt")} <= found


@pytest.mark.parametrize("name", SAMPLES)
def test_a_mail_as_it_is_sent(name: str) -> None:
    sample = SAMPLES[name]
    text, html = check(sample, sample.mail(PUBLIC_URL))
    page = read(html)
    assert page.links
    assert PUBLIC_URL in text
    assert "\n\n\n" not in text
    assert not text.startswith("\n")
    assert not re.search(r"None|undefined|\{\{|PUBLIC_URL", text + " ".join(page.words))
    assert "prefers-color-scheme: dark" in html
    assert 'name="color-scheme" content="light dark"' in html
    assert '"viewport"' in html


@pytest.mark.parametrize("name", [name for name in SAMPLES if "long" not in name])
def test_the_text_part_is_no_wider_than_a_terminal(name: str) -> None:
    text, _ = check(SAMPLES[name], SAMPLES[name].mail(PUBLIC_URL))
    lines = [line for line in text.splitlines() if PUBLIC_URL not in line]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("written", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", ["reminder", "digest", "welcome", "test", "notice-account-kept"])
def test_whatever_people_write_stays_words(name: str, written: str) -> None:
    sample = SAMPLES[name]
    mail = compose(
        sample.template,
        job_id=JOB,
        sender="Taskbell <taskbell@example.com>",
        recipient=Recipient("ada@example.com", written),
        subject=f"Reminder: {written}",
        context={
            **{name: _spoilt(value, written) for name, value in sample.context.items()},
            "public_url": PUBLIC_URL,
            "link": f"{PUBLIC_URL}/x#token=y",
        },
        unsubscribe_url=f"{PUBLIC_URL}/u" if sample.is_subscribed else None,
    )
    _, html = check(sample, mail)
    said = "".join(read(html).words)
    assert "49" not in said.replace(JOB.hex, "")
    if written.isprintable() and name == "reminder":
        assert written in said
    assert "Bcc" not in arrived(mail)


def _spoilt(value: Any, written: str) -> Any:
    if isinstance(value, str) and value != "Europe/Zurich" and "PUBLIC_URL" not in value:
        return written
    return value.replace("PUBLIC_URL", PUBLIC_URL) if isinstance(value, str) else value


def test_only_what_one_subscribed_to_can_be_unsubscribed_from() -> None:
    digest = arrived(SAMPLES["digest"].mail(PUBLIC_URL))
    assert re.fullmatch(rf"<{PUBLIC_URL}/\S+>", digest["List-Unsubscribe"])
    assert digest["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert arrived(SAMPLES["reminder"].mail(PUBLIC_URL))["List-Unsubscribe"] is None


def test_a_reminder_has_two_buttons_where_there_is_a_link() -> None:
    sample = SAMPLES["reminder"]
    _, html = check(sample, sample.mail(PUBLIC_URL))
    page = read(html)
    assert {"Done", "Snooze"} <= set(page.words)
    assert len([link for link in page.links if "/reminder#token=" in link]) == 2
    without = SAMPLES["reminder-without-link"]
    text, html = check(without, without.mail(PUBLIC_URL))
    assert "Snooze" not in html
    assert "Choose here" not in text
    assert read(html).links == [PUBLIC_URL]


def test_older_callers_need_neither_link_nor_list() -> None:
    context = {
        "title": "Pay the rent", "description": "", "due": PLAN, "due_date": None,
        "zone": "Europe/Zurich", "planned_at": PLAN, "late_seconds": 0, "public_url": PUBLIC_URL,
    }  # fmt: skip
    mail = compose(
        "reminder", job_id=JOB, sender="taskbell@example.com",
        recipient=Recipient("ada@example.com", ""), subject="x", context=context,
    )  # fmt: skip
    assert b"Snooze" not in mail.content
