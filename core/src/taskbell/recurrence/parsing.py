"""Reading a rule: part by part, each refusal in words that its writer understands."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import cast, get_args

from taskbell.recurrence.days import Skip, ever
from taskbell.recurrence.errors import InvalidRecurrenceError
from taskbell.recurrence.rules import WEEKDAYS, Frequency, Rule

LONGEST = 500
"""So many characters may a rule have."""

MOST_OCCURRENCES = 5_000
"""COUNT goes up to this: the end of a series is found by counting."""

_NUMBER = re.compile(r"[+-]?\d{1,6}", re.ASCII)
_WEEKDAY = re.compile(r"([+-]?\d{1,2})?([A-Z]{2})", re.ASCII)
_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII)

# name: lowest, highest, whether it may count from the end
_LISTS = {
    "BYMONTH": (1, 12, False),
    "BYWEEKNO": (1, 53, True),
    "BYYEARDAY": (1, 366, True),
    "BYMONTHDAY": (1, 31, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSETPOS": (1, 366, True),
}
_OTHERS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYSECOND", "WKST", "RSCALE", "SKIP"}
_NOT_WITH = {  # RFC 5545's table: these would mean nothing
    "BYWEEKNO": {"MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"},
    "BYYEARDAY": {"MONTHLY", "WEEKLY", "DAILY"},
    "BYMONTHDAY": {"WEEKLY"},
}


@lru_cache(maxsize=1024)
def parse(text: str) -> Rule:
    """Read a rule; `Rule.parse` is its public name. Raises InvalidRecurrenceError."""
    parts = _split(text)
    frequency = _frequency(parts)
    rule = Rule(
        frequency=frequency,
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), 1, 999_999),
        count=(_number("COUNT", parts["COUNT"], 1, MOST_OCCURRENCES) if "COUNT" in parts else None),
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
        months=_list(parts, "BYMONTH"),
        week_numbers=_list(parts, "BYWEEKNO"),
        year_days=_list(parts, "BYYEARDAY"),
        month_days=_list(parts, "BYMONTHDAY"),
        week_days=_week_days(parts, frequency),
        hours=_list(parts, "BYHOUR"),
        minutes=_list(parts, "BYMINUTE"),
        seconds=_seconds(parts),
        positions=_list(parts, "BYSETPOS"),
        week_start=_week_start(parts),
        skip=_skip(parts),
    )
    _refuse_what_does_not_go_together(rule, parts)
    if not ever(rule.day_parts()):
        named = ";".join(f"{name}={value}" for name, value in parts.items() if name[:2] == "BY")
        raise InvalidRecurrenceError(f"There is no such day in any year: {named}.")
    return rule


def _split(text: str) -> dict[str, str]:
    if len(text) > LONGEST:
        raise InvalidRecurrenceError(f"A rule has at most {LONGEST} characters.")
    line = text.strip().upper()
    if "\n" in line or "\r" in line or line.startswith(("DTSTART", "EXDATE", "RDATE", "EXRULE")):
        raise InvalidRecurrenceError(
            "Give one RRULE and nothing else: the start is the task's due date."
        )
    parts: dict[str, str] = {}
    for part in line.removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not (equals and name and value):
            raise InvalidRecurrenceError(
                "A rule is made of NAME=VALUE parts with ';' between, such as "
                "FREQ=WEEKLY;BYDAY=MO,WE."
            )
        if name not in _LISTS and name not in _OTHERS:
            raise InvalidRecurrenceError(f"{_quoted(name)} is not a part of a rule.")
        if name in parts:
            raise InvalidRecurrenceError(f"{name} is there twice.")
        parts[name] = value
    return parts


def _frequency(parts: dict[str, str]) -> Frequency:
    names = get_args(Frequency)
    given = parts.get("FREQ")
    if given is None:
        raise InvalidRecurrenceError(f"FREQ is missing: one of {', '.join(names)}.")
    if given == "SECONDLY":
        raise InvalidRecurrenceError(
            "FREQ=SECONDLY is too often for a task: a minute is the least (FREQ=MINUTELY)."
        )
    if given not in names:
        raise InvalidRecurrenceError(f"FREQ must be one of {', '.join(names)}.")
    return cast(Frequency, given)


def _number(name: str, text: str, low: int, high: int, *, signed: bool = False) -> int:
    range_ = f"from {low} to {high}" + (f" or from -{high} to -{low}" if signed else "")
    if not _NUMBER.fullmatch(text):
        raise InvalidRecurrenceError(f"{name}: {_quoted(text)} is not a whole number {range_}.")
    number = int(text)
    if not low <= (abs(number) if signed else number) <= high:
        raise InvalidRecurrenceError(f"{name}: {number} is not {range_}.")
    return number


def _list(parts: dict[str, str], name: str) -> tuple[int, ...]:
    if name not in parts:
        return ()
    low, high, signed = _LISTS[name]
    numbers = {_number(name, x, low, high, signed=signed) for x in parts[name].split(",")}
    return tuple(sorted(numbers, key=_from_the_start_first))


def _from_the_start_first(number: int) -> tuple[bool, int]:
    return number < 0, number


def _week_days(parts: dict[str, str], frequency: Frequency) -> tuple[tuple[int, int], ...]:
    if "BYDAY" not in parts:
        return ()
    highest = 5 if frequency == "MONTHLY" or "BYMONTH" in parts else 53
    days: set[tuple[int, int]] = set()
    for text in parts["BYDAY"].split(","):
        found = _WEEKDAY.fullmatch(text)
        if not found or found[2] not in WEEKDAYS:
            raise InvalidRecurrenceError(
                f"BYDAY: {_quoted(text)} is not a weekday such as MO, or 2MO or -1FR."
            )
        ordinal = 0
        if found[1]:
            if frequency not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts:
                raise InvalidRecurrenceError(
                    f"BYDAY: {_quoted(text)} counts weekdays in a month or a year, which goes "
                    "with FREQ=MONTHLY, or FREQ=YEARLY without BYWEEKNO."
                )
            ordinal = _number("BYDAY", found[1], 1, highest, signed=True)
        days.add((ordinal, WEEKDAYS.index(found[2])))
    return tuple(sorted(days, key=lambda day: (*_from_the_start_first(day[0]), day[1])))


def _seconds(parts: dict[str, str]) -> tuple[int, ...]:
    if "BYSECOND" not in parts:
        return ()
    if not re.fullmatch("0{1,2}", parts["BYSECOND"]):
        raise InvalidRecurrenceError("BYSECOND can only be 0: a minute is the least.")
    return (0,)


def _week_start(parts: dict[str, str]) -> int:
    given = parts.get("WKST", "MO")
    if given not in WEEKDAYS:
        raise InvalidRecurrenceError(f"WKST must be one of {', '.join(WEEKDAYS)}.")
    return WEEKDAYS.index(given)


def _skip(parts: dict[str, str]) -> Skip | None:
    if parts.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise InvalidRecurrenceError("RSCALE: only the GREGORIAN calendar is known.")
    names = get_args(Skip)
    if "SKIP" not in parts:
        return "OMIT" if "RSCALE" in parts else None  # RFC 7529's default
    if parts["SKIP"] not in names:
        raise InvalidRecurrenceError(f"SKIP must be one of {', '.join(names)}.")
    return cast(Skip, parts["SKIP"])


def _until(text: str) -> date | datetime:
    if not _UNTIL.fullmatch(text):
        raise InvalidRecurrenceError(
            "UNTIL is a date such as 20261231, a local time such as 20261231T090000, or a time in "
            "UTC such as 20261231T090000Z."
        )
    try:
        if len(text) == 8:
            return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 (a date)
        moment = datetime.strptime(text[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 (wall time)
    except ValueError:
        raise InvalidRecurrenceError(f"UNTIL: {text} is not in the calendar.") from None
    return moment.replace(tzinfo=UTC) if text.endswith("Z") else moment


def _refuse_what_does_not_go_together(rule: Rule, parts: dict[str, str]) -> None:
    if rule.count and rule.until:
        raise InvalidRecurrenceError("COUNT and UNTIL exclude each other: give one.")
    for name, frequencies in _NOT_WITH.items():
        if name in parts and rule.frequency in frequencies:
            raise InvalidRecurrenceError(f"{name} does not go with FREQ={rule.frequency}.")
    if rule.positions:
        _refuse_positions_without_choice(rule, parts)
    if rule.skip in ("BACKWARD", "FORWARD"):
        if rule.frequency not in ("MONTHLY", "YEARLY"):
            raise InvalidRecurrenceError("SKIP goes with FREQ=MONTHLY and FREQ=YEARLY.")
        if rule.week_days or rule.week_numbers or rule.year_days:
            raise InvalidRecurrenceError(
                "SKIP moves days of the month: it does not go with BYDAY, BYWEEKNO or BYYEARDAY."
            )


def _refuse_positions_without_choice(rule: Rule, parts: dict[str, str]) -> None:
    if not any(name[:2] == "BY" and name != "BYSETPOS" for name in parts):
        raise InvalidRecurrenceError(
            "BYSETPOS chooses among what another BY part gives, and there is none."
        )
    if rule.frequency in ("YEARLY", "MONTHLY"):
        return  # that depends on the month
    most = len(rule.minutes) or 1 if rule.frequency != "MINUTELY" else 1
    if not rule.within_day:
        most *= len(rule.hours) or 1
    if rule.frequency == "WEEKLY":
        most *= len(rule.week_days) or 1
    if all(abs(place) > most for place in rule.positions):
        raise InvalidRecurrenceError(
            f"BYSETPOS={parts['BYSETPOS']} never comes: with FREQ={rule.frequency} the other parts "
            f"give {most} to choose from."
        )


def _quoted(text: str) -> str:
    return f"“{text[:20]}”"
