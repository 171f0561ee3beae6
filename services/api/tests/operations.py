"""Every operation of the API, with what a good call of it needs.

The authorisation matrix and the bad-input tests walk through this table, and fail for an operation
of the OpenAPI document that is not in it.
"""

from dataclasses import dataclass
from typing import Any

UNKNOWN_ID = "01890000-0000-7000-8000-000000000000"


@dataclass(frozen=True)
class Operation:
    """One operation. `owned` says what the path is about: `task`, `reminder`, or nothing."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    form: bool = False
    optional_body: bool = False
    public: bool = False
    owned: str | None = None
    success: int = 200

    def url(self, ids: dict[str, str]) -> str:
        """Return the path below the base, with ids filled in."""
        return self.path.removeprefix("/api/v1").format_map(ids)


NEW_TASK = {"title": "Water the plants", "due_at": "2030-01-31T09:00:00Z"}
FORM = {"username": "nobody@example.com", "password": "correct horse battery"}
REFRESH = {"refresh_token": "unknown"}
V1 = "/api/v1"
TASK = f"{V1}/tasks/{{task_id}}"
REMINDER = f"{V1}/reminders/{{reminder_id}}"

OPERATIONS = [
    Operation("GET", f"{V1}/health", public=True),
    Operation("GET", f"{V1}/health/ready", public=True),
    Operation("GET", f"{V1}/health/db", public=True),
    Operation("POST", f"{V1}/auth/signup", body={}, public=True, success=422),
    Operation("POST", f"{V1}/auth/login", body=FORM, form=True, public=True, success=401),
    Operation(
        "POST", f"{V1}/auth/refresh", body=REFRESH, optional_body=True, public=True, success=401
    ),
    Operation(
        "POST", f"{V1}/auth/logout", body=REFRESH, optional_body=True, public=True, success=204
    ),
    Operation("GET", f"{V1}/users/me"),
    Operation("PATCH", f"{V1}/users/me", body={"name": "Ada"}),
    Operation("GET", f"{V1}/tasks"),
    Operation("POST", f"{V1}/tasks", body=NEW_TASK, success=201),
    Operation("GET", TASK, owned="task"),
    Operation("PATCH", TASK, body={"title": "x"}, owned="task"),
    Operation("PUT", TASK, body=NEW_TASK, owned="task"),
    Operation(
        "PATCH", f"{TASK}/complete", body={"completed": False}, optional_body=True, owned="task"
    ),
    Operation("POST", f"{TASK}/restore", owned="task"),
    Operation("GET", f"{TASK}/reminders", owned="task"),
    Operation("POST", f"{TASK}/reminders", body={"offset_minutes": 30}, owned="task", success=201),
    Operation("PATCH", REMINDER, body={"offset_minutes": 60}, owned="reminder"),
    Operation("GET", f"{REMINDER}/deliveries", owned="reminder"),
    Operation("DELETE", REMINDER, owned="reminder", success=204),
    Operation("DELETE", TASK, owned="task", success=204),
]
