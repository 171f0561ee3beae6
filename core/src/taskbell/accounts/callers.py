"""Who makes a request, and what they may do: the whole of role-based access in two tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, get_args
from uuid import UUID

from taskbell.accounts.errors import (
    InsufficientScopeError,
    NotPermittedError,
    ReauthenticationRequiredError,
    SessionRequiredError,
)
from taskbell.clock import now

Role = Literal["user", "admin"]
Scope = Literal["tasks:read", "tasks:write", "account:read", "account:write", "admin"]
"""What a personal API token may be given."""


class Permission(StrEnum):
    """What an operation needs. Each route declares one; all but `SECURITY` are also scopes."""

    TASKS_READ = "tasks:read"
    TASKS_WRITE = "tasks:write"
    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    ADMIN = "admin"
    SECURITY = "account:security"
    """Passwords, sessions, tokens, export, deletion: for people who signed in, never for tokens."""


RECENT = timedelta(hours=1)
"""What makes or breaks access needs a password given within this time."""

SCOPES: frozenset[str] = frozenset(get_args(Scope))
_OWN = frozenset(Permission) - {Permission.ADMIN}
ROLES: Mapping[str, frozenset[Permission]] = {"user": _OWN, "admin": frozenset(Permission)}
"""What each role may do. A role that is not here may do nothing."""


@dataclass(frozen=True)
class Caller:
    """Who makes a request.

    `session_id`: of our own sign-in, else None. `scopes`: of an API token; None for a person who
    signed in. `proven_at`: when they last proved who they are, as far as anybody looked.
    """

    user_id: UUID
    session_id: UUID | None
    role: str
    scopes: frozenset[str] | None = None
    proven_at: datetime | None = None

    @property
    def via(self) -> str:
        """How they came in: by a session, an API token, or another sign-in service."""
        if self.scopes is not None:
            return "api_token"
        return "session" if self.session_id is not None else "sign_in_service"

    def require(self, permission: Permission) -> None:
        """Return when they may.

        Raises `NotPermittedError`, and for API tokens `SessionRequiredError` and
        `InsufficientScopeError`.
        """
        if self.scopes is not None and permission not in self.scopes:
            if permission not in SCOPES:
                raise SessionRequiredError
            raise InsufficientScopeError(permission)
        if permission not in ROLES.get(self.role, frozenset()):
            raise NotPermittedError

    def require_recent(self) -> None:
        """Return when they proved who they are within `RECENT`.

        Raises `ReauthenticationRequiredError`.
        """
        if self.proven_at is None or now() - self.proven_at > RECENT:
            raise ReauthenticationRequiredError
