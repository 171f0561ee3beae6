"""Amounts of time: `3 days`, `an hour`, `1h30m`."""

import re
from dataclasses import dataclass
from typing import Literal

from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import number

Unit = Literal["minute", "hour", "day", "week", "month", "year"]

_UNITS: dict[str, tuple[int, Unit]] = {
    **dict.fromkeys(["minute", "minutes", "min", "mins"], (1, "minute")),
    **dict.fromkeys(["hour", "hours", "hr", "hrs", "h"], (1, "hour")),
    **dict.fromkeys(["day", "days"], (1, "day")),
    **dict.fromkeys(["week", "weeks", "wk", "wks"], (1, "week")),
    **dict.fromkeys(["fortnight", "fortnights"], (2, "week")),
    **dict.fromkeys(["month", "months"], (1, "month")),
    **dict.fromkeys(["quarter", "quarters"], (3, "month")),
    **dict.fromkeys(["year", "years", "yr", "yrs"], (1, "year")),
}
_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}
_COMPACT = re.compile(
    r"(?:([0-9]{1,3})w)?(?:([0-9]{1,4})d)?(?:([0-9]{1,4})(?:h|hr|hrs))?(?:([0-9]{1,5})(?:m|min|mins))?"
)
_HALVES = re.compile(r"([0-9]{1,3})[.,]5")


@dataclass(frozen=True, slots=True)
class Quantity:
    """So many of a unit, up to the token `end`."""

    amount: int
    unit: Unit
    end: int

    @property
    def minutes(self) -> int | None:
        """The same in minutes, None for months and years."""
        scale = _MINUTES.get(self.unit)
        return scale and self.amount * scale


def unit(word: str) -> tuple[int, Unit] | None:
    """Return what a unit of time is: so many of a basic one."""
    return _UNITS.get(word)


def quantity(tokens: Tokens, at: int) -> Quantity | None:
    """Read `3 days`, `+3 days`, `two weeks`, `an hour`, `half an hour`, `1.5 hours`."""
    word = tokens.word(at)
    if word == "half":
        return _half(tokens, at + 1)
    amount = 1 if word in {"a", "an"} else number(word.removeprefix("+"))
    scale = unit(tokens.word(at + 1).rstrip("'’"))  # in 3 days' time
    if amount and scale and not (amount == 1 and tokens.word(at + 1) == "h"):
        return _and_more(tokens, Quantity(amount * scale[0], scale[1], at + 2))
    halves = _HALVES.fullmatch(word)
    if halves and scale == (1, "hour"):
        return Quantity(int(halves[1]) * 60 + 30, "minute", at + 2)
    return None


def _and_more(tokens: Tokens, found: Quantity) -> Quantity | None:
    """Add what stands behind an amount: `an hour and a half`, `1 hour 30 minutes`.

    None when it is more, but no sum of hours and minutes: `2 weeks and 3 days`.
    """
    joined = tokens.word(found.end) in {"and", "&"}
    at = found.end + joined
    if joined and tokens.words(at, "a half"):
        more, end = 30, at + 2
    else:
        amount, scale = number(tokens.word(at)), unit(tokens.word(at + 1))
        if not amount or not scale:
            return found
        more, end = amount if scale == (1, "minute") else 0, at + 2
    if found.unit != "hour" or not more:
        return None
    return Quantity(found.amount * 60 + more, "minute", end)


def _half(tokens: Tokens, at: int) -> Quantity | None:
    at += tokens.word(at) in {"a", "an"}
    return Quantity(30, "minute", at + 1) if tokens.word(at) == "hour" else None


def compact(tokens: Tokens, at: int) -> Quantity | None:
    """Read `30m`, `1h30m`, `2d`: an amount in one word."""
    found = _COMPACT.fullmatch(tokens.word(at))
    if not found or not any(found.groups()):
        return None
    weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
    if hours == minutes == 0 and (weeks or days):
        return Quantity(weeks * 7 + days, "day", at + 1)
    return Quantity((weeks * 7 + days) * 24 * 60 + hours * 60 + minutes, "minute", at + 1)
