"""Keys of a manual order: there is room between any two, and they stay short."""

import time
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from taskbell.positions import DIGITS, LONGEST, at_end, between, spread

WHOLE = 10
MOVES = 300

fraction = st.text(st.sampled_from(DIGITS), max_size=6).map(lambda text: text.rstrip("0"))
whole = st.text(st.sampled_from(DIGITS), min_size=WHOLE, max_size=WHOLE)
near = st.sampled_from(["0" * WHOLE, "0" * 9 + "1", "0" * 8 + "10", "z" * WHOLE, "0Uzzzzzzzz"])
key = st.builds(str.__add__, st.one_of(whole, near), fraction)


def in_order(low: str, high: str) -> bool:
    """Compare as the database does: byte by byte."""
    return low.encode() < high.encode()


def room(low: str | None, high: str | None) -> str:
    found = between(low, high)
    assert found is not None
    return found


@given(key, key)
def test_a_key_lies_strictly_between_two_others(one: str, other: str) -> None:
    assume(one != other)
    low, high = sorted((one, other))
    found = room(low, high)
    assert in_order(low, found)
    assert in_order(found, high)
    assert len(found) == WHOLE or not found.endswith("0"), "else there may be no room before it"


@given(key)
def test_there_is_room_at_both_ends(one: str) -> None:
    before, behind = between(None, one), between(one, None)
    if one[:WHOLE] > "0" * WHOLE:
        assert before is not None
        assert in_order(before, one)
    if one[:WHOLE] < "z" * WHOLE:
        assert behind is not None
        assert in_order(one, behind)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60))
def test_any_number_of_insertions_anywhere(places: list[int]) -> None:
    keys = [at_end()]
    for place in places:
        index = place % (len(keys) + 1)
        low = keys[index - 1] if index else None
        high = keys[index] if index < len(keys) else None
        keys.insert(index, room(low, high))
    assert all(in_order(low, high) for low, high in pairwise(keys))


@pytest.mark.parametrize("where", ["at the front", "at the end"])
def test_keys_at_an_end_do_not_grow(where: str) -> None:
    newest = first = at_end()
    for _ in range(MOVES):
        newest = room(None, newest) if where == "at the front" else room(newest, None)
        assert len(newest) <= len(first)


@pytest.mark.parametrize("side", ["before", "behind", "in turn"])
@pytest.mark.parametrize(
    ("low", "high"), [("08Dma2dhJcv5xk", "08Dma2dhJd359t"), ("1" * WHOLE, "2" * WHOLE)]
)
def test_keys_at_one_spot_grow_slowly(low: str, high: str, side: str) -> None:
    """The worst there is: each goes right next to the one before."""
    moves = 0
    while len(middle := room(low, high)) <= LONGEST:
        moves += 1
        if side == "before" or (side == "in turn" and moves % 2):
            high = middle
        else:
            low = middle
    assert moves > 200, "more than anybody moves by hand"


def test_new_keys_come_last_in_the_order_in_which_they_were_made() -> None:
    keys = []
    for _ in range(50):
        keys.append(at_end())
        time.sleep(0.000_002)
    assert keys == sorted(keys)
    assert len(set(keys)) == 50


def test_keys_that_come_last_together_are_in_order() -> None:
    before = at_end()
    time.sleep(0.000_002)
    keys = [before, *spread(200)]
    assert all(in_order(low, high) for low, high in pairwise(keys))
    assert spread(0) == []


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("0Uabcdefgh5", "0Uabcdefgh5"),
        ("0Uabcdefgh6", "0Uabcdefgh5"),
        ("", ""),
        ("", "0Uabcdefgh5"),
        ("0Uabcdefgh5", ""),
        (None, ""),
        ("", None),
        ("short", "0Uabcdefgh5"),
        ("0Uabcdefgh5", "0Uabcdefgh-"),
        ("0Uabcdefghé", None),
        (None, "0" * WHOLE),
    ],
)
def test_there_is_no_room_between_what_is_equal_in_the_wrong_order_or_no_key(
    low: str | None, high: str | None
) -> None:
    assert between(low, high) is None
