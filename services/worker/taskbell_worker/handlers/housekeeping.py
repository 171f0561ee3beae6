"""Daily jobs."""

from taskbell.accounts.links import prune_links
from taskbell.accounts.sessions import prune_sessions
from taskbell.exports.service import prune_exports
from taskbell.housekeeping import SESSION_PRUNE, TRASH_PURGE, DailyPayload
from taskbell.tasks.service import purge_trash
from taskbell_worker.registry import handles
from taskbell_worker.run import Run

BATCH = 500


@handles(TRASH_PURGE)
async def purge(run: Run, _payload: DailyPayload) -> None:
    """Empty the trash of what has lain there for 30 days."""
    purged = BATCH
    while purged == BATCH:
        async with run.database.transaction() as session:
            purged = await purge_trash(session, most=BATCH)


@handles(SESSION_PRUNE)
async def prune(run: Run, _payload: DailyPayload) -> None:
    """Delete sessions that ended or expired 30 days ago, and links and exports that are over."""
    async with run.database.transaction() as session:
        await prune_sessions(session)
        await prune_links(session)
        await prune_exports(session)
