"""The words of dates and times, and numbers written in words."""

import re

from taskbell.quick_add.model import Priority

_DAYS = (
    "monday mon",
    "tuesday tue tues",
    "wednesday wed weds",
    "thursday thu thur thurs",
    "friday fri",
    "saturday sat",
    "sunday sun",
)
WEEKDAYS = {name: number for number, names in enumerate(_DAYS) for name in names.split()}
"""0 is Monday, as in `date.weekday`."""
WEEKDAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
PLURAL_WEEKDAYS = {f"{names.split()[0]}s": number for number, names in enumerate(_DAYS)}
WORDLIKE_WEEKDAYS = frozenset({"mon", "wed", "sat", "sun"})
"""Abbreviations that are words of their own."""

_MONTHS = (
    "january jan",
    "february feb",
    "march mar",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sep sept",
    "october oct",
    "november nov",
    "december dec",
)
MONTHS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
WORDLIKE_MONTHS = frozenset({"march", "may"})


PRIORITIES: dict[str, Priority] = {"p1": "urgent", "p2": "high", "p3": "medium", "p4": "low"}


def lexicon(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


DAY_NAMES = lexicon(
    "ash black bloody casual cyber easter fat freaky good holy man maundy palm ruby shrove super "
    "tgi whit"
)
"""`Good Friday` is not this Friday."""

DETERMINERS = lexicon("a an another any her his its my our some that the their these your")

NOT_BEFORE_DATES = lexicon(
    "beginning begins between end ending ends ev every each except from last like minus no not of "
    "past per plus previous since starting starts than through thru til till to until unlike "
    "versus vs without - – — + & / ="
)
"""Words that give a date after them another meaning than when a task is due."""
NOT_BEFORE_TIMES = NOT_BEFORE_DATES | DETERMINERS | {"and", "or", "under", "over"}
JOINERS = lexicon("and or to until till til through thru - – — & / vs versus")
"""Words that make a choice or a range of two dates or times."""

COUNTED = lexicon(
    "article articles chapter day episode exercise game grade item issue lesson level match module "
    "no number page pages part phase pp question room round row score season section stage step "
    "table task unit ver version vol volume week win x"
)
"""Words after which `3/4` is a place or a share, not a date."""

QUANTIFIED = lexicon(
    "copies days dollars euros francs hours items kg km laps meters metres miles min mins minutes "
    "months pages people percent persons pieces points pounds questions reps sets steps things "
    "times weeks words years x"
)
"""Words before which a number counts something: `Call Jan 5 times`."""

_NUMBERS = "one,two,three,four,five,six,seven,eight,nine,ten,eleven,twelve"
_NUMBER_WORDS = {word: number for number, word in enumerate(_NUMBERS.split(","), 1)}
ORDINAL_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_ORDINAL = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)")
_INTEGER = re.compile(r"[0-9]{1,4}")


def number(word: str) -> int | None:
    """Return the number `word` is, in figures (at most four) or in words up to twelve."""
    return int(word) if _INTEGER.fullmatch(word) else _NUMBER_WORDS.get(word)


def figure(word: str) -> int | None:
    """Return the number `word` is when it is written in figures."""
    return int(word) if _INTEGER.fullmatch(word) else None


def ordinal(word: str) -> int | None:
    """Return the number of `27th`, or None."""
    found = _ORDINAL.fullmatch(word)
    return int(found[1]) if found else None
