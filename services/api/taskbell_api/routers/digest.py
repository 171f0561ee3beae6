"""Switching the daily digest off, from the mail itself (RFC 8058)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse

from taskbell.digest import following as _following  # noqa: F401 (registers itself)
from taskbell.digest import unsubscribe
from taskbell.digest.schemas import Unsubscribed
from taskbell.digest.unsubscribe import InvalidUnsubscribeTokenError
from taskbell_api.access import public
from taskbell_api.deps import BASE, ServicesDep, SessionDep
from taskbell_api.openapi import errors
from taskbell_api.throttling.answers import RateLimitedError
from taskbell_api.throttling.operations import UNSUBSCRIBE
from taskbell_api.throttling.throttle import limited

router = APIRouter(prefix=f"{BASE}/digest", tags=["notifications"])

Token = Annotated[str, Query(min_length=1, max_length=200, description="From the mail's link.")]


@router.post(
    "/unsubscribe",
    summary="Switch my daily digest off by the mail's link",
    dependencies=[Depends(limited(UNSUBSCRIBE))],
    responses=errors(InvalidUnsubscribeTokenError, RateLimitedError),
)
@public
async def unsubscribe_from_digest(session: SessionDep, token: Token) -> Unsubscribed:
    """Switch a digest off, as often as one likes; the token works for ever.

    This is where `List-Unsubscribe` of a digest points: mail programs send
    `List-Unsubscribe=One-Click` as a form. No body is as good.
    """
    await unsubscribe.unsubscribe(session, token=token)
    return Unsubscribed()


@router.get("/unsubscribe", include_in_schema=False)
@public
async def show_unsubscribing(services: ServicesDep, token: Token) -> RedirectResponse:
    """Lead whoever follows the link to the page that asks; programs that look at it do nothing."""
    page = unsubscribe.page_url(services.settings.public_url, token)
    return RedirectResponse(page, status_code=303, headers={"Referrer-Policy": "no-referrer"})
