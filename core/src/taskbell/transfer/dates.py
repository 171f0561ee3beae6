"""Dates as people write them, in the cells of a spreadsheet or of Todoist."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from taskbell import quick_add
from taskbell.text import TimeZone
from taskbell.transfer.items import Context, ImportedItem, ImportedRecurrence
from taskbell.transfer.values import to_day, to_instant

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII)
_TITLE = "Do"
"""Behind some words, such as `Task`, `18/11` is no date."""
_ZONE: TypeAdapter[str] = TypeAdapter(TimeZone)


@dataclass(frozen=True)
class Due:
    """What a text says: a date or an instant, and a repeat.

    `assumed_year`: the year that was taken because it names none.
    """

    due_date: date | None = None
    due_at: datetime | None = None
    recurrence: ImportedRecurrence | None = None
    assumed_year: int | None = None


@dataclass
class Dates:
    """Reads the dates of one file; the same words mean the same, and are read once."""

    context: Context
    _known: dict[tuple[str, str, str], Due | None] = field(default_factory=dict)

    def put(self, item: ImportedItem, written: str, *, zone: str = "", language: str = "") -> None:
        """Set the due time of a task; what is not understood goes on in its description."""
        words = " ".join(written.split())
        if not words:
            return
        named = self._zone(item, zone)
        key = (words, named or "", language)
        if key not in self._known:
            self._known[key] = self._read(words, named or self.context.time_zone, language)
        due = self._known[key]
        if due is None:
            item.say("Its date is not understood: it stands in the description.")
            item.keep("Date", words)
            return
        item.due_date, item.due_at, item.recurrence = due.due_date, due.due_at, due.recurrence
        item.time_zone = named
        if due.assumed_year:
            item.say(f"Its date names no year: {due.assumed_year} is taken.")

    @staticmethod
    def _zone(item: ImportedItem, zone: str) -> str | None:
        if not zone:
            return None
        try:
            return _ZONE.validate_python(zone)
        except ValidationError:
            item.say(f"Its time zone is not known, yours is taken: {zone[:40]!r}.")
            return None

    def _read(self, words: str, zone: str, language: str) -> Due | None:
        if _DAY.fullmatch(words):
            found = to_day(words)
            return Due(due_date=found) if found else None
        if _INSTANT.fullmatch(words):
            return _wall_time(words, zone)
        return self._understand(words, zone, language)

    def _understand(self, words: str, zone: str, language: str) -> Due | None:
        """Read what quick add reads, where it leaves nothing over and finds nothing else.

        Unlike new tasks, those of a file may have been due before.
        """
        own = self.context.locale
        context = quick_add.Context(
            at=self.context.at,
            zone=zone,
            week_start=self.context.week_start,
            locale=own if own.split("-")[0] == (language or own).split("_")[0] else language,
            lists={},
            past=True,
        )
        # what has no title but a date is taken for a title
        parsed = quick_add.parse(f"{_TITLE} {words}", context)
        others = {span.kind for span in parsed.spans} - {"due", "recurrence"}
        if parsed.title != _TITLE or others:
            return None
        rule = parsed.rrule and ImportedRecurrence(parsed.rrule, parsed.anchor)
        return Due(parsed.due_date, parsed.due_at, rule or None, _assumed_year(parsed, zone))


def _assumed_year(parsed: quick_add.Parsed, zone: str) -> int | None:
    first = parsed.due_at.astimezone(ZoneInfo(zone)) if parsed.due_at else parsed.due_date
    return first.year if first and parsed.yearless else None


def _wall_time(words: str, zone: str) -> Due | None:
    """Return an instant; a time without an offset is that of the zone."""
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    at = to_instant(aware.isoformat())
    return Due(due_at=at) if at else None
