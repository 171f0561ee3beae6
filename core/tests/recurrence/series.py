"""Short ways to write rules and slots."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice

from taskbell.recurrence.rules import Rule
from taskbell.recurrence.series import next_slot, upcoming
from taskbell.recurrence.slots import Slot


def slot(text: str) -> Slot:
    """`2026-11-20` or `2026-11-20 09:00`."""
    return datetime.fromisoformat(text) if ":" in text else date.fromisoformat(text)


def written(slots: list[Slot]) -> list[str]:
    """The other way round."""
    return [str(one).removesuffix(":00") for one in slots]


def first(number: int, rule: str, start: str, zone: str = "UTC") -> list[str]:
    """The first slots of a series."""
    begin = slot(start)
    return written(
        upcoming(
            Rule.parse(rule),
            start=begin,
            current=begin,
            zone=zone,
            anchor="schedule",
            limit=number,
        )
    )


def one_by_one(rule: Rule, start: Slot, number: int, zone: str = "UTC") -> Iterator[Slot]:
    """The first slots, each asked for alone, as completing does."""

    def steps() -> Iterator[Slot]:
        slot: Slot | None = start
        while slot is not None:
            yield slot
            slot = next_slot(rule, start=start, after=slot, zone=zone)

    return islice(steps(), number)
