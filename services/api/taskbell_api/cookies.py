"""The refresh token as a cookie, and who may use it.

The cookie is HttpOnly, SameSite=Strict and limited to the auth endpoints. Where a browser sends it,
the `Origin` must be ours too: `PUBLIC_URL`, one of `CORS_ORIGINS`, or the very host the request was
sent to (the gateway reached by another name). The last is no loophole: the cookie belongs to the
host that set it, and no page can choose the `Host` of a request that its browser sends.
"""

from datetime import timedelta

from fastapi import Request, Response

from taskbell.accounts.sessions import IDLE_TTL
from taskbell.errors import ForbiddenError
from taskbell_api.deps import BASE
from taskbell_api.settings import ApiSettings, origin_of
from taskbell_api.throttling.throttle import DEVICE_COOKIE

NAME = "taskbell_refresh"
PATH = f"{BASE}/auth"
DEVICE_TTL = timedelta(days=365)


class OriginMismatchError(ForbiddenError):
    code = "origin_mismatch"
    title = "The refresh cookie may be used from our own pages only"


def check_origin(request: Request, settings: ApiSettings) -> None:
    """Raise `OriginMismatchError` unless the request comes from one of our own pages."""
    origin = request.headers.get("origin")
    if origin is not None and (origin in settings.own_origins or origin == _own_host(request)):
        return
    raise OriginMismatchError


def _own_host(request: Request) -> str | None:
    try:
        return origin_of(f"{request.url.scheme}://{request.headers.get('host', '')}")
    except ValueError:
        return None


def put(response: Response, token: str, settings: ApiSettings) -> None:
    """Send the refresh token as a cookie."""
    response.set_cookie(
        NAME,
        token,
        max_age=int(IDLE_TTL.total_seconds()),
        path=PATH,
        secure=_secure(settings),
        httponly=True,
        samesite="strict",
    )


def mark_device(response: Response, mark: str, settings: ApiSettings) -> None:
    """Let this browser be known when it signs in to the same account again.

    It stays after signing out, and gives access to nothing: `Throttle` says what it is for.
    """
    response.set_cookie(
        DEVICE_COOKIE,
        mark,
        max_age=int(DEVICE_TTL.total_seconds()),
        path=BASE,
        secure=_secure(settings),
        httponly=True,
        samesite="strict",
    )


def clear(response: Response, settings: ApiSettings) -> None:
    """Remove the cookie from the browser."""
    response.delete_cookie(
        NAME, path=PATH, secure=_secure(settings), httponly=True, samesite="strict"
    )


def _secure(settings: ApiSettings) -> bool:
    return settings.public_url.startswith("https:")
