"""The public keys of a sign-in service (JWK Set, RFC 7517): fetched and kept, or from a file."""

import asyncio
import base64
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from taskbell.errors import UnavailableError

if TYPE_CHECKING:
    import httpx

FETCH_SECONDS = 3.0
FRESH_SECONDS = 10 * 60
"""Older keys still count, and new ones are fetched meanwhile."""
STALE_SECONDS = 20 * 60
"""Older keys count only once the service was asked; or while it cannot be."""
KEPT_SECONDS = 24 * 60 * 60
"""Older keys count no more, whether the service can be asked or not."""
BETWEEN_SECONDS = 30
"""Between two questions, however many tokens name a key that nobody knows."""
RETRY_SECONDS = 5
"""Between two questions as long as there are no keys at all."""
MOST_BYTES = 256 * 1024
LONGEST_KID = 255

log = structlog.get_logger(__name__)


class SignInServiceUnavailableError(UnavailableError):
    code = "sign_in_service_unavailable"
    title = "The sign-in service cannot be asked for its keys right now"

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_SECONDS)


@dataclass(frozen=True, eq=False)
class Key:
    """A key and the one algorithm it is good for. Equal to itself only: a new set, new keys."""

    algorithm: str
    material: Ed25519PublicKey | bytes


class Keys(Protocol):
    """Where keys come from."""

    async def find(self, kid: str) -> Key | None:
        """Return the key with this id, or None. Raises `SignInServiceUnavailableError`."""

    async def close(self) -> None:
        """Close all connections."""


def read_keys(document: bytes) -> dict[str, Key]:
    """Return the Ed25519 public keys of a JWK Set by their ids; other entries are left out.

    Raises `ValueError` for what is no JWK Set.
    """
    try:
        loaded = json.loads(document)
    except RecursionError:
        raise ValueError("not JSON that anybody would write") from None
    entries = loaded.get("keys") if isinstance(loaded, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JSON Web Key Set")
    keys: dict[str, Key] = {}
    for entry in entries:
        kid, material = _ed25519(entry)
        if material is not None:
            keys.setdefault(kid, Key("EdDSA", material))
    if len(keys) < len(entries):
        log.warning("better_auth_keys_left_out", used=len(keys), left_out=len(entries) - len(keys))
    return keys


def _ed25519(entry: object) -> tuple[str, Ed25519PublicKey | None]:
    """Return id and key of an entry that is a public Ed25519 key for signatures (RFC 8037 §2)."""
    if not isinstance(entry, dict):
        return "", None
    kid, x = entry.get("kid"), entry.get("x")
    meant = (
        (entry.get("kty"), entry.get("crv")) == ("OKP", "Ed25519")
        and "d" not in entry  # a private key that everybody can read proves nothing
        and entry.get("alg", "EdDSA") == "EdDSA"
        and entry.get("use", "sig") == "sig"
    )
    if not meant or not isinstance(x, str) or not isinstance(kid, str):
        return "", None
    try:
        raw = base64.b64decode(x + "=" * (-len(x) % 4), altchars=b"-_", validate=True)
        return kid, Ed25519PublicKey.from_public_bytes(raw) if 0 < len(kid) <= LONGEST_KID else None
    except ValueError:
        return "", None


class RemoteKeys:
    """Keys at a URL, which is fixed; fetched by one request for all who wait."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        import httpx  # here: 8 MB that nobody else needs

        self._url = url
        self._clock = clock
        # not compressed: the limit is for what is read
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        self._client = httpx.AsyncClient(headers=headers, timeout=FETCH_SECONDS)
        self._failures = (httpx.HTTPError, OSError, ValueError)
        self._keys: dict[str, Key] = {}
        self._document = b""
        self._fetched_at = self._tried_at = -math.inf
        self._failed = False
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> Key | None:
        """Return the key with this id, or None. Raises `SignInServiceUnavailableError`."""
        if self._age() > FRESH_SECONDS:
            await self._renew()
        if self._age() > KEPT_SECONDS:
            raise SignInServiceUnavailableError
        if kid not in self._keys:
            self._ask(every=BETWEEN_SECONDS)
            await self._answered()
            if kid not in self._keys and self._failed:  # it may be a new one: nobody knows
                raise SignInServiceUnavailableError
        return self._keys.get(kid)

    async def close(self) -> None:
        """Close all connections."""
        if self._fetching is not None:
            self._fetching.cancel()
        await self._client.aclose()

    def _age(self) -> float:
        return self._clock() - self._fetched_at

    async def _renew(self) -> None:
        age = self._age()
        self._ask(every=RETRY_SECONDS if age > KEPT_SECONDS else BETWEEN_SECONDS)
        # once the service failed, nobody waits for it who can do without
        if age > KEPT_SECONDS or (age > STALE_SECONDS and not self._failed):
            await self._answered()

    def _ask(self, *, every: float) -> None:
        """Begin to fetch, unless somebody does, or did less than `every` seconds ago."""
        if self._fetching is None and self._clock() - self._tried_at >= every:
            self._fetching = asyncio.create_task(self._fetch())

    async def _answered(self) -> None:
        if self._fetching is not None:
            await asyncio.shield(self._fetching)  # it is not only for the request that began it

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                document = await self._download()
            if document != self._document:
                self._keys, self._document = read_keys(document), document
                log.info("better_auth_keys_changed", keys=len(self._keys))
            self._fetched_at = self._clock()
            self._failed = False
        except self._failures as error:
            self._failed = True
            reason = f"{type(error).__name__}: {error}"[:200]
            log.warning("better_auth_keys_unavailable", url=self._url, reason=reason)
        finally:
            self._tried_at = self._clock()
            self._fetching = None

    async def _download(self) -> bytes:
        async with self._client.stream("GET", self._url) as answer:
            if answer.status_code != 200:  # also a redirect: the keys are here or nowhere
                raise ValueError(f"status {answer.status_code}")
            return await _limited(answer)


async def _limited(answer: "httpx.Response") -> bytes:
    document = bytearray()
    async for chunk in answer.aiter_raw():
        document += chunk
        if len(document) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES} bytes")
    return bytes(document)


class FileKeys:
    """Keys in a file, which is read again when it changes; a broken one changes nothing.

    Raises `OSError`, and `ValueError` for what is no JWK Set, when it is made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = self._version()
        self._keys = read_keys(path.read_bytes())

    async def find(self, kid: str) -> Key | None:
        """Return the key with this id, or None."""
        self._look()
        return self._keys.get(kid)

    async def close(self) -> None:
        """Nothing is open."""

    def _version(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _look(self) -> None:
        version = self._version()
        if version == self._seen:
            return
        self._seen = version
        try:
            self._keys = read_keys(self._path.read_bytes())
            log.info("better_auth_keys_changed", keys=len(self._keys))
        except (OSError, ValueError) as error:
            log.warning("better_auth_keys_unreadable", error=type(error).__name__)
