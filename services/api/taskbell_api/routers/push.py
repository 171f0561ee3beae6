"""Devices that take push messages: the browser subscribes, and tells here where to send."""

from uuid import UUID

from fastapi import APIRouter, Response

from taskbell.accounts.callers import Caller
from taskbell.outbound.errors import AddressRefusedError, OutboundError
from taskbell.paging import InvalidCursorError
from taskbell.push import service as push
from taskbell.push import vapid
from taskbell.push.errors import (
    EndpointRefusedError,
    SubscriptionNotFoundError,
    TooManySubscriptionsError,
)
from taskbell.push.models import PushSubscription
from taskbell.push.schemas import PushKeyOut, SubscriptionCreate, SubscriptionOut
from taskbell_api.access import Person
from taskbell_api.deps import BASE, ServicesDep, SessionDep
from taskbell_api.openapi import Responses, errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, PageQueryDep, whole_list
from taskbell_api.query_strings import parameters

router = APIRouter(prefix=f"{BASE}/push", tags=["push"])

KNOWN: Responses = {200: {"model": SubscriptionOut, "description": "It was known already."}}


@router.get("/key", summary="The key to subscribe with")
async def get_push_key(session: SessionDep, caller: Person) -> PushKeyOut:
    """Return this installation's public VAPID key (RFC 8292), for `pushManager.subscribe`."""
    return PushKeyOut(public_key=(await vapid.signer(session)).public_key)


@router.get(
    "/subscriptions",
    summary="List my devices",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_push_subscriptions(
    session: SessionDep, caller: Person, query: PageQueryDep
) -> PageOut[SubscriptionOut]:
    """Return one's devices that take push messages, the newest first. Endpoints are not shown."""
    found = await push.list_subscriptions(session, owner_id=caller.user_id)
    return whole_list(PageOut[SubscriptionOut], found, query, lambda one: _shown(one, caller))


@router.post(
    "/subscriptions",
    status_code=201,
    summary="Send push messages to this device",
    responses=KNOWN | errors(TooManySubscriptionsError, EndpointRefusedError),
)
async def create_push_subscription(
    services: ServicesDep,
    session: SessionDep,
    caller: Person,
    body: SubscriptionCreate,
    response: Response,
) -> SubscriptionOut:
    """Take a browser's subscription, or renew it: the same endpoint again changes what is known.

    It belongs to the session that sends it and goes with that. An endpoint of somebody else who
    used the same browser becomes the caller's. Safe to send again, at every start of the page.
    """
    # before anything is asked of the database: a name server may take its time
    try:
        await services.outbound.check(body.endpoint)
    except AddressRefusedError as error:
        raise EndpointRefusedError(str(error), field="body.endpoint") from None
    except OutboundError:
        pass  # not found just now; the push service gave it, so it will be
    device, is_new = await push.subscribe(session, caller=caller, new=body)
    response.status_code = 201 if is_new else 200
    return _shown(device, caller)


@router.delete(
    "/subscriptions/{push_subscription_id}",
    status_code=204,
    summary="Send nothing more to a device",
    responses=errors(SubscriptionNotFoundError),
)
async def delete_push_subscription(
    session: SessionDep, caller: Person, push_subscription_id: UUID
) -> None:
    """Forget a device. Its browser keeps a subscription that nobody uses."""
    await push.unsubscribe(session, owner_id=caller.user_id, subscription_id=push_subscription_id)


def _shown(device: PushSubscription, caller: Caller) -> SubscriptionOut:
    return SubscriptionOut(
        id=device.id,
        name=device.name,
        host=push.host_of(device.endpoint),
        current=device.session_id is not None and device.session_id == caller.session_id,
        state="refusing" if device.failures else "working",
        created_at=device.created_at,
        last_used_at=device.last_used_at,
    )
