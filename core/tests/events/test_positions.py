"""How far somebody has read, as one opaque word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbell.events.positions import KEPT, MOST_OPEN, Position, name_of

NUMBERS = st.integers(1, 2**50)
HOUR = 3600


@st.composite
def positions(draw: st.DrawFn) -> Position:
    first = draw(NUMBERS)
    gap = draw(st.integers(0, 500))
    inside = st.integers(first, first + max(gap - 1, 0))
    open_ones = draw(st.sets(inside, max_size=20)) if gap else set[int]()
    return Position(
        draw(st.from_regex(r"[0-9a-z]{1,7}", fullmatch=True)),
        draw(NUMBERS),
        first,
        first + gap,
        tuple(sorted(open_ones)),
    )


@given(positions())
def test_what_was_written_is_read(position: Position) -> None:
    word = str(position)
    assert Position.parse(word) == position
    assert word.isascii()
    assert word.replace("-", "").isalnum()


@given(st.text())
def test_anything_can_be_sent(text: str) -> None:
    parsed = Position.parse(text)
    assert parsed is None or 1 <= parsed.first_open <= parsed.next_one


@pytest.mark.parametrize(
    "word",
    [
        "",
        "-",
        "7",
        "a-b-c",
        "a-1-0-0",  # no transaction is 0
        "a-1-5-0-0",  # an open one that had not begun
        "a-1-5-3-2-1",  # not in order
        "A-1-5-3",
        "a-1-5--3",
        "a-1-5-3 ",
        "a-1-٣-3",
        "a-1-zzzzzzzzzzzzz-3",
        "a-1-5-3" + "-1" * (MOST_OPEN + 1),
        "a-1-" + "1" * 4000,
    ],
)
def test_what_nobody_wrote_is_no_position(word: str) -> None:
    assert Position.parse(word) is None


def test_a_snapshot_and_back() -> None:
    position = Position.of("db", 100, "10:20:12,15")
    assert position == Position("db", 100, 10, 20, (12, 15))
    assert position.snapshot == "10:20:12,15"
    assert Position.of("db", 100, "10:10:").snapshot == "10:10:"


def test_with_very_many_open_transactions_it_goes_back_to_the_first() -> None:
    among = ",".join(str(10 + number) for number in range(MOST_OPEN + 1))
    assert Position.of("db", 1, f"10:500:{among}") == Position("db", 1, 10, 10)


SOME = st.sets(st.integers(1, 30), max_size=12)


def shows(position: Position, transaction: int) -> bool:
    """What `pg_visible_in_snapshot` says."""
    return transaction < position.next_one and transaction not in position.open_ones


def at_first(next_one: int, open_ones: set[int]) -> Position:
    inside = tuple(sorted(one for one in open_ones if one < next_one))
    return Position("db", 1, min(inside, default=next_one), next_one, inside)


@given(SOME, SOME, st.integers(1, 31), st.integers(0, 10), st.integers(1, 40))
def test_a_part_of_the_way(
    open_ones: set[int], ended: set[int], next_one: int, begun: int, up_to: int
) -> None:
    """Up to a transaction all is known that the later position shows, above only what was."""
    before = at_first(next_one, open_ones)
    after = at_first(next_one + begun, (set(before.open_ones) | set(range(next_one, 40))) - ended)
    between = before.until(min(up_to, after.next_one - 1), after)
    for one in range(1, 41):
        known = after if one <= min(up_to, after.next_one - 1) else before
        assert shows(between, one) == shows(known, one), one
    assert Position.parse(str(between)) == between


def test_from_where_one_can_go_on() -> None:
    now = Position("db", 100 * HOUR, 50, 60)
    kept = int(KEPT.total_seconds())
    assert Position("db", now.at, 50, 60).leads_to(now)
    assert Position("db", now.at - kept + 1, 5, 6).leads_to(now)
    assert not Position("db", now.at - kept, 5, 6).leads_to(now), "events may be deleted by now"
    assert not Position("other", now.at, 5, 6).leads_to(now)
    assert not Position("db", now.at, 50, 61).leads_to(now), "it knows what has not happened"


def test_databases_have_names() -> None:
    assert name_of(("1", "23")) == name_of(("1", "23"))
    assert name_of(("1", "23")) != name_of(("12", "3"))
