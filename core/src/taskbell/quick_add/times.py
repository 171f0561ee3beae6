"""Times of day: `9am`, `21:00`, `at 9`, `noon`, `in the evening`."""

import re
from dataclasses import dataclass
from datetime import time

from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import JOINERS, figure

PARTS = {"morning": time(9), "afternoon": time(12), "evening": time(19), "night": time(22)}
"""The hours Todoist gives these words."""
TONIGHT = time(20)

_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(am|pm|a\.m|p\.m)")
_HALF_DAY = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?")
_WALL = re.compile(r"([0-9]{1,2})(?::|h)([0-9]{2})|([0-9]{1,2})h")
_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_AND = frozenset({"and", "&"})
_MOST_TIMES = 24
_FIRST_OF_DAY = 8
"""Who writes fewer than so many hours, `2h`, means how long."""
_MERIDIEMS = frozenset({"am", "pm", "a.m", "p.m"})


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of day up to the token `end`.

    `vague` tells that it may be meant after noon: `at 9`.
    """

    wall: time
    end: int
    vague: bool = False


def hour(tokens: Tokens, at: int, *, led: bool = False, dated: bool = False) -> Hour | None:
    """Read a time at a token.

    `led`: the word `at` stands before it, so that a bare number is a time. `dated`: a date stands
    before it, so that `noon` and `morning` are times. The two ends of a range (`2pm to 3pm`) are
    none: a task has no length.
    """
    found = (
        _clock_time(tokens, at, led=led)
        or _named(tokens, at, led=led or dated)
        or _part(tokens, at, dated=dated)
    )
    if not found and led:
        found = _bare(tokens, at)
    if not found or (tokens.word(found.end) in JOINERS and _any(tokens, found.end + 1)):
        return None
    return _of_part(tokens, found)


def hours(tokens: Tokens, at: int, *, led: bool = False) -> list[Hour]:
    """Read two or more times: `9am and 5pm`, `8:00, 13:00 and 18:00`; else nothing.

    Nothing either when one may be meant after noon: `9 and 5`, `9 and 10pm`.
    """
    found: list[Hour] = []
    while len(found) < _MOST_TIMES:
        one = _clock_time(tokens, at, led=led) or _named(tokens, at, led=led)
        if not one and led:
            one = _bare(tokens, at)
        if not one:
            break
        if found and one.vague and one.wall <= found[-1].wall:
            return []
        found.append(one)
        at = tokens.after_comma(one.end)
        at += tokens.word(at) in _AND
        if at == one.end:
            break
        at += tokens.word(at) in {"at", "@"}
    if len(found) < 2 or len({_style(tokens.word(one.end - 1)) for one in found}) > 1:
        return []
    end = found[-1].end
    goes_on = tokens.word(end) in JOINERS and _any(tokens, end + 1)
    stands = figure(tokens.word(end - 1)) is None or tokens.pauses(end)
    return found if stands and not goes_on and not part_after(tokens, end)[0] else []


def _style(word: str) -> str:
    """Tell how a time that ends with a word is written."""
    if figure(word) is not None:
        return "number"
    return "clock" if _WALL.fullmatch(word) else "half"


def alone(tokens: Tokens, at: int) -> bool:
    """Tell whether what stands before `at` is the last word, or only a time or repeat follows."""
    if tokens.ends(at) or tokens.word(at) in {"at", "@", "every", "ev"}:
        return True
    return hour(tokens, at, dated=True) is not None


def in_hours(word: str) -> bool:
    """Tell whether a word is written as a number of hours: `2h`, `8h`."""
    return bool((found := _WALL.fullmatch(word)) and found[3])


def _clock_time(tokens: Tokens, at: int, *, led: bool) -> Hour | None:
    """Read a time in figures; `2h` is how long something takes, unless `at` stands before it."""
    word = tokens.word(at)
    if not led and in_hours(word) and word[0] != "0" and int(word[:-1]) < _FIRST_OF_DAY:
        return None
    return _explicit(tokens, at)


def _any(tokens: Tokens, at: int) -> bool:
    return bool(_explicit(tokens, at) or _bare(tokens, at))


def _explicit(tokens: Tokens, at: int) -> Hour | None:
    word = tokens.word(at)
    if found := _CLOCK.fullmatch(word):
        end = at + 1
        if word.endswith(".m") and tokens.is_mark(end, ".") and tokens.touches(end):
            end += 1
        return _halves(found[1], found[2], found[3], end)
    if (found := _HALF_DAY.fullmatch(word)) and tokens.word(at + 1) in _MERIDIEMS:
        end = at + 2
        if "." in tokens.word(at + 1) and tokens.is_mark(end, ".") and tokens.touches(end):
            end += 1
        return _halves(found[1], found[2], tokens.word(at + 1), end)
    if found := _WALL.fullmatch(word):
        vague = ":" in word and word[0] != "0"
        return _wall(int(found[1] or found[3]), int(found[2] or 0), at + 1, vague=vague)
    return None


def _halves(hours: str, minutes: str | None, meridiem: str, end: int) -> Hour | None:
    if not 1 <= int(hours) <= 12:
        return None
    return _wall(int(hours) % 12 + 12 * (meridiem[0] == "p"), int(minutes or 0), end)


def _wall(hours: int, minutes: int, end: int, *, vague: bool = False) -> Hour | None:
    if hours > 23 or minutes > 59:
        return None
    return Hour(time(hours, minutes), end, vague=vague and 1 <= hours <= 11)


def _named(tokens: Tokens, at: int, *, led: bool) -> Hour | None:
    value = _NAMED.get(tokens.word(at))
    if value is None or not (led or tokens.pauses(at + 1)):
        return None
    if tokens.word(at - 1) in {"a", "every", "high", "the"}:
        return None
    return Hour(value, at + 1)


def _bare(tokens: Tokens, at: int) -> Hour | None:
    hours = figure(tokens.word(at))
    if hours is None or len(tokens.word(at)) > 2:
        return None
    clock = tokens.word(at + 1) in {"o'clock", "o’clock", "oclock"}
    return _wall(hours, 0, at + 1 + clock, vague=True)


def _part(tokens: Tokens, at: int, *, dated: bool) -> Hour | None:
    """`in the morning`, `at night`; after a date also `morning at 7`."""
    name, end = part_after(tokens, at)
    if not name and dated and tokens.word(at) in PARTS:
        name, end = tokens.word(at), at + 1
    if not name:
        return None
    at = end + (tokens.word(end) in {"at", "@"})
    exact = _explicit(tokens, at) or (_bare(tokens, at) if at > end else None)
    return within(exact, name) if exact else Hour(PARTS[name], end)


def part_after(tokens: Tokens, at: int) -> tuple[str, int]:
    """Read `in the morning` or `at night`: the part of the day (or nothing), and its end."""
    if tokens.words(at, "in the") and tokens.word(at + 2) in PARTS:
        return tokens.word(at + 2), at + 3
    if tokens.words(at, "at night"):
        return "night", at + 2
    return "", at


def within(found: Hour, name: str) -> Hour:
    """Return a time as it is meant in a part of the day: 7 in the evening is 19:00."""
    if found.vague and name != "morning" and not (name == "night" and found.wall.hour < 5):
        return Hour(found.wall.replace(hour=found.wall.hour + 12), found.end)
    return Hour(found.wall, found.end)


def _of_part(tokens: Tokens, found: Hour) -> Hour:
    name, end = part_after(tokens, found.end)
    return Hour(within(found, name).wall, end) if name else found
