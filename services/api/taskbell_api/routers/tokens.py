"""Personal API tokens."""

from uuid import UUID

from fastapi import APIRouter, Request

from taskbell.accounts import api_tokens
from taskbell.accounts.api_tokens import ExpiryInPastError
from taskbell.accounts.errors import (
    ReauthenticationRequiredError,
    ScopeNotAllowedError,
    TokenNotFoundError,
    TooManyTokensError,
)
from taskbell.accounts.schemas import ApiTokenCreate, ApiTokenOut, NewApiTokenOut
from taskbell.paging import InvalidCursorError
from taskbell_api.access import Person, ProvenPerson
from taskbell_api.deps import BASE, ServicesDep, SessionDep
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, PageQueryDep, whole_list
from taskbell_api.query_strings import parameters
from taskbell_api.throttling.answers import RateLimitedError
from taskbell_api.throttling.operations import API_TOKEN

router = APIRouter(prefix=f"{BASE}/tokens", tags=["tokens"])


@router.get(
    "",
    summary="List my API tokens",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_tokens(
    session: SessionDep, caller: Person, query: PageQueryDep
) -> PageOut[ApiTokenOut]:
    """Return one's API tokens without their secrets, the newest first."""
    found = await api_tokens.list_tokens(session, user_id=caller.user_id)
    return whole_list(PageOut[ApiTokenOut], found, query, ApiTokenOut.model_validate)


@router.post(
    "",
    status_code=201,
    summary="Make an API token",
    responses=errors(
        ReauthenticationRequiredError,
        ScopeNotAllowedError,
        ExpiryInPastError,
        TooManyTokensError,
        RateLimitedError,
    ),
)
async def create_token(
    request: Request,
    services: ServicesDep,
    session: SessionDep,
    caller: ProvenPerson,
    body: ApiTokenCreate,
) -> NewApiTokenOut:
    """Make a token; its secret is in this answer and nowhere else. A mail tells.

    Needs a password given within the last hour: at sign-in, or by `POST /auth/reauthenticate`.
    """
    await services.throttle.check(request, API_TOKEN, caller.user_id)
    made, secret = await api_tokens.make_token(
        session, caller=caller, name=body.name, scopes=body.scopes, expires_at=body.expires_at
    )
    shown = ApiTokenOut.model_validate(made).model_dump()
    return NewApiTokenOut(**shown, token=secret)


@router.delete(
    "/{token_id}",
    status_code=204,
    summary="Revoke an API token",
    responses=errors(TokenNotFoundError),
)
async def revoke_token(session: SessionDep, caller: Person, token_id: UUID) -> None:
    """End a token; its next request is refused."""
    await api_tokens.revoke_token(session, user_id=caller.user_id, token_id=token_id)
