"""How many requests this process answered, and how fast: counted by route, never by path."""

from bisect import bisect_left
from collections.abc import Iterator

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds, in seconds."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"


class Latencies:
    """A histogram of seconds."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    def cumulative(self) -> Iterator[tuple[str, int]]:
        """Yield each bound, `+Inf` last, and how many were not above it."""
        seen = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), self.counts, strict=True):
            seen += count
            yield bound, seen


class RequestFigures:
    """Counts of one process, since it started."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str, int], int] = {}
        """By method, route and status."""

        self.latencies: dict[tuple[str, str], Latencies] = {}
        """By method and route."""

    def observe(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count a request: `route` is the template of its path, None where there is none.

        `seconds` are those until the answer began: a stream goes on for hours.
        """
        # callers may make up methods: there must be no end of new names
        of = (method if method in METHODS else "other", route or NO_ROUTE)
        answer = (*of, status)
        self.answers[answer] = self.answers.get(answer, 0) + 1
        latencies = self.latencies.get(of)
        if latencies is None:
            latencies = self.latencies[of] = Latencies()
        latencies.observe(seconds)
