"""How far a reader has read: a snapshot of the database, which knows what it did not show yet.

Numbers that rows get before their commit cannot tell: a lower one may still come. A snapshot names
the transactions that were open, so that what is not visible in it is what is new, to the row.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from zlib import crc32

KEPT = timedelta(hours=24)
"""How long ago a reader may have stopped; events are kept a little longer (`service.prune`)."""

MOST_OPEN = 64
"""With more open transactions a position goes back to the first of them: then some repeat."""

_WORD = re.compile(r"[0-9a-z]{1,13}", re.ASCII)
_LARGEST = 2**62
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Position:
    """All that was committed in `database` when it was taken, at `at` (seconds since 1970).

    `first_open`: transactions below it were over, all from `next_one` had not begun. `open_ones`:
    those between that were not over, in order.
    """

    database: str
    at: int
    first_open: int
    next_one: int
    open_ones: tuple[int, ...] = ()

    @classmethod
    def of(cls, database: str, at: int, snapshot: str) -> Self:
        """Return the position that a `pg_snapshot` is."""
        first, following, among = snapshot.split(":")
        open_ones = tuple(int(one) for one in among.split(",") if one)
        if len(open_ones) > MOST_OPEN:
            return cls(database, at, int(first), int(first))
        return cls(database, at, int(first), int(following), open_ones)

    @classmethod
    def parse(cls, token: str) -> "Position | None":
        """Return the position that `str()` wrote, None for what it cannot have written."""
        words = token.split("-")
        if not 4 <= len(words) <= 4 + MOST_OPEN or not all(map(_WORD.fullmatch, words)):
            return None
        at, first, *distances = (int(word, 36) for word in words[1:])
        following, *open_ones = (first + distance for distance in distances)
        inside = [first <= one < following for one in open_ones]
        if first < 1 or following > _LARGEST or not all(inside) or open_ones != sorted(open_ones):
            return None
        return cls(words[0], at, first, following, tuple(open_ones))

    def __str__(self) -> str:
        above = (one - self.first_open for one in (self.next_one, *self.open_ones))
        return "-".join([self.database, *map(_base36, (self.at, self.first_open, *above))])

    @property
    def snapshot(self) -> str:
        """It as Postgres writes a `pg_snapshot`."""
        return f"{self.first_open}:{self.next_one}:{','.join(map(str, self.open_ones))}"

    def until(self, transaction: int, later: "Position") -> "Position":
        """Return this, gone on to what `later` shows of the transactions up to `transaction`."""
        told = [one for one in later.open_ones if one <= transaction]
        open_ones = (*told, *(one for one in self.open_ones if one > transaction))
        if len(open_ones) > MOST_OPEN:
            return self
        following = max(transaction + 1, self.next_one)
        first = open_ones[0] if open_ones else following
        return Position(self.database, self.at, first, following, open_ones)

    def leads_to(self, later: "Position") -> bool:
        """Tell whether everything in between is known to be still there."""
        return (
            self.database == later.database
            and self.next_one <= later.next_one
            and self.at > later.at - KEPT.total_seconds()
        )


def name_of(parts: Iterable[str]) -> str:
    """Return a short name for a database that another is unlikely to have."""
    return _base36(crc32(":".join(parts).encode()))


def _base36(number: int) -> str:
    word = ""
    while True:
        number, digit = divmod(number, 36)
        word = _DIGITS[digit] + word
        if not number:
            return word
