"""Examples of what the API answers about tasks; examples.py has all of them by schema name."""

from typing import Any

ID = "0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a0{}"
"""Ids, by two digits."""

TASK: dict[str, Any] = {
    "id": ID.format("03"),
    "list_id": ID.format("02"),
    "parent_id": None,
    "title": "Pay the rent",
    "description": "Standing order *and* receipt",
    "priority": "high",
    "labels": ["bills"],
    "position": "08DmW2Hhui3Z1N",
    "completed": False,
    "completed_at": None,
    "due_date": None,
    "due_at": "2030-01-31T09:00:00Z",
    "time_zone": "Europe/Zurich",
    "start_date": None,
    "recurrence": {"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1", "anchor": "schedule"},
    "occurrence": "2030-01-31T10:00:00",
    "reminders_count": 1,
    "subtasks_count": 0,
    "overdue": False,
    "version": 1,
    "created_at": "2029-11-20T09:30:00Z",
    "updated_at": "2029-11-20T09:30:00Z",
    "deleted_at": None,
}

OCCURRENCE: dict[str, Any] = {
    "occurrence": "2030-01-31T10:00:00",
    "due_date": None,
    "due_at": "2030-01-31T09:00:00Z",
}

COMPLETION: dict[str, Any] = OCCURRENCE | {
    "outcome": "completed",
    "at": "2030-01-31T08:12:45.118Z",
}

ACTIVITY: dict[str, Any] = {
    "version": 2,
    "action": "updated",
    "by": {"user_id": ID.format("01"), "via": "session"},
    "at": "2029-11-21T07:05:12.402Z",
    "before": {"title": "Rent", "priority": "medium"},
    "after": {"title": "Pay the rent", "priority": "high"},
    "undone": False,
}

BATCH: dict[str, Any] = {
    "results": [
        {"op": "create", "id": TASK["id"], "status": 201, "task": TASK},
        {"op": "delete", "id": ID.format("12"), "status": 204, "task": None},
    ]
}

QUICK: dict[str, Any] = {
    "task": TASK
    | {
        "title": "Pay rent",
        "description": "",
        "priority": "urgent",
        "due_at": "2029-12-01T08:00:00Z",
        "recurrence": {"rrule": "FREQ=MONTHLY;BYMONTHDAY=1", "anchor": "schedule"},
        "occurrence": "2029-12-01T09:00:00",
    },
    "parsed": {
        "title": "Pay rent",
        "spans": [
            {
                "start": 9,
                "end": 38,
                "text": "every month on the 1st at 9am",
                "kind": "recurrence",
                "value": "FREQ=MONTHLY;BYMONTHDAY=1",
            },
            {"start": 39, "end": 44, "text": "#Home", "kind": "list", "value": TASK["list_id"]},
            {"start": 45, "end": 51, "text": "@bills", "kind": "label", "value": "bills"},
            {"start": 52, "end": 54, "text": "p1", "kind": "priority", "value": "urgent"},
            {"start": 55, "end": 59, "text": "!30m", "kind": "reminder", "value": "-30m"},
        ],
        "due_date": None,
        "due_at": "2029-12-01T08:00:00Z",
        "start_date": None,
        "time_zone": "Europe/Zurich",
        "recurrence": {"rrule": "FREQ=MONTHLY;BYMONTHDAY=1", "anchor": "schedule"},
        "priority": "urgent",
        "list_id": TASK["list_id"],
        "labels": ["bills"],
        "reminders": [{"offset_minutes": 30, "at": None}],
    },
}
"""What the example of the request is answered with, on 20 November 2029 in Zurich."""
