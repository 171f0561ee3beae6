"""Days of the month, as a rule names them: `1st and 15th`, `last friday`, `first workday`."""

from collections.abc import Sequence

from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import (
    MONTHS,
    ORDINAL_WORDS,
    WEEKDAY_CODES,
    WEEKDAYS,
    figure,
    number,
    ordinal,
)
from taskbell.quick_add.written import day_and_month

WORKDAYS = "MO,TU,WE,TH,FR"
SEPARATORS = frozenset({"and", "&", "+"})
LONGEST_LIST = 31
"""So many items are read of a list, so that reading it again from each of them stays cheap."""

_IN_EVERY_MONTH = 28
_SHORTEST = {2: 28, 4: 30, 6: 30, 9: 30, 11: 30}

Read = tuple[dict[str, str], int]
"""Parts of a rule, and the token behind what they were read from."""


def in_month(tokens: Tokens, at: int) -> Read | None:
    """Read the days of a month: `the 1st and 15th`, `last day`, `first monday`, `day 15`."""
    at += tokens.word(at) == "the"
    if tokens.word(at) == "day" and figure(tokens.word(at + 1)):
        return _days([figure(tokens.word(at + 1)) or 0], at + 2)
    numbers, end, in_words = _ordinals(tokens, at)
    if not numbers:
        return None
    noun = tokens.word(end)
    codes = _codes(noun)
    if codes:
        if not all(n == -1 or 1 <= n <= 5 for n in numbers):
            return None
        return {"BYDAY": ",".join(f"{n}{codes}" for n in numbers)}, end + 1
    workday_end = _workday(tokens, end)
    if workday_end:
        return {"BYDAY": WORKDAYS, "BYSETPOS": _text(numbers)}, workday_end
    if noun == "day":
        return _days(numbers, end + 1)
    if in_words and not (tokens.words(end, "of the month") or of_every_month(tokens, end)):
        return None
    return _days(numbers, end)


def month_edge(tokens: Tokens, at: int) -> tuple[str, int]:
    """Read `end of`, `the beginning of`, `at the start of`: a day of a month, and the end, or 0."""
    at += tokens.word(at) in {"at", "by", "on"}
    at += tokens.word(at) == "the"
    day = {"end": "-1", "start": "1", "beginning": "1"}.get(tokens.word(at), "")
    return (day, at + 1) if day and tokens.word(at + 1) == "of" else ("", 0)


def of_month(tokens: Tokens, at: int) -> Read:
    """Read `of the month`, `of every 2 months`, `of jan and jul`, `jan, apr, jul`, or nothing."""
    if tokens.words(at, "of the month"):
        return {}, at + 3
    every = of_every_month(tokens, at)
    if every:
        return every
    months, end = _months(tokens, at + (tokens.word(at) in {"of", "in"}))
    return ({"BYMONTH": _text(months)}, end) if months else ({}, at)


def of_every_month(tokens: Tokens, at: int) -> Read | None:
    """Read `of every month`, `of each month`, `of every other month`, `of every 2 months`."""
    if tokens.word(at) != "of" or tokens.word(at + 1) not in {"every", "each"}:
        return None
    word, noun = tokens.word(at + 2), tokens.word(at + 3)
    if word in {"month", "quarter"}:
        return ({"INTERVAL": "3"} if word == "quarter" else {}), at + 3
    interval = 2 if word == "other" else number(word) or 0
    if noun in {"month", "months"} and 1 <= interval <= 99:
        return {"INTERVAL": str(interval)}, at + 4
    return None


def in_year(tokens: Tokens, at: int) -> Read | None:
    """Read days of the year: `jan 27`, `27th of january`, `27 jan, jul`, `january`.

    Several must be the same day of some months, or some days of one month: one rule says no more.
    """
    pairs: list[tuple[int, int]] = []
    end = at
    while (found := day_and_month(tokens, at)) and len(pairs) < LONGEST_LIST:
        pairs.append((found[0], found[1]))
        end = found[2]
        at = _next_item(tokens, end)
    more, after = _months(tokens, at)
    if not pairs:
        alone = more and tokens.pauses(after)
        return ({"BYMONTH": _text(more), "BYMONTHDAY": "1"}, after) if alone else None
    if more:
        pairs += [(pairs[0][0], month) for month in more]
        end = after
    days, months = sorted({day for day, _ in pairs}), sorted({month for _, month in pairs})
    if len(days) * len(months) != len(set(pairs)) or not _exist(days, months):
        return None
    return days_of_month(days, months) | {"BYMONTH": _text(months)}, end


def days_of_month(days: Sequence[int], months: Sequence[int] = ()) -> dict[str, str]:
    """Return the parts for days of a month (-1 is the last), in all months or some.

    Where a month is too short for the day, its last day counts: nobody who pays on the 31st wants
    to pay nothing in April. RFC 5545 would leave April out.
    """
    shortest = min((_SHORTEST.get(month, 31) for month in months), default=_IN_EVERY_MONTH)
    if max(days) <= shortest:
        return {"BYMONTHDAY": _text(days)}
    if len(days) > 1 or len(months) > 1:
        return {"RSCALE": "GREGORIAN", "BYMONTHDAY": _text(days), "SKIP": "BACKWARD"}
    if days[0] == 31 or list(months) == [2]:
        return {"BYMONTHDAY": "-1"}
    candidates = range(shortest, days[0] + 1)
    return {"BYMONTHDAY": _text(candidates), "BYSETPOS": "-1"}


def _days(numbers: Sequence[int], end: int) -> Read | None:
    if not all(n == -1 or 1 <= n <= 31 for n in numbers):
        return None
    return days_of_month(numbers), end


def _exist(days: Sequence[int], months: Sequence[int]) -> bool:
    longest = {**dict.fromkeys(range(1, 13), 31), **_SHORTEST, 2: 29}
    return min(days) >= 1 and all(max(days) <= longest[month] for month in months)


def _ordinals(tokens: Tokens, at: int) -> tuple[list[int], int, bool]:
    """Return the numbers, the token behind them, and whether one is in words (`second`)."""
    numbers: list[int] = []
    end, in_words = at, False
    while (value := _ordinal(tokens.word(at))) and len(numbers) < LONGEST_LIST:
        numbers.append(value)
        in_words |= not tokens.word(at)[0].isdigit()
        end = at + 1
        at = _next_item(tokens, end)
        at += tokens.word(at) == "the"
    return numbers, end, in_words


def _ordinal(word: str) -> int | None:
    return -1 if word == "last" else ordinal(word) or ORDINAL_WORDS.get(word)


def _months(tokens: Tokens, at: int) -> tuple[list[int], int]:
    months: list[int] = []
    end = at
    while (month := MONTHS.get(tokens.word(at))) and len(months) < LONGEST_LIST:
        months.append(month)
        end = at + 1
        at = _next_item(tokens, end)
    return sorted(set(months)), end


def _next_item(tokens: Tokens, end: int) -> int:
    """Return where the next item of a list would begin: behind `,`, `and`, or both."""
    at = tokens.after_comma(end)
    return at + (tokens.word(at) in SEPARATORS)


def _codes(noun: str) -> str:
    weekday = WEEKDAYS.get(noun)
    return "" if weekday is None else WEEKDAY_CODES[weekday]


def _workday(tokens: Tokens, at: int) -> int:
    """Return the end of `workday` or a synonym at a token, 0 when there is none."""
    if tokens.word(at) in {"workday", "weekday"}:
        return at + 1
    return at + 2 if tokens.words(at, "working day") or tokens.words(at, "business day") else 0


def _text(numbers: Sequence[int]) -> str:
    return ",".join(map(str, dict.fromkeys(numbers)))
