"""The daily digest: planning it, reading what it says, and what became of it.

Never twice a day: its row has the local day in its key, and `digest_last_day` only goes forward.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.digest import contents
from taskbell.digest.contents import Contents
from taskbell.digest.jobs import DIGEST, DigestPayload
from taskbell.digest.models import Digest
from taskbell.digest.planning import DAY, next_at, plan_due
from taskbell.ids import new_id
from taskbell.jobs.service import NewJob, enqueue_many
from taskbell.notifications.models import NotificationPreference as Preference
from taskbell.recurrence.slots import today
from taskbell.times import known_zone

Ending = Literal["sent", "empty", "failed", "skipped"]
PRUNE_AFTER = 90 * DAY


@dataclass(frozen=True)
class DueDigest:
    """What a digest says, read when it is sent."""

    user: User
    zone: str
    contents: Contents


@dataclass(frozen=True)
class NoDigest:
    """Why nothing is sent: there is nothing to say (`empty`), or it is not wanted (`skipped`)."""

    state: Literal["empty", "skipped"]
    reason: str


async def plan_digests(session: AsyncSession, *, most: int = 500) -> int:
    """Plan up to `most` digests whose time has come; return how many users were looked at.

    Safe to run in any number of processes at once: rows another one holds are skipped, and the
    digest of a day is inserted once.
    """
    due = (
        await session.execute(
            select(
                col(Preference.user_id),
                col(Preference.digest_time),
                col(Preference.digest_last_day),
                col(User.time_zone),
                func.statement_timestamp().label("at"),  # of the database, as for the search
            )
            .join(User, col(User.id) == col(Preference.user_id))
            .where(col(Preference.digest_next_at) <= func.statement_timestamp())
            .order_by(col(Preference.digest_next_at))
            .limit(most)
            .with_for_update(of=Preference, skip_locked=True)
        )
    ).all()
    wanted, following = [], []
    for user_id, at_time, last_day, zone, at in due:
        planned = plan_due(zone=known_zone(zone), at_time=at_time, at=at, last_day=last_day)
        day = planned.day or last_day
        values = {"digest_next_at": planned.next_at, "digest_last_day": day}
        following.append({"user_id": user_id, **values})
        if planned.day is not None:
            wanted.append(DigestPayload(user_id=user_id, day=planned.day))
    if following:
        await _plan(session, wanted)
        await session.execute(update(Preference), following)
    return len(due)


async def _plan(session: AsyncSession, wanted: Sequence[DigestPayload]) -> None:
    if not wanted:
        return
    jobs = [NewJob(payload, id=new_id()) for payload in wanted]
    rows = [
        {
            "user_id": job.payload.user_id,
            "day": job.payload.day,
            "job_id": job.id,
            "state": "planned",
        }
        | {"created_at": now()}
        for job in jobs
    ]
    fresh = set(
        await session.scalars(
            insert(Digest).on_conflict_do_nothing().returning(col(Digest.job_id)), rows
        )
    )
    await enqueue_many(session, DIGEST, [job for job in jobs if job.id in fresh])


async def reschedule(session: AsyncSession, preference: Preference, zone: str) -> None:
    """Compute when the next digest goes out: its time, the zone, or whether there is one changed.

    `zone`: that of the user's profile from now on. To be called in the transaction of the change.
    Who moves to another zone gets no second one on the date that it was there when the last one
    went out.
    """
    if not preference.digest_enabled:
        preference.digest_next_at = None
        return
    here = known_zone(zone)
    with session.no_autoflush:  # what was changed fits together only with what comes of this
        last_day = await _last_day(session, preference, here)
        moment = await session.scalar(select(func.clock_timestamp()))
    assert moment is not None  # noqa: S101 (for mypy)
    preference.digest_last_day = last_day
    preference.digest_next_at = next_at(
        zone=here, at_time=preference.digest_time, after=moment, last_day=last_day
    )


async def _last_day(session: AsyncSession, preference: Preference, zone: str) -> date | None:
    """Return the day of the last digest, or the date that it was in a zone, if that is later."""
    last_day = preference.digest_last_day
    if last_day is None:
        return None
    sent_at = await session.scalar(
        select(col(Digest.created_at)).where(
            col(Digest.user_id) == preference.user_id, col(Digest.day) == last_day
        )
    )
    return last_day if sent_at is None else max(last_day, today(sent_at, zone))


async def read_digest(session: AsyncSession, payload: DigestPayload) -> DueDigest | NoDigest | None:
    """Read what a planned digest should say, or why it is not sent; None when it was already."""
    user = await check_wanted(session, payload)
    if not isinstance(user, User):
        return user
    zone = known_zone(user.time_zone)
    found = await contents.read(session, owner_id=user.id, day=payload.day, zone=zone)
    if found.is_empty:
        return NoDigest("empty", "nothing is due")
    return DueDigest(user, zone, found)


async def check_wanted(session: AsyncSession, payload: DigestPayload) -> User | NoDigest | None:
    """Return whose digest it is, or why it is not wanted any more; None when it was sent."""
    found = (
        await session.execute(
            select(User, col(Digest.state), col(Preference.digest_enabled))
            .join(Digest, col(Digest.user_id) == col(User.id))
            .outerjoin(Preference, col(Preference.user_id) == col(User.id))
            .where(col(User.id) == payload.user_id, col(Digest.day) == payload.day)
            .execution_options(populate_existing=True)
        )
    ).one_or_none()
    if found is None or found[1] in {"sent", "empty", "skipped"}:
        return None
    user: User = found[0]
    if not user.is_usable:
        return NoDigest("skipped", "the account is disabled or deleted")
    if not user.email_verified:
        return NoDigest("skipped", "the e-mail address is not confirmed")
    if not found[2]:
        return NoDigest("skipped", "the digest was switched off")
    if payload.day < today(now(), known_zone(user.time_zone)):
        return NoDigest("skipped", "its day is over")
    return user


async def end_digest(session: AsyncSession, payload: DigestPayload, *, state: Ending) -> None:
    """Note what became of a digest."""
    await _end(
        session, state, col(Digest.user_id) == payload.user_id, col(Digest.day) == payload.day
    )


async def abandon_digests(session: AsyncSession, *, job_ids: Sequence[UUID]) -> None:
    """Note that jobs were given up: the digests they had planned failed."""
    await _end(session, "failed", col(Digest.job_id).in_(job_ids), col(Digest.state) == "planned")


async def _end(session: AsyncSession, state: Ending, *conditions: Any) -> None:
    await session.execute(
        update(Digest)
        .where(*conditions)
        .values(state=state, finished_at=now())
        .execution_options(synchronize_session=False)
    )


async def prune_digests(session: AsyncSession) -> None:
    """Delete what is known of digests of `PRUNE_AFTER` ago."""
    await session.execute(
        delete(Digest)
        .where(col(Digest.created_at) < now() - PRUNE_AFTER)
        .execution_options(synchronize_session=False)
    )
