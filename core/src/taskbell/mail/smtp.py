"""Sending mail over SMTP, through a few connections that are kept open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from taskbell.mail.connection import Connection, StaleError
from taskbell.mail.errors import BusyMailError
from taskbell.mail.limits import POOL_SIZE
from taskbell.mail.limits import TIMEOUT_SECONDS as TIMEOUT_SECONDS
from taskbell.mail.message import Mail
from taskbell.mail.opening import Opener, Server

IDLE_SECONDS = 10.0
"""So long is a connection kept for the next mail; servers close theirs after minutes."""

MOST_MAILS = 100
"""Over one connection: many servers close it after so many, some without a word."""

MOST_WATCHED = 2
"""Mails at once that somebody wants to see the dialogue of; they do not queue behind others."""

CLOSE_SECONDS = 2.0


class Mailer:
    """Sends mail to the server of an `smtp://` or `smtps://` URL.

    `smtp://` uses STARTTLS when the server offers it; `?starttls=require` insists. Certificates
    are verified either way. At most `pool_size` mails are under way at once.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        pool_size: int = POOL_SIZE,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._opener = Opener(Server.of_url(url), timeout=timeout)
        self._timeout = timeout
        self._idle_seconds = idle_seconds
        self.pool_size = pool_size
        self._slots = asyncio.Semaphore(pool_size)
        self._own_slots = asyncio.Semaphore(MOST_WATCHED)
        self._idle: list[Connection] = []
        self._closed = False

    @property
    def host(self) -> str:
        """The name of the mail server."""
        return self._opener.server.host

    async def send(
        self,
        mail: Mail,
        *,
        before_data: Callable[[], Awaitable[None]],
        transcript: list[str] | None = None,
    ) -> str:
        """Send a mail to its one recipient; return the server's answer.

        `before_data` runs once at most, before the first byte of the message: what it raises stops
        the sending. `transcript` takes the whole dialogue, over a connection of its own. Raises
        `TemporaryMailError`, of which a `BusyMailError` says that it had no turn,
        `PermanentMailError`, `AmbiguousMailError`.
        """
        async with self._slot(self._slots if transcript is None else self._own_slots):
            connection = await self._begin(mail, transcript)
            try:
                await before_data()
                return await connection.finish(mail)
            finally:
                self._keep(connection)

    async def close(self) -> None:
        """Say goodbye on every connection that is not in use; others close when they are done."""
        self._closed = True
        leaving = [self._idle.pop() for _ in range(len(self._idle))]
        for connection in leaving:
            connection.idle_timer.cancel()
            connection.leave()
        if leaving:
            ends = [asyncio.ensure_future(one.wait_for_end()) for one in leaving]
            await asyncio.wait(ends, timeout=CLOSE_SECONDS)

    @asynccontextmanager
    async def _slot(self, slots: asyncio.Semaphore) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._timeout):
                await slots.acquire()
        except TimeoutError:
            raise BusyMailError("all connections to the mail server are busy") from None
        try:
            yield
        finally:
            slots.release()

    async def _begin(self, mail: Mail, transcript: list[str] | None) -> Connection:
        """Return a connection whose server takes a mail from us, to its recipient."""
        kept = self._take() if transcript is None else None
        if kept is not None:
            try:
                return await self._begin_over(kept, mail)
            except StaleError:
                kept.leave()  # that is nothing against this mail
        return await self._begin_over(await self._open(transcript), mail)

    async def _begin_over(self, connection: Connection, mail: Mail) -> Connection:
        try:
            await connection.begin(mail)
        except StaleError:
            raise
        except BaseException:
            self._keep(connection)
            raise
        return connection

    async def _open(self, transcript: list[str] | None) -> Connection:
        transport, extensions = await self._opener.open(transcript)
        return Connection(transport, extensions, timeout=self._timeout, transcript=transcript)

    def _take(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()  # the one used last: what is not needed grows old
            connection.idle_timer.cancel()
            if connection.is_open:
                return connection
        return None

    def _keep(self, connection: Connection) -> None:
        if self._closed or connection.is_private or connection.carried >= MOST_MAILS:
            connection.leave()
        elif connection.is_open:
            self._idle.append(connection)
            loop = asyncio.get_running_loop()
            connection.idle_timer = loop.call_later(self._idle_seconds, self._retire, connection)

    def _retire(self, connection: Connection) -> None:
        self._idle.remove(connection)
        connection.leave()
