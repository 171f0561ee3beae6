"""Every operation of the API, with what a good call of it needs, and who may make it.

The authorisation matrix and the bad-input tests walk through this table, and fail for an operation
of the OpenAPI document that is not in it.
"""

from dataclasses import dataclass
from typing import Any, Literal

UNKNOWN_ID = "01890000-0000-7000-8000-000000000000"
THINGS = (
    "task",
    "reminder",
    "session",
    "token",
    "user",
    "job",
    "list",
    "label",
    "filter",
    "feed",
    "push_subscription",
    "notification",
    "notification_test",
    "webhook",
    "delivery",
    "import",
)
UNKNOWN_IDS = {f"{thing}_id": UNKNOWN_ID for thing in THINGS}
SCOPES = ("tasks:read", "tasks:write", "account:read", "account:write", "admin")
SECURITY = "account:security"
"""What people may do who signed in, and API tokens never."""


@dataclass(frozen=True)
class Operation:
    """One operation, and the permission that it needs; None: anybody may call it.

    `file`: a body that is CSV, where it is neither JSON nor a form. `about`: whose id is in its
    path, one of `THINGS`. `proof`: needs the password in the body, or one given lately, or either.
    `success`: of the call with `body`, which need not be a good one where a good one takes more
    than a body.
    """

    method: str
    path: str
    permission: str | None = None
    body: dict[str, Any] | None = None
    form: bool = False
    file: str | None = None
    query: str = ""
    optional_body: bool = False
    about: str | None = None
    proof: Literal["password", "recent", "either"] | None = None
    success: int = 200

    @property
    def public(self) -> bool:
        return self.permission is None

    @property
    def is_admin(self) -> bool:
        return self.permission == "admin"

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def url(self, ids: dict[str, str]) -> str:
        """Return the path below the base, with ids filled in."""
        return self.path.removeprefix("/api/v1").format_map(ids) + self.query

    @property
    def sent(self) -> dict[str, Any]:
        """What to send along, as options of a request."""
        if self.file is not None:
            return {"content": self.file, "headers": {"Content-Type": "text/csv"}}
        if self.body is None:
            return {}
        return {"data": self.body} if self.form else {"json": self.body}


PASSWORD = "correct horse battery"
NEW_TASK = {"title": "Water the plants", "due_at": "2030-01-31T09:00:00Z"}
BATCH = {"operations": [{"op": "create", "task": NEW_TASK}]}
FORM = {"username": "nobody@example.com", "password": PASSWORD}
REFRESH = {"refresh_token": "unknown"}
LINK = {"token": "unknown"}
PROOF = {"current_password": PASSWORD}
DEVICE: dict[str, Any] = {
    "endpoint": "https://1.1.1.1/send/dGhpcyBpcyBhIHNlY3JldA",  # no name server is asked
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx"
        "aOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
    "name": "Phone",
}
V1 = "/api/v1"
AUTH = f"{V1}/auth"
ME = f"{V1}/users/me"
TASK = f"{V1}/tasks/{{task_id}}"
REMINDER = f"{V1}/reminders/{{reminder_id}}"
USER = f"{V1}/users/{{user_id}}"
LIST = f"{V1}/lists/{{list_id}}"
LABEL = f"{V1}/labels/{{label_id}}"
FILTER = f"{V1}/filters/{{filter_id}}"

PUBLIC = [
    Operation("GET", f"{V1}/health"),
    Operation("GET", f"{V1}/health/ready"),
    Operation("GET", f"{V1}/health/db"),
    Operation("POST", f"{AUTH}/signup", body={}, success=422),
    Operation("POST", f"{AUTH}/login", body=FORM, form=True, success=401),
    Operation("POST", f"{AUTH}/refresh", body=REFRESH, optional_body=True, success=401),
    Operation("POST", f"{AUTH}/logout", body=REFRESH, optional_body=True, success=204),
    Operation("POST", f"{AUTH}/verify-email", body=LINK, success=422),
    Operation("POST", f"{AUTH}/forgot-password", body={"email": "nobody@example.com"}, success=202),
    Operation("POST", f"{AUTH}/reset-password", body={**LINK, "password": PASSWORD}, success=422),
    Operation("POST", f"{V1}/reminder-links/look", body=LINK, success=422),
    Operation("POST", f"{V1}/reminder-links/use", body={**LINK, "action": "done"}, success=422),
    Operation("POST", f"{V1}/digest/unsubscribe", query="?token=unknown", success=400),
]
ACCOUNT = [
    Operation("GET", ME, "account:read"),
    Operation("PATCH", ME, "account:write", body={"name": "Ada"}),
    Operation("POST", f"{AUTH}/verify-email/resend", SECURITY, success=202),
    Operation(
        "POST", f"{AUTH}/reauthenticate", SECURITY, body=PROOF, proof="password", success=204
    ),
    Operation("GET", f"{AUTH}/sessions", SECURITY),
    Operation("DELETE", f"{AUTH}/sessions", SECURITY, proof="recent", success=204),
    Operation(
        "DELETE",
        f"{AUTH}/sessions/{{session_id}}",
        SECURITY,
        about="session",
        proof="recent",
        success=204,
    ),
    Operation("GET", f"{V1}/tokens", SECURITY),
    Operation(
        "POST",
        f"{V1}/tokens",
        SECURITY,
        body={"name": "Script", "scopes": ["tasks:read"]},
        proof="recent",
        success=201,
    ),
    Operation("DELETE", f"{V1}/tokens/{{token_id}}", SECURITY, about="token", success=204),
    Operation("GET", f"{V1}/feeds", SECURITY),
    Operation("POST", f"{V1}/feeds", SECURITY, body={"name": "Phone"}, proof="recent", success=201),
    Operation("DELETE", f"{V1}/feeds/{{feed_id}}", SECURITY, about="feed", success=204),
    Operation("GET", f"{ME}/export", SECURITY, success=202),
    Operation(
        "POST",
        f"{ME}/email",
        SECURITY,
        body={"email": "new@example.com", **PROOF},
        proof="password",
        success=202,
    ),
    Operation(
        "POST",
        f"{ME}/password",
        SECURITY,
        body={"new_password": "another horse battery", **PROOF},
        proof="password",
        success=204,
    ),
    Operation("DELETE", ME, SECURITY, body=PROOF, optional_body=True, proof="either", success=204),
]
TASKS = [
    Operation("GET", f"{V1}/tasks", "tasks:read"),
    Operation("POST", f"{V1}/tasks", "tasks:write", body=NEW_TASK, success=201),
    Operation(
        "POST",
        f"{V1}/tasks/quick",
        "tasks:write",
        body={"text": "Water the plants every day at 9am p2 !30m"},
        success=201,
    ),
    Operation("POST", f"{V1}/tasks/batch", "tasks:write", body=BATCH),
    Operation("GET", TASK, "tasks:read", about="task"),
    Operation("PATCH", TASK, "tasks:write", body={"title": "x"}, about="task"),
    Operation("PUT", TASK, "tasks:write", body=NEW_TASK, about="task"),
    Operation(
        "PATCH",
        f"{TASK}/complete",
        "tasks:write",
        body={"completed": False},
        optional_body=True,
        about="task",
    ),
    Operation("POST", f"{TASK}/restore", "tasks:write", about="task"),
    Operation("POST", f"{TASK}/move", "tasks:write", body={"parent_id": None}, about="task"),
    Operation(
        "POST",
        f"{TASK}/skip",
        "tasks:write",
        body={"occurrence": "2030-01-31T09:00:00"},
        optional_body=True,
        about="task",
    ),
    Operation("POST", f"{TASK}/undo", "tasks:write", about="task"),
    Operation("GET", f"{TASK}/activity", "tasks:read", about="task"),
    Operation("GET", f"{TASK}/occurrences", "tasks:read", about="task"),
    Operation("GET", f"{TASK}/completions", "tasks:read", about="task"),
    Operation(
        "POST",
        f"{V1}/recurrence/preview",
        "tasks:read",
        body={"rrule": "FREQ=MONTHLY;BYMONTHDAY=-1", "due_date": "2030-01-31", "limit": 5},
    ),
    Operation("GET", f"{TASK}/reminders", "tasks:read", about="task"),
    Operation(
        "POST",
        f"{TASK}/reminders",
        "tasks:write",
        body={"offset_minutes": 30},
        about="task",
        success=201,
    ),
    Operation("PATCH", REMINDER, "tasks:write", body={"offset_minutes": 60}, about="reminder"),
    Operation("POST", f"{REMINDER}/snooze", "tasks:write", body={"minutes": 10}, about="reminder"),
    Operation("GET", f"{REMINDER}/deliveries", "tasks:read", about="reminder"),
    Operation("DELETE", REMINDER, "tasks:write", about="reminder", success=204),
    Operation("DELETE", TASK, "tasks:write", about="task", success=204),
]
LISTS = [
    Operation("GET", f"{V1}/lists", "tasks:read"),
    Operation(
        "POST",
        f"{V1}/lists",
        "tasks:write",
        body={"name": "Garden", "color": "#2ca02c"},
        success=201,
    ),
    Operation("GET", LIST, "tasks:read", about="list"),
    Operation(
        "PATCH",
        LIST,
        "tasks:write",
        body={"name": "Balcony", "color": None, "archived": True},
        about="list",
    ),
    Operation("POST", f"{LIST}/move", "tasks:write", body={"after_id": None}, about="list"),
    Operation("POST", f"{LIST}/restore", "tasks:write", about="list"),
    Operation("DELETE", LIST, "tasks:write", about="list", success=204),
    Operation("GET", f"{V1}/labels", "tasks:read"),
    Operation(
        "POST",
        f"{V1}/labels",
        "tasks:write",
        body={"name": "outside", "color": "#2ca02c"},
        success=201,
    ),
    Operation("GET", LABEL, "tasks:read", about="label"),
    Operation(
        "PATCH", LABEL, "tasks:write", body={"name": "town", "color": "#2ca02c"}, about="label"
    ),
    Operation("DELETE", LABEL, "tasks:write", about="label", success=204),
    Operation("GET", f"{V1}/filters", "tasks:read"),
    Operation(
        "POST",
        f"{V1}/filters",
        "tasks:write",
        body={"name": "Today", "query": {"due_before": "tomorrow"}, "color": "#2ca02c"},
        success=201,
    ),
    Operation("GET", FILTER, "tasks:read", about="filter"),
    Operation(
        "PATCH",
        FILTER,
        "tasks:write",
        body={"name": "Urgent", "query": {"priority": "urgent"}},
        about="filter",
    ),
    Operation("DELETE", FILTER, "tasks:write", about="filter", success=204),
]
IMPORT = f"{V1}/imports/{{import_id}}"
TRANSFER = [
    Operation("GET", f"{V1}/tasks/export", "tasks:read"),
    Operation("GET", f"{V1}/imports", "tasks:read"),
    Operation(
        "POST",
        f"{V1}/imports",
        "tasks:write",
        file="TYPE,CONTENT\ntask,Water the plants\n",
        query="?source=todoist",
        success=202,
    ),
    Operation("GET", IMPORT, "tasks:read", about="import"),
    Operation("GET", f"{IMPORT}/rows", "tasks:read", about="import"),
    Operation("DELETE", IMPORT, "tasks:write", about="import", success=204),
]
NOTIFICATION = f"{V1}/notifications/{{notification_id}}"
TEST = f"{ME}/test-notification"
NOTIFICATIONS = [
    Operation("GET", f"{V1}/events", "tasks:read", query="?follow=false"),
    Operation("GET", f"{V1}/notifications", "tasks:read"),
    Operation("GET", f"{V1}/notifications/count", "tasks:read"),
    Operation("POST", f"{V1}/notifications/read", "tasks:write"),
    Operation("POST", f"{NOTIFICATION}/read", "tasks:write", about="notification"),
    Operation("DELETE", NOTIFICATION, "tasks:write", about="notification", success=204),
    Operation("GET", f"{V1}/users/me/notifications", "account:read"),
    Operation(
        "PATCH",
        f"{V1}/users/me/notifications",
        "account:write",
        body={"default_reminder_minutes": 30, "quiet_start": "22:00", "quiet_end": "07:00"},
    ),
    Operation("POST", TEST, "account:write", body={"channel": "in_app"}, query="?wait=0"),
    Operation("GET", f"{TEST}/{{notification_test_id}}", "account:read", about="notification_test"),
]
PUSH = f"{V1}/push/subscriptions"
DEVICES = [
    Operation("GET", f"{V1}/push/key", SECURITY),
    Operation("GET", PUSH, SECURITY),
    Operation("POST", PUSH, SECURITY, body=DEVICE, success=201),
    Operation(
        "DELETE",
        f"{PUSH}/{{push_subscription_id}}",
        SECURITY,
        about="push_subscription",
        success=204,
    ),
]
HOOK = {"name": "Kitchen", "url": "https://1.1.1.1/hooks/taskbell"}  # no name server is asked
WEBHOOK = f"{V1}/webhooks/{{webhook_id}}"
WEBHOOKS = [
    Operation("GET", f"{V1}/webhooks", SECURITY),
    Operation("POST", f"{V1}/webhooks", SECURITY, body=HOOK, proof="recent", success=201),
    Operation("GET", WEBHOOK, SECURITY, about="webhook"),
    Operation(
        "PATCH",
        WEBHOOK,
        SECURITY,
        body={"name": "Hall", "url": "https://1.1.1.1/"},
        about="webhook",
        proof="recent",
    ),
    Operation("POST", f"{WEBHOOK}/rotate-secret", SECURITY, about="webhook", proof="recent"),
    Operation("GET", f"{WEBHOOK}/deliveries", SECURITY, about="webhook"),
    Operation("POST", f"{WEBHOOK}/deliveries/{{delivery_id}}/replay", SECURITY, about="webhook"),
    Operation("DELETE", WEBHOOK, SECURITY, about="webhook", success=204),
]
ADMINISTRATION = [
    Operation("GET", f"{V1}/users", "admin"),
    Operation("GET", USER, "admin", about="user"),
    Operation("PATCH", USER, "admin", body={"is_active": True}, about="user"),
    Operation("DELETE", f"{USER}/sessions", "admin", about="user", success=204),
    Operation("GET", f"{V1}/admin/jobs", "admin"),
    Operation("POST", f"{V1}/admin/jobs/{{job_id}}/retry", "admin", about="job"),
    Operation("POST", f"{V1}/admin/jobs/retry", "admin", body={"kind": "tests.none"}),
    Operation("GET", f"{V1}/admin/stats", "admin"),
]
OPERATIONS = [
    *(*PUBLIC, *ACCOUNT, *TASKS, *LISTS, *TRANSFER, *NOTIFICATIONS),
    *(*DEVICES, *WEBHOOKS, *ADMINISTRATION),
]
