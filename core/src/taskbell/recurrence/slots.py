"""Slots: the local moments at which occurrences are scheduled. Pure wall-clock time.

A slot is a `date` for an all-day task and a naive `datetime` (wall time in the task's zone) for a
timed one. It becomes an instant only at the edge, here.
"""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Slot = date | datetime
"""A `datetime` is a `date` too: ask `isinstance(slot, datetime)` to tell the kinds apart."""

_KEY = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?", re.ASCII)


def key_of(slot: Slot) -> str:
    """Return the name of an occurrence: `2026-11-20` or `2026-11-20T09:00:00`.

    Raises ValueError for what is no slot: an aware time, or one with microseconds.
    """
    if isinstance(slot, datetime) and (slot.tzinfo is not None or slot.microsecond):
        raise ValueError("a slot is a local time of whole seconds")
    return slot.isoformat()


def slot_from_key(key: str) -> Slot:
    """Return the slot that `key_of` named. Raises ValueError for anything else."""
    if not _KEY.fullmatch(key):
        raise ValueError("not the key of an occurrence")
    return datetime.fromisoformat(key) if "T" in key else date.fromisoformat(key)


def instant_of(slot: datetime, zone: str) -> datetime:
    """Return the instant of a timed slot in a zone, in UTC.

    A wall time that a change of the zone leaves out moves forward by what was left out; of one that
    comes twice it is the first (`fold=0` in PEP 495).
    """
    return slot.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def slot_of(instant: datetime, zone: str) -> datetime:
    """Return the wall time of an instant in a zone, naive, in whole seconds (cut off)."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0, fold=0)


def today(at: datetime, zone: str) -> date:
    """Return the date it is in a zone at an instant."""
    return at.astimezone(ZoneInfo(zone)).date()


def day_of(slot: Slot) -> date:
    """Return the date of a slot of either kind."""
    return slot.date() if isinstance(slot, datetime) else slot
