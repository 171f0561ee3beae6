"""Instants on the wire: ISO 8601 with an offset in, UTC with `Z` out (RFC 3339)."""

import re
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*", re.ASCII)


def _written(value: object) -> object:
    # Pydantic would also take a number of seconds, or a date
    if isinstance(value, datetime) or (isinstance(value, str) and _WRITTEN.fullmatch(value)):
        return value
    raise PydanticCustomError("datetime", "must be an instant such as 2026-11-20T09:30:00Z")


def to_wire(value: datetime) -> str:
    """Return `value` as `2026-11-20T09:30:00Z`, with microseconds only where there are some."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _in_range(value: datetime) -> datetime:
    # far ends overflow when shifted to another zone
    if (
        not EARLIEST.replace(tzinfo=None)
        <= value.replace(tzinfo=None)
        <= LATEST.replace(tzinfo=None)
    ):
        raise PydanticCustomError("datetime_range", "must lie between 1970 and 2200")
    return value.astimezone(UTC)


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_written),
    AfterValidator(_in_range),
    PlainSerializer(to_wire, return_type=str, when_used="json"),
]
"""An instant in a request: in any offset, kept in UTC."""

UtcInstant = AwareDatetime
"""An instant in an answer: in UTC already, as the database and `clock` give it, so that Pydantic's
own, fast form of it ends in `Z`."""


def known_zone(zone: str) -> str:
    """Return a zone, or UTC where this build does not know it.

    Nobody's zone may keep what is due to others: another build wrote it, with newer rules.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
    return zone
