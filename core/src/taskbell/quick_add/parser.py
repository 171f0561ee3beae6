"""Quick add: one line of text in, a task out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from taskbell.quick_add.calendar import Calendar
from taskbell.quick_add.exceptions import Exclusion
from taskbell.quick_add.model import Context, Kind, Parsed, Span
from taskbell.quick_add.phrases import Phrase, resolve
from taskbell.quick_add.reminders import MOST_REMINDERS, Reminder, when
from taskbell.quick_add.repeats import Repeat, Series, joined, series
from taskbell.quick_add.scan import Candidate, Importance, Start, candidates
from taskbell.quick_add.sigils import quotations, signed
from taskbell.quick_add.titles import tidied, title_of
from taskbell.quick_add.tokens import Tokens, tokenize
from taskbell.quick_add.vocabulary import WEEKDAYS
from taskbell.recurrence.slots import Slot


def parse(text: str, context: Context, *, ignore: Sequence[tuple[int, int]] = ()) -> Parsed:
    """Understand a line of text as a task.

    `ignore` are parts of the text (start and end in code points) whose meaning the user took back:
    what overlaps them stays title, and what else is understood does not change by that. Only what
    parts meant together (a repeat, the day it begins and its time, or a day and a time) is then
    what those that are left mean without it. Nothing is understood that was not before.
    When nothing would be left as a title, the whole text is the title and nothing is understood.
    Never raises, whatever the text.
    """
    clock = Calendar.of(context)
    quoted = quotations(text)
    signs = signed(text, context.lists, quoted)
    tokens = tokenize(text, _regions(quoted, signs))
    chosen = _chosen(list(candidates(tokens, clock)), tokens, clock)
    everything = _understood(text, tokens, chosen, signs, clock)
    if ignore:
        taken_back = _Ranges(ignore)
        used = {(span.start, span.end) for span in everything.spans}
        kept = [
            candidate
            for candidate in chosen
            if (place := _place(tokens, candidate)) in used and not taken_back.overlap(*place)
        ]
        left = [span for span in signs if not taken_back.overlap(span.start, span.end)]
        everything = _understood(text, tokens, kept, left, clock)
    title = title_of(text, everything.spans)
    return replace(everything, title=title) if title else Parsed(title=tidied(text))


class _Ranges:
    """Parts of a text, in any order and shape."""

    def __init__(self, ranges: Iterable[tuple[int, int]]) -> None:
        self._ranges = [(start, end) for start, end in ranges if start < end]

    def overlap(self, start: int, end: int) -> bool:
        return any(begin < end and start < until for begin, until in self._ranges)


def _regions(
    quoted: Iterable[tuple[int, int]], signs: Iterable[Span]
) -> list[tuple[int, int, Literal["text", "cut"]]]:
    regions: list[tuple[int, int, Literal["text", "cut"]]] = [
        *((start, end, "text") for start, end in quoted),
        *((span.start, span.end, "cut") for span in signs),
    ]
    return sorted(regions)


def _place(tokens: Tokens, candidate: Candidate) -> tuple[int, int]:
    return tokens[candidate.start].start, tokens[candidate.end - 1].end


def _chosen(found: list[Candidate], tokens: Tokens, clock: Calendar) -> list[Candidate]:
    """Return what counts when things are said twice: the last one.

    A time that stands alone belongs to the date or the repeat that has none. A repeat goes before a
    date, but a single one is where a single repeat begins.
    """
    found = _sayable(found)
    repeats = [one for one in found if isinstance(one, Repeat)]
    dated = [one for one in found if isinstance(one, Phrase) and (one.day or one.instant)]
    times = [one for one in found if isinstance(one, Phrase) and not (one.day or one.instant)]
    chosen: list[Candidate] = [one for one in found if isinstance(one, Reminder)]
    main: Repeat | Phrase | None = (repeats or dated or [None])[-1]
    if main:
        chosen.append(main)
    timeless = main is None or (main.wall is None and _takes_time(main))
    if times and timeless:
        chosen.append(times[-1])
    for kind in (Importance, Start):
        chosen += [one for one in found if isinstance(one, kind)][-1:]
    if len(repeats) == len(dated) == 1 and _begins(chosen, dated[0], tokens, clock):
        chosen.append(dated[0])
    return sorted(chosen, key=lambda one: one.start)


def _sayable(found: list[Candidate]) -> list[Candidate]:
    """Return only priorities where a repeat leaves out what it cannot say."""
    left_out = [one for one in found if isinstance(one, Exclusion)]
    repeats = any(isinstance(one, Repeat) for one in found)
    if not left_out or not (repeats or any(one.refused for one in left_out)):
        return found
    return [one for one in found if isinstance(one, Importance)]


def _takes_time(main: Repeat | Phrase) -> bool:
    return not main.part if isinstance(main, Repeat) else main.instant is None


def _begins(chosen: list[Candidate], first: Phrase, tokens: Tokens, clock: Calendar) -> bool:
    """Tell whether the repeat among the chosen begins on a day that stands apart from it.

    Not when something else says that already, when the day or the whole series is past, nor on a
    bare weekday on which the repeat does not fall: `Prepare monday meeting @work every friday`.
    """
    if any(isinstance(one, Start) for one in chosen):
        return False
    repeat = next(one for one in chosen if isinstance(one, Repeat))
    if not first.day or first.day < clock.today or (first.wall and not _takes_time(repeat)):
        return False
    whole = joined(repeat, first, clock)
    for one in chosen:
        if whole and isinstance(one, Phrase):
            whole = joined(whole, one, clock)
    found = series(whole, clock) if whole else None
    if not found:
        return False
    begins = found.first.date() if isinstance(found.first, datetime) else found.first
    return begins == first.day or tokens.word(first.start) not in WEEKDAYS


@dataclass(frozen=True, slots=True)
class _Due:
    """When the task is due, in wall time and (timed) in UTC, and what said so."""

    slot: Slot | None = None
    instant: datetime | None = None
    repeat: Repeat | None = None
    series: Series | None = None
    start: Start | None = None
    phrases: tuple[Phrase, ...] = ()


def _understood(
    text: str, tokens: Tokens, chosen: list[Candidate], signs: list[Span], clock: Calendar
) -> Parsed:
    """Return what the chosen candidates mean together, without a title yet."""
    due = _due(chosen, clock)
    spans = list(signs)
    result = Parsed(title="", due_at=due.instant)
    if due.instant is None:
        result = replace(result, due_date=due.slot)

    def span(candidate: Candidate, kind: Kind, value: str) -> None:
        start, end = _place(tokens, candidate)
        spans.append(Span(start, end, text[start:end], kind, value))

    for phrase in due.phrases:
        span(phrase, "due", _written(due.slot))
    if due.repeat and due.series:
        anchor, rrule = due.repeat.anchor, due.series.rrule
        span(due.repeat, "recurrence", rrule + ";anchor=completion" * (anchor == "completion"))
        result = replace(result, rrule=rrule, anchor=anchor)
    reminders: dict[int | datetime, None] = {}
    for one in chosen:
        match one:
            case Importance():
                span(one, "priority", one.priority)
                result = replace(result, priority=one.priority)
            case Start() if one == due.start or _starts_in_time(one.day, due):
                span(one, "start", one.day.isoformat())
                if not due.series:
                    result = replace(result, start_date=one.day)
            case Reminder(at=Phrase(day=None, instant=None)) if due.repeat and due.repeat.several:
                pass  # it would be a different time before each
            case Reminder():
                at = when(one, due.slot, repeating=due.series is not None, clock=clock)
                if at is not None and (at in reminders or len(reminders) < MOST_REMINDERS):
                    span(one, "reminder", _reminder_value(at, clock))
                    reminders[at] = None
    spans.sort(key=lambda one: one.start)
    yearless = any(one.yearless for one in due.phrases)
    return replace(
        _signed(result, signs), yearless=yearless, spans=tuple(spans), reminders=tuple(reminders)
    )


def _signed(result: Parsed, signs: list[Span]) -> Parsed:
    labels: dict[str, str] = {}
    for span in signs:
        if span.kind == "label":
            labels.setdefault(span.value.casefold(), span.value)
    list_id = next((UUID(span.value) for span in signs if span.kind == "list"), None)
    return replace(result, labels=tuple(labels.values()), list_id=list_id)


def _due(chosen: list[Candidate], clock: Calendar) -> _Due:
    phrases = [one for one in chosen if isinstance(one, Phrase)]
    repeat = next((one for one in chosen if isinstance(one, Repeat)), None)
    if repeat:
        start = next((one for one in chosen if isinstance(one, Start)), None)
        return _repeating(repeat, start, phrases, clock)
    days = [one for one in phrases if one.day or one.instant]
    times = [one for one in phrases if not (one.day or one.instant)]
    if days and times:
        joined = replace(days[0], wall=times[0].wall, vague=times[0].vague)
        value = resolve(joined, clock)
        if value:
            return _timed(value, clock, (days[0], times[0]))
    return _alone(days[0] if days else times[0], clock) if phrases else _Due()


def _repeating(repeat: Repeat, start: Start | None, phrases: list[Phrase], clock: Calendar) -> _Due:
    """Return the series of a repeat, with the first day and the time that stand elsewhere."""
    whole = repeat
    for one in phrases:
        whole = joined(whole, one, clock) or whole
    start = None if repeat.begins else start
    if start:
        whole = replace(whole, begins=start.day)
    found = series(whole, clock)
    if not found:
        return _Due()
    return _Due(found.first, clock.of_slot(found.first), repeat, found, start, tuple(phrases))


def _alone(found: Phrase, clock: Calendar) -> _Due:
    value = resolve(found, clock)
    return _timed(value, clock, (found,)) if value else _Due()


def _timed(value: date | datetime, clock: Calendar, phrases: tuple[Phrase, ...]) -> _Due:
    if isinstance(value, datetime):
        return _Due(clock.wall(value), value, phrases=phrases)
    return _Due(value, phrases=phrases)


def _starts_in_time(first: date, due: _Due) -> bool:
    """Tell whether a task may start on a day: it does not repeat, nor is it due before."""
    if due.series:
        return False
    last = due.slot.date() if isinstance(due.slot, datetime) else due.slot
    return last is None or first <= last


def _written(slot: Slot | None) -> str:
    return slot.isoformat() if slot else ""


def _reminder_value(at: int | datetime, clock: Calendar) -> str:
    return f"-{at}m" if isinstance(at, int) else clock.wall(at).isoformat()
