"""What the other side of a request said."""

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from taskbell.text import storable


@dataclass(frozen=True)
class Answer:
    """What the other side said. `body`: its first 64 KiB as they came, not unpacked.

    `headers` by lower-case name, the last of each; `seconds`: how long it all took.
    """

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    def text(self, most: int = 500) -> str:
        """Return the beginning of the body as text that can be stored and shown."""
        packed = self.headers.get("content-encoding", "identity").strip().lower()
        if packed not in {"", "identity"}:
            return f"({packed}, not unpacked)"[:most]
        return storable(self.body[: 4 * most].decode("utf-8", "replace"), most)

    def retry_after(self, moment: datetime) -> float:
        """Return the seconds for which it asks to wait, 0 when it does not (RFC 9110 §10.2.3)."""
        asked = self.headers.get("retry-after", "").strip()
        if asked.isascii() and asked.isdigit():
            return float(asked[:9])
        try:
            until = email.utils.parsedate_to_datetime(asked)
        except ValueError:
            return 0.0
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        return max(0.0, (until - moment).total_seconds())
