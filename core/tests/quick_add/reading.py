"""A fixed present to read texts in, and a short way to say what was understood."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from taskbell.quick_add import Context, Parsed, Span, parse
from taskbell.quick_add.model import WeekStart

AT = datetime(2026, 11, 18, 9, 15, 20, tzinfo=UTC)
"""A Wednesday, 10:15 in Zurich."""

LISTS = {"Home": UUID(int=1), "Home office": UUID(int=2), "Work": UUID(int=3)}


def context(
    *,
    at: datetime = AT,
    zone: str = "Europe/Zurich",
    week_start: WeekStart = "monday",
    locale: str = "en-GB",
    lists: Mapping[str, UUID] = LISTS,
    past: bool = False,
) -> Context:
    return Context(at, zone, week_start, locale, lists, past)


def told(parsed: Parsed, where: Context) -> str:
    """`Pay rent: due 2026-12-01 09:00, repeats FREQ=MONTHLY`; the title alone if that is all."""
    names = {list_id: name for name, list_id in where.lists.items()}
    parts = [
        parsed.due_date and f"due {parsed.due_date}",
        parsed.due_at and f"due {_wall(parsed.due_at, where)}",
        parsed.rrule and f"repeats {parsed.rrule}",
        "from completion" if parsed.anchor == "completion" else None,
        parsed.start_date and f"starts {parsed.start_date}",
        parsed.priority,
        parsed.list_id and f"list {names[parsed.list_id]}",
        *(f"label {label}" for label in parsed.labels),
        *(f"reminder {_reminder(one, where)}" for one in parsed.reminders),
    ]
    understood = ", ".join(part for part in parts if part)
    return f"{parsed.title}: {understood}" if understood else parsed.title


def read(text: str, where: Context | None = None) -> str:
    where = where or context()
    return told(parse(text, where), where)


def check(marked: str, expected: str, where: Context | None = None) -> None:
    """Read a text whose understood parts stand in square brackets."""
    text = re.sub(r"[\[\]]", "", marked)
    where = where or context()
    parsed = parse(text, where)
    assert told(parsed, where) == expected
    assert _marked(text, parsed.spans) == marked


def _marked(text: str, spans: tuple[Span, ...]) -> str:
    for span in reversed(spans):
        text = f"{text[: span.start]}[{text[span.start : span.end]}]{text[span.end :]}"
    return text


def _wall(instant: datetime, where: Context) -> str:
    return f"{instant.astimezone(ZoneInfo(where.zone)):%Y-%m-%d %H:%M}"


def _reminder(one: int | datetime, where: Context) -> str:
    return _wall(one, where) if isinstance(one, datetime) else f"{one} min before"
