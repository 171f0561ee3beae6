"""Events written as a calendar (RFC 5545), for programs that subscribe to it.

Tasks become events and not to-dos: calendar programs show no VTODO of a subscription. They leave
the time free (TRANSPARENT): a task is no appointment.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Timezone, vDuration, vRecur, vText
from icalendar import Event as VEvent

from taskbell.clock import now
from taskbell.feeds import zones
from taskbell.feeds.events import Event, in_few_zones
from taskbell.tasks.models import Priority

REFRESH = timedelta(hours=1)
"""So often may programs look again; most of them have their own mind."""

LENGTH = timedelta(minutes=30)
"""A task has no end, but an event without one can hardly be seen."""

_PRIORITIES = {Priority.urgent: 1, Priority.high: 3, Priority.medium: 5, Priority.low: 9}
_LINE_ENDS = dict.fromkeys(map(ord, "\v\f\x85\u2028\u2029"), "\n")
_DAY = timedelta(days=1)


class _Text(vText):
    """A text, cleaned; the library itself would make a line end of the `\\N` in `C:\\New`."""

    def __new__(cls, text: str) -> "_Text":
        return super().__new__(cls, clean(text))

    def to_ical(self) -> bytes:
        text = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
        return text.replace("\n", "\\n").encode()


@dataclass(frozen=True)
class Heading:
    """What a calendar says of itself. `total`: how many tasks it would show without a limit."""

    name: str
    zone: str
    public_url: str
    shown: int
    total: int


def write(heading: Heading, events: Sequence[Event]) -> bytes:
    """Return a calendar."""
    calendar = Calendar()
    calendar.add("prodid", "-//Taskbell//Taskbell//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    # as types of their own: of properties that it does not know the library escapes nothing
    name = _Text(heading.name)
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", _Text(heading.zone))
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    if heading.shown < heading.total:
        limited = f"The {heading.shown:,} nearest of {heading.total:,} tasks."
        calendar.add("x-wr-caldesc", _Text(limited))
    events = in_few_zones(events)
    made = [_event(event, heading.public_url) for event in events]
    for part in [*_zones(events, made), *made]:
        calendar.add_component(part)
    written: bytes = calendar.to_ical()
    return written


def _zones(events: Sequence[Event], made: Sequence[VEvent]) -> list[Timezone]:
    """Return the zones that events name, each as far back as the first of them."""
    since: dict[str, int] = {}
    year_now = now().year
    for event, written in zip(events, made, strict=True):
        if (zone := written["dtstart"].params.get("TZID")) is not None:
            # not later than now, or there would be no years left to see the rules in
            year = min(event.start.year, year_now) - 1
            since[zone] = min(year, since.get(zone, year))
    until = year_now + zones.YEARS
    return [zones.timezone(zone, since=year, until=until) for zone, year in sorted(since.items())]


def _event(event: Event, public_url: str) -> VEvent:
    task = event.task
    made = VEvent()
    made.add("uid", f"{event.key}@{urlsplit(public_url).hostname}")
    made.add("dtstamp", task.updated_at)
    made.add("created", task.created_at)
    made.add("last-modified", task.updated_at)
    made.add("sequence", task.version)
    _add_times(made, event)
    made.add("summary", _Text(task.title))
    if task.description:
        made.add("description", _Text(task.description))
    made.add("priority", _PRIORITIES[Priority(task.priority)])
    if task.label_names:
        made.add("categories", [_Text(name) for name in task.label_names.split("\n")])
    made.add("transp", "TRANSPARENT")
    made.add("url", f"{public_url}/lists/{task.list_id}")
    for trigger in event.alarms:
        made.add_component(_alarm(trigger, task.title))
    return made


def _add_times(made: VEvent, event: Event) -> None:
    start: date | datetime = event.start
    if not isinstance(start, datetime):
        made.add("dtstart", start)
        made.add("dtend", start + _DAY)
    else:
        if event.zone is not None:
            start = start.replace(tzinfo=ZoneInfo(event.zone))
        made.add("dtstart", start)
        # not an end: of a start that a change of the clocks leaves out, it would come before
        made.add("duration", LENGTH)
    if event.rrule is not None:
        made.add("rrule", vRecur.from_ical(event.rrule))


def _alarm(trigger: timedelta | datetime, title: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _Text(title))
    alarm.add("trigger", trigger)
    return alarm


def clean(text: str) -> str:
    """Return a text with its line ends as `\\n`, without other controls: none may end a line.

    The format knows no way to write them, and readers differ in what they take for a line end.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_ENDS)
    return "".join(one for one in text if one in "\n\t" or unicodedata.category(one) != "Cc")
