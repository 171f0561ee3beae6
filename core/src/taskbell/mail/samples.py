"""One of each mail, with what people may write at its worst: for looking at, and for tests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from taskbell.mail.message import Mail, Recipient, compose
from taskbell.mail.notices import NOTICES
from taskbell.mail.words import in_zone

JOB = UUID("01a1fb87-49ec-75f1-a572-281783323c0a")
SENDER = "Taskbell <taskbell@example.com>"
ADA = Recipient("ada@example.com", "Ada Lovelace")
PLAN = datetime(2026, 3, 29, 7, tzinfo=UTC)
DAY = date(2026, 3, 29)
ZONE = "Europe/Zurich"
ARABIC = "شراء الحليب والخبز من السوق"
LONG = (
    "Write to the landlord about the leaking tap in the kitchen, the window that does not close, "
    "and the heating that has been making this strange noise since the beginning of November"
)
UNBROKEN = "https://example.org/" + "a-very-long-path-without-a-break-" * 5
_TOKEN = "kXbQ3zv9Jw0m5TqLr2YcNfEoPsUdHaGi7B1VxM4ZtRk"  # noqa: S105 (of nobody)


@dataclass(frozen=True)
class Sample:
    """What `compose` is given, besides who sends it and where it links to."""

    template: str
    subject: str
    context: Mapping[str, Any]
    recipient: Recipient = ADA
    is_subscribed: bool = False

    def mail(self, public_url: str) -> Mail:
        """Return the mail, with links to a Taskbell at `public_url`."""
        context = {
            name: value.replace("PUBLIC_URL", public_url) if isinstance(value, str) else value
            for name, value in self.context.items()
        }
        return compose(
            self.template,
            job_id=JOB,
            sender=SENDER,
            recipient=self.recipient,
            subject=self.subject,
            context={**context, "public_url": public_url},
            unsubscribe_url=f"{public_url}/api/v1/digest/unsubscribe?token={_TOKEN}"
            if self.is_subscribed
            else None,
        )


@dataclass(frozen=True)
class _Entry:
    title: str
    day: date = DAY
    at_time: time | None = None
    list_name: str = ""


@dataclass(frozen=True)
class _Contents:
    today: list[_Entry] = field(default_factory=list)
    more_today: int = 0
    overdue: list[_Entry] = field(default_factory=list)
    more_overdue: int = 0

    @property
    def count_today(self) -> int:
        return len(self.today) + self.more_today

    @property
    def count_overdue(self) -> int:
        return len(self.overdue) + self.more_overdue


def _link(path: str, **more: Any) -> dict[str, Any]:
    return {"link": f"PUBLIC_URL/{path}#token={_TOKEN}", "ttl_seconds": 86_400, **more}


def _reminder(title: str, *, recipient: Recipient = ADA, **more: Any) -> Sample:
    context = {
        "title": title,
        "description": "",
        "due": PLAN,
        "due_date": None,
        "zone": ZONE,
        "planned_at": PLAN,
        "late_seconds": 0,
        "list_name": "Home",
        "link": f"PUBLIC_URL/reminder#token={_TOKEN}",
    }
    return Sample("reminder", f"Reminder: {title}", context | more, recipient)


def _digest(contents: _Contents) -> Sample:
    context = {
        "day": DAY,
        "contents": contents,
        "zone": ZONE,
        "unsubscribe_page": f"PUBLIC_URL/unsubscribe#token={_TOKEN}",
    }
    subject = f"Sunday: {contents.count_today} due today, {contents.count_overdue} overdue"
    return Sample("digest", subject, context, is_subscribed=True)


_TODAY = [
    _Entry("Water the plants", list_name="Home"),
    _Entry("Pay the rent", at_time=time(9), list_name="Home"),
    _Entry("Call the dentist", at_time=time(14, 30)),
]
_OVERDUE = [
    _Entry("Renew the passport", day=date(2026, 3, 2), list_name="Papers"),
    _Entry("Answer Charles", day=date(2025, 12, 30), at_time=time(18)),
]

SAMPLES: dict[str, Sample] = {
    "reminder": _reminder("Pay the rent", description="Standing order *and* receipt"),
    "reminder-late": _reminder("Pay the rent", late_seconds=3 * 3600),
    "reminder-all-day": _reminder("Water the plants", due=None, due_date=DAY, list_name=None),
    "reminder-long": _reminder(
        LONG, description=f"{LONG}.\n\n{UNBROKEN}\n\n" + "All the rest. " * 60, list_name=LONG
    ),
    "reminder-unicode": _reminder(
        "💚 Zürich 日本語を勉強する", description="👩‍👩‍👧 naïve – “quotes”", list_name="Größeres 📦"
    ),
    "reminder-rtl": _reminder(
        ARABIC, description=f"{ARABIC}.\n\u202eabc", list_name=ARABIC, late_seconds=600
    ),
    "reminder-without-link": _reminder("Pay the rent", link=None, due=None),
    "digest": _digest(_Contents(_TODAY, 0, _OVERDUE, 0)),
    "digest-long": _digest(
        _Contents([*_TODAY, *[_Entry(LONG, list_name=LONG)] * 20], 30, [_Entry(ARABIC)], 4)
    ),
    "digest-overdue": _digest(_Contents(overdue=_OVERDUE)),
    "test": Sample("test", "Test message from Taskbell", {}),
    "welcome": Sample(
        "welcome", "Welcome to Taskbell", _link("verify-email"), Recipient("ada@example.com", "")
    ),
    "verify": Sample("verify", "Confirm your e-mail address", _link("verify-email", changes=False)),
    "verify-change": Sample(
        "verify", "Confirm your new e-mail address", _link("verify-email", changes=True)
    ),
    "reset": Sample("reset", "Choose a new password", _link("reset-password")),
    "export": Sample("export", "Your data is ready", _link("export")),
    **{
        f"notice-{name.replace('_', '-')}": Sample(
            "notice",
            notice.subject,
            {
                "paragraphs": [
                    one.replace("{moment}", in_zone(PLAN, ZONE)) for one in notice.paragraphs
                ]
            },
        )
        for name, notice in NOTICES.items()
    },
}
"""By the name of the mail and what is special about it."""
