"""The addresses that people give: read once, strictly, and never again by anybody else's rules."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, urlsplit

import idna

from taskbell.outbound.errors import AddressRefusedError
from taskbell.outbound.networks import Address

MOST_CHARACTERS = 2000
"""Of an address; those outside of ASCII count as the bytes that they take."""

CLOSED_PORTS = frozenset(
    {
        *(1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 79, 87),
        *(109, 110, 111, 113, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465),
        *(512, 513, 514, 515, 540, 548, 554, 563, 587, 601, 636, 989, 990, 993, 995),
        *(1433, 1521, 1723, 2049, 2375, 3306, 3389, 5432, 5900, 6000, 6379, 6667, 11211, 27017),
    }
)
"""Of mail, shells, files and databases: none of them answers to HTTP, some would obey it."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\xa0\\\s\ud800-\udfff]")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNCHANGED = "/%:@!$&'()*+,;=~-._?"


@dataclass(frozen=True)
class Target:
    """Where a request goes. `host`: a name in ASCII, or an address; `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def literal(self) -> Address | None:
        """The address, where the host is one."""
        try:
            return IPv6Address(self.host) if ":" in self.host else IPv4Address(self.host)
        except ValueError:
            return None

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """The address without its path, which may hold a secret."""
        return f"{self.scheme}://{self.authority}"


def parse(url: str) -> Target:
    """Read an address. Raises `AddressRefusedError` with what is wrong about its form."""
    if len(url.encode("utf-8", "replace")) > MOST_CHARACTERS:
        raise AddressRefusedError(f"The address is longer than {MOST_CHARACTERS} characters")
    if _NOT_IN_URLS.search(url):
        raise AddressRefusedError("The address must not contain spaces, controls or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefusedError(
            "This is not an address such as https://example.com/hook"
        ) from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise AddressRefusedError("The address must begin with https:// and name a host")
    _check_rest(parts)
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if port == 0 or port in CLOSED_PORTS:
        raise AddressRefusedError(f"Port {port} is not for HTTP")
    path = quote(parts.path or "/", _UNCHANGED.replace("?", ""))
    query = f"?{quote(parts.query, _UNCHANGED)}" if parts.query else ""
    return Target(parts.scheme, _host(parts), port, path + query)


def _check_rest(parts: SplitResult) -> None:
    if "@" in parts.netloc:
        raise AddressRefusedError("The address must not contain a user name or password")
    if parts.fragment:
        raise AddressRefusedError("The address must not have a part after #: nobody would get it")


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    try:
        if "[" in parts.netloc:
            return str(IPv6Address(_without_zone(host)))
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode()
    except ValueError:  # also idna's errors
        raise AddressRefusedError("The host of the address is not a valid name") from None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefusedError("The host of the address is not a valid name")
    if _NUMBER.fullmatch(labels[-1]):
        # 127.1, 0x7f000001, 2130706433 and 0177.0.0.1 are all ways to say 127.0.0.1 to a resolver
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise AddressRefusedError(
                "Write an IPv4 address as four decimal numbers with dots"
            ) from None
    return host


def _without_zone(host: str) -> str:
    if "%" in host:
        raise ValueError("a zone means something on one machine only")
    return host
