"""The claims of one worker, and what it has to give back because it never heard the answer."""

from contextlib import AbstractAsyncContextManager
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from taskbell.db import Database
from taskbell.jobs import lifecycle
from taskbell.jobs.lifecycle import ClaimedJob


class Claims:
    """Takes jobs for `owner`, each for a lease of so many seconds."""

    def __init__(self, database: Database, *, owner: str, lease: float) -> None:
        self._database = database
        self._owner = owner
        self._lease = lease
        self._in_vain: set[UUID] = set()
        self._unsure: set[UUID] = set()

    async def of_ticket(self, job_id: UUID, lanes: list[str]) -> ClaimedJob | None:
        """Take the job of a ticket, unless it is stale or of another lane."""
        token = uuid4()
        try:
            async with self._connection() as connection:
                return await lifecycle.claim(
                    connection, job_id, owner=self._owner, lease=self._lease, token=token,
                    lanes=lanes,
                )  # fmt: skip
        except Exception:
            self._in_vain.add(job_id)
            self._unsure.add(token)
            raise

    async def next(self, lane: str, most: int) -> list[ClaimedJob]:
        """Take due jobs of a lane without tickets."""
        token = uuid4()
        try:
            async with self._connection() as connection:
                return await lifecycle.claim_next(
                    connection, owner=self._owner, most=most, lane=lane, lease=self._lease,
                    token=token,
                )  # fmt: skip
        except Exception:
            self._unsure.add(token)
            raise

    async def last_chance(self, job_id: UUID) -> ClaimedJob | None:
        """Take a job that is on its last chance."""
        async with self._connection() as connection:
            return await lifecycle.claim_last_chance(
                connection, job_id, owner=self._owner, lease=self._lease
            )

    def was_in_vain(self, job_id: UUID) -> None:
        """Note that a ticket was taken and its job was not."""
        self._in_vain.add(job_id)

    def is_not_wanted(self, job: ClaimedJob) -> None:
        """Note that a job was taken too late to run it."""
        self._unsure.add(job.lease_token)

    async def give_back(self) -> None:
        """Let the relay hand out again what was taken in vain."""
        if self._unsure:
            tokens = set(self._unsure)
            async with self._connection() as connection:
                await lifecycle.unclaim(connection, list(tokens))
            self._unsure -= tokens
        if self._in_vain:
            returned = set(self._in_vain)
            async with self._connection() as connection:
                await lifecycle.reticket(connection, list(returned))
            self._in_vain -= returned

    def _connection(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._database.connection()
