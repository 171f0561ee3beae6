"""The service that counts, and says when it is too often."""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from fastapi import Request

from taskbell.errors import TaskbellError
from taskbell_api.throttling.addresses import address_key
from taskbell_api.throttling.answers import RateLimitedError, note
from taskbell_api.throttling.buckets import Drop, Limit, Poured
from taskbell_api.throttling.operations import Operation, Policy
from taskbell_api.throttling.stores import PAUSE_SECONDS, Buckets

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from taskbell_api.settings import ApiSettings

PREFIX = "taskbell:limit:"
FAMILIAR = Limit("familiar", 1, 30 * 86_400)
"""Full for 30 days after an account was signed in to from an address."""

DEVICE_COOKIE = "taskbell_device"

log = structlog.get_logger(__name__)


class Attempt:
    """One try of a password. It counts as a failure until `succeeded` is called."""

    def __init__(self) -> None:
        self.has_succeeded = False

    def succeeded(self) -> None:
        """Say that the password was right: the try is given back, and the address familiar now."""
        self.has_succeeded = True


class Throttle:
    """Counts uses in Redis. Nobody can be recognised there: keys are hashed with a secret."""

    def __init__(
        self, settings: "ApiSettings", redis: "Redis", *, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._settings = settings
        self._buckets = Buckets(redis, pause_seconds=pause_seconds)
        secret = settings.jwt_secret.get_secret_value()
        self._secret = hashlib.sha256(b"rate limits:" + secret.encode()).digest()
        if not settings.rate_limit_enabled:
            log.warning("rate_limits_disabled")

    async def check(
        self, request: Request, operation: Operation, subject: UUID | str | None = None
    ) -> None:
        """Count one use of `operation`. Raises `RateLimitedError`.

        `subject` is the user's id or the account's `email_key`, where it is counted by that.
        """
        if self._settings.rate_limit_enabled:
            uses = (self._uses(request, policy, subject) for policy in operation)
            await self._take(request, [drop for drops in uses for drop in drops])

    def device_mark(self, account: str) -> str:
        """Return what a browser that signed in to `account` is known by, for its cookie."""
        nonce = secrets.token_urlsafe(12)
        return f"{nonce}.{self._mark(account, nonce)}"

    def _mark(self, account: str, nonce: str) -> str:
        marked = ascii(("device", account, nonce)).encode()
        return hashlib.blake2b(marked, key=self._secret, digest_size=16).hexdigest()

    def _device(self, request: Request, account: str) -> str | None:
        """Return the nonce of a browser that `account` was signed in to with, else None."""
        nonce, _, mark = request.cookies.get(DEVICE_COOKIE, "").partition(".")
        right = hmac.compare_digest(mark.encode(), self._mark(account, nonce).encode())
        return nonce if right else None

    @asynccontextmanager
    async def attempt(self, request: Request, *, account: str) -> AsyncIterator[Attempt]:
        """Count one try of the password of `account` (its `email_key`), before it is checked.

        Raises `RateLimitedError`. To leave without `succeeded()` is a failure, unless by an error
        of ours: nobody has learnt anything then, and the try is given back.
        """
        attempt = Attempt()
        if not self._settings.rate_limit_enabled:
            yield attempt
            return
        familiar = self._familiar(request, account)
        counted = await self._begin(request, account, familiar)
        is_undecided = False
        try:
            yield attempt
        except Exception as error:
            is_undecided = not isinstance(error, TaskbellError) or error.status >= 500
            raise
        finally:
            if attempt.has_succeeded or is_undecided:
                back = [drop._replace(uses=-1, refuses=False) for drop in counted]
                marks = [familiar] if attempt.has_succeeded else []
                _note_all(request, counted, await self._buckets.pour([*back, *marks]))

    async def remember(self, request: Request, *, account: str) -> None:
        """Make the address of a request familiar to `account`, which was just made there."""
        if self._settings.rate_limit_enabled:
            await self._buckets.pour([self._familiar(request, account)])

    async def _begin(self, request: Request, account: str, familiar: Drop) -> list[Drop]:
        """Count a try, and return what to give back. Raises `RateLimitedError`.

        Failing on purpose shuts no owner out. Many failures with an account, or in all, only leave
        fewer tries to each address that the account was never signed in to from; and an address
        that failed too often may still sign in to the accounts that were. A browser that was signed
        in has tries of its own, whoever shares its address.
        """
        address, device = address_key(request), self._device(request, account)
        devices = self._drops("login-devices", account)
        failures = [*self._drops("login-account", account), *self._drops("login-global")]
        looks = [drop._replace(uses=0) for drop in (*failures, familiar, *devices)]
        levels = (await self._buckets.pour(looks)).levels
        levels, familiarity, marked = (
            levels[: len(failures)], levels[len(failures)], levels[len(failures) + 1 :],
        )  # fmt: skip
        if any(drop.limit.is_full(level) for drop, level in zip(devices, marked, strict=True)):
            device = None  # somebody has many marks: of a password that was known once, say
        is_familiar = familiarity > 0 or device is not None
        is_attacked = any(
            drop.limit.is_full(level) for drop, level in zip(failures, levels, strict=True)
        )
        pair = "login-unfamiliar" if is_attacked and not is_familiar else "login"
        drops = [
            *self._drops(pair, account, address if device is None else device, refuses=True),
            # not shown before it refuses: that would tell who signs in from here
            *self._drops("login-address", address, refuses=not is_familiar, is_own=False),
            *failures,
            *(devices if device is not None else ()),
        ]
        levels = await self._take(request, drops)
        # a bucket that was full already took nothing, or signing in to one's own account would
        # empty those of everybody
        return [
            drop
            for drop, level in zip(drops, levels, strict=True)
            if drop.refuses or level < drop.limit.window
        ]

    async def _take(self, request: Request, drops: Sequence[Drop]) -> list[int]:
        """Count uses, and return how full the buckets are then. Raises `RateLimitedError`."""
        poured = await self._buckets.pour(drops)
        _note_all(request, drops, poured)
        if poured.fits:
            return poured.levels
        refused = [
            (drop.limit.wait(level), drop.limit.name)
            for drop, level in zip(drops, poured.levels, strict=True)
            if drop.refuses and drop.limit.is_full(level)
        ]
        seconds, name = max(refused)
        log.info("rate_limited", limit=name)
        raise RateLimitedError(seconds=seconds)

    def _uses(self, request: Request, policy: Policy, subject: UUID | str | None) -> list[Drop]:
        if policy.by == "everybody":
            whose: tuple[str, ...] = ()
        elif policy.by == "address":
            whose = (address_key(request),)
        elif subject is not None:
            whose = (str(subject),)
        else:
            raise ValueError(f"{policy.name} is counted by {policy.by}: say whose it is")
        return self._drops(policy.name, *whose, refuses=True, is_own=policy.is_own)

    def _drops(
        self, name: str, *whose: str, refuses: bool = False, is_own: bool = True
    ) -> list[Drop]:
        return [
            Drop(self._key(limit.name, whose), limit, refuses=refuses, is_own=is_own)
            for limit in self._settings.limits(name)
        ]

    def _familiar(self, request: Request, account: str) -> Drop:
        return Drop(self._key(FAMILIAR.name, (account, address_key(request))), FAMILIAR)

    def _key(self, name: str, whose: tuple[str, ...]) -> str:
        # ascii() tells ("a", "b") from ("a, b",), and can write any character
        digest = hashlib.blake2b(ascii(whose).encode(), key=self._secret, digest_size=16)
        return f"{PREFIX}{name}:{digest.hexdigest()}"


def _note_all(request: Request, drops: Sequence[Drop], poured: Poured) -> None:
    """Note what may refuse this caller; how often others came only once it matters."""
    for drop, level in zip(drops, poured.levels, strict=False):  # a mark may follow
        if drop.refuses and (drop.is_own or drop.limit.is_full(level)):
            note(request, drop.limit, level)


def limited(operation: Operation) -> Callable[[Request], Awaitable[None]]:
    """Return the dependency of a route that counts its requests, by address or all together.

    Raises `ValueError` for what is counted by user or account, which only the route knows.
    """
    if any(policy.by in {"user", "account"} for policy in operation):
        raise ValueError("call Throttle.check in the route")

    async def count(request: Request) -> None:
        throttle: Throttle = request.app.state.services.throttle
        await throttle.check(request, operation)

    return count
