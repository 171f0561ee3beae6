"""Where one is signed in, and how to end that."""

from uuid import UUID

from fastapi import APIRouter, Request

from taskbell.accounts import service as accounts
from taskbell.accounts import sessions
from taskbell.accounts.errors import (
    NoPasswordError,
    ReauthenticationRequiredError,
    SessionNotFoundError,
    TooManyPasswordsError,
    WrongPasswordError,
)
from taskbell.accounts.models import AuthSession
from taskbell.accounts.schemas import Reauthentication, SessionOut
from taskbell.paging import InvalidCursorError
from taskbell_api.access import Person, ProvenPerson
from taskbell_api.deps import BASE, ServicesDep, SessionDep
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, PageQueryDep, whole_list
from taskbell_api.query_strings import parameters
from taskbell_api.reauthentication import prove
from taskbell_api.throttling.answers import RateLimitedError

router = APIRouter(prefix=f"{BASE}/auth", tags=["auth"])


@router.get(
    "/sessions",
    summary="Where am I signed in?",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_sessions(
    session: SessionDep, caller: Person, query: PageQueryDep
) -> PageOut[SessionOut]:
    """Return one's sessions that go on, the last used first."""
    found = await sessions.list_sessions(session, user_id=caller.user_id)

    def shown(one: AuthSession) -> SessionOut:
        out = SessionOut.model_validate(one)
        out.current = one.id == caller.session_id
        return out

    return whole_list(PageOut[SessionOut], found, query, shown)


@router.delete(
    "/sessions",
    status_code=204,
    summary="Sign out everywhere else",
    responses=errors(ReauthenticationRequiredError),
)
async def end_other_sessions(session: SessionDep, caller: ProvenPerson) -> None:
    """End all of one's sessions but this one. Their next request is refused.

    Needs a password given within the last hour, as does ending a single one.
    """
    await sessions.end_all(session, user_id=caller.user_id, reason="revoked", but=caller.session_id)


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    summary="Sign out somewhere",
    responses=errors(SessionNotFoundError, ReauthenticationRequiredError),
)
async def end_session(session: SessionDep, caller: ProvenPerson, session_id: UUID) -> None:
    """End one of one's own sessions, this one too. Its next request is refused."""
    await sessions.end_session(session, user_id=caller.user_id, session_id=session_id)


@router.post(
    "/reauthenticate",
    status_code=204,
    summary="Give the password once more",
    responses=errors(WrongPasswordError, NoPasswordError, TooManyPasswordsError, RateLimitedError),
)
async def reauthenticate(
    request: Request, services: ServicesDep, caller: Person, body: Reauthentication
) -> None:
    """Let this session do for an hour what needs a password given lately: `POST /tokens`, say."""
    proof = await prove(request, services, caller, body.current_password)
    if caller.session_id is not None:
        async with services.database.transaction() as session:
            await accounts.proven_user(session, proof)
            await sessions.note_proof(session, session_id=caller.session_id)
