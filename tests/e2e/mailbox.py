"""What arrived in the mailbox of the stack, over MailDev's REST interface."""

import time
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.waiting import until


@dataclass(frozen=True)
class Mail:
    """A mail as it arrived. `seen_at` is when the test saw it, in seconds of the epoch."""

    id: str
    subject: str
    text: str
    html: str
    headers: dict[str, Any]
    seen_at: float


class Mailbox:
    """All mails to everybody; tests ask for those to their own users."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=10)

    def close(self) -> None:
        self._http.close()

    def to(self, address: str, subject: str = "") -> list[Mail]:
        """The mails to an address, the oldest first, with `subject` in their subjects."""
        answer = self._http.get("/email", params={"to.address": address})
        answer.raise_for_status()
        seen_at = time.time()
        return [
            Mail(one["id"], one["subject"], one["text"], one["html"], one["headers"], seen_at)
            for one in answer.json()
            if subject in one["subject"]
        ]

    def wait(self, address: str, subject: str, *, timeout: float = 20) -> Mail:
        """The first mail to an address with `subject` in its subject, once it is there."""
        what = f"a mail “{subject}” to {address}"
        return until(lambda: self.to(address, subject), what, timeout=timeout, poll=0.05)[0]

    def source(self, mail: Mail) -> bytes:
        """The mail byte by byte; `headers` of a `Mail` are decoded already."""
        answer = self._http.get(f"/email/{mail.id}/source")
        answer.raise_for_status()
        return answer.content

    def answers(self) -> bool:
        try:
            return self._http.get("/healthz").is_success
        except httpx.TransportError:
            return False
