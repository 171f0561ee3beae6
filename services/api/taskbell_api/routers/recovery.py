"""Links in mails: confirm an address, choose a new password."""

from contextlib import suppress

from fastapi import APIRouter, Depends, Request

from taskbell.accounts import addresses, passwords
from taskbell.accounts.errors import (
    EmailTakenError,
    EmailVerifiedError,
    LinkExpiredError,
    TooManyPasswordsError,
    WeakPasswordError,
)
from taskbell.accounts.schemas import (
    Accepted,
    EmailVerification,
    ForgottenPassword,
    PasswordReset,
)
from taskbell.accounts.service import email_key
from taskbell_api.access import Person, public
from taskbell_api.deps import BASE, ServicesDep, SessionDep
from taskbell_api.openapi import errors
from taskbell_api.throttling.answers import RateLimitedError
from taskbell_api.throttling.operations import FORGOT_PASSWORD, LINK, RESET_MAIL, VERIFY_RESEND
from taskbell_api.throttling.throttle import limited

router = APIRouter(prefix=f"{BASE}/auth", tags=["auth"])


@router.post(
    "/verify-email",
    status_code=204,
    summary="Confirm an e-mail address",
    dependencies=[Depends(limited(LINK))],
    responses=errors(LinkExpiredError, EmailTakenError, RateLimitedError),
)
@public
async def verify_email(session: SessionDep, body: EmailVerification) -> None:
    """Confirm an address, or carry out its change, with the token of a mailed link."""
    await addresses.verify(session, token=body.token)


@router.post(
    "/verify-email/resend",
    status_code=202,
    summary="Mail the confirmation link again",
    responses=errors(EmailVerifiedError, RateLimitedError),
)
async def resend_verification(
    request: Request, services: ServicesDep, session: SessionDep, caller: Person
) -> Accepted:
    """Mail a new link to one's own address; earlier ones go on working."""
    await services.throttle.check(request, VERIFY_RESEND, caller.user_id)
    await addresses.ask_to_verify(session, user_id=caller.user_id)
    return Accepted()


@router.post(
    "/forgot-password",
    status_code=202,
    summary="Ask for a link to a new password",
    responses=errors(RateLimitedError),
)
@public
async def forgot_password(
    request: Request, services: ServicesDep, session: SessionDep, body: ForgottenPassword
) -> Accepted:
    """Mail a link if there is such an account.

    The answer is the same, and takes as long, if there is none. After several mails in an hour no
    more are sent; the last ones still work.
    """
    await services.throttle.check(request, FORGOT_PASSWORD)
    # without a refusal: anybody could keep the owner from asking
    with suppress(RateLimitedError):
        await services.throttle.check(request, RESET_MAIL, email_key(body.email))
        await addresses.forget_password(session, email=body.email)
    return Accepted()


@router.post(
    "/reset-password",
    status_code=204,
    summary="Choose a new password by a mailed link",
    dependencies=[Depends(limited(LINK))],
    responses=errors(LinkExpiredError, WeakPasswordError, TooManyPasswordsError, RateLimitedError),
)
@public
async def reset_password(services: ServicesDep, body: PasswordReset) -> None:
    """Set the password; every session, API token and other link of the account ends.

    Of several requests with one link, one sets its password.
    """
    async with services.database.transaction() as session:
        email = await addresses.email_of_link(session, token=body.token)
    passwords.check_strength(body.password, email=email)
    new_hash = await passwords.hash_password(body.password)
    async with services.database.transaction() as session:
        await addresses.reset_password(session, token=body.token, new_hash=new_hash)
