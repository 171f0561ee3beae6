"""What callers are told about limits: draft-ietf-httpapi-ratelimit-headers-11, RFC 6585 §4."""

from fastapi import Request
from starlette.types import Scope

from taskbell.errors import TaskbellError
from taskbell_api.throttling.buckets import Limit

_STATE = "rate_limits"


class RateLimitedError(TaskbellError):
    """Too often; `Retry-After` says for how many seconds to wait."""

    status = 429
    code = "rate_limited"
    title = "Too often: wait a little"

    def __init__(self, *, seconds: int) -> None:
        unit = "second" if seconds == 1 else "seconds"
        super().__init__(
            f"This was done too often. Try again in {seconds} {unit}.",
            headers={"Retry-After": str(seconds)},
        )


def note(request: Request, limit: Limit, level: int) -> None:
    """Note for `fields` how full a limit is; a later note on the same one replaces it."""
    state = request.scope.setdefault("state", {})
    state.setdefault(_STATE, {})[limit.name] = (limit, level)


def fields(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the headers `RateLimit-Policy` and `RateLimit` of a request's answer.

    They belong on it whatever its status; none if nothing was counted.
    """
    noted: dict[str, tuple[Limit, int]] = scope.get("state", {}).get(_STATE, {})
    if not noted:
        return []
    policies = (f'"{one.name}";q={one.amount};w={one.seconds}' for one, _ in noted.values())
    states = (f'"{one.name}";r={one.left(at)};t={one.wait(at)}' for one, at in noted.values())
    return [
        (b"ratelimit-policy", ", ".join(policies).encode()),
        (b"ratelimit", ", ".join(states).encode()),
    ]
