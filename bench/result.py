"""What a part of the bench hands back: a table, notes on how, and figures with targets."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


def spread(values: Sequence[float]) -> float:
    """Return half the distance between lowest and highest, as a share of the median."""
    return (max(values) - min(values)) / 2 / median(values)


@dataclass(frozen=True)
class Ratio:
    """What one side is of the other, round by round."""

    rounds: list[float]

    @classmethod
    def of(cls, above: Sequence[float], below: Sequence[float]) -> "Ratio":
        """Divide round by round."""
        return cls([a / b for a, b in zip(above, below, strict=True)])

    @property
    def value(self) -> float:
        """The median."""
        return median(self.rounds)

    def __str__(self) -> str:
        return f"{self.value:.2f} ({min(self.rounds):.2f}-{max(self.rounds):.2f})"


@dataclass(frozen=True)
class Figure:
    """A number that is compared with its target and with the last run's."""

    name: str
    value: float
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    share: bool = False
    """Whether it is a share of a limit, and so a bar in the chart."""

    low: float | None = None
    high: float | None = None
    """Of the rounds, where `value` is the median of theirs."""

    unjudged: str = ""
    """If the target does not count here: that it is not judged, and why."""

    @property
    def met(self) -> bool:
        """Whether the target is met; True without a target, or where it does not count."""
        if self.unjudged:
            return True
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)


def ratio_figure(
    name: str,
    ratio: Ratio,
    at_least: float | None = None,
    *,
    share: bool = False,
    unjudged: str = "",
) -> Figure:
    """Return a figure with the range of its rounds."""
    return Figure(
        name, ratio.value, at_least=at_least, share=share,
        low=min(ratio.rounds), high=max(ratio.rounds),
        unjudged="" if at_least is None else unjudged,
    )  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Cells as printed; the first column is left-aligned text."""

    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Result:
    """One part's outcome."""

    title: str
    tables: list[Table]
    figures: list[Figure]
    notes: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, raw: dict[str, Any]) -> "Result":
        """Return what `dataclasses.asdict` made a dictionary of."""
        return cls(
            title=raw["title"],
            tables=[Table(**table) for table in raw["tables"]],
            figures=[Figure(**figure) for figure in raw["figures"]],
            notes=raw["notes"],
        )
