"""Asking people once more who they are, before something that matters."""

from fastapi import Request

from taskbell.accounts import service as accounts
from taskbell.accounts.callers import Caller
from taskbell.accounts.errors import InvalidTokenError, UserNotFoundError
from taskbell.accounts.models import User
from taskbell.accounts.service import Proof
from taskbell_api.deps import Services
from taskbell_api.throttling.addresses import address_key


async def prove(
    request: Request, services: Services, caller: Caller, password: str | None
) -> Proof:
    """Return the proof that a caller is who they are: by password, or because it was given lately.

    Tries count as those of signing in do. Raises `WrongPasswordError`, `NoPasswordError`,
    `ReauthenticationRequiredError`, `RateLimitedError`.
    """
    user = await account_of(services, caller)
    if password is None:
        caller.require_recent()
        return Proof(user)
    async with (
        services.sign_ins.turn(address_key(request)),
        services.throttle.attempt(request, account=user.email_key) as attempt,
    ):
        proof = await accounts.prove_again(user, password=password)
        attempt.succeeded()
    return proof


async def account_of(services: Services, caller: Caller) -> User:
    """Return the caller's account. Raises `InvalidTokenError` when it is gone by now."""
    try:
        async with services.database.transaction() as session:
            return await accounts.get_user(session, user_id=caller.user_id)
    except UserNotFoundError:
        raise InvalidTokenError("This account does not exist any more") from None
