"""Lanes: slots that some kinds of jobs share, and no others may fill."""

from collections.abc import Mapping
from dataclasses import dataclass

from taskbell.jobs.kinds import LANES, Lane

SHARES: Mapping[Lane, int] = {"main": 1, "web": 2, "push": 2}
"""Slots as multiples of `WORKER_MAX_JOBS`. Those that wait for others' servers are cheap."""

MAILS_A_CONNECTION = 2
"""Slots of the mail lane for each connection to the mail server: while a mail is sent over it,
another one is made ready or noted as sent."""

REFILL_PARTS: Mapping[Lane, int] = {"main": 4, "mail": 2, "web": 4, "push": 4}
"""Under a backlog a claim waits until one in so many slots is free."""


@dataclass
class Slots:
    """The slots of one lane in this worker.

    `backlog`: more is due than has tickets; free slots are filled straight from Postgres.
    """

    lane: Lane
    count: int
    taken: int = 0
    backlog: bool = False
    refilling: bool = False

    @property
    def free(self) -> int:
        """How many more jobs may run."""
        return self.count - self.taken

    def may_refill(self, at_least: int | None) -> bool:
        """Tell whether it is time to claim more: as jobs end, a few cost one statement together."""
        return self.backlog and not self.refilling and self.free >= (at_least or self._enough)

    @property
    def _enough(self) -> int:
        return -(-self.count // REFILL_PARTS[self.lane])


def lanes(slots: int, *, connections: int) -> dict[str, Slots]:
    """Return all lanes of a worker: so many slots in the main one, connections for mail."""
    counts = {lane: slots * share for lane, share in SHARES.items()}
    counts["mail"] = connections * MAILS_A_CONNECTION
    return {lane: Slots(lane, counts[lane]) for lane in LANES}
