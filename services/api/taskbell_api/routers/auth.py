"""Sign up, sign in, refresh, sign out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from taskbell.accounts import service as accounts
from taskbell.accounts.errors import (
    EmailTakenError,
    InvalidRefreshTokenError,
    WeakPasswordError,
    WrongCredentialsError,
)
from taskbell.accounts.schemas import RefreshRequest, SignUp, TokensOut, UserOut
from taskbell.accounts.service import SignedIn
from taskbell.accounts.tokens import ACCESS_TTL
from taskbell.errors import ForbiddenError
from taskbell.lists import service as lists
from taskbell.text import Text
from taskbell_api import cookies
from taskbell_api.deps import BASE, Services, ServicesDep
from taskbell_api.openapi import errors
from taskbell_api.problems import UnsupportedMediaTypeError

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
        SignupDisabledError, EmailTakenError, WeakPasswordError, cookies.OriginMismatchError
    ),
)
async def sign_up(
    request: Request,
    response: Response,
    services: ServicesDep,
    body: SignUp,
    cookie: CookieFlag = False,
) -> TokensOut:
    """Make an account with its inbox and sign in; a welcome mail is on its way."""
    if not services.settings.signup_enabled:
        raise SignupDisabledError
    _check_page(request, services, cookie=cookie)
    async with services.database.transaction() as session:
        user = await accounts.sign_up(session, **body.model_dump())
        await lists.create_inbox(session, owner_id=user.id)
        signed_in = await accounts.start_session(
            session, services.keys, user=user, user_agent=_user_agent(request)
        )
    return _tokens(signed_in, response, services, cookie=cookie)


@router.post(
    "/login",
    summary="Sign in",
    dependencies=[Depends(form_only)],
    responses=errors(WrongCredentialsError, cookies.OriginMismatchError),
)
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

    The answer is the same, and takes as long, for an unknown address and for a wrong password.
    """
    _check_page(request, services, cookie=cookie)
    async with services.database.transaction() as session:
        found = await accounts.find_by_email(session, email=username)
    user = await accounts.log_in(found, password=password)
    async with services.database.transaction() as session:
        signed_in = await accounts.start_session(
            session, services.keys, user=user, user_agent=_user_agent(request)
        )
    return _tokens(signed_in, response, services, cookie=cookie)


@router.post(
    "/refresh",
    summary="Get new tokens",
    responses=errors(InvalidRefreshTokenError, cookies.OriginMismatchError),
)
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
            signed_in = await accounts.refresh(session, services.keys, token=token)
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
async def log_out(
    request: Request,
    response: Response,
    services: ServicesDep,
    body: RefreshRequest | None = None,
    cookie: CookieFlag = False,  # as everywhere here; a cookie shows itself
) -> None:
    """End the session of a refresh token, from the body or the cookie.

    Its access token ends by itself within 15 minutes. A session that has ended already is no error.
    """
    token, from_cookie = _given_token(request, services, body)
    async with services.database.transaction() as session:
        await accounts.log_out(session, token=token)
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


def _user_agent(request: Request) -> str:
    return request.headers.get("user-agent", "").replace("\x00", "")
