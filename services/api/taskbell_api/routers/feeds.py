"""Calendar feeds: made and revoked by their owner, read by whoever knows their address."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from taskbell.accounts.errors import ReauthenticationRequiredError
from taskbell.feeds import reading
from taskbell.feeds import service as feeds
from taskbell.feeds.errors import FeedNotFoundError, TooManyFeedsError
from taskbell.feeds.schemas import FeedCreate, FeedOut, NewFeedOut
from taskbell.filters.errors import FilterNotFoundError
from taskbell.lists.errors import ListNotFoundError
from taskbell.paging import InvalidCursorError
from taskbell_api.access import Person, ProvenPerson, public
from taskbell_api.deps import BASE, ServicesDep, SessionDep
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, PageQueryDep, whole_list
from taskbell_api.problems import PathNotFoundError
from taskbell_api.query_strings import parameters

router = APIRouter(tags=["feeds"])

HEADERS = {
    "Cache-Control": "private, max-age=300",
    "Content-Disposition": 'inline; filename="taskbell.ics"',
    "Referrer-Policy": "no-referrer",  # the address is the secret
    "X-Robots-Tag": "noindex",
}


@router.get(
    f"{BASE}/feeds",
    summary="List my calendar feeds",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_feeds(session: SessionDep, caller: Person, query: PageQueryDep) -> PageOut[FeedOut]:
    """Return one's calendar feeds without their addresses, the newest first."""
    found = await feeds.list_feeds(session, owner_id=caller.user_id)
    return whole_list(PageOut[FeedOut], found, query, FeedOut.model_validate)


@router.post(
    f"{BASE}/feeds",
    status_code=201,
    summary="Make a calendar feed",
    responses=errors(
        ReauthenticationRequiredError, ListNotFoundError, FilterNotFoundError, TooManyFeedsError
    ),
)
async def create_feed(
    services: ServicesDep, session: SessionDep, caller: ProvenPerson, body: FeedCreate
) -> NewFeedOut:
    """Make an address that calendar programs can subscribe to, shown in this answer only.

    It shows pending tasks with a due time to whoever knows it, until it is revoked: so it needs a
    password given within the last hour, at sign-in, or by `POST /auth/reauthenticate`.
    """
    made, secret = await feeds.make_feed(session, caller=caller, new=body)
    shown = FeedOut.model_validate(made).model_dump()
    return NewFeedOut(**shown, url=feeds.address(services.settings.public_url, secret))


@router.delete(
    f"{BASE}/feeds/{{feed_id}}",
    status_code=204,
    summary="Revoke a calendar feed",
    responses=errors(FeedNotFoundError),
)
async def revoke_feed(session: SessionDep, caller: Person, feed_id: UUID) -> None:
    """End a feed: its address finds nothing any more."""
    await feeds.revoke_feed(session, owner_id=caller.user_id, feed_id=feed_id)


@router.api_route("/feeds/{secret}.ics", methods=["GET", "HEAD"], include_in_schema=False)
@public
async def read_feed(request: Request, services: ServicesDep, secret: str) -> Response:
    """Return a feed as a calendar, for programs that cannot sign in; `ETag` saves most of it.

    Not in the document: its path is a secret, which nobody should try out there. Guesses are not
    counted: there are 2²⁵⁶.
    """
    try:
        found = await reading.read(
            services.database, secret=secret, public_url=services.settings.public_url
        )
    except FeedNotFoundError:
        raise PathNotFoundError from None
    headers = HEADERS | {"ETag": f'"{found.fingerprint()}"'}
    if _knows(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if request.method == "HEAD":
        answer = Response(headers=headers, media_type="text/calendar")
        del answer.headers["content-length"]
        return answer
    return Response(await found.write(), headers=headers, media_type="text/calendar")


def _knows(request: Request, etag: str) -> bool:
    """Tell whether the program has this already (RFC 9110 §13.1.2: compared weakly)."""
    known = request.headers.get("if-none-match", "")
    return etag in {one.strip().removeprefix("W/") for one in known.split(",")}
