"""Opening a connection to a mail server: greeting, TLS, authentication (RFC 3207, RFC 4954)."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import SMTP, SMTPResponse
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
)

from taskbell.mail.dialogue import Reply
from taskbell.mail.errors import TemporaryMailError
from taskbell.text import storable

MOST_ERROR = 1000
HIDDEN = "••••"
CHALLENGE = 334


@dataclass(frozen=True)
class Server:
    """Where mail goes: an `smtp://` or `smtps://` URL.

    `starttls`: True insists on it, None uses it when the server offers it.
    """

    host: str
    port: int
    tls: bool
    starttls: bool | None
    user: str | None
    password: str

    @classmethod
    def of_url(cls, url: str) -> "Server":
        """Read `smtp[s]://[user:password@]host[:port][?starttls=require]`."""
        parts = urlsplit(url)
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname or "localhost",
            port=parts.port or (465 if tls else 25),
            tls=tls,
            starttls=True if "require" in parse_qs(parts.query).get("starttls", []) else None,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
        )


class Transcript:
    """A dialogue as people read it: `→` what we say, `←` the server. Never with a password."""

    def __init__(self, lines: list[str], *, secret: str = "") -> None:
        self._lines = lines
        self._secret = secret

    def said(self, command: str) -> None:
        """Note a command."""
        self._note("→", command)

    def heard(self, reply: Reply | SMTPResponse) -> None:
        """Note the lines of an answer."""
        *first, last = (reply[1] or "").split("\n")
        for line in first:
            self._note("←", f"{reply[0]}-{line}")
        self._note("←", f"{reply[0]} {last}")

    def _note(self, arrow: str, words: str) -> None:
        if self._secret:
            words = words.replace(self._secret, HIDDEN)
        self._lines.append(storable(f"{arrow} {words}", MOST_ERROR).rstrip())


class Opener:
    """Opens connections to one server."""

    def __init__(self, server: Server, *, timeout: float) -> None:
        self.server = server
        self._timeout = timeout
        self._tls_context: ssl.SSLContext | None = None
        self._own_name: str | None = None

    async def open(self, lines: list[str] | None) -> tuple[asyncio.Transport, frozenset[str]]:
        """Return an open connection and the names of the server's extensions, in lower case.

        `lines`: takes the dialogue. Raises `TemporaryMailError`: whatever is wrong here is not the
        fault of a mail, and none must be lost for it.
        """
        server = self.server
        client = _Client(
            hostname=server.host,
            port=server.port,
            timeout=self._timeout,
            use_tls=server.tls,
            start_tls=False,
            tls_context=await self._context(),
            local_hostname=self._own_name,
        )
        client.transcript = None if lines is None else Transcript(lines, secret=server.password)
        try:
            await self._greet(client)
            transport = client.transport
            if transport is None or transport.is_closing():
                raise TemporaryMailError("cannot connect: connection lost")
        except BaseException:
            client.close()
            raise
        self._own_name = client.local_hostname  # asking DNS for it may take seconds
        return cast(asyncio.Transport, transport), frozenset(client.esmtp_extensions)

    async def _greet(self, client: "_Client") -> None:
        server = self.server
        try:
            client.heard(await client.connect())
            await client.hello()
            offered = client.supports_extension("starttls")
            if server.starttls and not offered:
                raise SMTPException("the mail server offers no encryption, which is required")
            if offered and not server.tls:
                await client.starttls()
                await client.hello()
            if server.user is not None:
                await client.login(server.user, server.password)
        except SMTPAuthenticationError as error:
            raise TemporaryMailError(str(Reply(error.code, error.message))) from None
        except SMTPResponseException as error:
            reply = Reply(error.code, error.message)
            raise TemporaryMailError(f"cannot connect: {reply}") from None
        except (SMTPException, OSError) as error:
            raise TemporaryMailError(
                storable(f"cannot connect: {_reason(error)}", MOST_ERROR)
            ) from None

    async def _context(self) -> ssl.SSLContext:
        if self._tls_context is None:  # reading all certificates takes a while: once
            self._tls_context = await asyncio.to_thread(ssl.create_default_context)
        return self._tls_context


def _reason(error: BaseException) -> str:
    for one in (error, error.__cause__):
        if isinstance(one, ssl.SSLCertVerificationError):
            return f"the certificate of the mail server is not valid: {one.verify_message}"
    return str(error)


class _Client(SMTP):
    """Writes down what is said."""

    transcript: Transcript | None = None
    _last_code = 0

    async def hello(self) -> None:
        """Say EHLO; HELO to a server that does not know it."""
        try:
            await self.ehlo()
        except SMTPHeloError:
            if not self.is_connected:
                raise
            await self.helo()

    def heard(self, reply: SMTPResponse) -> None:
        """Note an answer."""
        self._last_code = reply.code
        if self.transcript is not None:
            self.transcript.heard(reply)

    async def execute_command(self, *args: bytes, **how: Any) -> SMTPResponse:
        """Say one thing; what proves who we are is not written down."""
        if self.transcript is not None:
            shown = b" ".join(args).decode("utf-8", "replace")
            if args[0] == b"AUTH":
                shown = " ".join(("AUTH", args[1].decode(), *(HIDDEN for _ in args[2:])))
            elif self._last_code == CHALLENGE:
                shown = HIDDEN
            self.transcript.said(shown)
        reply = await super().execute_command(*args, **how)
        self.heard(reply)
        return reply

    async def starttls(self, **how: Any) -> SMTPResponse:
        """Begin to encrypt."""
        if self.transcript is not None:
            self.transcript.said("STARTTLS")
        reply = await super().starttls(**how)
        self.heard(reply)
        return reply
