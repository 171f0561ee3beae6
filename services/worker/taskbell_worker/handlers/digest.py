"""Sending the daily digest."""

from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.digest import service as digests
from taskbell.digest import unsubscribe
from taskbell.digest.contents import Contents
from taskbell.digest.jobs import DIGEST, DigestPayload
from taskbell.digest.service import DueDigest, Ending, NoDigest
from taskbell.mail.message import Mail, Recipient, compose
from taskbell_worker.handlers.mail import send
from taskbell_worker.registry import handles
from taskbell_worker.run import Failure, Run


@handles(DIGEST)
async def digest(run: Run, payload: DigestPayload) -> None:
    """Mail a planned digest, unless it is not wanted any more or has nothing to say."""

    async def failed(session: AsyncSession, failure: Failure) -> None:
        if failure.retry_at is None:
            await digests.end_digest(session, payload, state="failed")

    run.on_failure = failed
    async with run.database.transaction() as session:
        due = await digests.read_digest(session, payload)
        if isinstance(due, DueDigest):
            token = await unsubscribe.make_token(session, user_id=payload.user_id)
    if due is None:
        return None
    if isinstance(due, NoDigest):
        return await _end(run, payload, due.state)
    message = _compose(run, due, token)

    async def before_data() -> None:
        async with run.database.transaction() as session:
            # the mail server may have kept us waiting: is it still wanted?
            still = await digests.check_wanted(session, payload)
            if still is None or isinstance(still, NoDigest):
                raise _NotWantedError
            await run.start_effect(session)

    try:
        answer = await send(run, message, before_data=before_data)
    except _NotWantedError:
        return await _end(run, payload, "skipped")
    if answer is not None:
        await _end(run, payload, "sent")
    return None


class _NotWantedError(Exception):
    """It was switched off, say, while the mail server kept us waiting."""


async def _end(run: Run, payload: DigestPayload, state: Ending) -> None:
    async def write(session: AsyncSession) -> None:
        await digests.end_digest(session, payload, state=state)

    await run.finish(write)


def _compose(run: Run, due: DueDigest, token: str) -> Mail:
    public_url = run.resources.public_url
    return compose(
        "digest",
        job_id=run.job.id,
        sender=run.resources.mail_from,
        recipient=Recipient(due.user.email, due.user.name),
        subject=_subject(due.contents),
        unsubscribe_url=unsubscribe.one_click_url(public_url, token),
        context={
            "day": due.contents.day,
            "contents": due.contents,
            "zone": due.zone,
            "public_url": public_url,
            "unsubscribe_page": unsubscribe.page_url(public_url, token),
        },
    )


def _subject(contents: Contents) -> str:
    counts = [
        f"{count} {words}"
        for count, words in (
            (contents.count_today, "due today"),
            (contents.count_overdue, "overdue"),
        )
        if count
    ]
    return f"{contents.day:%A}: {', '.join(counts)}"
