"""What RFC 5545 says of rules, done the slow and obvious way: each day, and each time, is asked.

It shares nothing with what it checks but the parts of a rule.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import groupby

from taskbell.recurrence.rules import Rule
from taskbell.recurrence.slots import Slot

DAY = timedelta(days=1)


def plainly(rule: Rule, start: Slot, *, days: int) -> list[Slot]:
    """The slots that match within so many days from the start on."""
    first = start.date() if isinstance(start, datetime) else start
    end = first + days * DAY
    # so much further that the first and the last period are whole
    margin = {"YEARLY": 375, "MONTHLY": 32, "WEEKLY": 7}.get(rule.frequency, 0) * DAY
    found: list[Slot] = []
    candidates = _candidates(rule, start, first - margin, end + margin)
    for period, slots in groupby(candidates, lambda pair: pair[0]):
        if (period - _period(rule, start, start)) % rule.interval == 0:
            found += _positions(rule, sorted({slot for _, slot in slots}))
    last = end if not isinstance(start, datetime) else datetime.combine(end, time.min)
    return [slot for slot in sorted(set(found)) if start <= slot < last]


def _candidates(rule: Rule, start: Slot, begin: date, end: date) -> Iterator[tuple[int, Slot]]:
    months = rule.months
    month_days = _implied_month_day(rule, start)
    if month_days and rule.frequency == "YEARLY" and not months:
        months = (start.month,)
    skip = rule.skip or ("BACKWARD" if month_days else "OMIT")
    month_days = month_days or rule.month_days
    day = begin
    while day < end:
        for origin in _origins(day, month_days, skip):
            if (not months or origin.month in months) and _other_parts(rule, start, day):
                for slot in _times(rule, start, day):
                    yield _period(rule, start, slot, origin), slot
        day += DAY


def _implied_month_day(rule: Rule, start: Slot) -> tuple[int, ...]:
    given = rule.week_days or rule.month_days or rule.year_days or rule.week_numbers
    return () if given or rule.frequency not in ("YEARLY", "MONTHLY") else (start.day,)


def _origins(day: date, month_days: tuple[int, ...], skip: str) -> list[date]:
    """The months (by a day in them) for which a day stands: its own, or the one it moved from."""
    if not month_days:
        return [day]
    length = monthrange(day.year, day.month)[1]
    own = day.day in month_days or day.day - length - 1 in month_days
    if skip == "BACKWARD" and day.day == length and max(month_days) > length:
        own = True
    before = day.replace(day=1) - DAY
    moved = skip == "FORWARD" and day.day == 1 and max(month_days) > before.day
    return ([before] if moved else []) + ([day] if own else [])


def _other_parts(rule: Rule, start: Slot, day: date) -> bool:
    year_length = date(day.year, 12, 31).timetuple().tm_yday
    of_year = day.timetuple().tm_yday
    if rule.year_days and not {of_year, of_year - year_length - 1} & set(rule.year_days):
        return False
    if rule.week_numbers:
        _, week, weeks = _week(day, rule.week_start)
        if not {week, week - weeks - 1} & set(rule.week_numbers):
            return False
    weekdays = rule.week_days
    alone = not (rule.month_days or rule.year_days)
    if not weekdays and (rule.frequency == "WEEKLY" or (rule.week_numbers and alone)):
        weekdays = ((0, start.weekday()),)
    return not weekdays or any(_is_weekday(rule, day, *one) for one in weekdays)


def _is_weekday(rule: Rule, day: date, ordinal: int, weekday: int) -> bool:
    if day.weekday() != weekday:
        return False
    in_month = rule.frequency == "MONTHLY" or rule.months
    place, length = day.day, monthrange(day.year, day.month)[1]
    if not in_month:
        place, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
    from_start, from_end = (place - 1) // 7 + 1, -((length - place) // 7 + 1)
    return ordinal in (0, from_start, from_end)


def _times(rule: Rule, start: Slot, day: date) -> Iterator[Slot]:
    if not isinstance(start, datetime):
        yield day
        return
    each_hour = rule.frequency in ("HOURLY", "MINUTELY")
    each_minute = rule.frequency == "MINUTELY"
    for hour in rule.hours or (range(24) if each_hour else (start.hour,)):
        for minute in rule.minutes or (range(60) if each_minute else (start.minute,)):
            yield datetime.combine(day, time(hour, minute))


def _period(rule: Rule, start: Slot, slot: Slot, origin: date | None = None) -> int:
    day = origin or slot
    ordinal = slot.toordinal()
    moment = slot if isinstance(slot, datetime) else datetime.combine(slot, time.min)
    match rule.frequency:
        case "YEARLY":
            own = slot.date() if isinstance(slot, datetime) else slot
            return _week(own, rule.week_start)[0] if rule.week_numbers else day.year
        case "MONTHLY":
            return day.year * 12 + day.month
        case "WEEKLY":
            return (ordinal + 6 - rule.week_start) // 7
        case "DAILY":
            return ordinal
        case "HOURLY":
            return ordinal * 24 + moment.hour
        case _:
            return (ordinal * 24 + moment.hour) * 60 + moment.minute


def _positions(rule: Rule, slots: list[Slot]) -> list[Slot]:
    if not rule.positions:
        return slots
    places = {place - 1 if place > 0 else len(slots) + place for place in rule.positions}
    return [slot for place, slot in enumerate(slots) if place in places]


@cache
def _week(day: date, week_start: int) -> tuple[int, int, int]:
    """Year, number and how many weeks that year has, by counting them."""
    begin = day - (day.weekday() - week_start) % 7 * DAY
    year = _year_of_week(begin)
    before = sum(1 for back in range(1, 54) if _year_of_week(begin - back * 7 * DAY) == year)
    behind = sum(1 for on in range(1, 54) if _year_of_week(begin + on * 7 * DAY) == year)
    return year, before + 1, before + 1 + behind


def _year_of_week(begin: date) -> int:
    return Counter((begin + day * DAY).year for day in range(7)).most_common(1)[0][0]
