"""Ids that follow from what something is: imported again, it is the same thing again."""

from datetime import datetime
from hashlib import sha256
from typing import Literal
from uuid import UUID

from taskbell.transfer.items import Source

_VERSION, _VARIANT = 0x7 << 76, 0b10 << 62
_RANDOM = 0xFFF << 64 | (1 << 62) - 1

STABLE: frozenset[Source] = frozenset({"trello", "vikunja", "taskbell"})
"""Sources that know for good when a task was made; of the others it is not part of the id."""


def derived_id(
    owner_id: UUID, source: Source, what: Literal["task", "list"], key: str, at: datetime | None
) -> UUID:
    """Return the id, shaped as UUIDv7, of what an owner's file of a source calls `key`.

    `at`: when it was made (1970 when nobody knows), for an index over ids grows best at its end.
    """
    name = "\x00".join((owner_id.hex, source, what, key))
    digest = sha256(name.encode("utf-8", "surrogatepass")).digest()
    milliseconds = 0 if at is None else int(at.timestamp() * 1000)
    chance = int.from_bytes(digest[:10], "big") & _RANDOM
    return UUID(int=milliseconds << 80 | _VERSION | _VARIANT | chance)
