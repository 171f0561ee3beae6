"""Requests to addresses that people give: never to a place that only this machine can reach.

A name is resolved once, its addresses are checked, and the connection goes to one that was checked:
what the name means a moment later is of no interest (DNS rebinding). No redirects, no proxies from
the environment, no cookies, nothing is unpacked: httpcore does none of that by itself.
"""

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import Self, cast

import httpcore

from taskbell.outbound.answers import Answer as Answer
from taskbell.outbound.errors import (
    AddressRefusedError,
    OutboundError,
    TimedOutError,
    UnreachableError,
)
from taskbell.outbound.networks import Address, Network, is_public
from taskbell.outbound.resolver import Resolve, resolve
from taskbell.outbound.settings import OutboundSettings
from taskbell.outbound.urls import Target, parse

MOST_SECONDS = 15.0
"""For all of a request, from the look-up of the name to the last byte of the answer."""

CONNECT_SECONDS = 4.0
"""For each address that is tried, and for TLS."""

STEP_SECONDS = 10.0
"""Between two pieces of the answer, or of the request on its way."""

CHECK_SECONDS = 3.0
"""For looking up a name while somebody waits."""

MOST_ADDRESSES = 3
MOST_ANSWER = 64 * 1024
MOST_REASON = 100
"""Characters of what follows the status; it goes where people and logs see it."""

USER_AGENT = "Taskbell"

# what it writes at level debug holds the headers of answers: none of our business
logging.getLogger("httpcore").setLevel(logging.INFO)


class Outbound:
    """Sends requests. `allow`: networks that may be reached though private, also by http.

    `resolve`, `tls` and `seconds` are for tests: how names become addresses, whom to trust, and how
    long all of a request may take.
    """

    def __init__(
        self,
        allow: Sequence[Network] = (),
        *,
        resolve: Resolve = resolve,
        tls: ssl.SSLContext | None = None,
        seconds: float = MOST_SECONDS,
    ) -> None:
        self._allow = tuple(allow)
        self._resolve = resolve
        self._given_tls = tls
        self._seconds = seconds
        self._backend = httpcore.AnyIOBackend()

    @classmethod
    def of(cls, settings: OutboundSettings) -> Self:
        """Make a client with what `settings` allow."""
        return cls(settings.outbound_allow)

    async def check(self, url: str, *, seconds: float = CHECK_SECONDS) -> None:
        """Tell whether an address could be used, without connecting to it, in at most `seconds`.

        Raises `AddressRefusedError` if it never may; `UnreachableError` or `TimedOutError` if its
        host is not found now.
        """
        async with _bounded(_Phase(), seconds):
            await self._addresses(parse(url))

    async def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a POST and return the answer, whatever its status.

        Raises `AddressRefusedError`, `UnreachableError`, `TimedOutError`.
        """
        began = time.monotonic()
        target = parse(url)
        phase = _Phase()
        async with _bounded(phase, self._seconds):
            addresses = await self._addresses(target)
            stream = await self._connect(target, addresses)
            connection = httpcore.AsyncHTTP11Connection(_origin(target), stream)
            try:
                phase.sent = True
                response = await connection.handle_async_request(_request(target, content, headers))
                body = await _read(response)
            finally:
                await connection.aclose()
        return Answer(
            response.status,
            response.extensions["reason_phrase"].decode("latin-1")[:MOST_REASON],
            {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in response.headers},
            body,
            time.monotonic() - began,
        )

    async def _addresses(self, target: Target) -> list[Address]:
        """Return the addresses of a host that may be connected to; the others are as if not there.

        Raises `AddressRefusedError` when there is none.
        """
        literal = target.literal
        if literal is not None:
            found = [literal]
        else:
            # a zone (fe80::1%eth0) comes with link-local ones only
            names = await self._resolve(target.host, target.port)
            found = [ip_address(name) for name in names if "%" not in name]
        if target.scheme == "https":
            usable = [one for one in found if is_public(one) or self._allows(one)]
        else:
            usable = [one for one in found if self._allows(one)]
        if usable:
            return usable[:MOST_ADDRESSES]
        if target.scheme == "http" and any(is_public(one) for one in found):
            raise AddressRefusedError("The address must begin with https://")
        # without the addresses: who asks need not learn what names mean in here; nor the host, for
        # it may end up in a log
        raise AddressRefusedError(
            "The host is not on the internet: private, local and reserved addresses are only "
            "reached where OUTBOUND_ALLOW names them"
        )

    def _allows(self, address: Address) -> bool:
        return any(address in network for network in self._allow)

    async def _connect(
        self, target: Target, addresses: Sequence[Address]
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first of `addresses` that answers, and check who it is."""
        stream = None
        for last, address in enumerate(addresses, start=1 - len(addresses)):
            try:
                stream = await self._backend.connect_tcp(
                    str(address), target.port, timeout=CONNECT_SECONDS
                )
                break
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if last == 0:
                    raise
        assert stream is not None  # noqa: S101 (addresses is never empty)
        if target.scheme == "http":
            return stream
        try:
            return await stream.start_tls(self._tls, target.host, timeout=CONNECT_SECONDS)
        except BaseException:  # also when our own time is up
            await stream.aclose()
            raise

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # the certificates of the machine (SSL_CERT_FILE adds to them) and those of certifi
        context = self._given_tls or httpcore.default_ssl_context()
        context.set_alpn_protocols(["http/1.1"])
        return context


@dataclass
class _Phase:
    sent: bool = False


@asynccontextmanager
async def _bounded(phase: _Phase, seconds: float) -> AsyncIterator[None]:
    """Bound the time of what happens within, and turn what goes wrong into our errors."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except OutboundError:
        raise
    except (TimeoutError, httpcore.TimeoutException):
        words = "There was no answer in time" if phase.sent else "It took too long to connect"
        raise TimedOutError(words, sent=phase.sent) from None
    except (
        httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError
    ) as error:  # fmt: skip
        raise UnreachableError(_words(error, phase), sent=phase.sent) from None


def _words(error: Exception, phase: _Phase) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate is not valid: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {cause.reason or 'the other side broke it off'}"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.ProtocolError):
        return "The answer was not HTTP"
    if phase.sent:
        return "The connection broke before the answer was there"
    return "The connection was refused"


def _origin(target: Target) -> httpcore.Origin:
    return httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)


def _request(target: Target, content: bytes, headers: Mapping[str, str]) -> httpcore.Request:
    sent = {
        "Host": target.authority,
        "User-Agent": USER_AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
        "Content-Length": str(len(content)),
    }
    url = httpcore.URL(
        scheme=target.scheme.encode(),
        host=target.host.encode(),
        port=target.port,
        target=target.path.encode(),
    )
    timeouts = {"read": STEP_SECONDS, "write": STEP_SECONDS}
    return httpcore.Request(
        "POST", url, headers=list(sent.items()), content=content, extensions={"timeout": timeouts}
    )


async def _read(response: httpcore.Response) -> bytes:
    """Return the first of the body; the rest is left where it is: the connection is closed."""
    body = bytearray()
    stream = cast(AsyncGenerator[bytes, None], response.aiter_stream())
    async with aclosing(stream) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) >= MOST_ANSWER:
                break
    return bytes(body[:MOST_ANSWER])
