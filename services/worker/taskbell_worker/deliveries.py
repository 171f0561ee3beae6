"""The steps of delivering a reminder, taken together by all deliveries that are at the same step.

Thousands of reminders are due in the same second. With some statements for each, commits and round
trips would take longer than the mails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from taskbell.db import TO_TELL, Database
from taskbell.mail.jobs import ReminderPayload
from taskbell.reminders.delivering import DueReminder, NotWanted, read_due_many
from taskbell.reminders.links import NewReminderLink
from taskbell.reminders.many import Going, begin_many, end_many
from taskbell_worker.together import Together

PAUSE_SECONDS = 0.02
SHORT_PAUSE_SECONDS = 0.010
"""Where a connection to the mail server is held meanwhile."""


@dataclass(frozen=True)
class _Begin:
    going: Going
    link: NewReminderLink | None


@dataclass(frozen=True)
class _End:
    going: Going
    owner_id: UUID
    response: str


class Deliveries:
    """Reads, begins and ends deliveries of reminders; what is unusual it leaves to the caller."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reads: Together[ReminderPayload, DueReminder | NotWanted] = Together(
            self._read, pause=PAUSE_SECONDS
        )
        self._begins: Together[_Begin, bool] = Together(self._begin, pause=SHORT_PAUSE_SECONDS)
        self._ends: Together[_End, bool] = Together(self._end, pause=PAUSE_SECONDS)

    async def read(self, payload: ReminderPayload) -> DueReminder | NotWanted:
        """Read what to send, or why nothing."""
        return await self._reads.ask(payload)

    async def begin(self, going: Going, *, link: NewReminderLink | None = None) -> bool:
        """Commit that the effect and the delivery begin, and that the link in it works.

        Returns False, and has done nothing, when anything stands in the way.
        """
        return await self._begins.ask(_Begin(going, link))

    async def end(self, going: Going, *, owner_id: UUID, response: str) -> bool:
        """Commit that it was sent and that the job is done; False as for `begin`."""
        return await self._ends.ask(_End(going, owner_id, response))

    async def _read(self, payloads: Sequence[ReminderPayload]) -> Sequence[DueReminder | NotWanted]:
        return await read_due_many(self._database, payloads)

    async def _begin(self, begins: Sequence[_Begin]) -> Sequence[bool]:
        begun = await begin_many(
            self._database, [one.going for one in begins], [one.link for one in begins]
        )
        return [one.going.job.id in begun for one in begins]

    async def _end(self, ends: Sequence[_End]) -> Sequence[bool]:
        ended = await end_many(self._database, [(one.going, one.response) for one in ends])
        owners = {one.owner_id for one in ends if one.going.job.id in ended}
        await self._database.announce(TO_TELL, owners)
        return [one.going.job.id in ended for one in ends]
