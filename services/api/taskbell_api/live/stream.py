"""One open stream: an answer that goes on until either side has enough.

There may be thousands, so it has no task, queue or timer of its own: its request waits for the
client to leave, and the hub writes. What the client has not read yet waits in the connection's
buffer, up to 64 KiB; who reads too slowly for that is cut off, and comes back by `Last-Event-ID`.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from taskbell.events.positions import Position
from taskbell_api.live import writing
from taskbell_api.live.sign_ins import SignIn

if TYPE_CHECKING:
    from taskbell_api.live.hub import Hub

DRAINING = "draining"
"""Key in a request's state: the process is about to end (draining.py)."""

END_STREAM = "end_stream"
"""Key in a request's state: ends its stream."""

HEADERS = [
    (b"content-type", writing.MEDIA_TYPE.encode()),
    (b"x-accel-buffering", b"no"),  # for other gateways than ours
]


class Stream(Response):
    """A stream of one caller.

    `position`: how far everything was told, None before the first reading. `is_lost`: it was given
    a position that nobody can go on from. `kinds`: what it may be told of, None is everything.
    """

    media_type = writing.MEDIA_TYPE

    def __init__(  # not Response's: it would make headers and a body for each
        self,
        hub: "Hub",
        *,
        user_id: UUID,
        sign_in: SignIn,
        position: Position | None = None,
        is_lost: bool = False,
        kinds: frozenset[str] | None = None,
    ) -> None:
        self.background = None
        self.status_code = 200
        self.user_id = user_id
        self.sign_in = sign_in
        self.position = position
        self.is_lost = is_lost
        self.kinds = kinds
        self.has_begun = False
        self.is_over = False
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and stay until the client leaves or the hub has ended it.

        Raises what `Hub.add` raises, before anything is answered.
        """
        self._send = send
        self._hub.add(self)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            scope["state"][END_STREAM] = self.end
            if scope["state"].get(DRAINING):
                self.end()
            self._hub.look_for(self)
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self.is_over = True
            self._hub.remove(self)

    def write(self, data: bytes) -> None:
        """Hand `data` to the connection; end the stream if that would mean to wait."""
        if not self.is_over and not self._write(data, more=True):
            self.is_over = True
            self._hub.finish(self._finish())

    def end(self) -> None:
        """Say good-bye. The request ends when the client has read that."""
        if self.is_over:
            return
        self.is_over = True
        if not self._write(writing.farewell(), more=False):
            self._hub.finish(self._finish())

    def _write(self, data: bytes, *, more: bool) -> bool:
        # a send that has nothing to wait for ends in its first step
        message = {"type": "http.response.body", "body": data, "more_body": more}
        steps = self._send(message).__await__()
        try:
            next(steps)
        except StopIteration:
            return True
        steps.close()
        return False

    async def _finish(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
