"""Dates: `tomorrow`, `next monday`, `27 jan`, `27/1`, `in 3 days`.

Each reader takes the tokens and where to begin, and returns a `Day` or None. `led` tells that a
word such as `on` or `by` announces a date, so that what could be something else is one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta

from taskbell.quick_add import calendar
from taskbell.quick_add.calendar import Calendar
from taskbell.quick_add.quantities import Quantity, compact, quantity
from taskbell.quick_add.times import PARTS, TONIGHT, alone
from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import (
    DAY_NAMES,
    DETERMINERS,
    MONTHS,
    ORDINAL_WORDS,
    WEEKDAYS,
    WORDLIKE_WEEKDAYS,
    lexicon,
    ordinal,
)
from taskbell.quick_add.written import numeric, written


@dataclass(frozen=True, slots=True)
class Day:
    """A date up to the token `end`.

    `part` is the part of the day that its name tells (`tonight`), `wall` the time that stands for.
    `yearless`: it names a day and a month only.
    """

    date: date
    end: int
    wall: time | None = None
    part: str = ""
    yearless: bool = False


_TODAY = frozenset({"today"})
_TOMORROW = frozenset({"tomorrow", "tmrw", "tmr", "tmw"})
_PEOPLE = lexicon(
    "and ask call dear email for from help hey hi invite love mail meet message miss mr of or pay "
    "phone ping remind ring see tell text thank to uncle via visit with"
)
"""Before `tom`: a person."""
_NAMING = DETERMINERS | DAY_NAMES | ORDINAL_WORDS.keys()
"""Before a weekday: some other one."""
_SUBJECTS = lexicon("he i in it she they we who you")
"""Before `sat` or `sun`: no day."""


def day(tokens: Tokens, at: int, clock: Calendar, *, led: bool = False) -> Day | None:
    """Read a date, None when there is none or the calendar ends before it."""
    for reader in _READERS:
        found = reader(tokens, at, clock, led)
        if found:
            return found
    return None


def _named(tokens: Tokens, at: int, clock: Calendar, led: bool) -> Day | None:
    word = tokens.word(at)
    if word in _TODAY:
        return Day(clock.today, at + 1)
    if word == "later" and tokens.word(at + 1) in {"today", "tonight"}:
        return _named(tokens, at + 1, clock, led)
    if word == "yesterday" and clock.past:
        return Day(clock.today - timedelta(days=1), at + 1)
    if word in _TOMORROW:
        return _shifted(clock, 1, at + 1)
    if word == "tonight":
        return Day(clock.today, at + 1, TONIGHT, "evening")
    if word == "this" and tokens.word(at + 1) in PARTS:
        part = tokens.word(at + 1)
        return Day(clock.today, at + 2, PARTS[part], part)
    if word in {"tod", "tom"} and _short(tokens, at, led):
        return _shifted(clock, int(word == "tom"), at + 1)
    start = at + (word == "the")
    if tokens.words(start, "day after tomorrow"):
        return _shifted(clock, 2, start + 3)
    return None


def _short(tokens: Tokens, at: int, led: bool) -> bool:
    """Tell whether `tom` is tomorrow, as Todoist has it, rather than a person."""
    if tokens.capital(at) or tokens.word(at - 1) in _PEOPLE:
        return False
    return led or alone(tokens, at + 1)


def _weekday(tokens: Tokens, at: int, clock: Calendar, led: bool) -> Day | None:
    """`friday`, `this friday`, `next friday`, `friday next week`, `friday 27 jan`."""
    word, end = tokens.word(at), at + 1
    before = tokens.word(at - 1)
    if word in {"this", "next", "coming"}:
        if word == "this" and tokens.word(end) == "coming":
            end += 1
        weekday = WEEKDAYS.get(tokens.word(end))
        if weekday is None:
            return None
        return _made(_in_week(clock, weekday, word), _past_dot(tokens, end + 1))
    weekday = WEEKDAYS.get(word)
    if weekday is None or before in _NAMING or ordinal(before):
        return None
    end = _past_dot(tokens, end)
    exact = _exact(tokens, end, clock)
    if exact:  # a date that is another weekday: one of them is wrong
        return exact if exact.date.weekday() == weekday else None
    after = _next_week(tokens, end)
    if after:
        return _made(_in_week(clock, weekday, "next"), after)
    certain = led or (before not in _SUBJECTS and alone(tokens, end))
    if word in WORDLIKE_WEEKDAYS and not certain:
        return None
    return _made(clock.next_weekday(weekday), end)


def _past_dot(tokens: Tokens, at: int) -> int:
    """Skip the dot of an abbreviation when the sentence goes on."""
    dot = tokens.is_mark(at, ".") and tokens.touches(at) and not tokens.ends(at + 1)
    return at + dot


def _exact(tokens: Tokens, at: int, clock: Calendar) -> Day | None:
    """A date that tells its day of the month, behind a weekday."""
    start = tokens.after_comma(at)
    start += tokens.word(start) == "the"
    return _calendar_day(tokens, start, clock, True)


def _next_week(tokens: Tokens, at: int) -> int:
    """Return the end of `next week` at a token, 0 when something else stands there."""
    at += tokens.word(at) == "of"
    return at + 2 if tokens.words(at, "next week") else 0


def _in_week(clock: Calendar, weekday: int, which: str) -> date | None:
    """`next friday` is the one of next week, `this friday` the one that comes now."""
    if which == "next":
        week = calendar.shift(clock.week_of(clock.today), 7)
        return week and clock.day_in_week(week, weekday)
    if which == "this" and clock.today.weekday() == weekday:
        return clock.today
    return clock.next_weekday(weekday)


def _coming(tokens: Tokens, at: int, clock: Calendar, led: bool) -> Day | None:
    """`next week`, `next week monday`, `next month`, `next year`, `this weekend`."""
    word, noun = tokens.word(at), tokens.word(at + 1)
    if word == "next" and noun == "week":
        weekday_at = at + 2 + (tokens.word(at + 2) == "on")
        weekday = WEEKDAYS.get(tokens.word(weekday_at))
        if weekday is not None:
            return _made(_in_week(clock, weekday, "next"), weekday_at + 1)
        return _made(calendar.shift(clock.week_of(clock.today), 7), at + 2)
    if word == "next" and noun == "month":
        return _made(calendar.shift_months(clock.today.replace(day=1), 1), at + 2)
    if word == "next" and noun == "year":
        return _made(calendar.made(clock.today.year + 1, 1, 1), at + 2)
    if noun == "weekend" and (word in {"this", "next"} or (led and word == "the")):
        return _made(_weekend(clock, word), at + 2)
    if word == "weekend" and (led or tokens.ends(at + 1)) and tokens.word(at - 1) not in _NO_END:
        return _made(_weekend(clock, "this"), at + 1)
    return None


_NO_END = DETERMINERS | {"long", "bank", "holiday", "every", "last", "weekday", "or", "and"}


def _weekend(clock: Calendar, which: str) -> date | None:
    """Saturday; today while the weekend lasts."""
    if which == "next":
        return _in_week(clock, 5, "next")
    return clock.today if clock.today.weekday() >= 5 else clock.next_weekday(5)


def _edge(tokens: Tokens, at: int, clock: Calendar, led: bool) -> Day | None:
    """`end of month`, `eom`, `end of january`, `end of next month`, `eoy`, `mid january`."""
    at += tokens.words(at, "the end")
    if tokens.word(at) in {"mid", "end"} or tokens.word(at).startswith("mid-"):
        found = _mid(tokens, at, clock) or _end_of(tokens, at, clock)
    elif tokens.word(at) in {"eom", "eoy"}:
        whole_year = tokens.word(at) == "eoy"
        month = 12 if whole_year else clock.today.month
        found = Day(calendar.month_end(clock.today.year, month), at + 1)
    else:
        return None
    return found if found and (led or tokens.pauses(found.end)) else None


def _mid(tokens: Tokens, at: int, clock: Calendar) -> Day | None:
    word = tokens.word(at)
    month, end = MONTHS.get(word[4:]), at + 1
    if word == "mid":
        month, end = MONTHS.get(tokens.word(at + 1)), at + 2
    return _made(calendar.next_yearly(clock.today, month, 15), end) if month else None


def _end_of(tokens: Tokens, at: int, clock: Calendar) -> Day | None:
    if not tokens.words(at, "end of"):
        return None
    at += 2
    which = tokens.word(at) if tokens.word(at) in {"the", "this", "next"} else ""
    at += bool(which)
    ahead = int(which == "next")
    noun, today = tokens.word(at), clock.today
    if noun == "month":
        first = calendar.shift_months(today.replace(day=1), ahead)
        return _made(first and calendar.month_end(first.year, first.month), at + 1)
    if noun == "year":
        return _made(calendar.made(today.year + ahead, 12, 31), at + 1)
    if noun in MONTHS and not which:
        year = today.year + (MONTHS[noun] < today.month)
        return _made(calendar.month_end(year, MONTHS[noun]), at + 1)
    return None


def _away(tokens: Tokens, at: int, clock: Calendar, led: bool) -> Day | None:
    """`in 3 days`, `in 2 weeks`, `+5 days`, `3 days from now`, `a week from tomorrow`."""
    start = at + (tokens.word(at) == "in")
    found = quantity(tokens, start) or (compact(tokens, start) if start > at else None)
    if found and found.unit not in {"minute", "hour"}:
        if start > at or tokens.word(at)[0] == "+":
            end = found.end + (tokens.word(found.end) == "time")
            return _made(later(clock.today, found), end)
        if tokens.word(found.end) == "from":
            return _from(tokens, found, clock)
    return None


def _from(tokens: Tokens, amount: Quantity, clock: Calendar) -> Day | None:
    if tokens.word(amount.end + 1) == "now":
        return _made(later(clock.today, amount), amount.end + 2)
    base = _named(tokens, amount.end + 1, clock, True) or _weekday(
        tokens, amount.end + 1, clock, True
    )
    return base and _made(later(base.date, amount), base.end)


def later(start: date, amount: Quantity) -> date | None:
    """Return the date so many days, weeks, months or years after another."""
    if amount.unit in {"day", "week"}:
        return calendar.shift(start, amount.amount * (7 if amount.unit == "week" else 1))
    return calendar.shift_months(start, amount.amount * (12 if amount.unit == "year" else 1))


def _calendar_day(tokens: Tokens, at: int, clock: Calendar, led: bool) -> Day | None:
    """`27 jan`, `jan 27th, 2027`, `2027-01-27`, `27/1`, `27.1.`, `the 27th`."""
    start = at + (tokens.word(at) == "the")
    number = ordinal(tokens.word(start))
    found = None
    if number or start == at:
        found = written(tokens, start, clock, led=led) or numeric(tokens, start, clock, led=led)
    if found:
        return Day(found[0], found[1], yearless=found[2])
    if not number or tokens.word(at - 1) in DETERMINERS:
        return None
    announced = led or start > at
    if tokens.pauses(start + 1) if announced else alone(tokens, start + 1):
        return _made(calendar.next_monthly(clock.today, number), start + 1)
    return None


def _shifted(clock: Calendar, days: int, end: int) -> Day | None:
    return _made(calendar.shift(clock.today, days), end)


def _made(value: date | None, end: int) -> Day | None:
    return Day(value, end) if value else None


_READERS: tuple[Callable[[Tokens, int, Calendar, bool], Day | None], ...] = (
    _named,
    _weekday,
    _coming,
    _edge,
    _away,
    _calendar_day,
)
