"""What the parameters of a list of tasks mean, before any task is looked at."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from core.tests.make import some_id
from taskbell.tasks.parameters import TaskParameters

LATE = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
EDGES: list[tuple[str, str, date, int]] = [
    # at 23:30 UTC of the 20th, in … means the beginning of …, which is so many hours from UTC
    ("today", "UTC", date(2026, 11, 20), 0),
    ("today", "Europe/Zurich", date(2026, 11, 21), 1),
    ("today", "America/New_York", date(2026, 11, 20), -5),
    ("tomorrow", "Europe/Zurich", date(2026, 11, 22), 1),
    ("yesterday", "Pacific/Kiritimati", date(2026, 11, 20), 14),
    ("+7d", "Europe/Zurich", date(2026, 11, 28), 1),
    ("-3d", "America/New_York", date(2026, 11, 17), -5),
    ("+0d", "UTC", date(2026, 11, 20), 0),
    ("-9999d", "UTC", date(1999, 7, 6), 0),
    ("2026-07-01", "Europe/Zurich", date(2026, 7, 1), 2),
]


@pytest.mark.parametrize(("said", "zone", "day", "hours"), EDGES)
def test_days_are_those_of_whoever_asks(said: str, zone: str, day: date, hours: int) -> None:
    parameters = TaskParameters.model_validate({"due_before": said, "due_after": said})
    assert parameters.names_days
    wanted = parameters.filter(zone=zone, at=LATE)
    midnight = datetime.combine(day, datetime.min.time(), UTC) - timedelta(hours=hours)
    assert wanted.due_before == wanted.due_after == (midnight, day)


def test_an_instant_is_the_same_for_everybody() -> None:
    parameters = TaskParameters.model_validate({"due_before": "2026-11-20T12:00:00+01:00"})
    assert not parameters.names_days
    at = datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert parameters.filter(zone=None, at=LATE).due_before == (at, None)


@pytest.mark.parametrize(
    "fields",
    [
        {"due_before": "someday"}, {"due_before": "7d"}, {"due_before": "+7"},
        {"due_before": "+7w"}, {"due_before": "+99999d"}, {"due_before": "Today"},
        {"due_before": "today\n"},
        {"due_after": "2026-02-30"}, {"due_after": "1969-12-31"}, {"label": ["x"] * 11},
        {"label": [""]}, {"parent_id": "null"}, {"sort": "rank"}, {"q": "x" * 201}, {"page": 1},
        {"status": "open"}, {"priority": "p1"}, {"due_before": "٢٠٢٦-١١-٢٠"}, {"due_before": "+٧d"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TaskParameters.model_validate(fields)


def test_archived_lists_are_left_out_unless_one_is_asked_for() -> None:
    cases: list[tuple[dict[str, Any], bool | None]] = [
        ({}, False), ({"archived": True}, True), ({"list_id": some_id()}, None),
        ({"list_id": some_id(), "archived": False}, False), ({"trashed": True}, None),
    ]  # fmt: skip
    for fields, archived in cases:
        assert TaskParameters(**fields).filter(zone=None, at=LATE).archived is archived
