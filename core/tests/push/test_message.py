"""What push messages say."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from taskbell.ids import new_id
from taskbell.push import message
from taskbell.push.message import Message, topic_of

MOMENT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ZONE = "Europe/Zurich"
REMINDER, TASK = new_id(), new_id()


def a_reminder(**fields: Any) -> Message:
    wanted: dict[str, Any] = {
        "reminder_id": REMINDER,
        "task_id": TASK,
        "title": "Pay the rent",
        "due": MOMENT + timedelta(minutes=30),
        "zone": ZONE,
        "fire_at": MOMENT,
        "late": timedelta(seconds=1),
        "moment": MOMENT,
    }
    return message.reminder(**wanted | fields)


def test_a_reminder_says_what_the_page_needs() -> None:
    made = a_reminder()
    assert json.loads(made.encode()) == {
        "title": "Pay the rent",
        "body": "Due 09:30",
        "url": f"/?task={TASK}",
        "tag": f"reminder:{REMINDER}",
        "reminder_id": str(REMINDER),
        "fire_at": "2026-11-21T08:00:00Z",
        "late_seconds": 1,
    }
    assert made.headers() == {"TTL": "86400", "Urgency": "high", "Topic": topic_of(REMINDER)}
    assert len(topic_of(REMINDER)) == 22


DUES: list[tuple[datetime | date | None, str]] = [
    (None, ""),
    (date(2026, 11, 21), "Due today"),
    (date(2026, 11, 23), "Due Monday, 23 November"),
    (date(2027, 1, 2), "Due Saturday, 2 January 2027"),
    (datetime(2026, 11, 21, 22, 59, tzinfo=UTC), "Due 23:59"),
    (datetime(2026, 11, 21, 23, 0, tzinfo=UTC), "Due Sunday, 22 November, 00:00"),
]


@pytest.mark.parametrize(("due", "words"), DUES)
def test_when_it_is_due_in_the_zone_of_the_task(due: datetime | date | None, words: str) -> None:
    assert a_reminder(due=due).payload["body"] == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "Due 09:30"),
        (59, "Due 09:30"),
        (60, "Due 09:30 · 1 minute late"),
        (10_800, "Due 09:30 · 3 hours late"),
        (86_400, "Due 09:30 · 1 day late"),
    ],
)
def test_a_late_one_says_so(seconds: int, words: str) -> None:
    made = a_reminder(late=timedelta(seconds=seconds))
    assert made.payload["body"] == words
    assert made.payload["late_seconds"] == max(0, seconds)


@pytest.mark.parametrize("letter", ["x", "é", "漢", "💚", '"', "\\"])
@pytest.mark.parametrize("most", [3000, 1000, 400])
def test_a_long_title_is_cut_to_what_push_services_take(letter: str, most: int) -> None:
    encoded = a_reminder(title=letter * 4000).encode(most)
    assert len(encoded) <= most
    told = json.loads(encoded)
    assert told["title"].startswith(letter)
    assert told["title"].endswith("…")
    assert told["url"] == f"/?task={TASK}", "the rest is whole"


def test_a_title_that_fits_is_left_as_it_is() -> None:
    title = "💚" * 200  # as long as titles may be
    assert json.loads(a_reminder(title=title).encode())["title"] == title


def test_a_test_message_is_not_kept_for_long() -> None:
    made = message.test(test_id=REMINDER, moment=MOMENT)
    assert made.headers()["TTL"] == "600"
    told = json.loads(made.encode())
    assert (told["url"], told["tag"]) == ("/", f"test:{REMINDER}")
