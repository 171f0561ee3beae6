"""Values of foreign JSON: whatever stands there, one gets the type asked for, or nothing."""

import math
import re
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from taskbell.times import EARLIEST, LATEST

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_COLOR = re.compile(r"#?([0-9a-fA-F]{6})", re.ASCII)

Object = dict[str, Any]


def text(value: Object, name: str) -> str:
    """Return a string, also of a number; empty for anything else."""
    found = value.get(name)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else ""


def objects(value: Object, name: str) -> list[Object]:
    """Return the objects of an array, without what else stands in it."""
    found = value.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def flag(value: Object, name: str) -> bool:
    """Return whether there is a true."""
    return value.get(name) is True


def number(value: Object, name: str) -> float | None:
    """Return a finite number, also one in a string."""
    found = value.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        converted = float(found)
    except (ValueError, OverflowError):
        return None
    return converted if math.isfinite(converted) else None


def whole(value: Object, name: str) -> int | None:
    """Return a number without its decimals."""
    found = number(value, name)
    return None if found is None else int(found)


def instant(value: Object, name: str) -> datetime | None:
    """Return an instant in UTC; None for what is none, or none between 1970 and 2200.

    Times without an offset are taken for UTC.
    """
    return to_instant(value.get(name))


def to_instant(found: object) -> datetime | None:
    """Return the instant a string tells; see `instant`."""
    if not isinstance(found, str) or len(found) < len("2026-11-20T09:30"):
        return None
    try:
        parsed = datetime.fromisoformat(found)
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        moment = aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if EARLIEST <= moment <= LATEST else None


def day(value: Object, name: str) -> date | None:
    """Return the date a string begins with, as it stands there: no zone can move it."""
    return to_day(value.get(name))


def to_day(found: object) -> date | None:
    """Return the date a string begins with; see `day`."""
    matched = _DATE.match(found) if isinstance(found, str) else None
    if matched is None:
        return None
    try:
        parsed = date(*map(int, matched.groups()))
    except ValueError:
        return None
    return parsed if EARLIEST.date() <= parsed <= LATEST.date() else None


def local(moment: datetime, zone: str) -> datetime:
    """Return an instant in a zone."""
    return moment.astimezone(ZoneInfo(zone))


def is_midnight(moment: datetime, zone: str) -> bool:
    """Tell whether a day begins with this instant there."""
    return local(moment, zone).time() == time()


def color(value: Object, name: str) -> str | None:
    """Return a colour as `#rrggbb`."""
    matched = _COLOR.fullmatch(text(value, name))
    return f"#{matched[1].lower()}" if matched else None
