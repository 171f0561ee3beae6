"""How much work a text is."""

import subprocess
import sys
from collections.abc import Mapping
from types import FrameType
from uuid import UUID

import pytest

from core.tests.quick_add.reading import LISTS, context
from taskbell.quick_add import parse

LISTS_OF = [
    "#", "@", "!", '"', "“", "(", ".", ",", "27.1.", "@a ", "#Home ", "!9am ", "a@b ", "mon, ",
    "mondays ", "every ", "every mon, ", "every 1, ", "every 27 jan, ", "every! ", "the 1st and ",
    "1st of ", "first and last ", "of every month ", "27 jan, ", "jan ", "next week ", "on ",
    "due ", "in 3 days ", "at 9 ", "9am or ", "9am to ", "monday or ", "tomorrow to ",
    "9am and ", "every day at 9am and 5pm, ", "tomorrow at 9, every week, ", "every day starting ",
    "every day 3 times ", "for 3 weeks ", "end of ", "a week from ",
    "every day except ", "except ", "not on sundays ", "every day but sunday, ", "daily 9am ",
    "1 hour 30 minutes ", "every day after completion ", "except on ",
]  # fmt: skip


def _calls(text: str, lists: Mapping[str, UUID] = LISTS) -> int:
    """Return how many functions are called, in Python and in C, to understand a text."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    where = context(lists=lists)
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        parse(text, where)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("part", LISTS_OF)
def test_twice_the_text_is_twice_the_work(part: str) -> None:
    # long enough for lists that are read up to their 31st item
    text = part * (1000 // len(part))
    parse(text, context())  # what is remembered from before must not count
    assert _calls(text * 2) < 2.3 * _calls(text) + 200


def test_a_word_of_any_length_is_one_word() -> None:
    for character in ["9", "a", "-", ":", "#", "m", "é", "/", "1h", "mon-", "27."]:
        text = character * 20_000
        assert parse(text, context()).spans == ()


def test_many_lists_are_looked_up_by_name() -> None:
    many = {f"List {number}": LISTS["Home"] for number in range(500)}
    once, often = "x", "x" + " #List" * 80
    for_names = _calls(once, many) - _calls(once, {})  # each name is prepared once
    assert _calls(often, many) - _calls(often, {}) < for_names + 20 * 80


def test_dateparser_is_imported_only_for_who_does_not_write_english() -> None:
    code = (
        "import sys\n"
        "from core.tests.quick_add.reading import context\n"
        "from taskbell.quick_add import parse\n"
        "parse('Party on 27 jan', context())\n"
        "assert 'dateparser' not in sys.modules\n"
        "assert parse('Fest 27. Januar', context(locale='de')).due_date\n"
        "assert 'dateparser' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
