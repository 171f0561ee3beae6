"""Months in the language of the user, read by dateparser: `27. Januar`, `27 janvier 2027`.

Only what has the form of a date is asked: a day, a word, perhaps a year. Importing dateparser takes
0.2 s, so it is imported when the first such text comes.
"""

import re
from datetime import date, datetime
from functools import lru_cache

from taskbell.quick_add import calendar
from taskbell.quick_add.calendar import Calendar
from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import figure

_LETTERS = re.compile(r"[^\W\d_]{3,20}")
_PARTICLES = frozenset({"de", "di", "do", "van", "den"})
_DAY = re.compile(r"([0-9]{1,2})(?:er|º|e|a)?")


def foreign(tokens: Tokens, at: int, clock: Calendar) -> tuple[date, int, bool] | None:
    """Read day and month (and year) in the user's language, None in English.

    Returned are the date, the token behind it, and whether it names no year.
    """
    day, name_at = _DAY.fullmatch(tokens.word(at)), at + 1
    if clock.language == "en" or not day:
        return None
    if (tokens.is_mark(name_at, ".") and tokens.touches(name_at)) or (
        tokens.word(name_at) in _PARTICLES
    ):
        name_at += 1
    if not _LETTERS.fullmatch(tokens.word(name_at)):
        return None
    # in 2024, which has a 29 February
    found = _ask(f"{day[1]} {tokens.word(name_at)} 2024", clock.language)
    if not found or found.day != int(day[1]):
        return None
    year_at = name_at + 1 + (tokens.word(name_at + 1) == "de")
    year = figure(tokens.word(year_at)) or 0
    if year >= 1970 and (exact := calendar.made(year, found.month, found.day)):
        return exact, year_at + 1, False
    value = clock.yearly(found.month, found.day)
    return (value, name_at + 1, True) if value else None


@lru_cache(maxsize=1024)
def _ask(text: str, language: str) -> datetime | None:
    import dateparser

    try:
        found: datetime | None = dateparser.parse(
            text,
            languages=[language],
            settings={"REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["absolute-time"]},
        )
    except ValueError:  # it does not know the language
        return None
    return found
