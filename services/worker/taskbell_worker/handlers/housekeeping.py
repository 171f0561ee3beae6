"""Daily jobs."""

from taskbell.accounts.links import prune_links
from taskbell.accounts.sessions import prune_sessions
from taskbell.digest.service import prune_digests
from taskbell.exports.service import prune_exports
from taskbell.housekeeping import SESSION_PRUNE, TRASH_PURGE, DailyPayload
from taskbell.idempotency.service import prune_keys
from taskbell.lists.service import purge_trash as purge_lists
from taskbell.notifications.service import prune_notifications, prune_tests
from taskbell.tasks.activity import prune_activity
from taskbell.tasks.trash import purge_trash
from taskbell.transfer.reports import prune_imports
from taskbell.webhooks.delivering import prune_messages
from taskbell_worker.registry import handles
from taskbell_worker.run import Run

BATCH = 500


@handles(TRASH_PURGE)
async def purge(run: Run, _payload: DailyPayload) -> None:
    """Empty the trash of what has lain there for 30 days; forget changes of a year ago."""
    for empty in (purge_trash, purge_lists, prune_activity):
        purged = BATCH
        while purged == BATCH:
            async with run.database.transaction() as session:
                purged = await empty(session, most=BATCH)


@handles(SESSION_PRUNE)
async def prune(run: Run, _payload: DailyPayload) -> None:
    """Delete sessions that ended or expired 30 days ago, and what else is kept for a time only.

    That is links, exports, reports of imports, answers kept for an `Idempotency-Key`, digests,
    notifications, messages of webhooks, and answers to test messages.
    """
    for forget in (prune_links, prune_keys, prune_notifications, prune_messages):
        pruned = BATCH
        while pruned == BATCH:
            async with run.database.transaction() as session:
                pruned = await forget(session, most=BATCH)
    for forget_all in (prune_sessions, prune_exports, prune_imports, prune_digests, prune_tests):
        async with run.database.transaction() as session:
            await forget_all(session)
