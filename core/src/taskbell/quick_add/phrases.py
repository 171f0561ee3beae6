"""When something is due: a date, a time, or both, with the words that announce them."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from taskbell.quick_add.calendar import LAST_DAY, Calendar
from taskbell.quick_add.dates import Day, day
from taskbell.quick_add.quantities import compact, quantity
from taskbell.quick_add.times import Hour, hour, in_hours, within
from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import (
    JOINERS,
    NOT_BEFORE_DATES,
    NOT_BEFORE_TIMES,
    QUANTIFIED,
    WEEKDAYS,
    figure,
    ordinal,
)

_ANNOUNCING = frozenset({"on", "by", "before", "due"})
_ANNOUNCING_IN = {"de": "am", "es": "el", "fr": "le", "it": "il", "nl": "op", "pt": "em"}
_AT = frozenset({"at", "@"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """The tokens from `start` to `end`, which name a day, a time of day or an instant (UTC)."""

    start: int
    end: int
    day: date | None = None
    wall: time | None = None
    vague: bool = False
    instant: datetime | None = None
    yearless: bool = False


@dataclass(frozen=True, slots=True)
class _Lead:
    """A word that announces a date: it ends before `end`."""

    end: int
    sure: bool = False
    at: bool = False


def phrase(tokens: Tokens, at: int, clock: Calendar) -> Phrase | None:
    """Read what says when something is due, None when nothing at this token does."""
    lead = _lead(tokens, at, clock.language)
    bare = lead.end == at
    before = tokens.word(at - 1)
    # a date behind a weekday that is none of it: one of them is wrong
    contrary = (before or tokens.word(at - 1 - tokens.is_mark(at - 1, ","))) in WEEKDAYS
    if not (bare and (before in NOT_BEFORE_DATES or contrary)):
        found = _day_first(tokens, at, lead, clock) or _moment(tokens, at, clock)
        if found:
            return found
    if (bare and before in NOT_BEFORE_TIMES) or _of_weekday(tokens, at):
        return None
    return _time_first(tokens, at, lead, clock)


def resolve(found: Phrase, clock: Calendar) -> date | datetime | None:
    """Return the date, or the instant (UTC) to come; None when that time is past.

    A time alone is the next such time. A vague one of today (`today at 9`) that is past in the
    morning is the one of the evening.
    """
    if found.instant or not found.wall:
        return found.instant or found.day
    if found.day is None:
        day = clock.next_at(found.wall)
        return day and clock.instant(day, found.wall)
    slot = coming(found.day, found.wall, clock, vague=found.vague)
    return slot and clock.instant(slot.date(), slot.time())


def coming(day: date, wall: time, clock: Calendar, *, vague: bool) -> datetime | None:
    """Return the wall time (naive) that is meant by a day and a time.

    None when it is past, unless what is past may be meant: then it is as it is written.
    """
    if wall == time(0) and day == clock.today:  # midnight today is when today ends
        day += timedelta(days=1)
    if clock.past:
        return datetime.combine(day, wall)
    for hours in [0, 12] if vague else [0]:
        meant = wall.replace(hour=wall.hour + hours)
        if clock.instant(day, meant) > clock.now:
            return datetime.combine(day, meant)
    return None


def _of_weekday(tokens: Tokens, at: int) -> bool:
    """Tell whether a time belongs to a weekday that was not understood: `the monday 9am call`."""
    return tokens.word(at - 1 - (tokens.word(at - 1) in _AT)) in WEEKDAYS


def _lead(tokens: Tokens, at: int, language: str) -> _Lead:
    word, end = tokens.word(at), at + 1
    if word == "for":
        return _Lead(end)
    if word in _AT:
        return _Lead(end, sure=True, at=True)
    if word == _ANNOUNCING_IN.get(language):
        return _Lead(end, sure=True)
    if word not in _ANNOUNCING:
        return _Lead(at)
    if word == "due":
        end += tokens.is_mark(end, ":")
        word = tokens.word(end)
        end += word in _ANNOUNCING or word in _AT
    return _Lead(end, sure=True, at=word in _AT)


def _day_first(tokens: Tokens, at: int, lead: _Lead, clock: Calendar) -> Phrase | None:
    if lead.at and tokens.word(lead.end) not in {"the", "weekend", "end"}:
        return None
    found = day(tokens, lead.end, clock, led=lead.sure)
    if not found or ranges_on(tokens, found.end, clock):
        return None
    start = tokens.after_comma(found.end)
    led = tokens.word(start) in _AT
    clock_time = hour(tokens, start + led, led=led, dated=True)
    alone = Phrase(at, found.end, found.date, found.wall, yearless=found.yearless)
    joined = alone
    if clock_time and tokens.word(clock_time.end) not in QUANTIFIED:
        joined = _joined(at, clock_time.end, found, clock_time)
    if resolve(joined, clock) is None:  # that time is past: the day is left
        return replace(alone, wall=None)
    return joined


def _time_first(tokens: Tokens, at: int, lead: _Lead, clock: Calendar) -> Phrase | None:
    found = hour(tokens, lead.end, led=lead.at, dated=lead.sure)
    for_ = "for" in {tokens.word(at), tokens.word(at - 1)}
    if not found or (for_ and in_hours(tokens.word(lead.end))):  # for 8h
        return None
    start = tokens.after_comma(found.end)
    announced = tokens.word(start) in _ANNOUNCING
    dated = day(tokens, start + announced, clock, led=announced)
    if dated and not ranges_on(tokens, dated.end, clock):
        joined = _joined(at, dated.end, dated, found)
        return joined if resolve(joined, clock) else None
    if not _stands(tokens, found):
        return None
    return Phrase(at, found.end, wall=found.wall)


def _joined(start: int, end: int, found: Day, wall: Hour) -> Phrase:
    exact = within(wall, found.part) if found.part else wall
    return Phrase(start, end, found.date, exact.wall, exact.vague, yearless=found.yearless)


def _stands(tokens: Tokens, found: Hour) -> bool:
    """Tell whether a bare number is the time: `at 9`, not `at 9 Downing Street`."""
    return figure(tokens.word(found.end - 1)) is None or tokens.pauses(found.end)


def ranges_on(tokens: Tokens, at: int, clock: Calendar) -> bool:
    """Tell whether a choice or a range of dates goes on here: `tomorrow or friday`."""
    if tokens.word(at) not in JOINERS:
        return False
    word = tokens.word(at + 1)
    number = ordinal(word) or figure(word)
    return bool(number and number <= 31) or day(tokens, at + 1, clock, led=True) is not None


def _moment(tokens: Tokens, at: int, clock: Calendar) -> Phrase | None:
    """`in 30 minutes`, `in an hour`, `+2 hours`, `2 hours from now`."""
    start = at + (tokens.word(at) == "in")
    found = quantity(tokens, start) or (compact(tokens, start) if start > at else None)
    if not found or found.unit not in {"minute", "hour"} or found.minutes is None:
        return None
    end = found.end + (tokens.word(found.end) == "time")
    if start == at and tokens.word(at)[0] != "+":
        if not tokens.words(end, "from now"):
            return None
        end += 2
    instant = clock.minute + timedelta(minutes=found.minutes)
    return Phrase(at, end, instant=instant) if instant < _LAST else None


_LAST = datetime.combine(LAST_DAY, time(0), UTC)
