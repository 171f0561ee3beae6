"""The links in reminders' mails: done, or tell me later, without signing in."""

from fastapi import APIRouter, Depends

from taskbell.accounts.errors import LinkExpiredError
from taskbell.reminders import links
from taskbell.reminders.errors import (
    CannotSnoozeError,
    OccurrencePassedError,
    TaskDoneError,
    TaskGoneError,
)
from taskbell.reminders.link_schemas import (
    LinkedTaskOut,
    LinkUsedOut,
    ReminderLink,
    ReminderLinkUse,
)
from taskbell_api.access import public
from taskbell_api.deps import BASE, SessionDep
from taskbell_api.openapi import errors
from taskbell_api.throttling.answers import RateLimitedError
from taskbell_api.throttling.operations import REMINDER_LINK
from taskbell_api.throttling.throttle import limited

router = APIRouter(prefix=f"{BASE}/reminder-links", tags=["reminders"])


@router.post(
    "/look",
    summary="See what a link in a reminder's mail is about",
    dependencies=[Depends(limited(REMINDER_LINK))],
    responses=errors(LinkExpiredError, RateLimitedError),
)
@public
async def look_at_reminder_link(session: SessionDep, body: ReminderLink) -> LinkedTaskOut:
    """Return the task and whether it is still open. The link stays good: nothing is changed."""
    return LinkedTaskOut.model_validate(await links.look(session, token=body.token))


@router.post(
    "/use",
    summary="Use a link in a reminder's mail",
    dependencies=[Depends(limited(REMINDER_LINK))],
    responses=errors(
        LinkExpiredError,
        OccurrencePassedError,
        TaskGoneError,
        TaskDoneError,
        CannotSnoozeError,
        RateLimitedError,
    ),
)
@public
async def use_reminder_link(session: SessionDep, body: ReminderLinkUse) -> LinkUsedOut:
    """Complete what the mail was about, or be told again in `minutes`; works once, for 7 days.

    Of a repeating task it completes the very occurrence that the mail was about, never a later one:
    409 `occurrence_passed` when the task has moved on. After an error the link still works.
    """
    if body.minutes is None:
        used = await links.complete(session, token=body.token)
    else:
        used = await links.snooze(session, token=body.token, minutes=body.minutes)
    return LinkUsedOut.model_validate(used)
