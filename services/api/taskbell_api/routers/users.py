"""One's own account."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from taskbell.accounts import addresses, fast, passwords
from taskbell.accounts import service as accounts
from taskbell.accounts.errors import (
    InvalidTokenError,
    LastAdminError,
    LinkExpiredError,
    NoPasswordError,
    ReauthenticationRequiredError,
    TooManyPasswordsError,
    UserNotFoundError,
    WeakPasswordError,
    WrongPasswordError,
)
from taskbell.accounts.schemas import (
    Accepted,
    AccountDeletion,
    EmailChange,
    PasswordChange,
    UserOut,
    UserPatch,
)
from taskbell.clock import now
from taskbell.errors import InvalidError
from taskbell.exports import service as exports
from taskbell_api.access import Person, ReadsAccountAtOnce, WritesAccount
from taskbell_api.deps import BASE, DatabaseDep, ServicesDep, SessionDep
from taskbell_api.examples import EXPORT_DOCUMENT
from taskbell_api.openapi import errors
from taskbell_api.reauthentication import prove
from taskbell_api.throttling.answers import RateLimitedError
from taskbell_api.throttling.operations import (
    DELETION,
    EMAIL_CHANGE,
    EMAIL_CHANGE_TARGET,
    EXPORT,
    LINK,
    PASSWORD_CHANGE,
)

router = APIRouter(prefix=f"{BASE}/users", tags=["users"])

REAUTHENTICATION = (
    WrongPasswordError,
    NoPasswordError,
    TooManyPasswordsError,
    RateLimitedError,
)
ALWAYS_THERE = ("time_zone", "locale", "week_start")


@router.get("/me", summary="Who am I?")
async def get_me(database: DatabaseDep, caller: ReadsAccountAtOnce) -> UserOut:
    """Return one's own account."""
    try:
        user = await fast.get_user(database, user_id=caller.user_id, session_id=caller.session_id)
    except UserNotFoundError:
        raise InvalidTokenError("This account does not exist any more") from None
    return UserOut.model_validate(user)


@router.patch("/me", summary="Change my account")
async def update_me(session: SessionDep, caller: WritesAccount, body: UserPatch) -> UserOut:
    """Change the profile: an absent field is untouched, `"name": null` clears the name."""
    changes = body.model_dump(exclude_unset=True)
    if "name" in changes:
        changes["name"] = changes["name"] or ""
    for field in ALWAYS_THERE:
        if field in changes and changes[field] is None:
            raise InvalidError("There is always one", field=f"body.{field}")
    try:
        user = await accounts.update_user(session, user_id=caller.user_id, changes=changes)
    except UserNotFoundError:
        raise InvalidTokenError("This account does not exist any more") from None
    return UserOut.model_validate(user)


@router.delete(
    "/me",
    status_code=204,
    summary="Delete my account",
    responses=errors(*REAUTHENTICATION, ReauthenticationRequiredError, LastAdminError),
)
async def delete_me(
    request: Request, services: ServicesDep, caller: Person, body: AccountDeletion | None = None
) -> None:
    """Sign out everywhere, and be deleted for good after seven days; signing in takes that back.

    Needs the password, or one given within the last hour.
    """
    await services.throttle.check(request, DELETION, caller.user_id)
    proof = await prove(request, services, caller, body.current_password if body else None)
    async with services.database.transaction() as session:
        await accounts.delete_account(session, proof)


@router.post(
    "/me/password",
    status_code=204,
    summary="Change my password",
    responses=errors(*REAUTHENTICATION, WeakPasswordError),
)
async def change_password(
    request: Request, services: ServicesDep, caller: Person, body: PasswordChange
) -> None:
    """Set a new password; all other sessions end, and a mail tells.

    Links that were mailed before no longer work. API tokens do.
    """
    await services.throttle.check(request, PASSWORD_CHANGE, caller.user_id)
    proof = await prove(request, services, caller, body.current_password)
    passwords.check_strength(body.new_password, email=proof.user.email, field="body.new_password")
    new_hash = await passwords.hash_password(body.new_password)
    async with services.database.transaction() as session:
        await accounts.change_password(
            session, proof, new_hash=new_hash, session_id=caller.session_id
        )


@router.post(
    "/me/email",
    status_code=202,
    summary="Change my e-mail address",
    responses=errors(*REAUTHENTICATION),
)
async def change_email(
    request: Request, services: ServicesDep, caller: Person, body: EmailChange
) -> Accepted:
    """Mail a link to the new address, which takes effect when it is opened; the old one is told."""
    proof = await prove(request, services, caller, body.current_password)
    await services.throttle.check(request, EMAIL_CHANGE, caller.user_id)
    await services.throttle.check(request, EMAIL_CHANGE_TARGET, accounts.email_key(body.email))
    async with services.database.transaction() as session:
        await addresses.ask_to_change(session, proof, email=body.email)
    return Accepted()


_EXPORT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "With `token`: everything, as one JSON document.",
        "content": {"application/json": {"schema": {"type": "object"}, "example": EXPORT_DOCUMENT}},
    },
    202: {"model": Accepted, "description": "Without: a link will be mailed."},
}


@router.get(
    "/me/export",
    summary="Take my data with me",
    response_model=None,
    responses={**_EXPORT, **errors(LinkExpiredError, RateLimitedError)},
)
async def export_me(
    request: Request,
    services: ServicesDep,
    caller: Person,
    token: Annotated[
        str | None,
        Query(min_length=1, max_length=200, description="Of the mailed link; good for 7 days."),
    ] = None,
) -> Response:
    """Prepare a copy of everything and mail a link to it; with the link's token, return the copy.

    The link works only for who is signed in to the account.
    """
    if token is None:
        await services.throttle.check(request, EXPORT, caller.user_id)
    else:
        await services.throttle.check(request, LINK)
    async with services.database.transaction() as session:
        if token is None:
            await exports.ask(session, user_id=caller.user_id)
            return JSONResponse(Accepted().model_dump(), status_code=202)
        export = await exports.find(session, user_id=caller.user_id, token=token)
    name = f"taskbell-{now():%Y-%m-%d}.json"
    return StreamingResponse(
        exports.read(services.database, export_id=export.id),
        media_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
