"""Who may call what: each route declares one permission, or that it is public; else nothing starts.

    caller: Annotated[Caller, may(Permission.TASKS_WRITE)]

A caller is known by an access token of ours, by a personal API token (`tb_…`), or by a token of the
sign-in service that BETTER_AUTH_URL names.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import Depends, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import OAuth2PasswordBearer

from taskbell.accounts import api_tokens, live
from taskbell.accounts.callers import SCOPES, Caller, Permission
from taskbell.accounts.errors import InvalidTokenError
from taskbell.errors import UnauthorizedError
from taskbell_api.deps import BASE, Services
from taskbell_api.live.publishing import USER_ID

_DESCRIPTIONS = {
    Permission.TASKS_READ: "See tasks, lists, labels and reminders.",
    Permission.TASKS_WRITE: "Add, change and delete them.",
    Permission.ACCOUNT_READ: "See the account.",
    Permission.ACCOUNT_WRITE: "Change name, time zone, language.",
    Permission.ADMIN: "Administer users and jobs.",
    Permission.SECURITY: "Passwords, sessions, tokens: for people, not for API tokens.",
}

_bearer = OAuth2PasswordBearer(
    tokenUrl=f"{BASE}/auth/login",
    scheme_name="bearer",
    description="E-mail address (as `username`) and password.",
    scopes={str(one): words for one, words in _DESCRIPTIONS.items()},
    auto_error=False,
)

F = TypeVar("F", bound=Callable[..., Any])


def may(permission: Permission, *, by_statement: bool = False, recent: bool = False) -> Any:
    """Return the one dependency that lets callers with `permission` in.

    `by_statement`: the operation's own SQL makes sure that the session goes on (`live.lives`), and
    need not be asked first; for what an administrator may do no more than others. `recent`: their
    password was given within `callers.RECENT`.
    """
    if by_statement and (recent or permission not in SCOPES - {Permission.ADMIN}):
        raise ValueError("only a look at the account tells that")

    async def caller(request: Request, token: Annotated[str | None, Depends(_bearer)]) -> Caller:
        if token is None:
            raise UnauthorizedError("Send an access token: Authorization: Bearer …")
        found: Services = request.app.state.services
        who = await _identify(found, token, by_statement=by_statement)
        structlog.contextvars.bind_contextvars(user_id=str(who.user_id))
        setattr(request.state, USER_ID, who.user_id)
        who.require(permission)
        if recent:
            who.require_recent()
        return who

    caller.permission = permission  # type: ignore[attr-defined]
    return Security(caller, scopes=[str(permission)])


async def _identify(services: Services, token: str, *, by_statement: bool) -> Caller:
    if token.startswith(api_tokens.PREFIX):
        return await api_tokens.caller_of(services.database, token)
    try:
        who = services.keys.verify(token)
    except InvalidTokenError:
        if services.better_auth is None or services.keys.knows(token):
            raise
        return await services.better_auth.caller_of(services.database, token)
    if by_statement or who.session_id is None:
        return who
    standing = await live.standing_of(services.database, session_id=who.session_id)
    return replace(who, role=standing.role, proven_at=standing.proven_at)


def public(endpoint: F) -> F:
    """Declare that anybody may call an operation."""
    endpoint.is_public = True  # type: ignore[attr-defined]
    return endpoint


def check_declared(routes: Iterable[Any]) -> None:
    """Raise `RuntimeError` for a route that declares neither a permission nor that it is public."""
    for route in routes:
        if not isinstance(route, APIRoute):
            continue
        declared = len(set(permissions(route)))
        if declared + bool(getattr(route.endpoint, "is_public", False)) != 1:
            raise RuntimeError(f"{route.name} must declare one permission, or that it is public")


def permissions(route: APIRoute) -> Iterator[Permission]:
    """Return the permissions that a route declares."""
    yield from _permissions(route.dependant)


def _permissions(dependant: Dependant) -> Iterator[Permission]:
    for one in dependant.dependencies:
        if isinstance(found := getattr(one.call, "permission", None), Permission):
            yield found
        yield from _permissions(one)


ReadsTasks = Annotated[Caller, may(Permission.TASKS_READ)]
WritesTasks = Annotated[Caller, may(Permission.TASKS_WRITE)]
ReadsTasksAtOnce = Annotated[Caller, may(Permission.TASKS_READ, by_statement=True)]
WritesTasksAtOnce = Annotated[Caller, may(Permission.TASKS_WRITE, by_statement=True)]
ReadsAccount = Annotated[Caller, may(Permission.ACCOUNT_READ)]
ReadsAccountAtOnce = Annotated[Caller, may(Permission.ACCOUNT_READ, by_statement=True)]
WritesAccount = Annotated[Caller, may(Permission.ACCOUNT_WRITE)]
Person = Annotated[Caller, may(Permission.SECURITY)]
ProvenPerson = Annotated[Caller, may(Permission.SECURITY, recent=True)]
Administrator = Annotated[Caller, may(Permission.ADMIN)]
