"""Test messages: does it reach me, and what was said on the way?"""

import asyncio
import time
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from taskbell.notifications import testing
from taskbell.notifications.testing import (
    NotificationTestIn,
    NotificationTestNotFoundError,
    NotificationTestOut,
)
from taskbell_api.access import ReadsAccount, WritesAccount
from taskbell_api.deps import BASE, ServicesDep, SessionDep
from taskbell_api.live.stream import DRAINING
from taskbell_api.openapi import errors
from taskbell_api.throttling.answers import RateLimitedError
from taskbell_api.throttling.operations import TEST_NOTIFICATION

router = APIRouter(prefix=f"{BASE}/users/me/test-notification", tags=["notifications"])

WAIT_SECONDS = 15.0
FIRST_LOOK_SECONDS = 0.05
MOST_PAUSE_SECONDS = 0.5


@router.post("", summary="Send a test message to oneself", responses=errors(RateLimitedError))
async def send_test(
    request: Request,
    services: ServicesDep,
    caller: WritesAccount,
    body: NotificationTestIn,
    wait: Annotated[float, Query(ge=0, le=WAIT_SECONDS, description="Seconds.")] = WAIT_SECONDS,
) -> NotificationTestOut:
    """Send a real message over one channel, and wait up to 15 seconds for what comes of it.

    `transcript` is what was said: the dialogue with the mail server, the answer of the push service
    or of the webhook. While it is still `pending`, look again with its id. An unconfirmed e-mail
    address is sent a few a day.
    """
    await services.throttle.check(request, TEST_NOTIFICATION, caller.user_id)
    async with services.database.transaction() as session:
        test = await testing.ask_for_test(
            session, owner_id=caller.user_id, channel=body.channel, target_id=body.target_id
        )
    # the worker is at it: no transaction is open meanwhile
    deadline, pause = time.monotonic() + wait, FIRST_LOOK_SECONDS
    while time.monotonic() < deadline and not _ends(request):
        await asyncio.sleep(pause)
        if await testing.has_ended(services.database, test_id=test.id):
            break
        pause = min(pause * 1.5, MOST_PAUSE_SECONDS)
    async with services.database.transaction() as session:
        test = await testing.get_test(session, owner_id=caller.user_id, test_id=test.id)
    return NotificationTestOut.of(test)


def _ends(request: Request) -> bool:
    """Tell whether this process is stopping: the answer is to be looked at again, elsewhere."""
    return bool(request.scope.get("state", {}).get(DRAINING))


@router.get(
    "/{notification_test_id}",
    summary="Look at a test message again",
    responses=errors(NotificationTestNotFoundError),
)
async def get_test(
    session: SessionDep, caller: ReadsAccount, notification_test_id: UUID
) -> NotificationTestOut:
    """Return what came of a test message; kept for a week."""
    test = await testing.get_test(session, owner_id=caller.user_id, test_id=notification_test_id)
    return NotificationTestOut.of(test)
