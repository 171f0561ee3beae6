"""Days that a repeat leaves out: `every day except sunday`, `every weekday but not on friday`."""

from dataclasses import dataclass

from taskbell.quick_add.monthly import LONGEST_LIST
from taskbell.quick_add.times import PARTS, hour
from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import (
    MONTHS,
    ORDINAL_WORDS,
    PLURAL_WEEKDAYS,
    WEEKDAY_CODES,
    WEEKDAYS,
    lexicon,
    ordinal,
)
from taskbell.quick_add.written import day_and_month

_CERTAIN = (
    "except for",
    "except",
    "excepting",
    "excluding",
    "excl",
    "apart from",
    "aside from",
    "other than",
    "with the exception of",
    "but for",
    "but not",
    "but never",
    "but no",
    "not on",
    "never on",
    "unless",
)
"""What follows these is left out, wherever they stand."""
_FIRST = frozenset(words.split()[0] for words in _CERTAIN)
_POSSIBLE = ("but skip", "but", "not", "never", "no", "skip", "skipping", "without", "minus")
"""These leave out what is a day, right behind a repeat."""
_LEADS = frozenset({"on", "for", "in", "at", "during", "the", "any", "every"})
_GROUPS = {
    **dict.fromkeys(["weekend", "weekends"], (5, 6)),
    **dict.fromkeys(["weekday", "weekdays", "workday", "workdays"], (0, 1, 2, 3, 4)),
}
_OTHER_DAYS = lexicon("christmas easter holiday holidays last today tomorrow vacation vacations")
_GOES_ON = lexicon("and or in of if when while unless - – — to through & the next this last")
"""Behind the days left out: only some of them are meant, or more than these."""
_AND = frozenset({"and", "or", "&", "nor"})


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The tokens from `start` to `end`, which tell what is left out.

    A repeat beside it is not understood, nor is what belongs to it.
    """

    start: int
    end: int
    refused: bool = False


def leads(tokens: Tokens, at: int) -> int:
    """Return the token behind words that leave out something of the repeat before them, or 0."""
    end = _certain(tokens, at)
    if end:
        return end
    for words in _POSSIBLE:
        end = at + len(words.split())
        if tokens.words(at, words) and _is_day(tokens, end):
            return end
    return 0


def exclusion(tokens: Tokens, at: int) -> Exclusion | None:
    """Read days that are left out where they do not stand right behind a repeat."""
    end = _certain(tokens, at)
    return Exclusion(at, rest(tokens, end)) if end and _is_day(tokens, end) else None


def _certain(tokens: Tokens, at: int) -> int:
    if tokens.word(at) not in _FIRST:
        return 0
    found = next((words for words in _CERTAIN if tokens.words(at, words)), "")
    return at + len(found.split()) if found else 0


def without(tokens: Tokens, at: int, parts: dict[str, str]) -> tuple[dict[str, str], int] | None:
    """Return the parts of a rule without the days that stand at a token, and their end.

    None when one rule of weekdays cannot say that.
    """
    left_out, end = _days(tokens, at)
    if not left_out or _qualified(tokens, end):
        return None
    if parts["FREQ"] == "DAILY" and "INTERVAL" not in parts:
        days = set(range(7))
    elif parts["FREQ"] == "WEEKLY" and "BYDAY" in parts:
        days = {WEEKDAY_CODES.index(code) for code in parts["BYDAY"].split(",")}
    else:
        return None
    kept = sorted(days - left_out)
    if not kept or not left_out <= days:
        return None
    codes = ",".join(WEEKDAY_CODES[day] for day in kept)
    return parts | {"FREQ": "WEEKLY", "BYDAY": codes}, end


def rest(tokens: Tokens, at: int) -> int:
    """Return the end of the part of the sentence that goes on at a token."""
    while at < len(tokens) and not tokens.ends(at):
        at += 1
    return at


def _days(tokens: Tokens, at: int) -> tuple[set[int], int]:
    """Read `sunday`, `saturdays and sundays`, `on weekends`."""
    found: set[int] = set()
    end = at
    for _ in range(LONGEST_LIST):
        while tokens.word(at) in _LEADS:
            at += 1
        some = _some(tokens.word(at))
        if not some:
            break
        found |= set(some)
        end = at + 1
        at = tokens.after_comma(end)
        at += tokens.word(at) in _AND
        if at == end:
            break
    return found, end


def _some(word: str) -> tuple[int, ...]:
    day = WEEKDAYS.get(word, PLURAL_WEEKDAYS.get(word))
    return _GROUPS.get(word, ()) if day is None else (day,)


def _is_day(tokens: Tokens, at: int) -> bool:
    while tokens.word(at) in _LEADS:
        at += 1
    word = tokens.word(at)
    known = word in _OTHER_DAYS or word in MONTHS or word in ORDINAL_WORDS
    return bool(_some(word) or known or ordinal(word) or day_and_month(tokens, at))


def _qualified(tokens: Tokens, at: int) -> bool:
    """Tell whether not all of such days are left out: `except sunday morning`, `monday the 5th`."""
    word = tokens.word(tokens.after_comma(at))
    if word in _GOES_ON or word.removesuffix("s") in PARTS or word in MONTHS:
        return True
    dated = word[:1].isdigit() and not hour(tokens, tokens.after_comma(at), dated=True)
    return dated or bool(_some(word))
