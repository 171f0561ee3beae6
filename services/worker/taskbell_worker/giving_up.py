"""What is left to say when a job was given up without its handler."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.digest.service import abandon_digests
from taskbell.reminders.delivering import abandon_deliveries
from taskbell.reminders.firing import fall_back_for
from taskbell.transfer.service import abandon_imports
from taskbell.webhooks.delivering import end_messages

SEE_THE_JOB = "given up: see the job for the reason"
NO_IMPORT = (
    "Something went wrong on our side. What was imported until then stays; the same file can be "
    "imported again, and nothing is doubled."
)


async def give_up(session: AsyncSession, *, job_ids: Sequence[UUID]) -> None:
    """Note for the owners that nothing more comes of jobs; push messages go out by e-mail."""
    await fall_back_for(session, job_ids=job_ids)
    await abandon_deliveries(session, job_ids=job_ids, reason=SEE_THE_JOB)
    await end_messages(session, job_ids=job_ids, state="failed", reason=SEE_THE_JOB)
    await abandon_digests(session, job_ids=job_ids)
    await abandon_imports(session, job_ids=job_ids, reason=NO_IMPORT)
