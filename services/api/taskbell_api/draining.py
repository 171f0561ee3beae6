"""Ending without breaking off a request that is already on its way."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from taskbell_api.live.stream import DRAINING, END_STREAM

GRACE_SECONDS = 10
"""What is not answered after so long is broken off."""

DRAIN_SECONDS = 4.5
"""Longer than the gateway keeps an idle connection (4 s)."""


class DrainingProtocol(HttpToolsProtocol):
    """At shutdown an idle connection stays open for whoever is just using it.

    uvicorn closes idle connections at once; the gateway may have sent a request by then, and has to
    answer 502 because it cannot know whether it took effect. Here such a request is answered, and
    asks to close; a connection that nobody uses is closed by the gateway, or by us in the end.
    """

    draining = False

    def shutdown(self) -> None:
        """Close after the next answer, or when `DRAIN_SECONDS` are over. A live stream ends now."""
        self.draining = True
        if self.cycle is None or self.cycle.response_complete:
            self.loop.call_later(DRAIN_SECONDS, self._close_idle)
        else:
            self._make_last(self.cycle)

    def on_headers_complete(self) -> None:
        """Begin a request; while draining it is the connection's last."""
        super().on_headers_complete()
        if self.draining and self.cycle is not None:
            self._make_last(self.cycle)

    def _make_last(self, cycle: Any) -> None:
        cycle.keep_alive = False
        state = cycle.scope["state"]
        state[DRAINING] = True  # for a stream that has yet to begin
        if end_stream := state.get(END_STREAM):
            end_stream()
            if not cycle.response_complete:  # its client reads too slowly to be told
                self.transport.abort()

    def _close_idle(self) -> None:
        cycle: Any = self.cycle
        if cycle is None or cycle.response_complete:
            self.transport.close()
