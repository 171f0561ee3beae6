"""Examples of what the API answers about webhooks."""

from typing import Any

from taskbell_api.task_examples import ID

WEBHOOK: dict[str, Any] = {
    "id": ID.format("31"),
    "name": "Home automation",
    "url": "https://example.com/hooks/taskbell",
    "is_active": True,
    "disabled_at": None,
    "disabled_reason": None,
    "failing_since": None,
    "previous_secret_until": None,
    "version": 1,
    "created_at": "2029-11-20T09:30:00Z",
    "updated_at": "2029-11-20T09:30:00Z",
}

NEW_WEBHOOK = WEBHOOK | {"secret": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazfMRvVvZ5I="}

WEBHOOK_DELIVERY: dict[str, Any] = {
    "id": ID.format("32"),
    "message_id": "msg_" + ID.format("32").replace("-", ""),
    "kind": "reminder.due",
    "state": "delivered",
    "reminder_id": ID.format("04"),
    "fire_at": "2030-01-31T08:30:00Z",
    "attempts": 1,
    "next_attempt_at": None,
    "response_status": 200,
    "response": "ok",
    "created_at": "2030-01-31T08:30:00Z",
    "finished_at": "2030-01-31T08:30:01Z",
}
