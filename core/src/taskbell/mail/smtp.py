"""Sending one mail over SMTP (RFC 5321), knowing at which point it failed."""

from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPReadTimeoutError,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from taskbell.mail.errors import AmbiguousMailError, PermanentMailError, TemporaryMailError

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
        client = SMTP(
            hostname=self._host,
            port=self._port,
            timeout=self._timeout,
            use_tls=self._tls,
            start_tls=None if not self._tls and self._starttls is None else self._starttls,
            username=self._user,
            password=self._password,
        )
        try:
            await self._greet(client)
            await self._envelope(client, message)
            await before_data()
            return await self._data(client, message)
        finally:
            client.close()

    async def _greet(self, client: SMTP) -> None:
        try:
            await client.connect()
        except SMTPAuthenticationError as error:
            # a wrong password is ours to mend: the mail must not be lost for it
            raise TemporaryMailError(f"{error.code} {error.message}") from None
        except (SMTPException, OSError) as error:
            raise TemporaryMailError(f"cannot connect: {error}") from None

    async def _envelope(self, client: SMTP, message: EmailMessage) -> None:
        sender, recipient = (parseaddr(str(message[field]))[1] for field in ("From", "To"))
        options = []
        if not (sender + recipient).isascii():
            if not client.supports_extension("smtputf8"):
                raise PermanentMailError("the mail server cannot handle this address (SMTPUTF8)")
            options.append("SMTPUTF8")
        try:
            await client.mail(sender, options=options)
            await client.rcpt(recipient)
        except SMTPResponseException as error:
            raise _refused(error) from None
        except (SMTPException, OSError) as error:
            raise TemporaryMailError(f"connection lost: {error}") from None

    async def _data(self, client: SMTP, message: EmailMessage) -> str:
        content = message.as_bytes()
        try:
            response = await client.data(content)
        except (SMTPServerDisconnected, SMTPTimeoutError, SMTPReadTimeoutError, OSError) as error:
            raise AmbiguousMailError(f"no answer after the message: {error}") from None
        except SMTPResponseException as error:
            raise _refused(error) from None
        except SMTPException as error:
            raise TemporaryMailError(str(error)) from None
        return f"{response.code} {response.message}"


def _refused(error: SMTPResponseException) -> TemporaryMailError | PermanentMailError:
    answer = f"{error.code} {error.message}"
    return PermanentMailError(answer) if error.code >= 500 else TemporaryMailError(answer)
