"""The same repeat in words that other calendars understand: RFC 5545 alone, nothing taken along."""

from dataclasses import replace

from taskbell.recurrence.rules import Rule
from taskbell.recurrence.slots import Slot, day_of

_IN_EVERY_MONTH = 28


def portable_text(rule: Rule, start: Slot) -> str | None:
    """Return an RRULE without SKIP that gives the slots of the series that began at `start`.

    "Every month" from the 31st is the last day of each month here, but leaves short months out
    elsewhere: `BYMONTHDAY=28,29,30,31;BYSETPOS=-1` says the same everywhere. None for the few rules
    that cannot be said so.
    """
    day = day_of(start)
    plain = replace(rule, skip=None)
    if rule.frequency not in ("MONTHLY", "YEARLY") or rule.year_days or rule.week_days:
        return plain.text
    if rule.week_numbers:
        weekdays = rule.week_days if rule.month_days else ((0, day.weekday()),)
        return replace(plain, week_days=weekdays).text
    if rule.month_days:
        return plain.text if rule.skip in (None, "OMIT") else None
    if day.day <= _IN_EVERY_MONTH:
        return plain.text
    if rule.skip == "OMIT":
        months = rule.months or ((day.month,) if rule.frequency == "YEARLY" else ())
        return replace(plain, months=months, month_days=(day.day,)).text
    if rule.skip == "FORWARD" or rule.positions or len(rule.hours) > 1 or len(rule.minutes) > 1:
        return None
    return _last_of_some_days(plain, day.month, day.day)


def _last_of_some_days(plain: Rule, month: int, day: int) -> str | None:
    month_days = tuple(range(_IN_EVERY_MONTH, day + 1))
    rule = replace(plain, month_days=month_days, positions=(-1,))
    if rule.frequency == "YEARLY":
        rule = replace(rule, months=rule.months or (month,))
        if len(rule.months) > 1:
            if rule.interval > 1:
                return None
            rule = replace(rule, frequency="MONTHLY")
    return rule.text
