"""Every statement that moves a job from one state to another (docs/state-machines.md).

Time is the database's: workers' clocks need not agree. Conditions use `statement_timestamp()`: an
index can be searched for it (`clock_timestamp()` is volatile). Rows are picked in a materialised
CTE: a subquery might run more than once, and pick more than `:most` rows. What a worker does to a
job it claimed is guarded by the lease token. Statements that change many jobs either skip those
that are locked or lock them in the order of their ids: no two wait for each other.
"""

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.types import Float, Integer, String

from taskbell.jobs.models import MOST_CRASHES

_CLAIM_SET = """
    SET state = 'running', attempts = attempts + 1, lease_token = :token,
        lease_owner = :owner, lease_until = clock_timestamp() + make_interval(secs => :lease),
        started_at = clock_timestamp(), effect_started_at = NULL
"""
_CLAIMED = """
    job.id, kind, lane, payload, payload_version, attempts, max_attempts, crashes, ambiguous,
    lease_token, request_id, run_at, created_at
"""
_DUE = """
    state = 'ready' AND run_at <= statement_timestamp()
    AND (expires_at IS NULL OR expires_at > statement_timestamp())
"""
_LAST_CHANCE = f"crashes >= {MOST_CRASHES - 1}"
"""Another crash and it is dead: it runs in a process of its own, where nothing else can kill it."""
_NO_LEASE = "lease_token = NULL, lease_owner = NULL, lease_until = NULL"
_MINE = "id = :id AND lease_token = :token AND state = 'running'"

_ids = bindparam("ids", type_=ARRAY(UUID(as_uuid=True)))
_token = bindparam("token", type_=UUID(as_uuid=True))
_tokens = bindparam("tokens", type_=ARRAY(UUID(as_uuid=True)))
_lease = bindparam("lease", type_=Float)
_delay = bindparam("delay", type_=Float)
_lanes = bindparam("lanes", type_=ARRAY(String))

TICKET = text(f"""
    WITH picked AS MATERIALIZED (
        SELECT of_lane.id FROM unnest(CAST(:lanes AS text[])) AS wanted(lane), LATERAL (
            SELECT id FROM job
            WHERE job.lane = wanted.lane
                AND ticket_at <= statement_timestamp() AND {_DUE} AND NOT {_LAST_CHANCE}
            ORDER BY ticket_at LIMIT :most
            FOR UPDATE SKIP LOCKED
        ) AS of_lane
    )
    UPDATE job SET ticket_at = clock_timestamp() + make_interval(secs => :patience)
    FROM picked WHERE job.id = picked.id
    RETURNING job.id, attempts, priority, lane
""").bindparams(_lanes, bindparam("patience", type_=Float), bindparam("most", type_=Integer))

RETICKET = text("""
    UPDATE job SET ticket_at = clock_timestamp() WHERE id = ANY(:ids) AND state = 'ready'
""").bindparams(_ids)

RETICKET_ALL = text("""
    UPDATE job SET ticket_at = clock_timestamp()
    WHERE state = 'ready' AND run_at <= statement_timestamp()
        AND ticket_at > statement_timestamp()
""")

CLAIM = text(f"""
    UPDATE job {_CLAIM_SET}
    WHERE id = :id AND {_DUE} AND lane = ANY(:lanes) AND NOT {_LAST_CHANCE} RETURNING {_CLAIMED}
""").bindparams(_lease, _token, _lanes)

CLAIM_NEXT = text(f"""
    WITH picked AS MATERIALIZED (
        SELECT id FROM job WHERE lane = :lane AND {_DUE} AND NOT {_LAST_CHANCE}
        ORDER BY priority DESC, run_at LIMIT :most
        FOR UPDATE SKIP LOCKED
    )
    UPDATE job {_CLAIM_SET} FROM picked WHERE job.id = picked.id
    RETURNING {_CLAIMED}
""").bindparams(_lease, _token, bindparam("most", type_=Integer))

LAST_CHANCES = text(f"""
    SELECT id FROM job WHERE {_DUE} AND {_LAST_CHANCE} ORDER BY run_at LIMIT 20
""")

CLAIM_LAST_CHANCE = text(f"""
    UPDATE job {_CLAIM_SET} WHERE id = :id AND {_DUE} AND {_LAST_CHANCE} RETURNING {_CLAIMED}
""").bindparams(_lease, _token)

UNCLAIM = text(f"""
    UPDATE job SET state = 'ready', {_NO_LEASE}, attempts = attempts - 1,
        ticket_at = clock_timestamp()
    WHERE state = 'running' AND lease_token = ANY(:tokens)
""").bindparams(_tokens)

HEARTBEAT = text("""
    WITH held AS MATERIALIZED (
        SELECT id, lease_token FROM job WHERE id = ANY(:ids) AND state = 'running'
        ORDER BY id FOR NO KEY UPDATE
    ), mine AS (
        SELECT held.id
        FROM unnest(CAST(:ids AS uuid[]), CAST(:tokens AS uuid[])) AS asked(id, token)
        JOIN held ON held.id = asked.id AND held.lease_token = asked.token
    )
    UPDATE job SET lease_until = clock_timestamp() + make_interval(secs => :lease)
    FROM mine WHERE job.id = mine.id
    RETURNING job.id
""").bindparams(_lease, _ids, _tokens)

START_EFFECT = text(f"""
    UPDATE job SET effect_started_at = clock_timestamp(),
        lease_until = clock_timestamp() + make_interval(secs => :lease)
    WHERE {_MINE} AND lease_until > clock_timestamp()
    RETURNING id
""").bindparams(_lease)

DONE = text(f"""
    UPDATE job SET state = 'done', finished_at = clock_timestamp(), {_NO_LEASE}
    WHERE {_MINE} RETURNING id
""")

RETRY = text(f"""
    UPDATE job SET state = 'ready', {_NO_LEASE}, last_error = :error,
        ambiguous = ambiguous + :ambiguous,
        run_at = clock_timestamp() + make_interval(secs => :delay),
        ticket_at = clock_timestamp() + make_interval(secs => :delay)
    WHERE {_MINE} RETURNING id, run_at
""").bindparams(_delay, bindparam("ambiguous", type_=Integer))

DEAD = text(f"""
    UPDATE job SET state = 'dead', finished_at = clock_timestamp(), {_NO_LEASE},
        last_error = :error, ambiguous = ambiguous + :ambiguous
    WHERE {_MINE} RETURNING id
""").bindparams(bindparam("ambiguous", type_=Integer))

RELEASE = text(f"""
    UPDATE job SET state = 'ready', {_NO_LEASE},
        attempts = attempts - (effect_started_at IS NULL)::int,
        ambiguous = ambiguous + (effect_started_at IS NOT NULL)::int,
        ticket_at = clock_timestamp(),
        last_error = coalesce(:reason, last_error)
    WHERE {_MINE} RETURNING id
""").bindparams(bindparam("reason", type_=String))

POSTPONE = text(f"""
    UPDATE job SET state = 'ready', {_NO_LEASE}, attempts = attempts - 1,
        run_at = clock_timestamp() + make_interval(secs => :delay),
        ticket_at = clock_timestamp() + make_interval(secs => :delay)
    WHERE {_MINE} RETURNING id
""").bindparams(_delay)

SWEEP = text(f"""
    WITH picked AS MATERIALIZED (
        SELECT id FROM job WHERE state = 'running' AND lease_until < statement_timestamp()
        LIMIT 500 FOR UPDATE SKIP LOCKED
    )
    UPDATE job SET
        crashes = crashes + 1,
        ambiguous = ambiguous + (effect_started_at IS NOT NULL)::int,
        state = CASE WHEN crashes + 1 >= :most_crashes THEN 'dead' ELSE 'ready' END,
        finished_at = CASE WHEN crashes + 1 >= :most_crashes THEN clock_timestamp() END,
        ticket_at = clock_timestamp(),
        last_error = 'the lease of ' || lease_owner || ' ran out (crash ' || crashes + 1 || ')',
        {_NO_LEASE}
    FROM picked WHERE job.id = picked.id
    RETURNING job.id, kind, state, crashes, effect_started_at
""").bindparams(bindparam("most_crashes", type_=Integer))

EXPIRE = text("""
    WITH picked AS MATERIALIZED (
        SELECT id FROM job WHERE state = 'ready' AND expires_at <= statement_timestamp()
        LIMIT 500 FOR UPDATE SKIP LOCKED
    )
    UPDATE job SET state = 'cancelled', finished_at = clock_timestamp(), last_error = 'expired'
    FROM picked WHERE job.id = picked.id
    RETURNING job.id, kind
""")

CANCEL_GROUPS = text("""
    UPDATE job SET state = 'cancelled', finished_at = clock_timestamp(), last_error = :reason
    WHERE group_key = ANY(:group_keys) AND state = 'ready'
    RETURNING id
""").bindparams(bindparam("reason", type_=String), bindparam("group_keys", type_=ARRAY(String)))

PRUNE = text("""
    WITH picked AS MATERIALIZED (
        SELECT id FROM job
        WHERE state IN ('done', 'dead', 'cancelled')
            AND finished_at < statement_timestamp() - interval '7 days'
            AND (state <> 'dead' OR finished_at < statement_timestamp() - interval '90 days')
        LIMIT 1000 FOR UPDATE SKIP LOCKED
    )
    DELETE FROM job USING picked WHERE job.id = picked.id
""")

OLDEST_DUE = text("""
    SELECT extract(epoch FROM clock_timestamp() - min(run_at))::float
    FROM job WHERE state = 'ready' AND run_at <= statement_timestamp()
""")
