"""Roles and scopes: the two tables, in full."""

from datetime import timedelta
from typing import get_args

import pytest

from core.tests.make import some_id
from taskbell.accounts.callers import RECENT, ROLES, SCOPES, Caller, Permission, Role, Scope
from taskbell.accounts.errors import (
    InsufficientScopeError,
    NotPermittedError,
    ReauthenticationRequiredError,
    SessionRequiredError,
)
from taskbell.clock import now
from taskbell.errors import ForbiddenError

OF_USERS = {
    Permission.TASKS_READ,
    Permission.TASKS_WRITE,
    Permission.ACCOUNT_READ,
    Permission.ACCOUNT_WRITE,
    Permission.SECURITY,
}


def caller(role: str, *scopes: str, token: bool = False, **more: timedelta) -> Caller:
    proven_at = now() - more["ago"] if "ago" in more else None
    given = frozenset(scopes) if scopes or token else None
    return Caller(some_id(), None, role, given, proven_at)


def may(who: Caller, permission: Permission) -> type[ForbiddenError] | None:
    """Return None, or the kind of the refusal."""
    try:
        who.require(permission)
    except ForbiddenError as refused:
        return type(refused)
    return None


def test_the_tables() -> None:
    assert {"user": OF_USERS, "admin": set(Permission)} == ROLES
    assert set(ROLES) == set(get_args(Role))
    assert {str(one) for one in Permission} - {"account:security"} == SCOPES
    assert set(get_args(Scope)) == SCOPES


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", ROLES)
def test_people_may_what_their_role_may(role: str, permission: Permission) -> None:
    allowed = role == "admin" or permission in OF_USERS
    assert may(caller(role), permission) is (None if allowed else NotPermittedError)


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", ["", "root", "Admin", "user ", "admin,user"])
def test_an_unknown_role_may_nothing(role: str, permission: Permission) -> None:
    assert may(caller(role), permission) is NotPermittedError
    assert may(caller(role, *SCOPES), permission) is not None


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("scope", sorted(SCOPES))
@pytest.mark.parametrize("role", ROLES)
def test_a_token_may_what_its_scope_and_its_owner_may(
    role: str, scope: str, permission: Permission
) -> None:
    expected: type[ForbiddenError] | None = None
    if permission is Permission.SECURITY:
        expected = SessionRequiredError
    elif permission != scope:
        expected = InsufficientScopeError
    elif scope == "admin" and role != "admin":
        expected = NotPermittedError
    assert may(caller(role, scope), permission) is expected


@pytest.mark.parametrize("permission", Permission)
def test_a_token_without_scopes_may_nothing(permission: Permission) -> None:
    assert may(caller("admin", token=True), permission) is not None


def test_no_scope_opens_what_is_for_people() -> None:
    """Not even one that somebody wrote into the database."""
    assert Permission.SECURITY not in SCOPES
    everything = caller("admin", *SCOPES)
    assert may(everything, Permission.SECURITY) is SessionRequiredError


def test_a_scope_that_is_missing_is_named() -> None:
    with pytest.raises(InsufficientScopeError) as refused:
        caller("user", "tasks:read").require(Permission.TASKS_WRITE)
    assert refused.value.headers["WWW-Authenticate"] == (
        'Bearer error="insufficient_scope", scope="tasks:write"'
    )
    assert "tasks:write" in (refused.value.detail or "")
    # what one error was given, another must not show
    assert "WWW-Authenticate" not in SessionRequiredError().headers


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("ago", "recent"),
    [(0 * SECOND, True), (RECENT - 10 * SECOND, True), (RECENT + SECOND, False)],
    ids=str,
)
def test_what_needs_a_password_given_lately(ago: timedelta, recent: bool) -> None:
    who = caller("admin", ago=ago)
    if recent:
        who.require_recent()
        return
    with pytest.raises(ReauthenticationRequiredError):
        who.require_recent()


def test_who_proved_nothing_is_asked() -> None:
    with pytest.raises(ReauthenticationRequiredError):
        caller("admin").require_recent()
