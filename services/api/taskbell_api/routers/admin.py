"""For administrators: users, dead jobs, figures."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell import statistics
from taskbell.accounts import administration, sessions
from taskbell.accounts.callers import Role
from taskbell.accounts.errors import LastAdminError, UserNotFoundError
from taskbell.accounts.models import User
from taskbell.accounts.schemas import AdminUserOut, AdminUserPatch
from taskbell.errors import InvalidError
from taskbell.jobs import administration as jobs
from taskbell.jobs.administration import JobNotDeadError, JobNotFoundError
from taskbell.paging import InvalidCursorError
from taskbell.text import Text
from taskbell.times import UtcInstant
from taskbell_api.access import Administrator
from taskbell_api.deps import BASE, SessionDep
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, paged
from taskbell_api.query_strings import parameters

router = APIRouter(prefix=BASE, tags=["admin"])


class UserQuery(PageQuery):
    """Which users, and which page of them."""

    q: Text | None = Field(None, max_length=254, description="A part of address or name.")
    role: Role | None = None
    is_active: bool | None = None


class JobQuery(PageQuery):
    """Which jobs, and which page of them."""

    state: Literal["ready", "running", "done", "dead", "cancelled"] = "dead"
    kind: Text | None = Field(None, max_length=100, description="Such as `mail.reminder`.")


class JobOut(BaseModel):
    """A job. What it is about stays with its owner: no payload is shown."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    state: str
    attempts: int
    max_attempts: int
    crashes: int = Field(description="How often its worker died.")
    ambiguous: int = Field(description="How often nobody knows whether its mail was sent.")
    last_error: str | None
    run_at: UtcInstant
    created_at: UtcInstant
    finished_at: UtcInstant | None
    request_id: str | None


class JobRetry(BaseModel):
    """Which dead jobs are to run again."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "mail.reminder"}]}
    )

    kind: Text = Field(min_length=1, max_length=100, description="Such as `mail.reminder`.")


class JobsRetried(BaseModel):
    """How many run again, and how many of the kind are dead still."""

    model_config = ConfigDict(
        from_attributes=True, json_schema_extra={"examples": [{"retried": 12, "left": 0}]}
    )

    retried: int
    left: int


class UserFigures(BaseModel):
    """Accounts."""

    total: int
    active: int
    admins: int
    disabled: int
    leaving: int = Field(description="Deleted by their owners, and not purged yet.")


class TaskFigures(BaseModel):
    """Tasks of all users."""

    total: int
    pending: int
    completed: int
    trashed: int


class AdminStats(BaseModel):
    """Figures of the whole installation."""

    users: UserFigures
    sessions: int = Field(description="That go on.")
    api_tokens: int
    tasks: TaskFigures
    reminders: dict[str, int] = Field(description="By state.")
    deliveries_24h: dict[str, int] = Field(description="Planned in the last day, by state.")
    jobs: dict[str, int] = Field(description="By state.")
    dead_jobs: dict[str, int] = Field(description="By kind; only kinds that have some.")
    oldest_due_job_seconds: float = Field(description="How long the oldest due job has waited.")
    oldest_undelivered_seconds: float = Field(
        description="For how long a reminder that is due has not been delivered; 0 for none. "
        "Those that wait for the mail server count."
    )


@router.get(
    "/users",
    summary="List users",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(UserQuery),
)
async def list_users(
    session: SessionDep,
    _caller: Administrator,
    query: Annotated[UserQuery, Depends(paged(UserQuery))],
) -> PageOut[AdminUserOut]:
    """Return all users that match, the newest first."""
    found, total, next_cursor = await administration.list_users(
        session,
        q=query.q,
        role=query.role,
        is_active=query.is_active,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    items = await _shown(session, *found)
    return PageOut[AdminUserOut].of(items, query, total=total, next_cursor=next_cursor)


@router.get("/users/{user_id}", summary="Get a user", responses=errors(UserNotFoundError))
async def get_user(session: SessionDep, _caller: Administrator, user_id: UUID) -> AdminUserOut:
    """Return any user."""
    user = await administration.find_user(session, user_id=user_id)
    return (await _shown(session, user))[0]


@router.patch(
    "/users/{user_id}",
    summary="Change a user's role, disable or enable them",
    responses=errors(UserNotFoundError, LastAdminError),
)
async def update_user(
    session: SessionDep, caller: Administrator, user_id: UUID, body: AdminUserPatch
) -> AdminUserOut:
    """Takes effect on the user's next request; they are told by mail.

    Disabling signs out everywhere. The last administrator can be neither demoted nor disabled.
    """
    changes = body.model_dump(exclude_unset=True)
    for field, value in changes.items():
        if value is None:
            raise InvalidError("There is always one", field=f"body.{field}")
    user = await administration.change_user(
        session, admin_id=caller.user_id, user_id=user_id, changes=changes
    )
    return (await _shown(session, user))[0]


@router.delete(
    "/users/{user_id}/sessions",
    status_code=204,
    summary="Sign a user out everywhere",
    responses=errors(UserNotFoundError),
)
async def end_sessions_of(session: SessionDep, _caller: Administrator, user_id: UUID) -> None:
    """End all sessions of a user: a lost device, say."""
    user = await administration.find_user(session, user_id=user_id)
    await sessions.end_all(session, user_id=user.id, reason="revoked_by_admin")


@router.get(
    "/admin/jobs",
    summary="List jobs",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(JobQuery),
)
async def list_jobs(
    session: SessionDep,
    _caller: Administrator,
    query: Annotated[JobQuery, Depends(paged(JobQuery))],
) -> PageOut[JobOut]:
    """Return jobs in a state, `dead` unless asked otherwise; the last that got there first."""
    found, total, next_cursor = await jobs.list_jobs(
        session,
        state=query.state,
        kind=query.kind,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    items = [JobOut.model_validate(one) for one in found]
    return PageOut[JobOut].of(items, query, total=total, next_cursor=next_cursor)


@router.post(
    "/admin/jobs/{job_id}/retry",
    summary="Try a dead job again",
    responses=errors(JobNotFoundError, JobNotDeadError),
)
async def retry_job(session: SessionDep, caller: Administrator, job_id: UUID) -> JobOut:
    """Let a dead job run again at once, with all its attempts."""
    job = await jobs.retry_job(session, job_id=job_id, admin_id=caller.user_id)
    return JobOut.model_validate(job)


@router.post("/admin/jobs/retry", summary="Try the dead jobs of a kind again")
async def retry_jobs(session: SessionDep, caller: Administrator, body: JobRetry) -> JobsRetried:
    """Let up to 1,000 dead jobs of a kind run again, those that died first.

    Again while `left` is more than 0. Each looks first whether what it is about is still wanted.
    """
    found = await jobs.retry_kind(session, kind=body.kind, admin_id=caller.user_id)
    return JobsRetried.model_validate(found)


@router.get("/admin/stats", summary="Figures")
async def get_stats(session: SessionDep, _caller: Administrator) -> AdminStats:
    """Count users, tasks, reminders, deliveries and jobs."""
    return AdminStats.model_validate(await statistics.collect(session))


async def _shown(session: AsyncSession, *users: User) -> list[AdminUserOut]:
    seen = await sessions.last_seen(session, user_ids=[user.id for user in users])
    shown = [AdminUserOut.model_validate(user) for user in users]
    for one in shown:
        one.last_seen_at = seen.get(one.id)
    return shown
