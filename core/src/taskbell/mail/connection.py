"""One mail after the other over one connection, knowing at which point each failed (RFC 5321)."""

import asyncio
import re

from taskbell.mail.dialogue import Dialogue, LostError, Reply, SilentError
from taskbell.mail.errors import AmbiguousMailError, PermanentMailError, TemporaryMailError
from taskbell.mail.message import Mail
from taskbell.mail.opening import Transcript

_DOT = re.compile(rb"(?m)^\.")
_CONTROL = re.compile(r"[\x00-\x20\x7f<>]")

NOT_LET_IN = frozenset({530, 534, 535, 538})
"""Authentication is missing or fails (RFC 4954 §6): ours to mend, and no reason to lose a mail."""


class StaleError(Exception):
    """The server had enough of this connection, and has seen nothing of this mail: another one."""


class Connection:
    """An open connection.

    `carried`: mails that the server was asked to take over it. `idle_timer`: set by who keeps it
    for the next one.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        extensions: frozenset[str],
        *,
        timeout: float,
        transcript: list[str] | None = None,
    ) -> None:
        self._dialogue = Dialogue(transport, timeout=timeout)
        self._extensions = extensions
        self._transcript = None if transcript is None else Transcript(transcript)
        self._undone = False
        self.carried = 0
        self.idle_timer: asyncio.TimerHandle

    @property
    def is_open(self) -> bool:
        """Tell whether another mail can be sent over it, as far as anybody knows."""
        return self._dialogue.is_open

    @property
    def is_private(self) -> bool:
        """Tell whether somebody reads along: it is for one mail."""
        return self._transcript is not None

    def leave(self) -> None:
        """Say goodbye and close."""
        self._dialogue.leave()

    async def wait_for_end(self) -> None:
        """Wait until it is closed."""
        await self._dialogue.wait_for_end()

    async def begin(self, mail: Mail) -> None:
        """Name sender and recipient. Nothing of the mail itself is sent.

        Raises `TemporaryMailError`, `PermanentMailError`; `StaleError` when that may be for what
        came before over this connection.
        """
        commands = self._envelope(mail)
        used, self.carried = self.carried > 0, self.carried + 1
        try:
            if self._undone and not (await self._ask(b"RSET\r\n"))[0].is_good:
                raise StaleError
            sender, *recipient = await self._ask(*commands)
        except SilentError as error:
            raise TemporaryMailError(str(error)) from None
        except LostError as error:
            if used:
                raise StaleError from None
            raise TemporaryMailError(str(error)) from None
        if used and (not sender.is_good or not self.is_open):
            raise StaleError
        if not sender.is_good:
            # it does not know us as a sender: ours to mend, and no reason to lose a mail
            raise TemporaryMailError(str(sender))
        if not recipient[0].is_good:
            raise _refused(recipient[0])

    async def finish(self, mail: Mail) -> str:
        """Send the mail itself; return the server's answer.

        Raises `TemporaryMailError`, `PermanentMailError`, `AmbiguousMailError`.
        """
        try:
            (ready,) = await self._ask(b"DATA\r\n")
        except LostError as error:
            raise TemporaryMailError(str(error)) from None
        if ready.code != 354:
            raise _refused(ready)
        self._undone = False  # the dot ends it, whatever is said to it
        try:
            answer = await self._hand_over(mail.content)
        except LostError as error:
            raise AmbiguousMailError(f"no answer after the message: {error}") from None
        if answer.is_good:
            return str(answer)
        if answer.code // 100 in (4, 5):
            raise _refused(answer)
        raise AmbiguousMailError(f"no answer that makes sense after the message: {answer}")

    def _envelope(self, mail: Mail) -> list[bytes]:
        wide = not (mail.sender + mail.recipient).isascii()
        if wide and "smtputf8" not in self._extensions:
            raise PermanentMailError("the mail server cannot handle this address (SMTPUTF8)")
        if _CONTROL.search(mail.sender + mail.recipient):
            raise PermanentMailError("the address cannot be said to a mail server")
        options = " SMTPUTF8" if wide else ""
        return [
            f"MAIL FROM:<{mail.sender}>{options}\r\n".encode(),
            f"RCPT TO:<{mail.recipient}>\r\n".encode(),
        ]

    async def _ask(self, *commands: bytes) -> list[Reply]:
        """Return the answers; where one goes by one, none after the first that says no."""
        self._undone = True
        if self._transcript is None and "pipelining" in self._extensions:
            return await self._dialogue.ask(*commands)
        replies: list[Reply] = []
        for command in commands:
            if self._transcript is not None:
                self._transcript.said(command.decode().rstrip())
            (reply,) = await self._dialogue.ask(command)
            if self._transcript is not None:
                self._transcript.heard(reply)
            replies.append(reply)
            if not reply.is_good:
                break
        return replies

    async def _hand_over(self, content: bytes) -> Reply:
        if self._transcript is not None:
            self._transcript.said(f"… {len(content):,} bytes")
            self._transcript.said(".")
        (reply,) = await self._dialogue.ask(_DOT.sub(b"..", content) + b".\r\n")
        if self._transcript is not None:
            self._transcript.heard(reply)
        return reply


def _refused(reply: Reply) -> TemporaryMailError | PermanentMailError:
    for_good = 500 <= reply.code <= 599 and reply.code not in NOT_LET_IN
    kind = PermanentMailError if for_good else TemporaryMailError
    return kind(str(reply))
