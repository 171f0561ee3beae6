"""Sending one mail over SMTP (RFC 5321), knowing at which point it failed."""

import re
from collections.abc import Awaitable, Callable
from email.errors import MessageError
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
)

from taskbell.mail.errors import AmbiguousMailError, PermanentMailError, TemporaryMailError
from taskbell.text import storable

MOST_ANSWER = 1000
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"(?m)^\.")

TIMEOUT_SECONDS = 20.0
"""For each step of the dialogue; well below a lease."""


class Mailer:
    """Sends mail to the server of an `smtp://` or `smtps://` URL.

    `smtp://` uses STARTTLS when the server offers it; `?starttls=require` insists.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._tls else 25)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._starttls = True if "require" in parse_qs(parts.query).get("starttls", []) else None
        self._timeout = timeout

    async def send(
        self, message: EmailMessage, *, before_data: Callable[[], Awaitable[None]]
    ) -> str:
        """Send `message` to its one recipient; return the server's answer.

        `before_data` runs before the first byte of the message: what it raises stops the sending.
        Raises `TemporaryMailError`, `PermanentMailError`, `AmbiguousMailError`.
        """
        content = _wire_form(message)
        client = SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout,
            use_tls=self._tls,
            start_tls=False if self._tls else self._starttls,
            username=self._user,
            password=self._password,
        )
        try:
            await self._greet(client)
            await self._envelope(client, message)
            await before_data()
            return await self._data(client, content)
        finally:
            client.close()

    async def _greet(self, client: SMTP) -> None:
        try:
            await client.connect()
        except SMTPAuthenticationError as error:
            # a wrong password is ours to mend: the mail must not be lost for it
            raise TemporaryMailError(_words(error)) from None
        except SMTPResponseException as error:
            raise TemporaryMailError(f"cannot connect: {_words(error)}") from None
        except (SMTPException, OSError) as error:
            raise TemporaryMailError(storable(f"cannot connect: {error}", MOST_ANSWER)) from None

    async def _envelope(self, client: SMTP, message: EmailMessage) -> None:
        sender, recipient = (message[field].addresses[0].addr_spec for field in ("From", "To"))
        options = []
        if not (sender + recipient).isascii():
            if not client.supports_extension("smtputf8"):
                raise PermanentMailError("the mail server cannot handle this address (SMTPUTF8)")
            options.append("SMTPUTF8")
        try:
            await client.mail(sender, options=options, encoding="utf-8")
        except SMTPResponseException as error:
            # it does not know us as a sender: ours to mend, and no reason to lose a mail
            raise TemporaryMailError(_words(error)) from None
        except (SMTPException, OSError) as error:
            raise TemporaryMailError(f"connection lost: {error}") from None
        try:
            await client.rcpt(recipient, encoding="utf-8")
        except SMTPResponseException as error:
            raise _refused(error) from None
        except (SMTPException, OSError) as error:
            raise TemporaryMailError(f"connection lost: {error}") from None

    async def _data(self, client: SMTP, content: bytes) -> str:
        try:
            begun = await client.execute_command(b"DATA")
            if begun.code != 354 or client.protocol is None:
                raise SMTPResponseException(begun.code, begun.message)
            client.protocol.write(_DOT.sub(b"..", content) + b".\r\n")
        except SMTPResponseException as error:
            raise _refused(error) from None
        except (SMTPException, OSError) as error:
            raise TemporaryMailError(f"connection lost: {error}") from None
        try:
            response = await client.protocol.read_response(timeout=self._timeout)
        except (SMTPException, OSError) as error:
            raise AmbiguousMailError(f"no answer after the message: {error}") from None
        answer = SMTPResponseException(response.code, response.message)
        if response.code // 100 != 2:
            raise _refused(answer)
        return _words(answer)


def _wire_form(message: EmailMessage) -> bytes:
    try:
        content = _LINE_END.sub(b"\r\n", message.as_bytes())
    except (UnicodeError, ValueError, MessageError) as error:
        raise PermanentMailError(f"the mail cannot be written: {type(error).__name__}") from None
    return content if content.endswith(b"\r\n") else content + b"\r\n"


NOT_LET_IN = frozenset({530, 534, 535, 538})
"""Authentication is missing or fails (RFC 4954 §6): ours to mend, and no reason to lose a mail."""


def _refused(error: SMTPResponseException) -> TemporaryMailError | PermanentMailError:
    for_good = 500 <= error.code <= 599 and error.code not in NOT_LET_IN
    kind = PermanentMailError if for_good else TemporaryMailError
    return kind(_words(error))


def _words(answer: SMTPResponseException) -> str:
    return storable(f"{answer.code} {answer.message}", MOST_ANSWER)
