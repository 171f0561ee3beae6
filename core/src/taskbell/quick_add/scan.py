"""One walk over the tokens of a text: everything in it that may mean something."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from taskbell.quick_add.calendar import Calendar
from taskbell.quick_add.dates import day
from taskbell.quick_add.exceptions import Exclusion, exclusion
from taskbell.quick_add.model import Priority
from taskbell.quick_add.phrases import Phrase, phrase, ranges_on
from taskbell.quick_add.reminders import Reminder, reminder
from taskbell.quick_add.repeats import Repeat, joined, repeat
from taskbell.quick_add.times import hour
from taskbell.quick_add.tokens import Tokens
from taskbell.quick_add.vocabulary import PRIORITIES


@dataclass(frozen=True, slots=True)
class Importance:
    """`p1` to `p4`."""

    start: int
    end: int
    priority: Priority


@dataclass(frozen=True, slots=True)
class Start:
    """`starting jan 5` without a repeat."""

    start: int
    end: int
    day: date


Candidate = Phrase | Repeat | Reminder | Importance | Start | Exclusion


def candidates(tokens: Tokens, clock: Calendar) -> Iterator[Candidate]:
    """Yield what may be understood, in order and without overlaps.

    After a find the walk goes on behind it, and each reader looks at a bounded number of tokens or
    at a list that is then behind it, so the work grows as the text does.
    """
    at = 0
    refused = -1  # where the time would stand of a date that is no due date, or its alternative
    while at < len(tokens):
        found = _candidate(tokens, at, clock)
        if found:
            if not (isinstance(found, Phrase) and at == refused):
                yield found
            at = found.end
        elif other := day(tokens, at, clock):  # since monday; monday or friday
            at = other.end
            refused = at + (tokens.word(at) in {"and", "or"})
        else:
            at += 1


def _candidate(tokens: Tokens, at: int, clock: Calendar) -> Candidate | None:
    if tokens[at].kind == "bang":
        return reminder(tokens, at, clock)
    word = tokens.word(at)
    if not word:
        return None
    if word in PRIORITIES:
        return Importance(at, at + 1, PRIORITIES[word])
    found = exclusion(tokens, at) or repeat(tokens, at, clock)
    if found:
        return found
    due = phrase(tokens, at, clock)
    following = due and repeat(tokens, tokens.after_comma(due.end), clock)
    if due and following:
        if isinstance(following, Exclusion):
            return replace(following, start=due.start)
        whole = joined(following, due, clock)
        return replace(whole, start=due.start) if whole else due
    return due or _start(tokens, at, clock)


def _start(tokens: Tokens, at: int, clock: Calendar) -> Start | None:
    """`starting jan 5`, `start jan 5`: a day without a time; not `Start tomorrow` at the front."""
    word = tokens.word(at)
    if word not in {"starting", "starts", "start"} or (word == "start" and at == 0):
        return None
    begin = at + 1 + (tokens.word(at + 1) == "on")
    first = day(tokens, begin, clock, led=True)
    if not first or ranges_on(tokens, first.end, clock):
        return None
    after = tokens.after_comma(first.end)
    led = tokens.word(after) in {"at", "@"}
    timed = first.wall or hour(tokens, after + led, led=led, dated=True)
    return None if timed else Start(at, first.end, first.date)
