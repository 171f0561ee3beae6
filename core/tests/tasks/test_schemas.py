from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from taskbell.ids import new_id
from taskbell.tasks.models import Task
from taskbell.tasks.rows import TaskRow
from taskbell.tasks.schemas import (
    Completion,
    Move,
    TaskCreate,
    TaskOut,
    TaskPatch,
    TaskPut,
    is_overdue,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        {}, {"title": ""}, {"title": "  "}, {"title": "x" * 201}, {"title": "a\nb"},
        {"title": "a\u2028b"}, {"title": "a\x00"}, {"title": 1}, {"title": None},
        {"description": "x" * 10_001}, {"description": "\x00"}, {"description": "\ud800"},
        {"priority": "low "}, {"priority": 1}, {"list_id": "x"}, {"id": "x"},
        {"due_date": "2026-11-20T00:00:00Z"}, {"due_date": 20_000}, {"due_date": "1699920000"},
        {"due_date": "1969-12-31"}, {"due_date": "2200-01-02"}, {"due_date": "2026-02-30"},
        {"due_at": "2026-11-20"}, {"due_at": 1_700_000_000}, {"due_at": "2026-11-20T09:00:00"},
        {"due_at": "1700000000"}, {"time_zone": "Mars/Base"}, {"time_zone": ""},
        {"owner_id": str(new_id())}, {"version": 3}, {"parent_id": "x"}, {"position": "x"},
        {"labels": "x"}, {"labels": [""]}, {"labels": ["@home"]}, {"labels": ["a\nb"]},
        {"labels": ["x" * 61]}, {"labels": ["x"] * 51}, {"recurrence": "FREQ=DAILY"},
        {"recurrence": {}}, {"recurrence": {"rrule": ""}},
        {"recurrence": {"rrule": "FREQ=DAILY", "anchor": "moon"}},
    ],
)  # fmt: skip
def test_what_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TaskCreate.model_validate(({"title": "x"} if fields else {}) | fields)


def test_limits_are_inclusive_and_count_characters() -> None:
    task = TaskPut.model_validate({"title": f"  {'💚' * 200} ", "description": "ü" * 10_000})
    assert len(task.title) == 200


def test_a_patch_tells_absent_from_null() -> None:
    patch = TaskPatch.model_validate({"due_at": None})
    assert patch.model_dump(exclude_unset=True) == {"due_at": None}
    with pytest.raises(ValidationError):
        TaskPatch.model_validate({"title": None})


@pytest.mark.parametrize(
    "fields",
    [
        {"completed": "true"}, {"completed": 1}, {"occurrence": ""}, {"occurrence": "2026-11"},
        {"occurrence": "2026-11-20T09:00"}, {"occurrence": "2026-11-20\n"}, {"when": "now"},
    ],
)  # fmt: skip
def test_what_a_completion_may_not_say(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Completion.model_validate(fields)


def seen(viewer_zone: str = "UTC", **fields: Any) -> TaskRow:
    """A task as somebody in `viewer_zone` sees it."""
    base: dict[str, Any] = {"owner_id": new_id(), "list_id": new_id(), "title": "x"}
    task = Task(**(base | {"time_zone": "UTC"} | fields))
    shown = {name: getattr(task, name) for name in TaskRow._fields if name != "viewer_zone"}
    return TaskRow(**shown, viewer_zone=viewer_zone)


@pytest.mark.parametrize(
    ("fields", "late"),
    [
        ({}, False),
        ({"due_at": NOON}, False),
        ({"due_at": NOON - timedelta(microseconds=1)}, True),
        ({"due_date": date(2026, 11, 20)}, False),
        ({"due_date": date(2026, 11, 19)}, True),
        # at noon UTC it is the 21st already in Kiritimati, and the 20th still in Pago Pago
        ({"due_date": date(2026, 11, 20), "viewer_zone": "Pacific/Kiritimati"}, True),
        ({"due_date": date(2026, 11, 19), "viewer_zone": "Pacific/Pago_Pago"}, True),
        ({"due_date": date(2026, 11, 20), "viewer_zone": "Pacific/Pago_Pago"}, False),
        # whatever the zone of the task
        ({"due_date": date(2026, 11, 20), "time_zone": "Pacific/Kiritimati"}, False),
        ({"due_at": NOON, "viewer_zone": "Pacific/Kiritimati"}, False),
        ({"due_at": NOON - timedelta(days=1), "completed_at": NOON}, False),
        ({"due_at": NOON - timedelta(days=1), "deleted_at": NOON}, False),
    ],
)
def test_overdue(fields: dict[str, Any], late: bool) -> None:
    task = seen(**fields)
    assert is_overdue(task, at=NOON) is late
    assert TaskOut.of(task, at=NOON).overdue is late


def test_labels_and_the_repetition_are_shown_as_they_were_given() -> None:
    shown = TaskOut.of(
        seen(label_names="bills\nat home", rrule="FREQ=DAILY", repeat_anchor="schedule")
    )
    assert shown.labels == ["bills", "at home"]
    assert shown.recurrence is not None
    assert shown.recurrence.model_dump() == {"rrule": "FREQ=DAILY", "anchor": "schedule"}
    plain = TaskOut.of(seen())
    assert (plain.labels, plain.recurrence, plain.occurrence, plain.parent_id) == (
        [],
        None,
        None,
        None,
    )


def test_a_task_has_one_neighbour_to_go_to() -> None:
    with pytest.raises(ValidationError):
        Move(after_id=new_id(), before_id=new_id())
    assert Move.model_validate({"parent_id": None}).model_fields_set == {"parent_id"}
