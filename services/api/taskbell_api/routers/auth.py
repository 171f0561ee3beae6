"""Sign up, sign in, refresh, sign out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.accounts import service as accounts
from taskbell.accounts import sessions
from taskbell.accounts.errors import (
    EmailTakenError,
    InvalidRefreshTokenError,
    TooManyPasswordsError,
    WeakPasswordError,
    WrongCredentialsError,
)
from taskbell.accounts.schemas import RefreshRequest, SignUp, TokensOut, UserOut
from taskbell.accounts.service import email_key
from taskbell.accounts.sessions import Device, SignedIn
from taskbell.accounts.tokens import ACCESS_TTL
from taskbell.errors import ForbiddenError
from taskbell.lists import service as lists
from taskbell.text import Text, storable
from taskbell_api import cookies
from taskbell_api.access import public
from taskbell_api.deps import BASE, Services, ServicesDep
from taskbell_api.openapi import errors
from taskbell_api.problems import UnsupportedMediaTypeError
from taskbell_api.throttling.addresses import address_key
from taskbell_api.throttling.answers import RateLimitedError
from taskbell_api.throttling.operations import REFRESH, SIGN_UP
from taskbell_api.throttling.throttle import limited

router = APIRouter(prefix=f"{BASE}/auth", tags=["auth"])

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")

CookieFlag = Annotated[
    bool,
    Query(
        description="Send the refresh token as an HttpOnly cookie instead of in the body; "
        "for pages of the same site."
    ),
]


class SignupDisabledError(ForbiddenError):
    code = "signup_disabled"
    title = "Nobody can sign up here"


class NotAFormError(UnsupportedMediaTypeError):
    title = "Send the body as application/x-www-form-urlencoded"


async def form_only(request: Request) -> None:
    """Raise `NotAFormError` for a body of another type: it would look like an empty form."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given and given not in FORM_TYPES:
        raise NotAFormError


@router.post(
    "/signup",
    status_code=201,
    summary="Make an account",
    responses=errors(
        SignupDisabledError,
        EmailTakenError,
        WeakPasswordError,
        TooManyPasswordsError,
        RateLimitedError,
        cookies.OriginMismatchError,
    ),
)
@public
async def sign_up(
    request: Request,
    response: Response,
    services: ServicesDep,
    body: SignUp,
    cookie: CookieFlag = False,
) -> TokensOut:
    """Make an account with its inbox and sign in.

    A mail is on its way, with the link that confirms the address.
    """
    if not services.settings.signup_enabled:
        raise SignupDisabledError
    _check_page(request, services, cookie=cookie)
    await services.throttle.check(request, SIGN_UP)
    async with (
        services.sign_ins.turn(address_key(request)),
        services.database.transaction() as session,
    ):
        user = await accounts.sign_up(session, **body.model_dump())
        await lists.create_inbox(session, owner_id=user.id)
        await _end_replaced(session, request, cookie=cookie)
        signed_in = await sessions.start_session(
            session, services.keys, user=user, device=device_of(request)
        )
    await services.throttle.remember(request, account=user.email_key)
    _mark_device(response, services, user.email_key, cookie=cookie)
    return _tokens(signed_in, response, services, cookie=cookie)


@router.post(
    "/login",
    summary="Sign in",
    dependencies=[Depends(form_only)],
    responses=errors(
        WrongCredentialsError, TooManyPasswordsError, RateLimitedError, cookies.OriginMismatchError
    ),
)
@public
async def log_in(
    request: Request,
    response: Response,
    services: ServicesDep,
    username: Annotated[
        Text, Form(max_length=254, description="Your e-mail address.", examples=["ada@example.com"])
    ],
    password: Annotated[
        Text,
        Form(
            max_length=1024,
            json_schema_extra={"format": "password"},
            examples=["correct horse battery"],
        ),
    ],
    cookie: CookieFlag = False,
) -> TokensOut:
    """Exchange e-mail address and password for tokens (OAuth2 password form).

    The answer is the same, and takes as long, for an unknown address and for a wrong password. Who
    deleted their account less than seven days ago keeps it by signing in.
    """
    _check_page(request, services, cookie=cookie)
    async with services.sign_ins.turn(address_key(request)):
        async with services.throttle.attempt(request, account=email_key(username)) as attempt:
            async with services.database.transaction() as session:
                found = await accounts.find_by_email(session, email=username)
            proof = await accounts.log_in(found, password=password)
            attempt.succeeded()
        async with services.database.transaction() as session:
            user = await accounts.admit(session, proof)
            await _end_replaced(session, request, cookie=cookie)
            signed_in = await sessions.start_session(
                session, services.keys, user=user, device=device_of(request)
            )
    _mark_device(response, services, user.email_key, cookie=cookie)
    return _tokens(signed_in, response, services, cookie=cookie)


@router.post(
    "/refresh",
    summary="Get new tokens",
    dependencies=[Depends(limited(REFRESH))],
    responses=errors(InvalidRefreshTokenError, RateLimitedError, cookies.OriginMismatchError),
)
@public
async def refresh(
    request: Request,
    response: Response,
    services: ServicesDep,
    body: RefreshRequest | None = None,
    cookie: CookieFlag = False,
) -> TokensOut:
    """Exchange a refresh token, from the body or the cookie, for its successor.

    Each works once. Within 10 seconds the same one gives the same successor (a lost answer, a
    second tab); later it must have been stolen, and the whole session ends. What came as a cookie
    goes back as a cookie.
    """
    token, from_cookie = _given_token(request, services, body)
    try:
        # committed before we answer: a reused token ends its session and is an error all the same
        async with services.database.transaction() as session:
            signed_in = await sessions.refresh(
                session, services.keys, token=token, address=device_of(request).address
            )
        if signed_in is None:
            raise InvalidRefreshTokenError
    except InvalidRefreshTokenError as error:
        if from_cookie:
            _clear_with(error, services)
        raise
    return _tokens(signed_in, response, services, cookie=cookie or from_cookie)


@router.post(
    "/logout",
    status_code=204,
    summary="Sign out",
    responses=errors(InvalidRefreshTokenError, cookies.OriginMismatchError),
)
@public
async def log_out(
    request: Request,
    response: Response,
    services: ServicesDep,
    body: RefreshRequest | None = None,
    cookie: CookieFlag = False,  # as everywhere here; a cookie shows itself
) -> None:
    """End the session of a refresh token, from the body or the cookie.

    Its access tokens stop working at once. A session that has ended already is no error.
    """
    token, from_cookie = _given_token(request, services, body)
    async with services.database.transaction() as session:
        await sessions.log_out(session, token=token)
    if from_cookie:
        cookies.clear(response, services.settings)


def _check_page(request: Request, services: Services, *, cookie: bool) -> None:
    """Keep other sites' pages from signing their visitors in here (login CSRF)."""
    if cookie and "origin" in request.headers:
        cookies.check_origin(request, services.settings)


def _given_token(
    request: Request, services: Services, body: RefreshRequest | None
) -> tuple[str, bool]:
    """Return the refresh token of a request, and whether it came as a cookie."""
    if body is not None and body.refresh_token is not None:
        return body.refresh_token, False
    token = request.cookies.get(cookies.NAME)
    if not token:
        raise InvalidRefreshTokenError("Send a refresh token, in the body or as the cookie")
    cookies.check_origin(request, services.settings)
    return token, True


def _clear_with(error: InvalidRefreshTokenError, services: Services) -> None:
    answer = Response()
    cookies.clear(answer, services.settings)
    error.headers["Set-Cookie"] = answer.headers["set-cookie"]


def _tokens(
    signed_in: SignedIn, response: Response, services: Services, *, cookie: bool
) -> TokensOut:
    if cookie:
        cookies.put(response, signed_in.refresh_token, services.settings)
    return TokensOut(
        access_token=signed_in.access_token,
        expires_in=int(ACCESS_TTL.total_seconds()),
        refresh_token=None if cookie else signed_in.refresh_token,
        user=UserOut.model_validate(signed_in.user),
    )


def _mark_device(response: Response, services: Services, account: str, *, cookie: bool) -> None:
    if cookie:
        mark = services.throttle.device_mark(account)
        cookies.mark_device(response, mark, services.settings)


def device_of(request: Request) -> Device:
    """Return what a request tells of where it comes from."""
    user_agent = storable(request.headers.get("user-agent", ""), 200)
    return Device(user_agent, request.client.host if request.client else "")


async def _end_replaced(session: AsyncSession, request: Request, *, cookie: bool) -> None:
    """End the session whose cookie the browser is about to lose (ASVS 7.2.4)."""
    replaced = request.cookies.get(cookies.NAME)
    if cookie and replaced:
        await sessions.log_out(session, token=replaced, reason="replaced")
