"""What push messages say, and how push services shall treat them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from taskbell.push.vapid import to_base64
from taskbell.times import known_zone, to_wire

MOST_BYTES = 3000
"""Push services must take 4,096 bytes with all that encryption adds; some take less."""

SHORT_BYTES = 1000
"""For a push service that found the message too large."""

REMINDER_TTL = timedelta(days=1)
"""So long does the push service keep a message for a device that is switched off."""

TEST_TTL = timedelta(minutes=10)

Urgency = Literal["normal", "high"]


@dataclass(frozen=True)
class Message:
    """A message for all devices of a user. `topic`: replaces what waits under the same one.

    `payload` is what the service worker of the page gets; see services/web/public/sw.js.
    """

    payload: Mapping[str, Any]
    ttl: timedelta
    urgency: Urgency
    topic: str

    def encode(self, most: int = MOST_BYTES) -> bytes:
        """Return the payload as JSON; if that is longer than `most` bytes, without its end."""
        encoded = _json(self.payload)
        title: str = self.payload["title"]
        while len(encoded) > most and title:
            title = title[: len(title) * 3 // 4]
            encoded = _json({**self.payload, "title": f"{title}…", "body": ""})
        return encoded

    def headers(self) -> dict[str, str]:
        """Return the headers of the push request that say how to treat it (RFC 8030 §5)."""
        return {
            "TTL": str(int(self.ttl.total_seconds())),
            "Urgency": self.urgency,
            "Topic": self.topic,
        }


def _json(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def topic_of(identity: UUID) -> str:
    """Return a topic: at most 32 characters of base64url (RFC 8030 §5.4)."""
    return to_base64(identity.bytes)


def reminder(
    *,
    reminder_id: UUID,
    task_id: UUID,
    title: str,
    due: datetime | date | None,
    zone: str,
    fire_at: datetime,
    late: timedelta,
    moment: datetime,
) -> Message:
    """Return the message of a reminder; `due` is a date for a task that takes all day."""
    late_seconds = max(0, int(late.total_seconds()))
    parts = [_due(due, zone, moment), _late(late_seconds)]
    return Message(
        {
            "title": title,
            "body": " · ".join(part for part in parts if part),
            "url": f"/?task={task_id}",  # of the page that subscribed, wherever that is
            "tag": f"reminder:{reminder_id}",
            "reminder_id": str(reminder_id),
            "fire_at": to_wire(fire_at),
            "late_seconds": late_seconds,
        },
        REMINDER_TTL,
        # a sleeping phone gets `normal` ones when it wakes up, which may take hours
        "high",
        topic_of(reminder_id),
    )


def test(*, test_id: UUID, moment: datetime) -> Message:
    """Return the message that somebody sends to themselves to see whether it arrives."""
    return Message(
        {
            "title": "Test from Taskbell",
            "body": "Reminders reach this device.",
            "url": "/",
            "tag": f"test:{test_id}",
            "reminder_id": None,
            "fire_at": to_wire(moment),
            "late_seconds": 0,
        },
        TEST_TTL,
        "high",
        topic_of(test_id),
    )


def _due(due: datetime | date | None, zone: str, moment: datetime) -> str:
    if due is None:
        return ""
    zone = known_zone(zone)
    today = moment.astimezone(ZoneInfo(zone)).date()
    if not isinstance(due, datetime):
        return "Due today" if due == today else f"Due {_day(due, today)}"
    local = due.astimezone(ZoneInfo(zone))
    if local.date() == today:
        return f"Due {local:%H:%M}"
    return f"Due {_day(local.date(), today)}, {local:%H:%M}"


def _day(day: date, today: date) -> str:
    year = "" if day.year == today.year else f" {day.year}"
    return f"{day:%A}, {day.day} {day:%B}{year}"


def _late(seconds: int) -> str:
    for size, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {name}{'s' if count != 1 else ''} late"
    return ""
