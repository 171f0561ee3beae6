"""What one is told inside Taskbell, and how one wishes to be told."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from taskbell.notifications import preferences
from taskbell.notifications import service as notifications
from taskbell.notifications.errors import (
    NotificationNotFoundError,
    PreferencesChangedError,
    QuietHoursError,
)
from taskbell.notifications.schemas import (
    NotificationOut,
    PreferencesOut,
    PreferencesPatch,
    ReadAll,
    UnreadCount,
)
from taskbell.paging import InvalidCursorError
from taskbell_api.access import ReadsAccount, ReadsTasks, WritesAccount, WritesTasks
from taskbell_api.deps import BASE, SessionDep
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, paged
from taskbell_api.query_strings import parameters
from taskbell_api.versions import IfVersionDep, MalformedIfMatchError, put_etag

router = APIRouter(prefix=BASE, tags=["notifications"])


class NotificationQuery(PageQuery):
    """Which notifications, and which page of them."""

    unread: bool = Field(False, description="Only those that were not read.")


@router.get(
    "/notifications",
    summary="List notifications",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(NotificationQuery),
)
async def list_notifications(
    session: SessionDep,
    caller: ReadsTasks,
    query: Annotated[NotificationQuery, Depends(paged(NotificationQuery))],
) -> PageOut[NotificationOut]:
    """Return what one was told inside Taskbell, the newest first; kept for 90 days."""
    found = await notifications.list_notifications(
        session,
        owner_id=caller.user_id,
        unread=query.unread,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    items = [NotificationOut.model_validate(one) for one in found.items]
    return PageOut[NotificationOut].of(
        items, query, total=found.total, next_cursor=found.next_cursor
    )


@router.get("/notifications/count", summary="Count unread notifications")
async def count_notifications(session: SessionDep, caller: ReadsTasks) -> UnreadCount:
    """Return how many notifications are unread."""
    unread = await notifications.count_unread(session, owner_id=caller.user_id)
    return UnreadCount(unread=unread)


@router.post("/notifications/read", summary="Mark all notifications as read")
async def read_notifications(session: SessionDep, caller: WritesTasks) -> ReadAll:
    """Mark everything as read; return how many were not."""
    return ReadAll(read=await notifications.mark_all_read(session, owner_id=caller.user_id))


@router.post(
    "/notifications/{notification_id}/read",
    summary="Mark a notification as read",
    responses=errors(NotificationNotFoundError),
)
async def read_notification(
    session: SessionDep, caller: WritesTasks, notification_id: UUID
) -> NotificationOut:
    """Mark a notification as read; one that is read already keeps its time."""
    found = await notifications.mark_read(
        session, owner_id=caller.user_id, notification_id=notification_id
    )
    return NotificationOut.model_validate(found)


@router.delete(
    "/notifications/{notification_id}",
    status_code=204,
    summary="Delete a notification",
    responses=errors(NotificationNotFoundError),
)
async def delete_notification(
    session: SessionDep, caller: WritesTasks, notification_id: UUID
) -> None:
    """Delete a notification; the reminder it came from stays."""
    await notifications.delete_notification(
        session, owner_id=caller.user_id, notification_id=notification_id
    )


@router.get("/users/me/notifications", summary="Get one's notification preferences")
async def get_preferences(
    session: SessionDep, caller: ReadsAccount, response: Response
) -> PreferencesOut:
    """Return default channels, default reminder, quiet hours and the daily digest."""
    found = await preferences.get_preferences(session, user_id=caller.user_id)
    put_etag(response, found.version)
    return PreferencesOut.model_validate(found)


@router.patch(
    "/users/me/notifications",
    summary="Change one's notification preferences",
    responses=errors(MalformedIfMatchError, PreferencesChangedError, QuietHoursError),
)
async def update_preferences(
    session: SessionDep,
    caller: WritesAccount,
    response: Response,
    body: PreferencesPatch,
    if_version: IfVersionDep,
) -> PreferencesOut:
    """Merge: an absent field is untouched, null clears. What depends on them moves at once."""
    found = await preferences.update_preferences(
        session, user_id=caller.user_id, patch=body, if_version=if_version
    )
    put_etag(response, found.version)
    return PreferencesOut.model_validate(found)
