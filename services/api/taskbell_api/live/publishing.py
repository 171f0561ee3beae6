"""Rings for whoever has changed something, so that their other pages show it at once."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from taskbell.events.bell import Bell

USER_ID = "user_id"
"""Key in a request's state: who makes it, if anybody is signed in (access.py)."""

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Publishing:
    """ASGI middleware: rings when a request that may have changed something is answered well.

    By then its transaction is committed. The answer does not wait for it.
    """

    def __init__(self, app: ASGIApp, bell: Bell) -> None:
        self.app = app
        self.bell = bell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _READS:
            await self.app(scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400:
                user_id = scope["state"].get(USER_ID)
                if user_id is not None:
                    self.bell.ring([user_id])
            await send(message)

        await self.app(scope, receive, watched)
