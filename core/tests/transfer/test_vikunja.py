"""Vikunja's data export."""

import io
import json
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.tests.transfer.sources import by_title, content, read, read_real
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import Anchor, ImportedLabel, ImportedRecurrence, ImportedReminder

MADE = "2023-05-01T10:00:00Z"


def _one(**task: Any) -> Any:
    project = {"id": 1, "title": "P", "tasks": [{"id": 1, "title": "A", "created": MADE} | task]}
    return read("vikunja", json.dumps([project])).items[0]


def test_projects_become_lists_named_by_their_path() -> None:
    file = read_real("vikunja")
    assert [(one.name, one.color, one.archived) for one in file.lists] == [
        ("House", "#e8445a", False),
        ("House / Cellar", None, True),
    ]


def test_the_zip_says_the_same_as_the_json_in_it() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", content("vikunja-data.json"))
        archive.writestr("filters.json", "[]")
        archive.writestr("VERSION", "v0.24.6")
        archive.writestr("files/1", b"\x00" * 100)
    assert read("vikunja", packed.getvalue()) == read_real("vikunja")


def test_a_task_keeps_what_it_says() -> None:
    sweep = by_title(read_real("vikunja"))["Sweep the chimney"]
    assert sweep.priority == "urgent"
    assert sweep.labels == ["fire"]
    assert sweep.created_at == datetime(2023, 5, 1, 10, tzinfo=UTC)
    assert sweep.due_at == datetime(2030, 1, 31, 8, 30, tzinfo=UTC)
    assert sweep.start_date == date(2030, 1, 30)  # midnight in Zurich
    assert sweep.completed_at is None
    assert sweep.description == (
        "Ask **Kim** & co:\n\n- [x] brush\n- [ ] bag\n\n[Manual](https://example.com)\n\n"
        "Done: 40%\n\n"
        "Assigned to: Bo Winter\n\n"
        "Bo Winter, 2024-01-01: He comes at ten\n\n"
        "Attachments: chimney.jpg\n\n"
        "Bucket: Waiting\n\n"
        "Blocked: Bins out"
    )
    assert sweep.messages == ["Its attachments are not imported."]
    assert read_real("vikunja").labels == [ImportedLabel("fire", "#ff0000")]


def test_subtasks_are_found_from_both_ends() -> None:
    found = by_title(read_real("vikunja"))
    assert found["Move the rug"].parent_key == found["Sweep the chimney"].key
    assert found["Move the rug"].completed_at == datetime(2024, 1, 3, 10, tzinfo=UTC)


def test_a_subtask_that_stands_with_its_parent_only_is_imported() -> None:
    file = read(
        "vikunja",
        json.dumps([{
            "id": 1,
            "title": "P",
            "tasks": [{
                "id": 1, "title": "A", "created": MADE,
                "related_tasks": {"subtask": [{
                    "id": 2, "title": "B", "created": MADE,
                    "related_tasks": {"subtask": [{"id": 3, "title": "C", "created": MADE}]},
                }]},
            }],
        }]),
    )  # fmt: skip
    found = by_title(file)
    assert found["B"].parent_key == found["A"].key
    assert found["C"].parent_key == found["B"].key
    assert {one.list_key for one in file.items} == {file.lists[0].key}


def test_tasks_stand_in_their_order() -> None:
    titles = [one.title for one in read_real("vikunja").items if one.parent_key is None]
    assert titles == ["Bins out", "Sweep the chimney", "Sort the jars"]


def test_reminders_come_along() -> None:
    found = by_title(read_real("vikunja"))
    assert found["Sweep the chimney"].reminders == [
        ImportedReminder(offset_minutes=30),
        ImportedReminder(at=datetime(2030, 1, 30, 17, tzinfo=UTC)),
    ]
    assert found["Sort the jars"].reminders == [
        ImportedReminder(at=datetime(2030, 6, 1, 8, tzinfo=UTC))
    ]


def test_midnight_in_ones_zone_is_a_day() -> None:
    bins = by_title(read_real("vikunja"))["Bins out"]
    assert bins.due_date == date(2030, 2, 5)
    assert bins.due_at is None


@pytest.mark.parametrize(
    ("seconds", "mode", "rule", "anchor"),
    [
        (86400, 0, "FREQ=DAILY", "schedule"),
        (3 * 86400, 2, "FREQ=DAILY;INTERVAL=3", "completion"),
        (14 * 86400, 0, "FREQ=WEEKLY;INTERVAL=2", "schedule"),
        (365 * 86400, 0, "FREQ=YEARLY", "schedule"),
        (7200, 0, "FREQ=HOURLY;INTERVAL=2", "schedule"),
        (0, 1, "FREQ=MONTHLY", "schedule"),
        (86400, 1, "FREQ=MONTHLY", "schedule"),
    ],
)
def test_repeats_by_seconds_become_rules(
    seconds: int, mode: int, rule: str, anchor: Anchor
) -> None:
    item = _one(repeat_after=seconds, repeat_mode=mode, due_date="2030-01-28T08:00:00Z")
    assert item.recurrence == ImportedRecurrence(rule, anchor)


def test_monthly_from_the_31st_is_the_last_day_of_short_months() -> None:
    """Vikunja adds a month to 31 January and gets 3 March."""
    sweep = by_title(read_real("vikunja"))["Sweep the chimney"]
    assert sweep.recurrence == ImportedRecurrence("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD")


def test_a_repeat_that_no_rule_can_say_is_kept() -> None:
    jars = by_title(read_real("vikunja"))["Sort the jars"]
    assert jars.recurrence is None
    assert "Repeats every: 5400 seconds" in jars.description
    assert jars.messages == ["Its repeat cannot be expressed here: it stands in the description."]


@pytest.mark.parametrize(
    ("given", "priority"),
    [(0, "medium"), (1, "low"), (2, "medium"), (3, "high"), (4, "urgent"), (5, "urgent"),
     (9, "urgent"), (-3, "low"), ("x", "medium")],
)  # fmt: skip
def test_priorities_are_mapped(given: Any, priority: str) -> None:
    assert _one(priority=given).priority == priority


def test_ids_of_two_installations_do_not_meet() -> None:
    assert _one(created="2023-05-01T10:00:00Z").key != _one(created="2024-05-01T10:00:00Z").key


def test_a_description_that_is_no_html_stays_as_it_is() -> None:
    assert _one(description="a < b & *c*").description == "a < b & *c*"


@pytest.mark.parametrize("data", ["{}", "[1]", "null", '"text"'])
def test_what_is_no_export_is_refused(data: str) -> None:
    with pytest.raises(UnreadableImportError, match="data export"):
        read("vikunja", data)


def test_a_zip_without_data_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("other.json", "[]")
    with pytest.raises(UnreadableImportError, match="data export"):
        read("vikunja", packed.getvalue())
