"""Repeats: `every 2 weeks on tuesday at 9am starting jan 5 for 3 months`."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from taskbell.quick_add import calendar, exceptions, patterns
from taskbell.quick_add.calendar import Calendar
from taskbell.quick_add.dates import day, later
from taskbell.quick_add.exceptions import Exclusion
from taskbell.quick_add.model import Anchor
from taskbell.quick_add.patterns import Pattern
from taskbell.quick_add.phrases import Phrase, coming, ranges_on
from taskbell.quick_add.quantities import Quantity, compact, quantity
from taskbell.quick_add.times import PARTS, Hour, hour, hours, within
from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import (
    DAY_NAMES,
    DETERMINERS,
    JOINERS,
    QUANTIFIED,
    WEEKDAY_CODES,
    WEEKDAYS,
    lexicon,
    number,
)
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.rules import Rule, check
from taskbell.recurrence.series import first_slot
from taskbell.recurrence.slots import Slot

EVERY = frozenset({"every", "ev", "each"})
_STARTS = lexicon("starting starts start beginning from")
_ENDS = lexicon("until till til ending ends end through thru")
_NOT_BEFORE = DETERMINERS | DAY_NAMES | {"twice", "thrice", "times"}
_EDGES = lexicon("beginning end middle start")
_COUNTING_FROM = lexicon("after from once since upon when")
_COMPLETION = lexicon("completed completing completion")
_MORNING = PARTS["morning"]
_MOST = 999


@dataclass(frozen=True, slots=True)
class Repeat:
    """The tokens from `start` to `end`, which say how something repeats.

    `begins` and `until` are its first and last possible day, `length` how long it goes on.
    """

    start: int
    end: int
    parts: dict[str, str]
    anchor: Anchor = "schedule"
    part: str = ""
    wall: time | None = None
    begins: date | None = None
    until: date | None = None
    count: int | None = None
    length: Quantity | None = None

    @property
    def several(self) -> bool:
        """Whether it comes at several times of a day that it names."""
        return "BYHOUR" in self.parts


@dataclass(frozen=True, slots=True)
class Series:
    """A rule in its canonical form, and the first occurrence: a date, or a wall time."""

    rrule: str
    first: Slot


def repeat(tokens: Tokens, at: int, clock: Calendar) -> Repeat | Exclusion | None:
    """Read a repeat with its time, start and end; None when there is none at this token.

    Nothing is understood of one that leaves out what a rule cannot: that is an `Exclusion`.
    """
    found = _head(tokens, at, clock)
    if found and tokens.word(at - 1) == "of" and tokens.word(at - 2) in _EDGES:
        return Exclusion(at, found.end, refused=True)  # the end of every week
    while found:
        behind = exceptions.leads(tokens, tokens.after_comma(found.end))
        if behind:
            scheduled = found.anchor == "schedule"
            left = exceptions.without(tokens, behind, found.parts) if scheduled else None
            if not left:
                return Exclusion(at, exceptions.rest(tokens, behind), refused=True)
            found = replace(found, parts=left[0], end=left[1])
            continue
        more = _clause(tokens, found, clock)
        if not more:
            return found
        found = more
    return None


def joined(found: Repeat, other: Phrase, clock: Calendar) -> Repeat | None:
    """Return a repeat with the time or the first day that stands elsewhere.

    None when it has such a one already.
    """
    if other.instant or (other.wall and found.wall) or (other.day and found.begins):
        return None
    day, wall = other.day, other.wall
    slot = coming(day, wall, clock, vague=other.vague) if day and wall else None
    if slot:
        day, wall = slot.date(), slot.time()
    return replace(found, wall=wall or found.wall, begins=day or found.begins)


def series(found: Repeat, clock: Calendar) -> Series | None:
    """Return the rule of a repeat and when it is due first; None when that is never.

    What repeats by the hour is due first one interval from now, unless it says when.
    """
    parts = dict(found.parts)
    if "," in parts.get("BYDAY", "") and "INTERVAL" in parts and clock.week_start:
        parts["WKST"] = WEEKDAY_CODES[clock.week_start]
    on, wall = max(found.begins or clock.today, clock.today), found.wall
    if found.part and not wall:
        wall = PARTS[found.part]
    if parts["FREQ"] in {"HOURLY", "MINUTELY"} and not wall:
        on, wall = _one_interval_on(found, parts, clock)
    if found.count:
        parts["COUNT"] = str(found.count)
    try:
        if found.length:
            first = first_slot(_rule(parts), on=on, time=wall, zone=clock.zone, at=clock.now)
            end = later(_day(first), found.length)
            parts["UNTIL"] = f"{(end or calendar.LAST_DAY) - timedelta(days=1):%Y%m%d}"
        elif found.until:
            parts["UNTIL"] = f"{found.until:%Y%m%d}"
        rule = _rule(parts)
        first = first_slot(rule, on=on, time=wall, zone=clock.zone, at=clock.now)
        check(rule, first)
        return Series(rule.text, first)
    except InvalidRecurrenceError:
        return None


def _one_interval_on(found: Repeat, parts: dict[str, str], clock: Calendar) -> tuple[date, time]:
    if found.begins and found.begins > clock.today:
        return found.begins, _MORNING
    minutes = int(parts.get("INTERVAL", "1")) * (60 if parts["FREQ"] == "HOURLY" else 1)
    begins = clock.wall(clock.minute + timedelta(minutes=minutes))
    return begins.date(), begins.time()


def _rule(parts: dict[str, str]) -> Rule:
    return Rule.parse(";".join(f"{name}={value}" for name, value in parts.items()))


def _day(slot: Slot) -> date:
    return slot.date() if isinstance(slot, datetime) else slot


def _head(tokens: Tokens, at: int, clock: Calendar) -> Repeat | None:
    word = tokens.word(at)
    if word in EVERY:
        from_completion = tokens.is_mark(at + 1, "!") and tokens.touches(at + 1)
        pattern = patterns.after_every(tokens, at + 1 + from_completion)
        return _repeat(at, pattern, "completion" if from_completion else "schedule")
    if word == "after":
        return _after(tokens, at)
    if tokens.word(at - 1) in _NOT_BEFORE:
        return None
    found = patterns.before_every(tokens, at)
    if not found:
        found = patterns.adverb(tokens, at) or patterns.plural(tokens, at)
        if found and not _stands(tokens, at, found, clock):
            return None
    return _repeat(at, found)


def _stands(tokens: Tokens, at: int, found: Pattern, clock: Calendar) -> bool:
    """Tell whether an adverb or a plural says how often: `daily 9am`, not `monthly report`."""
    end = found.end
    if tokens.word(at) == "on" or tokens.word(at + 1) == "on":
        return True
    if tokens.pauses(end) or exceptions.leads(tokens, end):
        return True
    if length := compact(tokens, end):
        return tokens.pauses(length.end)
    if tokens.word(end) in WEEKDAYS:  # daily mon
        return False
    several = hours(tokens, end)
    if several:
        return True
    first = day(tokens, end, clock, led=True) if end == at + 1 else None
    end = first.end if first else end
    led = tokens.word(end) in {"at", "@"}
    clock_time = hour(tokens, end + led, led=led, dated=True)
    end = clock_time.end if clock_time else end
    return end > found.end and tokens.pauses(end) and tokens.word(end) not in JOINERS


def _repeat(at: int, pattern: Pattern | None, anchor: Anchor = "schedule") -> Repeat | None:
    if not pattern:
        return None
    return Repeat(at, pattern.end, pattern.parts, anchor, pattern.part)


def _after(tokens: Tokens, at: int) -> Repeat | None:
    """`after 10 days` is `every! 10 days`."""
    amount = quantity(tokens, at + 1)
    if not amount or amount.unit == "minute" or not tokens.pauses(amount.end):
        return None
    return _repeat(at, patterns.after_every(tokens, at + 1), "completion")


def _clause(tokens: Tokens, found: Repeat, clock: Calendar) -> Repeat | None:
    """Read one more thing about a repeat: when it begins or ends, how long, at what time."""
    at = tokens.after_comma(found.end)
    word = tokens.word(at)
    ended = found.until or found.count or found.length
    completed = _completion(tokens, at)
    if completed and not found.several:
        return replace(found, anchor="completion", end=completed)
    if word in _STARTS and not found.begins:
        return _starting(tokens, at + 1, found, clock)
    if word in _ENDS and not ended:
        start = at + 1 + (tokens.word(at + 1) == "on")
        last = day(tokens, start, clock, led=True)
        return replace(found, until=last.date, end=last.end) if last else None
    if not ended:
        for_ = word == "for"
        times = number(tokens.word(at + for_))
        if times and tokens.word(at + for_ + 1) in {"times", "time", "occurrences"}:
            return replace(found, count=times, end=at + for_ + 2) if times <= _MOST else None
        length = quantity(tokens, at + 1) if for_ else None
        if length:
            inside_day = length.unit in {"minute", "hour"}
            return None if inside_day else replace(found, length=length, end=length.end)
    if found.wall:
        return None
    several = _several_times(tokens, at, found)
    if several:
        return several
    clock_time = _time(tokens, at, found)
    return replace(found, wall=clock_time.wall, end=clock_time.end) if clock_time else None


def _completion(tokens: Tokens, at: int) -> int:
    """Return the end of `after completion`, `from the last completion` at a token, or 0."""
    if tokens.word(at) not in _COUNTING_FROM:
        return 0
    at += 1
    while tokens.word(at) in {"the", "its", "last", "previous"}:
        at += 1
    return at + 1 if tokens.word(at) in _COMPLETION and tokens.pauses(at + 1) else 0


def _starting(tokens: Tokens, at: int, found: Repeat, clock: Calendar) -> Repeat | None:
    first = day(tokens, at + (tokens.word(at) == "on"), clock, led=True)
    if first and (tokens.word(first.end) in _ENDS or not ranges_on(tokens, first.end, clock)):
        begun = replace(found, begins=first.date, end=first.end)
        wall = first.wall if not found.wall else None
        return replace(begun, wall=wall) if wall else begun
    clock_time = _time(tokens, at, found) if not found.wall and not first else None
    return replace(found, wall=clock_time.wall, end=clock_time.end) if clock_time else None


def _several_times(tokens: Tokens, at: int, found: Repeat) -> Repeat | None:
    """Read `at 9am and 5pm`, as far as a rule can say it: at the same minute of each hour.

    Counted from completion there is only one time a day.
    """
    daily = found.parts["FREQ"] in {"DAILY", "WEEKLY"} and not found.part
    if not daily or found.anchor == "completion":
        return None
    led = tokens.word(at) in {"at", "@"}
    read = hours(tokens, at + led, led=led)
    each = sorted({one.wall.hour for one in read})
    if len(each) < 2 or len({one.wall.minute for one in read}) > 1:
        return None
    parts = found.parts | {"BYHOUR": ",".join(map(str, each))}
    return replace(found, parts=parts, wall=min(one.wall for one in read), end=read[-1].end)


def _time(tokens: Tokens, at: int, found: Repeat) -> Hour | None:
    led = tokens.word(at) in {"at", "@"}
    read = hour(tokens, at + led, led=led, dated=True)
    if not read or tokens.word(read.end) in QUANTIFIED:
        return None
    return within(read, found.part) if found.part else read
