"""One's own account."""

from fastapi import APIRouter

from taskbell.accounts import fast
from taskbell.accounts import service as accounts
from taskbell.accounts.errors import InvalidTokenError, UserNotFoundError
from taskbell.accounts.schemas import UserOut, UserPatch
from taskbell.errors import InvalidError
from taskbell_api.deps import BASE, CallerDep, DatabaseDep, SessionDep

router = APIRouter(prefix=f"{BASE}/users", tags=["users"])


@router.get("/me", summary="Who am I?")
async def get_me(database: DatabaseDep, caller: CallerDep) -> UserOut:
    """Return one's own account."""
    try:
        user = await fast.get_user(database, user_id=caller.user_id)
    except UserNotFoundError:
        raise InvalidTokenError("This account does not exist any more") from None
    return UserOut.model_validate(user)


@router.patch("/me", summary="Change my account")
async def update_me(session: SessionDep, caller: CallerDep, body: UserPatch) -> UserOut:
    """Change name or time zone: an absent field is untouched, `"name": null` clears the name."""
    changes = body.model_dump(exclude_unset=True)
    if "name" in changes:
        changes["name"] = changes["name"] or ""
    if "time_zone" in changes and changes["time_zone"] is None:
        raise InvalidError("There is always a time zone", field="body.time_zone")
    try:
        user = await accounts.update_user(session, user_id=caller.user_id, changes=changes)
    except UserNotFoundError:
        raise InvalidTokenError("This account does not exist any more") from None
    return UserOut.model_validate(user)
