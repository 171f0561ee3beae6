"""What comes next in a series of occurrences. Pure: no database, no clock.

A series is a rule, the slot it began at, and a zone. Arithmetic is in wall time; instants decide
only what is missed, what a UTC UNTIL ends, and which of two occurrences on one instant stays.
"""

from collections.abc import Container, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import Literal

from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.expansion import matching
from taskbell.recurrence.rules import Rule, check
from taskbell.recurrence.slots import Slot, day_of, instant_of, slot_of, today

Anchor = Literal["schedule", "completion"]
"""Whether the next occurrence is counted from the series or from when this one was done."""

_LONGEST_CHANGE = timedelta(hours=25)  # zones have left out a whole day
_SECOND = timedelta(seconds=1)


def next_slot(
    rule: Rule, *, start: Slot, after: Slot, zone: str, at: datetime | None = None
) -> Slot | None:
    """Return the first slot later than `after` of the series that began at `start`.

    With `at` (an instant) it is one that is not missed by then: its instant is later, or, all-day,
    it is today or later in `zone`. The start is the first occurrence, for COUNT too, even if it
    does not match the rule. None when the series is over: by COUNT, UNTIL, or the year 2200.
    """
    return next(_following(rule, start=start, after=after, zone=zone, at=at), None)


def next_from_completion(
    rule: Rule,
    *,
    slot: Slot,
    at: datetime,
    zone: str,
    number: int,
    taken: Container[Slot] = (),
) -> Slot | None:
    """Return the slot that follows when the `number`th occurrence (from 1), due at `slot`, is done.

    Counted as if the series began on the local day of `at`, at the time of `slot`, and on a later
    day than that; by hours or minutes, from the minute of `at`. None when that was the last one.

    What was done early may be followed by a slot before its own, and so lead to its own again. A
    slot names an occurrence and does so once: `slot` and those in `taken` are passed over.
    """
    if rule.count is not None and number >= rule.count:
        return None
    start: Slot = today(at, zone)
    after: Slot = start
    if isinstance(slot, datetime):
        if rule.within_day:
            start = after = slot_of(at, zone).replace(second=0)
        else:
            start, after = datetime.combine(start, slot.time()), datetime.combine(start, time.max)
    slots = _following(replace(rule, count=None), start=start, after=after, zone=zone, at=at)
    return next((free for free in slots if free != slot and free not in taken), None)


def first_slot(
    rule: Rule, *, on: date, time: time | None, zone: str, at: datetime | None = None
) -> Slot:
    """Return the first slot that matches on or after a date: where a series should begin.

    All-day where `time` is None; BYHOUR and BYMINUTE go before `time`. INTERVAL begins with the
    result: "every 2 weeks on Monday" is next Monday. With `at`, a slot that is not missed by then.
    Raises InvalidRecurrenceError when there is none.
    """
    start: Slot = on if time is None else datetime.combine(on, time.replace(microsecond=0))
    alone = replace(rule, interval=1, count=None)
    check(alone, start)
    since = start if rule.within_day or time is None else datetime.combine(on, time.min)
    since = _not_long_before(since, at, zone)
    slots = _distinct(matching(alone, start, since=since), zone)
    for slot in takewhile(lambda slot: not _ended(rule, slot, zone), slots):
        if at is None or not _missed(slot, at, zone):
            return slot
    raise InvalidRecurrenceError("It ends before it would come for the first time.")


def upcoming(
    rule: Rule,
    *,
    start: Slot,
    current: Slot,
    zone: str,
    anchor: Anchor,
    limit: int,
    at: datetime | None = None,
    number: int = 1,
) -> list[Slot]:
    """Return the current slot and those that follow, at most `limit`.

    With `at` those that will be missed by then are left out, as completing it then would. With
    anchor `completion`, as if each were done when it is due (the current one at `at` if that is
    later); `number` is the current one's, from 1.
    """
    if anchor == "schedule":
        rest = _following(rule, start=start, after=current, zone=zone, at=at)
        return [current, *islice(rest, limit - 1)]
    slots, slot = [current], current
    while len(slots) < limit:
        done = _due_instant(slot, zone)
        following = next_from_completion(
            rule, slot=slot, at=max(done, at or done), zone=zone, number=number, taken=slots
        )
        if following is None:
            break
        slots.append(following)
        slot, number = following, number + 1
    return slots


def _following(
    rule: Rule, *, start: Slot, after: Slot, zone: str, at: datetime | None
) -> Iterator[Slot]:
    if isinstance(start, datetime) != isinstance(after, datetime):
        raise TypeError("start and after must both be dates or both be times")
    last = _last(rule, start, zone)
    for slot in _series(rule, start=start, after=_not_long_before(after, at, zone), zone=zone):
        if _ended(rule, slot, zone) or (last is not None and slot > last):
            return
        if slot > after and (at is None or not _missed(slot, at, zone)):
            yield slot


def _series(rule: Rule, *, start: Slot, after: Slot, zone: str) -> Iterator[Slot]:
    if after < start:
        yield start
        after = start
    later = (slot for slot in matching(rule, start, since=after) if slot > after)
    yield from _distinct(later, zone)


@lru_cache(maxsize=1024)
def _last(rule: Rule, start: Slot, zone: str) -> Slot | None:
    """Return the last slot of a series by its COUNT, None when nothing or the year 2200 ends it."""
    if rule.count is None:
        return None
    slots = _series(rule, start=start, after=start, zone=zone)
    return start if rule.count == 1 else next(islice(slots, rule.count - 2, None), None)


def _distinct(slots: Iterator[Slot], zone: str) -> Iterator[Slot]:
    """Leave out what a change of the zone moves onto, or beyond, a slot that follows.

    "Every hour" is due once, not twice, at 03:00 when 02:00 is left out; "every day" in a zone that
    left out a day is due once on the day after. So instants always increase.
    """
    moved: list[tuple[Slot, Slot]] = []
    for slot in slots:
        real = slot_of(instant_of(slot, zone), zone) if isinstance(slot, datetime) else slot
        if real != slot:
            moved.append((slot, real))
            continue
        yield from (before for before, real in moved if real < slot)
        moved.clear()
        yield slot
    yield from (slot for slot, _ in moved)


def _not_long_before(after: Slot, at: datetime | None, zone: str) -> Slot:
    """Return a slot as late as possible such that whatever is wanted comes after it."""
    if at is None:
        return after
    if not isinstance(after, datetime):
        return max(after, today(at, zone) - timedelta(days=1))
    # a wall time before that of `at` can still come only if a change moved it forward
    earlier = min(slot_of(at, zone), slot_of(at - _LONGEST_CHANGE, zone) + _LONGEST_CHANGE)
    return max(after, earlier - _SECOND)


def _missed(slot: Slot, at: datetime, zone: str) -> bool:
    if isinstance(slot, datetime):
        return instant_of(slot, zone) <= at
    return slot < today(at, zone)


def _ended(rule: Rule, slot: Slot, zone: str) -> bool:
    until = rule.until
    if until is None:
        return False
    if not isinstance(until, datetime):
        return day_of(slot) > until
    moment = slot if isinstance(slot, datetime) else datetime.combine(slot, time.min)
    if until.tzinfo:
        # not the other way round: the last second of the year 9999 has no wall time in Asia
        return instant_of(moment, zone) > until
    return moment > until


def _due_instant(slot: Slot, zone: str) -> datetime:
    noon = slot if isinstance(slot, datetime) else datetime.combine(slot, time(12))
    return instant_of(noon, zone)
