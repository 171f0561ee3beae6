"""What changes, as it happens."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from taskbell.events import service as events
from taskbell.events.positions import Position
from taskbell.events.service import Reader
from taskbell_api.access import ReadsTasks
from taskbell_api.deps import BASE, ServicesDep
from taskbell_api.live import writing
from taskbell_api.live.errors import StreamsFullError, TooManyStreamsError
from taskbell_api.live.sign_ins import sign_in_of
from taskbell_api.live.stream import Stream
from taskbell_api.openapi import errors

router = APIRouter(prefix=BASE, tags=["events"])

_CHANGE = (
    '{"kind":"task","id":"0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a001","action":"updated","version":7,'
    '"at":"2026-11-20T09:00:00Z"}'
)
# as is usual before OpenAPI 3.2, the schema is that of each event
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events.",
        "content": {
            writing.MEDIA_TYPE: {
                "schema": {
                    "type": "object",
                    "properties": {
                        "event": {"enum": ["ready", "change", "reset"]},
                        "id": {"type": "string", "description": "For `Last-Event-ID`. Opaque."},
                        "data": {"type": "string", "contentMediaType": "application/json"},
                    },
                    "required": ["event", "id", "data"],
                },
                "example": {"event": "change", "id": "1dg8bnc-tourww-lp-0", "data": _CHANGE},
            }
        },
    }
}


@router.get(
    "/events",
    summary="Follow what changes",
    status_code=200,  # FastAPI asks the class, which does not say
    response_class=Stream,
    responses=_STREAM | errors(TooManyStreamsError, StreamsFullError),
)
async def follow_events(
    request: Request,
    services: ServicesDep,
    caller: ReadsTasks,
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            description="The last `id` that was received: everything since then is told first. "
            "Good for 24 hours.",
            examples=["1dg8bnc-tourwo-ln-0"],
        ),
    ] = None,
    follow: Annotated[
        bool,
        Query(description="`false`: tell what there is since `Last-Event-ID`, and end."),
    ] = True,
) -> Response:
    """Answer with server-sent events, for as long as the sign-in lasts.

    First `ready`: load what is shown only now, and nothing can be missed. Then a `change` for each
    thing that was created, updated or deleted, with its `kind`, `id`, `action` and `version`, but
    none of its contents. `reset` stands for changes that cannot be told: load everything anew. A
    comment comes every 15 seconds. When the connection ends, connect again with `Last-Event-ID`,
    after the milliseconds that `retry` said last; some changes may then be told twice.

    API tokens are told of what their scopes let them read.
    """
    position = None if last_event_id is None else Position.parse(last_event_id)
    stream = Stream(
        services.hub,
        user_id=caller.user_id,
        sign_in=sign_in_of(caller, request.headers["authorization"]),
        position=position,
        is_lost=last_event_id is not None and position is None,
        kinds=writing.kinds_for(caller.scopes),
    )
    if follow:
        return stream
    reading = await events.read(services.database, [Reader(caller.user_id, position)])
    told = writing.news(stream, reading.changes[0], reading.position)
    return Response(told, media_type=writing.MEDIA_TYPE)
