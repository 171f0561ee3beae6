"""Examples of what the API answers, by schema name; a test keeps them valid."""

from typing import Any

_ID = "0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a0{}"

USER: dict[str, Any] = {
    "id": _ID.format("01"),
    "email": "ada@example.com",
    "name": "Ada",
    "role": "user",
    "time_zone": "Europe/London",
    "version": 1,
    "created_at": "2029-11-20T09:30:00Z",
    "updated_at": "2029-11-20T09:30:00Z",
}

TASK: dict[str, Any] = {
    "id": _ID.format("03"),
    "list_id": _ID.format("02"),
    "title": "Pay the rent",
    "description": "Standing order *and* receipt",
    "priority": "high",
    "completed": False,
    "completed_at": None,
    "due_date": None,
    "due_at": "2030-01-31T09:00:00Z",
    "time_zone": "Europe/Zurich",
    "start_date": None,
    "reminders_count": 1,
    "overdue": False,
    "version": 1,
    "created_at": "2029-11-20T09:30:00Z",
    "updated_at": "2029-11-20T09:30:00Z",
    "deleted_at": None,
}

REMINDER: dict[str, Any] = {
    "id": _ID.format("04"),
    "task_id": TASK["id"],
    "offset_minutes": 30,
    "at": None,
    "channels": ["email"],
    "state": "scheduled",
    "next_fire_at": "2030-01-31T08:30:00Z",
    "last_fire_at": None,
    "version": 1,
    "created_at": "2029-11-20T09:30:00Z",
    "updated_at": "2029-11-20T09:30:00Z",
}

DELIVERY: dict[str, Any] = {
    "id": _ID.format("05"),
    "reminder_id": REMINDER["id"],
    "channel": "email",
    "attempt": 1,
    "state": "sent",
    "fire_at": "2030-01-31T08:30:00Z",
    "planned_at": "2030-01-31T08:30:00.214Z",
    "started_at": "2030-01-31T08:30:00.251Z",
    "finished_at": "2030-01-31T08:30:00.498Z",
    "late_seconds": 0,
    "response": "250 OK",
}

TOKENS: dict[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAzYTQ4ZDY0NzMwYiJ9.eyJzdWIiOiIwMTk4ZjJhNCJ9.x",
    "token_type": "bearer",
    "expires_in": 900,
    "refresh_token": "Q2hhbmdlIG1lIGF0IGVhY2ggdXNlLCB3aWxsIHlvdT8",
    "user": USER,
}


def _page(item: dict[str, Any]) -> dict[str, Any]:
    counts = {"total": 1, "page": 1, "per_page": 20, "pages": 1, "next_cursor": None}
    return {"items": [item], **counts}


EXAMPLES: dict[str, dict[str, Any]] = {
    "Alive": {"status": "ok"},
    "DatabaseHealth": {"status": "ok", "latency_ms": 0.8},
    "DeliveryOut": DELIVERY,
    "PageOut_DeliveryOut_": _page(DELIVERY),
    "PageOut_ReminderOut_": _page(REMINDER),
    "PageOut_TaskOut_": _page(TASK),
    "RefreshRequest": {"refresh_token": TOKENS["refresh_token"]},
    "ReminderOut": REMINDER,
    "TaskOut": TASK,
    "TokensOut": TOKENS,
    "UserOut": USER,
}
