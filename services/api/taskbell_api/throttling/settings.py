"""`RATE_LIMIT_…`: who may do what how often."""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, Field

from taskbell.settings import Settings
from taskbell_api.throttling.buckets import Limit

_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_ONE = re.compile(
    r"\s*([1-9]\d{0,8})\s*(?:/|per\s)\s*([1-9]\d{0,4})?\s*(second|minute|hour|day)s?\s*",
    re.IGNORECASE | re.ASCII,
)


def parse(text: str) -> list[tuple[int, int]]:
    """Return amount and seconds of each limit in a text such as `5/minute; 50 per 2 hours`.

    Raises `ValueError`.
    """
    limits = []
    for part in text.split(";"):
        found = _ONE.fullmatch(part)
        if found is None:
            raise ValueError("must be a limit such as 10/15 minutes, or several: 5/minute;50/hour")
        limits.append((int(found[1]), int(found[2] or 1) * _UNITS[found[3].lower()]))
    return limits


def _parsable(text: str) -> str:
    parse(text)
    return text


RateLimit = Annotated[str, AfterValidator(_parsable)]


class RateLimitSettings(Settings):
    """`RATE_LIMIT_<NAME>` for each name in `operations`; deploy/.env.example explains them."""

    rate_limit_enabled: bool = True
    rate_limit_factor: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    """All amounts are multiplied by it."""

    rate_limit_login: RateLimit = "10/15 minutes"
    rate_limit_login_unfamiliar: RateLimit = "2/15 minutes"
    rate_limit_login_address: RateLimit = "100/hour"
    rate_limit_login_devices: RateLimit = "30/15 minutes"
    rate_limit_login_account: RateLimit = "50/hour"
    rate_limit_login_global: RateLimit = "1000/10 minutes"
    rate_limit_signup: RateLimit = "200/hour"
    rate_limit_signup_global: RateLimit = "1000/hour"
    rate_limit_forgot_password: RateLimit = "20/hour"  # noqa: S105
    rate_limit_forgot_password_account: RateLimit = "5/hour"  # noqa: S105
    rate_limit_verify_resend: RateLimit = "5/hour"
    rate_limit_link: RateLimit = "60/hour"
    rate_limit_reminder_link: RateLimit = "120/hour"
    rate_limit_unsubscribe: RateLimit = "600/minute"
    rate_limit_refresh: RateLimit = "600/minute"
    rate_limit_email_change: RateLimit = "5/hour"
    rate_limit_email_change_target: RateLimit = "5/hour"
    rate_limit_password_change: RateLimit = "10/hour"  # noqa: S105
    rate_limit_deletion: RateLimit = "5/hour"
    rate_limit_api_token: RateLimit = "30/hour"  # noqa: S105
    rate_limit_export: RateLimit = "5/day"
    rate_limit_test_notification: RateLimit = "10/10 minutes"

    def limits(self, name: str) -> tuple[Limit, ...]:
        """Return the limits of `RATE_LIMIT_<NAME>`, each with a name of its own."""
        text = getattr(self, f"rate_limit_{name.replace('-', '_')}")
        return _limits(name, text, self.rate_limit_factor)


@lru_cache(maxsize=256)
def _limits(name: str, text: str, factor: float) -> tuple[Limit, ...]:
    return tuple(
        Limit(name if number == 1 else f"{name}-{number}", max(1, round(amount * factor)), seconds)
        for number, (amount, seconds) in enumerate(parse(text), start=1)
    )
