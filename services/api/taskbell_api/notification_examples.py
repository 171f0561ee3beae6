"""Examples of answers about notifications; see examples.py."""

from typing import Any

from taskbell_api.task_examples import ID, TASK

REMINDER: dict[str, Any] = {
    "id": ID.format("04"),
    "task_id": TASK["id"],
    "offset_minutes": 30,
    "at": None,
    "channels": ["email", "in_app"],
    "state": "scheduled",
    "next_fire_at": "2030-01-31T08:30:00Z",
    "last_fire_at": None,
    "snoozed_until": None,
    "version": 1,
    "created_at": "2029-11-20T09:30:00Z",
    "updated_at": "2029-11-20T09:30:00Z",
}

DELIVERY: dict[str, Any] = {
    "id": ID.format("05"),
    "reminder_id": REMINDER["id"],
    "channel": "email",
    "target": None,
    "attempt": 1,
    "state": "sent",
    "fire_at": "2030-01-31T08:30:00Z",
    "planned_at": "2030-01-31T08:30:00.214Z",
    "started_at": "2030-01-31T08:30:00.251Z",
    "finished_at": "2030-01-31T08:30:00.498Z",
    "late_seconds": 0,
    "response": "250 OK",
    "summary": "Accepted by the mail server: 250 OK.",
}

NOTIFICATION: dict[str, Any] = {
    "id": ID.format("20"),
    "kind": "reminder",
    "title": TASK["title"],
    "body": "",
    "task_id": TASK["id"],
    "reminder_id": REMINDER["id"],
    "fire_at": "2030-01-31T08:30:00Z",
    "late_seconds": 0,
    "created_at": "2030-01-31T08:30:00.214Z",
    "read_at": None,
}

DEVICE: dict[str, Any] = {
    "id": ID.format("21"),
    "name": "Firefox on Ada's phone",
    "host": "updates.push.services.mozilla.com",
    "current": True,
    "state": "working",
    "created_at": "2029-11-20T09:30:00Z",
    "last_used_at": "2030-01-31T08:30:00.402Z",
}
