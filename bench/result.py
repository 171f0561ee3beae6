"""What a part of the bench hands back: a table, notes on how, and figures with targets."""

from dataclasses import dataclass, field
from typing import Any


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

    @property
    def met(self) -> bool:
        """Whether the target is met; True without a target."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)


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
