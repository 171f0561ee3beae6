"""Examples of what the API answers, by schema name; a test keeps them valid."""

from typing import Any

from taskbell_api.notification_examples import DELIVERY, DEVICE, NOTIFICATION, REMINDER
from taskbell_api.task_examples import ACTIVITY, BATCH, COMPLETION, ID, OCCURRENCE, QUICK, TASK
from taskbell_api.webhook_examples import NEW_WEBHOOK, WEBHOOK, WEBHOOK_DELIVERY

USER: dict[str, Any] = {
    "id": ID.format("01"),
    "email": "ada@example.com",
    "email_verified": True,
    "pending_email": None,
    "name": "Ada",
    "role": "user",
    "time_zone": "Europe/London",
    "locale": "en-GB",
    "week_start": "monday",
    "has_password": True,
    "version": 1,
    "created_at": "2029-11-20T09:30:00Z",
    "updated_at": "2029-11-20T09:30:00Z",
}

TOKENS: dict[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAzYTQ4ZDY0NzMwYiJ9.eyJzdWIiOiIwMTk4ZjJhNCJ9.x",
    "token_type": "bearer",
    "expires_in": 900,
    "refresh_token": "Q2hhbmdlIG1lIGF0IGVhY2ggdXNlLCB3aWxsIHlvdT8",
    "user": USER,
}


ADMIN_USER = USER | {
    "is_active": True,
    "deletion_at": None,
    "last_seen_at": "2029-11-20T09:30:00Z",
}

SESSION: dict[str, Any] = {
    "id": ID.format("06"),
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "address": "192.0.2.7",
    "created_at": "2029-11-01T08:00:00Z",
    "last_used_at": "2029-11-20T09:30:00Z",
    "expires_at": "2029-12-20T09:30:00Z",
    "current": True,
}

API_TOKEN: dict[str, Any] = {
    "id": ID.format("07"),
    "name": "Calendar script",
    "scopes": ["tasks:read"],
    "prefix": "tb_Zk3v9Q",
    "created_at": "2029-11-20T09:30:00Z",
    "last_used_at": None,
    "expires_at": "2030-11-20T00:00:00Z",
}

JOB: dict[str, Any] = {
    "id": ID.format("08"),
    "kind": "mail.reminder",
    "state": "dead",
    "attempts": 1,
    "max_attempts": 36,
    "crashes": 0,
    "ambiguous": 0,
    "last_error": "550 no such mailbox",
    "run_at": "2029-11-20T09:30:00Z",
    "created_at": "2029-11-20T09:30:00Z",
    "finished_at": "2029-11-20T09:30:01Z",
    "request_id": "0198f2a4c1d37d1b8a55c1c6c1f0a001",
}

STATS: dict[str, Any] = {
    "users": {"total": 4, "active": 4, "admins": 1, "disabled": 0, "leaving": 0},
    "sessions": 7,
    "api_tokens": 1,
    "tasks": {"total": 90, "pending": 40, "completed": 48, "trashed": 2},
    "reminders": {"scheduled": 12, "fired": 60, "snoozed": 0, "cancelled": 3},
    "deliveries_24h": {
        "planned": 0,
        "sending": 0,
        "sent": 9,
        "failed": 0,
        "unknown": 0,
        "skipped": 1,
    },
    "jobs": {"ready": 12, "running": 0, "done": 80, "dead": 1, "cancelled": 3},
    "dead_jobs": {"mail.reminder": 1},
    "oldest_due_job_seconds": 0.0,
    "oldest_undelivered_seconds": 0.0,
}


LIST: dict[str, Any] = {
    "id": TASK["list_id"],
    "name": "Home",
    "color": "#1f77b4",
    "is_inbox": False,
    "archived": False,
    "position": "08ee4K6fuyUKHk",
    "pending_count": 3,
    "version": 1,
    "created_at": "2029-11-20T09:30:00Z",
    "updated_at": "2029-11-20T09:30:00Z",
    "deleted_at": None,
}

LABEL: dict[str, Any] = {
    "id": ID.format("09"),
    "name": "errands",
    "color": None,
    "tasks_count": 2,
    "version": 1,
    "created_at": "2029-11-20T09:30:00Z",
    "updated_at": "2029-11-20T09:30:00Z",
}

FILTER: dict[str, Any] = {
    "id": ID.format("10"),
    "name": "This week",
    "color": None,
    "query": {"status": "pending", "due_before": "+7d", "sort": "due"},
    "position": "08ee4KCy8WK26D",
    "version": 1,
    "created_at": "2029-11-20T09:30:00Z",
    "updated_at": "2029-11-20T09:30:00Z",
}


FEED: dict[str, Any] = {
    "id": ID.format("11"),
    "name": "Phone",
    "filter_id": FILTER["id"],
    "list_id": None,
    "alarms": True,
    "created_at": "2029-11-20T09:30:00Z",
    "last_used_at": None,
}

EXPORT_DOCUMENT: dict[str, Any] = {
    "format": "taskbell-export/1",
    "made_at": "2029-11-20T09:30:00Z",
    "account": [{"id": USER["id"], "email": USER["email"], "name": USER["name"]}],
    "tasks": [{"id": TASK["id"], "title": TASK["title"], "due_at": TASK["due_at"]}],
}
"""Cut short: there are more tables, and all columns of them but hashes."""


IMPORT: dict[str, Any] = {
    "id": ID.format("20"),
    "source": "todoist",
    "filename": "Home.csv",
    "dry_run": False,
    "list_id": None,
    "state": "done",
    "total": 2,
    "done": 2,
    "created": 2,
    "duplicates": 0,
    "skipped": 0,
    "failed": 0,
    "error": None,
    "created_at": "2029-11-20T09:30:00Z",
    "finished_at": "2029-11-20T09:30:02Z",
}

IMPORT_ROW: dict[str, Any] = {
    "number": 1,
    "title": "Water the ferns",
    "outcome": "created",
    "task_id": TASK["id"],
    "messages": [],
}


def _page(item: dict[str, Any]) -> dict[str, Any]:
    counts = {"total": 1, "page": 1, "per_page": 20, "pages": 1, "next_cursor": None}
    return {"items": [item], **counts}


EXAMPLES: dict[str, dict[str, Any]] = {
    "Accepted": {"status": "accepted"},
    "ActivityOut": ACTIVITY,
    "AdminStats": STATS,
    "AdminUserOut": ADMIN_USER,
    "Alive": {"status": "ok"},
    "ApiTokenOut": API_TOKEN,
    "BatchOut": BATCH,
    "CompletionOut": COMPLETION,
    "DatabaseHealth": {"status": "ok", "latency_ms": 0.8},
    "DeliveryOut": DELIVERY,
    "ImportOut": IMPORT,
    "ImportRowOut": IMPORT_ROW,
    "JobOut": JOB,
    "NewApiTokenOut": API_TOKEN | {"token": "tb_Zk3v9QeUq7sWb1xLr5nTj2mHc8dYfGa4PoVi6KuEzN"},
    "OccurrencesOut": {"items": [OCCURRENCE]},
    "PageOut_ActivityOut_": _page(ACTIVITY),
    "PageOut_AdminUserOut_": _page(ADMIN_USER),
    "PageOut_ApiTokenOut_": _page(API_TOKEN),
    "PageOut_CompletionOut_": _page(COMPLETION),
    "PageOut_DeliveryOut_": _page(DELIVERY),
    "PageOut_ImportOut_": _page(IMPORT),
    "PageOut_ImportRowOut_": _page(IMPORT_ROW),
    "PageOut_JobOut_": _page(JOB),
    "PageOut_ReminderOut_": _page(REMINDER),
    "PageOut_SessionOut_": _page(SESSION),
    "PageOut_TaskOut_": _page(TASK),
    "QuickOut": QUICK,
    "RefreshRequest": {"refresh_token": TOKENS["refresh_token"]},
    "ReminderOut": REMINDER,
    "SessionOut": SESSION,
    "TaskOut": TASK,
    "TokensOut": TOKENS,
    "UserOut": USER,
    "ListOut": LIST,
    "LabelOut": LABEL,
    "FilterOut": FILTER,
    "PageOut_ListOut_": _page(LIST),
    "PageOut_LabelOut_": _page(LABEL),
    "PageOut_FilterOut_": _page(FILTER),
    "FeedOut": FEED,
    "NewFeedOut": FEED
    | {
        "url": "https://tasks.example.com/feeds/tbf_Jq8vZk3Qe9Uq7sWb1xLr5nTj2mHc8dYfGa4PoVi6KuE.ics"
    },
    "PageOut_FeedOut_": _page(FEED),
    "NewWebhookOut": NEW_WEBHOOK,
    "NotificationOut": NOTIFICATION,
    "PageOut_NotificationOut_": _page(NOTIFICATION),
    "PageOut_SubscriptionOut_": _page(DEVICE),
    "SubscriptionOut": DEVICE,
    "PageOut_WebhookDeliveryOut_": _page(WEBHOOK_DELIVERY),
    "PageOut_WebhookOut_": _page(WEBHOOK),
    "WebhookDeliveryOut": WEBHOOK_DELIVERY,
    "WebhookOut": WEBHOOK,
}
