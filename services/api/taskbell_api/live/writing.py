"""What is written to streams, as the HTML standard has it (§9.2: server-sent events)."""

import json
import random
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING
from uuid import UUID

from taskbell.accounts.callers import Permission
from taskbell.events.positions import Position
from taskbell.events.schemas import ChangeOut
from taskbell.events.service import Change

if TYPE_CHECKING:
    from taskbell_api.live.stream import Stream

MEDIA_TYPE = "text/event-stream"
RETRY_MS = 2000
SPREAD_MS = (500, 5000)
"""Streams that end at once come back one after the other."""

_OF_TASKS = frozenset(
    {"task", "list", "label", "filter", "reminder", "delivery", "notification", "import"}
)
_BY_SCOPE: Mapping[str, frozenset[str]] = {
    Permission.TASKS_READ: _OF_TASKS,
    Permission.ACCOUNT_READ: frozenset({"account", "preferences"}),
}


def kinds_for(scopes: frozenset[str] | None) -> frozenset[str] | None:
    """Return the kinds of things an API token may see; None, for a person, stands for all."""
    if scopes is None:
        return None
    return frozenset[str]().union(*(_BY_SCOPE.get(scope, frozenset()) for scope in scopes))


def news(stream: "Stream", changes: list[Change] | None, position: Position) -> bytes:
    """Return what a stream has to be told to be at `position`; see `events.service.Reading`."""
    before = stream.position
    told = b""
    is_lost = stream.is_lost or changes is None
    if is_lost:
        told = _event("reset", position, "{}").encode()
    elif changes and before is not None:
        told = _changes(changes, before, position, stream.kinds)
    if stream.has_begun:
        return told
    # what follows is not told yet: who is cut off before it must get it
    known = before if told and not is_lost and before is not None else position
    return _greeting(stream.user_id, known) + told


def _greeting(user_id: UUID, position: Position) -> bytes:
    told = _event("ready", position, json.dumps({"user_id": str(user_id)}))
    return f"retry: {RETRY_MS}\n\n{told}".encode()


def _changes(
    changes: Sequence[Change], before: Position, after: Position, kinds: frozenset[str] | None
) -> bytes:
    seen = [one for one in changes if kinds is None or one.kind in kinds]
    told = []
    known = before
    for one, following in zip_longest(seen, seen[1:]):
        if following is None:
            known = after
        elif following.tx != one.tx:  # who is cut off in a transaction gets all of it again
            known = before.until(one.tx, after)
        told.append(_event("change", known, ChangeOut.model_validate(one).model_dump_json()))
    return "".join(told).encode()


def heartbeat(position: Position | None) -> bytes:
    """Return a sign of life, with how far everything was told: that keeps a quiet reader's id new.

    An id without data is no event.
    """
    known = "" if position is None else f"id: {position}\n"
    return f": heartbeat\n{known}\n".encode()


def farewell() -> bytes:
    """Return when to come back, not the same for all."""
    return f"retry: {random.randint(*SPREAD_MS)}\n\n".encode()  # noqa: S311


def _event(name: str, position: Position, data: str) -> str:
    return f"event: {name}\nid: {position}\ndata: {data}\n\n"
