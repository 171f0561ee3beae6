"""Dates that tell day and month: `27 jan 2027`, `jan 27th`, `27/1`, `2027-01-27`."""

import re
from datetime import date

from taskbell.quick_add import calendar
from taskbell.quick_add.calendar import Calendar
from taskbell.quick_add.foreign import foreign
from taskbell.quick_add.times import alone
from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import (
    COUNTED,
    MONTHS,
    QUANTIFIED,
    WORDLIKE_MONTHS,
    figure,
    ordinal,
)

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})|([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})")
_NUMERIC = re.compile(r"([0-9]{1,2})([/.-])([0-9]{1,2})(?:\2([0-9]{4}|[0-9]{2}))?")

Found = tuple[date, int, bool]
"""A date, the token behind it, and whether it names no year."""


def written(tokens: Tokens, at: int, clock: Calendar, *, led: bool) -> Found | None:
    """Read a date with a month in letters; without a year it is the next such day."""
    order = day_and_month(tokens, at)
    if not order:
        return foreign(tokens, at, clock)
    day, month, end, sure = order
    year, after = _year(tokens, end)
    value = calendar.made(year, month, day) if year else None
    if not value:
        after = end
        value = clock.yearly(month, day)
    if not value or (after == end and tokens.word(end) in QUANTIFIED and not sure):
        return None
    wordlike = tokens.word(end - 1) in WORDLIKE_MONTHS  # ten may come
    if wordlike and not (sure or led or after > end or tokens.pauses(end)):
        return None
    return value, after, after == end


def day_and_month(tokens: Tokens, at: int) -> tuple[int, int, int, bool] | None:
    """Read `27 jan` or `jan 27th`: day, month, the token behind, and whether it is an ordinal."""
    return _day_first(tokens, at) or _month_first(tokens, at)


def _day_first(tokens: Tokens, at: int) -> tuple[int, int, int, bool] | None:
    """`27 jan`, `27. jan`, `27th of january`: day, month, end, and whether it is an ordinal."""
    exact = ordinal(tokens.word(at))
    day, end = exact or figure(tokens.word(at)), at + 1
    if not day or len(tokens.word(at)) > 4:
        return None
    end += (tokens.is_mark(end, ".") and tokens.touches(end)) or tokens.word(end) == "of"
    month = MONTHS.get(tokens.word(end))
    return (day, month, end + 1, exact is not None) if month else None


def _month_first(tokens: Tokens, at: int) -> tuple[int, int, int, bool] | None:
    """`jan 27`, `jan. 27th`, `january the 27th`."""
    month, at = MONTHS.get(tokens.word(at)), at + 1
    if not month:
        return None
    if (tokens.is_mark(at, ".") and tokens.touches(at)) or tokens.word(at) == "the":
        at += 1
    exact = ordinal(tokens.word(at))
    day = exact or figure(tokens.word(at))
    if not day or day > 31:
        return None
    return day, month, at + 1, exact is not None


def _year(tokens: Tokens, at: int) -> tuple[int, int]:
    """Return a year (0 for none) behind a comma or not, and the token behind it."""
    at = tokens.after_comma(at)
    year = figure(tokens.word(at)) or 0
    if year >= 1970 and tokens.word(at + 1) not in QUANTIFIED:
        return year, at + 1
    return 0, at


def numeric(tokens: Tokens, at: int, clock: Calendar, *, led: bool) -> Found | None:
    """Read a date in figures; without a year it is the next such day, and must stand alone."""
    word = tokens.word(at)
    if found := _ISO.fullmatch(word):
        year, month, day = (int(part) for part in found.groups() if part)
        value = calendar.made(year, month, day)
        return (value, at + 1, False) if value else None
    parts = _NUMERIC.fullmatch(word)
    if not parts:
        return None
    first, mark, second, year_text = int(parts[1]), parts[2], int(parts[3]), parts[4]
    orders = [(second, first), (first, second)]  # month and day
    if mark == ".":
        orders = orders[:1]
    elif clock.month_first:
        orders.reverse()
    if year_text:
        year = int(year_text) + (2000 if len(year_text) == 2 else 0)
        values = [calendar.made(year, *order) for order in orders]
        return next(((value, at + 1, False) for value in values if value), None)
    end = _yearless_end(tokens, at, mark, led=led)
    values = [clock.yearly(*order) for order in orders] if end else []
    return next(((value, end, True) for value in values if value), None)


def _yearless_end(tokens: Tokens, at: int, mark: str, *, led: bool) -> int:
    """Return the end of `27/1` or `27.1.` at a token, 0 where that is no date."""
    end = at + 1
    if mark == "-" or tokens.word(at) == "24/7":
        return 0
    if mark == ".":
        if not (tokens.is_mark(end, ".") and tokens.touches(end)):
            return 0
        end += 1
    before = tokens.word(at - 1)
    if before in COUNTED or not (led or alone(tokens, end)):
        return 0
    return end
