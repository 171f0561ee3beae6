"""A limit as a leaky bucket: each use fills it by a share, and it empties evenly all the time.

`10/15 minutes` is ten uses at once and then one every 90 seconds. One number says it all, the time
at which the bucket will be empty; a use can be given back; and nothing happens at the hour, which
somebody could wait for. Levels are microseconds until the bucket is empty.
"""

from dataclasses import dataclass
from typing import NamedTuple

SECOND = 1_000_000


@dataclass(frozen=True)
class Limit:
    """So many uses (`amount`) in so many `seconds`. `name` is what callers are shown."""

    name: str
    amount: int
    seconds: int

    @property
    def window(self) -> int:
        """How much the bucket holds, in microseconds."""
        return self.seconds * SECOND

    @property
    def share(self) -> int:
        """How much of it one use takes, in microseconds."""
        return max(1, self.window // self.amount)

    def is_full(self, level: int) -> bool:
        """Tell whether there is no room for one more use."""
        return level + self.share > self.window

    def left(self, level: int) -> int:
        """Return how many uses there is room for."""
        return min(self.amount, max(0, self.window - level) // self.share)

    def wait(self, level: int) -> int:
        """Return the seconds, at least 1, until there is room for one use more than `left`."""
        missing = level + (self.left(level) + 1) * self.share - self.window
        return max(1, -(-missing // SECOND))


class Drop(NamedTuple):
    """A change of one bucket."""

    key: str
    limit: Limit
    uses: int = 1
    """1 takes one, -1 gives one back, 0 only looks."""

    refuses: bool = False
    """Whether nothing at all is counted when it does not fit; otherwise full is just full."""

    is_own: bool = True
    """Whether the caller alone fills it; how full others make it is not told before it matters."""

    @property
    def amount(self) -> int:
        """How much the level changes, in microseconds."""
        return self.uses * self.limit.share


class Poured(NamedTuple):
    """What came of some drops."""

    fits: bool
    levels: list[int]
    """The level of each bucket: afterwards, or as it is if it did not fit."""
