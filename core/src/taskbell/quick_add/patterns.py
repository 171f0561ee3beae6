"""How often: what follows `every`, as parts of an RRULE."""

from dataclasses import dataclass

from taskbell.quick_add.monthly import (
    LONGEST_LIST,
    SEPARATORS,
    WORKDAYS,
    Read,
    days_of_month,
    in_month,
    in_year,
    month_edge,
    of_every_month,
    of_month,
)
from taskbell.quick_add.quantities import unit
from taskbell.quick_add.times import PARTS
from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import (
    ORDINAL_WORDS,
    PLURAL_WEEKDAYS,
    WEEKDAY_CODES,
    WEEKDAYS,
    figure,
    lexicon,
    number,
    ordinal,
)

_FREQUENCIES = {
    "minute": "MINUTELY",
    "hour": "HOURLY",
    "day": "DAILY",
    "week": "WEEKLY",
    "month": "MONTHLY",
    "year": "YEARLY",
}
_SINGULAR = lexicon("hour day week fortnight month quarter year")
_GROUPS = {
    "weekday": WORKDAYS,
    "weekdays": WORKDAYS,
    "workday": WORKDAYS,
    "workdays": WORKDAYS,
    "weekend": "SA",  # as Todoist has it
    "weekends": "SA,SU",
}
_ADVERBS = {
    **dict.fromkeys(["hourly"], (1, "hour")),
    **dict.fromkeys(["daily", "everyday"], (1, "day")),
    **dict.fromkeys(["weekly"], (1, "week")),
    **dict.fromkeys(["biweekly", "bi-weekly", "fortnightly"], (2, "week")),
    **dict.fromkeys(["monthly"], (1, "month")),
    **dict.fromkeys(["quarterly"], (3, "month")),
    **dict.fromkeys(["yearly", "annually"], (1, "year")),
}
_RANGES = frozenset({"-", "–", "to", "through", "thru"})
_MOST = 999


@dataclass(frozen=True, slots=True)
class Pattern:
    """The parts of a rule, up to the token `end`; `part` is the part of the day it names."""

    parts: dict[str, str]
    end: int
    part: str = ""


def after_every(tokens: Tokens, at: int) -> Pattern | None:
    """Read what follows `every`: `3 days`, `other friday`, `mon and wed`, `1st`, `jan 27`."""
    for reader in (_other, _edge, _amount, _group, _weekly, _monthly, _yearly, _numbers):
        found = reader(tokens, at)
        if found:
            return found
    return None


def adverb(tokens: Tokens, at: int) -> Pattern | None:
    """Read `daily`, `monthly on the 1st`, `weekly friday`; also before a noun: `monthly report`."""
    scale = _ADVERBS.get(tokens.word(at))
    return _scaled(tokens, *scale, at + 1, bare=True) if scale else None


def plural(tokens: Tokens, at: int) -> Pattern | None:
    """Read `mondays and thursdays`, `weekdays`, `on weekends`; also before a noun."""
    at += tokens.word(at) == "on"
    word = tokens.word(at)
    found = _days(tokens, at, PLURAL_WEEKDAYS)
    if not found and word in _GROUPS and word.endswith("s"):
        found = _GROUPS[word], at + 1
    return Pattern({"FREQ": "WEEKLY", "BYDAY": found[0]}, found[1]) if found else None


def before_every(tokens: Tokens, at: int) -> Pattern | None:
    """Read `on the last friday of every month`, `1st of each month`, `end of every month`."""
    day, of = month_edge(tokens, at)
    months = of_every_month(tokens, of) if day and tokens.word(of + 2) != "quarter" else None
    if months:
        return Pattern({"FREQ": "MONTHLY"} | months[0] | {"BYMONTHDAY": day}, months[1])
    days = in_month(tokens, at + (tokens.word(at) == "on"))
    months = days and of_every_month(tokens, days[1])
    if not days or not months:
        return None
    return Pattern({"FREQ": "MONTHLY"} | months[0] | days[0], months[1])


def _other(tokens: Tokens, at: int) -> Pattern | None:
    if tokens.word(at) != "other":
        return None
    scale = unit(tokens.word(at + 1)) if tokens.word(at + 1) in _SINGULAR else None
    if scale:
        return _scaled(tokens, 2 * scale[0], scale[1], at + 2)
    found = _days(tokens, at + 1, WEEKDAYS)
    if not found:
        return None
    return Pattern({"FREQ": "WEEKLY", "INTERVAL": "2", "BYDAY": found[0]}, found[1])


def _edge(tokens: Tokens, at: int) -> Pattern | None:
    """`end of the month`, `month end`."""
    day, of = month_edge(tokens, at)
    end = of + 1 + (tokens.word(of + 1) == "the") if day else at
    if tokens.word(end) != "month" or not (day or tokens.word(at + 1) == "end"):
        return None
    end += 1 if day else 2
    if not tokens.pauses(end):
        return None
    return Pattern({"FREQ": "MONTHLY", "BYMONTHDAY": day or "-1"}, end)


def _amount(tokens: Tokens, at: int) -> Pattern | None:
    """`day`, `3 days`, `two weeks`, `2nd day`, `30 minutes`."""
    word, noun = tokens.word(at), tokens.word(at + 1)
    if word in _SINGULAR:
        scale = unit(word)
        return _scaled(tokens, *scale, at + 1) if scale else None
    count = number(word)
    if not count and noun in _SINGULAR and not tokens.words(at + 2, "of"):
        count = ordinal(word) or ORDINAL_WORDS.get(word)
        count = count if count and count > 1 else None
    scale = unit(noun)
    if not count or not scale or not 1 <= count * scale[0] <= _MOST:
        return None
    return _scaled(tokens, count * scale[0], scale[1], at + 2)


def _scaled(
    tokens: Tokens, interval: int, name: str, end: int, *, bare: bool = False
) -> Pattern | None:
    """Return the pattern of so many units, with what follows: `on monday`, `on the 1st`.

    `bare`: without `on`, too. None for a weekday of the year that no month tells.
    """
    parts = {"FREQ": _FREQUENCIES[name]}
    if interval > 1:
        parts["INTERVAL"] = str(interval)
    on = tokens.word(end) == "on"
    found: Read | None = None
    if name == "week":
        days = _days(tokens, end + on, WEEKDAYS) or _days(tokens, end + on, PLURAL_WEEKDAYS)
        found = ({"BYDAY": days[0]}, days[1]) if days else None
    elif name == "month" and (on or bare):
        found = in_month(tokens, end + on)
    elif name == "year" and (on or bare):
        found = in_year(tokens, end + on + (tokens.word(end + on) == "the"))
        weekday = None if found else in_month(tokens, end + on)
        if weekday and "BYDAY" in weekday[0]:
            months, after = of_month(tokens, weekday[1])
            if "BYMONTH" not in months:
                return None
            found = (weekday[0] | months, after)
    return Pattern(parts | found[0], found[1]) if found else Pattern(parts, end)


def _group(tokens: Tokens, at: int) -> Pattern | None:
    word = tokens.word(at)
    if word in _GROUPS:
        return Pattern({"FREQ": "WEEKLY", "BYDAY": _GROUPS[word]}, at + 1)
    return Pattern({"FREQ": "DAILY"}, at + 1, part=word) if word in PARTS else None


def _weekly(tokens: Tokens, at: int) -> Pattern | None:
    found = _days(tokens, at, WEEKDAYS) or _days(tokens, at, PLURAL_WEEKDAYS)
    return Pattern({"FREQ": "WEEKLY", "BYDAY": found[0]}, found[1]) if found else None


def _monthly(tokens: Tokens, at: int) -> Pattern | None:
    """`1st`, `15th and last day of the month`, `first monday of jan and jul`."""
    dated = _yearly(tokens, at) if ordinal(tokens.word(at)) else None
    if dated:  # `1st of january`
        return dated
    days = in_month(tokens, at)
    if not days:
        return None
    months, end = of_month(tokens, days[1])
    if end == days[1] and "BYDAY" not in days[0] and not tokens.pauses(end):
        return None  # `every 5th apple`
    once_a_year = "BYDAY" in days[0] and "," not in months.get("BYMONTH", ",")
    return Pattern({"FREQ": "YEARLY" if once_a_year else "MONTHLY"} | days[0] | months, end)


def _yearly(tokens: Tokens, at: int) -> Pattern | None:
    found = in_year(tokens, at)
    return Pattern({"FREQ": "YEARLY"} | found[0], found[1]) if found else None


def _numbers(tokens: Tokens, at: int) -> Pattern | None:
    """`27`, `2, 15, 27`: days of the month."""
    days: list[int] = []
    end = at
    while (day := figure(tokens.word(at))) and len(days) < LONGEST_LIST:
        days.append(day)
        end = at + 1
        at = tokens.after_comma(end)
        at += tokens.word(at) in SEPARATORS
    if not days or max(days) > 31 or not tokens.pauses(end):
        return None
    return Pattern({"FREQ": "MONTHLY"} | days_of_month(days), end)


def _days(tokens: Tokens, at: int, names: dict[str, int]) -> tuple[str, int] | None:
    """Read weekdays: `mon, wed and fri`, `mon wed`, `mon/wed`, `monday to friday`, `mon-fri`."""
    days: list[int] = []
    end = at
    while (some := _some_days(tokens.word(at), names)) and len(days) < LONGEST_LIST:
        days += some
        end = at + 1
        last = names.get(tokens.word(end + 1)) if tokens.word(end) in _RANGES else None
        if last is not None:
            days += _range(days[-1], last)
            end += 2
        at = tokens.after_comma(end)
        at += tokens.word(at) in SEPARATORS
    chosen = sorted(set(days))
    return (",".join(WEEKDAY_CODES[day] for day in chosen), end) if chosen else None


def _some_days(word: str, names: dict[str, int]) -> list[int]:
    """Return the weekdays of one word: `mon`, `mon/wed`, `mon-fri`."""
    if word in names:
        return [names[word]]
    ends = [names.get(part) for part in word.replace("–", "-").split("-")]
    if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
        return _range(ends[0], ends[1])
    days = [names.get(part) for part in word.split("/")]
    known = [day for day in days if day is not None]
    return known if len(known) == len(days) else []


def _range(first: int, last: int) -> list[int]:
    return [(first + n) % 7 for n in range((last - first) % 7 + 1)]
