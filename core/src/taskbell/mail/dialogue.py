"""Commands and replies of SMTP over an open connection (RFC 5321), several at once (RFC 2920)."""

import asyncio
import re
from typing import NamedTuple

from taskbell.text import storable

MOST_REPLY = 32_768
"""Bytes of the replies to one batch of commands; a server that says more is not to be believed."""

MOST_WORDS = 1000
GOODBYE = 421
_REPLY_LINE = re.compile(rb"(\d{3})(?:([ -])(.*))?")


class Reply(NamedTuple):
    """What the server answered; `text` has a line for each line of the answer."""

    code: int
    text: str

    @property
    def is_good(self) -> bool:
        """Tell whether it is a 2xx."""
        return self.code // 100 == 2

    def __str__(self) -> str:
        """Return code and text, as people read it."""
        return storable(f"{self.code} {self.text}".rstrip(), MOST_WORDS)


class LostError(Exception):
    """The connection ended, or what comes over it makes no sense: it is of no more use."""


class SilentError(LostError):
    """The server said nothing for too long."""


class Dialogue(asyncio.Protocol):
    """One connection. A wait that does not end well (an error, a cancellation) ends it."""

    def __init__(self, transport: asyncio.Transport, *, timeout: float) -> None:
        self._transport = transport
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._heard = 0
        self._rest = b""
        self._lines: list[str] = []
        self._replies: list[Reply] = []
        self._wanted = 0
        self._leaving = False
        self._ended = self._loop.create_future()
        transport.set_protocol(self)  # in place of that of aiosmtplib, which opened it

    @property
    def is_open(self) -> bool:
        """Tell whether commands can be sent; a server that left may not have been noticed yet."""
        return not (self._leaving or self._transport.is_closing())

    async def ask(self, *commands: bytes) -> list[Reply]:
        """Send commands (each with its line end) in one piece; return a reply for each.

        Raises `LostError`, and `SilentError` when not all have come in time.
        """
        if not self.is_open:
            raise LostError("connection lost")
        self._heard, self._rest, self._replies, self._wanted = 0, b"", [], len(commands)
        waiter = self._waiter = self._loop.create_future()
        timer = self._loop.call_later(self._timeout, self._fall_silent)
        self._transport.write(b"".join(commands))
        try:
            await waiter
        except BaseException:
            self.abort()  # an answer that comes later would be taken for that to something else
            raise
        finally:
            timer.cancel()
            self._waiter = None
        return self._replies

    def leave(self) -> None:
        """Say goodbye, and close once the server has answered, or soon."""
        if self.is_open:
            self._transport.write(b"QUIT\r\n")
            self._leaving = True
            self._loop.call_later(1.0, self._transport.abort)

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    async def wait_for_end(self) -> None:
        """Wait until the connection is closed."""
        await asyncio.shield(self._ended)

    def data_received(self, data: bytes) -> None:
        """Take part of a reply."""
        if self._waiter is None or self._waiter.done():
            # unasked, it can only be a goodbye
            self._transport.close()
            return
        self._heard += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self._waiter.done():
                self._transport.close()
            else:
                self._take(line.rstrip(b"\r"))
        if self._heard > MOST_REPLY:
            self._fail(LostError("an answer without an end"))

    def connection_lost(self, error: Exception | None) -> None:
        """Tell who waits."""
        self._fail(LostError(f"connection lost{f': {error}' if error else ''}"))
        if not self._ended.done():
            self._ended.set_result(None)

    def _take(self, line: bytes) -> None:
        found = _REPLY_LINE.fullmatch(line)
        if found is None:
            words = line[:100].decode("utf-8", "replace")
            return self._fail(LostError(f"not an answer of a mail server: {words}"))
        self._lines.append((found[3] or b"").decode("utf-8", "replace").strip())
        if found[2] == b"-":
            return None
        reply = Reply(int(found[1]), "\n".join(self._lines))
        self._lines = []
        self._replies.append(reply)
        if reply.code == GOODBYE:
            # it closes after this: the answer to all else that was asked (RFC 5321 §3.8)
            self._replies += [reply] * (self._wanted - len(self._replies))
            self._transport.close()
        if len(self._replies) == self._wanted and self._waiter is not None:
            self._waiter.set_result(None)
        return None

    def _fall_silent(self) -> None:
        self._fail(SilentError(f"no answer within {self._timeout:g} s"))

    def _fail(self, error: LostError) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)
