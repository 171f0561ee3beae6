"""What delivering.py does for one reminder, for many at once: a statement each instead of each one.

Only the usual case: a delivery that is planned begins, one that is on its way ends well. What is
anything else (no longer wanted, locked by somebody, cut off before) is left as it was and not among
what is returned: then delivering.py does it alone, or says why not.

Rows are locked in one order, and those that somebody else holds are skipped, so that two such
statements, or one and a user's change, never wait for each other.

They look for rows by id (and by the token of a lease, which is in no index), and then at the state
of what they find: told the state as well, Postgres may read a partial index of all that is under
way, for each row, which is worst when most is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.types import DateTime, Float, Integer, String

from taskbell.accounts import links
from taskbell.clock import now
from taskbell.jobs.lifecycle import ClaimedJob
from taskbell.reminders.delivering import Attempt
from taskbell.reminders.links import PURPOSE, NewReminderLink
from taskbell.statements import Executor, Statement

_ids = ARRAY(Uuid)
_instant = DateTime(timezone=True)
BEGIN = Statement(
    text("""
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:jobs AS uuid[]), CAST(:tokens AS uuid[]), CAST(:attempts AS int[]),
            CAST(:reminders AS uuid[]), CAST(:fire_ats AS timestamptz[]),
            CAST(:hashes AS text[]), CAST(:emails AS text[]), CAST(:occurrences AS text[])
        ) AS asked(job_id, token, attempt, reminder_id, fire_at, link, email, occurrence)
    ), held AS MATERIALIZED (
        SELECT id, lease_token, lease_until > clock_timestamp() AS is_leased
        FROM job WHERE id = ANY(:jobs) AND lease_token = ANY(:tokens)
        ORDER BY id FOR NO KEY UPDATE
    ), wanted AS MATERIALIZED (
        SELECT delivery.id, reminder.owner_id, asked.*
        FROM asked
        JOIN held
            ON held.id = asked.job_id AND held.lease_token = asked.token AND held.is_leased
        JOIN reminder ON reminder.id = asked.reminder_id
        JOIN task ON task.id = reminder.task_id
        JOIN user_account ON user_account.id = reminder.owner_id
        JOIN delivery ON delivery.job_id = asked.job_id AND delivery.attempt = asked.attempt
        WHERE delivery.state = 'planned'
            AND NOT (
                SELECT bool_or(attempts.state = 'sending')
                FROM delivery AS attempts WHERE attempts.job_id = asked.job_id
            )
            AND reminder.state = 'fired' AND reminder.last_fire_at = asked.fire_at
            AND task.completed_at IS NULL AND task.deleted_at IS NULL
            AND task.owner_id = reminder.owner_id
            AND user_account.is_active AND user_account.deletion_at IS NULL
        FOR NO KEY UPDATE OF delivery SKIP LOCKED
        FOR KEY SHARE OF reminder, user_account SKIP LOCKED
    ), begun AS (
        UPDATE delivery SET state = 'sending', started_at = :moment, finished_at = NULL,
            response = NULL
        FROM wanted WHERE delivery.id = wanted.id
        RETURNING delivery.job_id
    ), linked AS (
        INSERT INTO mailed_link (token_hash, user_id, purpose, email, created_at, expires_at,
            reminder_id, fire_at, occurrence)
        SELECT decode(link, 'hex'), owner_id, :purpose, email, :moment, :expires_at, reminder_id,
            fire_at, occurrence
        FROM wanted WHERE link IS NOT NULL
    )
    UPDATE job SET effect_started_at = clock_timestamp(),
        lease_until = CASE
            WHEN lease_until > clock_timestamp() + make_interval(secs => :lease / 2)
            THEN lease_until  -- unchanged, as all that is indexed: no index is written
            ELSE clock_timestamp() + make_interval(secs => :lease)
        END
    FROM begun WHERE job.id = begun.job_id
    RETURNING job.id
""").bindparams(
        bindparam("jobs", type_=_ids),
        bindparam("tokens", type_=_ids),
        bindparam("reminders", type_=_ids),
        bindparam("fire_ats", type_=ARRAY(_instant)),
        bindparam("hashes", type_=ARRAY(String)),
        bindparam("emails", type_=ARRAY(String)),
        bindparam("occurrences", type_=ARRAY(String)),
        bindparam("purpose", type_=String),
        bindparam("expires_at", type_=_instant),
        bindparam("attempts", type_=ARRAY(Integer)),
        bindparam("moment", type_=_instant),
        bindparam("lease", type_=Float),
    ),
    into=lambda job_id: job_id,
)

END = Statement(
    text("""
    WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(
            CAST(:jobs AS uuid[]), CAST(:tokens AS uuid[]), CAST(:attempts AS int[]),
            CAST(:late AS int[]), CAST(:responses AS text[])
        ) AS asked(job_id, token, attempt, late_seconds, response)
    ), held AS MATERIALIZED (
        SELECT id, lease_token, lease_until > clock_timestamp() AS is_leased
        FROM job WHERE id = ANY(:jobs) AND lease_token = ANY(:tokens)
        ORDER BY id FOR NO KEY UPDATE
    ), on_its_way AS MATERIALIZED (
        SELECT delivery.id, asked.late_seconds, asked.response
        FROM asked
        JOIN held
            ON held.id = asked.job_id AND held.lease_token = asked.token AND held.is_leased
        JOIN delivery ON delivery.job_id = asked.job_id AND delivery.attempt = asked.attempt
        WHERE delivery.state = 'sending'
        FOR NO KEY UPDATE OF delivery SKIP LOCKED
    ), ended AS (
        UPDATE delivery SET state = 'sent', finished_at = :moment,
            late_seconds = on_its_way.late_seconds, response = on_its_way.response
        FROM on_its_way WHERE delivery.id = on_its_way.id
        RETURNING delivery.job_id
    )
    UPDATE job SET state = 'done', finished_at = clock_timestamp(),
        lease_token = NULL, lease_owner = NULL, lease_until = NULL
    FROM ended WHERE job.id = ended.job_id
    RETURNING job.id
""").bindparams(
        bindparam("jobs", type_=_ids),
        bindparam("tokens", type_=_ids),
        bindparam("attempts", type_=ARRAY(Integer)),
        bindparam("late", type_=ARRAY(Integer)),
        bindparam("responses", type_=ARRAY(String)),
        bindparam("moment", type_=_instant),
    ),
    into=lambda job_id: job_id,
)


@dataclass(frozen=True)
class Going:
    """An attempt whose job is running here."""

    job: ClaimedJob
    attempt: Attempt


async def begin_many(
    executor: Executor, going: Sequence[Going], made: Sequence[NewReminderLink | None]
) -> set[UUID]:
    """Begin the effect and the delivery of each that is still wanted; return their jobs.

    `made`: the link in each one's message, if it has one, which works from then on.
    """
    moment = now()
    begun = await BEGIN.all(
        executor,
        **_guard(going),
        reminders=[one.attempt.payload.reminder_id for one in going],
        fire_ats=[one.attempt.payload.fire_at for one in going],
        moment=moment,
        lease=going[0].job.lease_seconds,
        hashes=[link and links.hash_of(link.token).hex() for link in made],
        emails=[link and link.email for link in made],
        occurrences=[link and link.occurrence for link in made],
        purpose=PURPOSE,
        expires_at=moment + links.TTL[PURPOSE],
    )
    return set(begun)


async def end_many(executor: Executor, sent: Sequence[tuple[Going, str]]) -> set[UUID]:
    """End jobs and deliveries that were sent, with the answer to each; return the jobs."""
    moment = now()
    ends = [going.attempt.ended("sent", response=said, at=moment) for going, said in sent]
    ended = await END.all(
        executor,
        **_guard([going for going, _ in sent]),
        late=[end["late_seconds"] for end in ends],
        responses=[end["response"] for end in ends],
        moment=moment,
    )
    return set(ended)


def _guard(going: Sequence[Going]) -> dict[str, list[UUID] | list[int]]:
    return {
        "jobs": [one.job.id for one in going],
        "tokens": [one.job.lease_token for one in going],
        "attempts": [one.attempt.number for one in going],
    }
