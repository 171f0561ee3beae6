"""How much of a worker one user's slow webhooks may take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

MOST_AT_ONCE = 4
SOONEST_SECONDS = 0.2
LATEST_SECONDS = 60.0
SMOOTHING = 0.3
"""Of the last duration in the average: three of them decide most of it."""


@dataclass
class _Share:
    """What one user has under way. `pace`: seconds that a message takes of late, on average.

    `booked_until`: those that were sent away come back one after the other until then.
    """

    running: int = 0
    pace: float = SOONEST_SECONDS
    booked_until: float = 0.0


class FairShares:
    """Lets `MOST_AT_ONCE` messages of each user run at once, in this process."""

    def __init__(self) -> None:
        self._shares: dict[UUID, _Share] = {}

    def delay(self, owner_id: UUID) -> float:
        """Return 0 if one more of a user's may run, else the seconds after which to try again.

        At the pace at which their webhooks take messages: those that wait for a hanging one must
        not be claimed over and over, those for a fast one not wait for nothing.
        """
        share = self._shares.get(owner_id)
        if share is None or share.running < MOST_AT_ONCE:
            return 0.0
        moment = time.monotonic()
        share.booked_until = max(share.booked_until, moment) + share.pace / MOST_AT_ONCE
        share.booked_until = min(share.booked_until, moment + LATEST_SECONDS)
        return max(SOONEST_SECONDS, share.booked_until - moment)

    @contextmanager
    def take(self, owner_id: UUID) -> Iterator[None]:
        """Run one of a user's."""
        share = self._shares.setdefault(owner_id, _Share())
        share.running += 1
        began = time.monotonic()
        try:
            yield
        finally:
            share.running -= 1
            share.pace += SMOOTHING * (time.monotonic() - began - share.pace)
            if not share.running and share.booked_until < time.monotonic():
                del self._shares[owner_id]
