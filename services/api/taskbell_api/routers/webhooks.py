"""Webhooks: addresses of their owner's that are told of what is due, signed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from taskbell.accounts.errors import ReauthenticationRequiredError
from taskbell.paging import InvalidCursorError
from taskbell.webhooks import service as webhooks
from taskbell.webhooks.errors import (
    NothingToReplayError,
    TooManyWebhooksError,
    WebhookChangedError,
    WebhookDeliveryNotFoundError,
    WebhookNotFoundError,
    WebhookOffError,
    WebhookUrlError,
)
from taskbell.webhooks.schemas import (
    MessageState,
    NewWebhookOut,
    WebhookCreate,
    WebhookDeliveryOut,
    WebhookOut,
    WebhookPatch,
)
from taskbell_api.access import Person, ProvenPerson
from taskbell_api.deps import BASE, ServicesDep, SessionDep
from taskbell_api.openapi import errors
from taskbell_api.pages import (
    PageAndCursorError,
    PageOut,
    PageQuery,
    PageQueryDep,
    paged,
    whole_list,
)
from taskbell_api.query_strings import parameters
from taskbell_api.versions import IfVersionDep, MalformedIfMatchError, put_etag

router = APIRouter(prefix=f"{BASE}/webhooks", tags=["webhooks"])

GUARDED = (WebhookNotFoundError, WebhookChangedError, MalformedIfMatchError)


class DeliveryQuery(PageQuery):
    """Which messages of a webhook are wanted."""

    state: MessageState | None = Field(None, description="Only these.")


DeliveryQueryDep = Annotated[DeliveryQuery, Depends(paged(DeliveryQuery))]


@router.get(
    "",
    summary="List my webhooks",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_webhooks(
    session: SessionDep, caller: Person, query: PageQueryDep
) -> PageOut[WebhookOut]:
    """Return one's webhooks without their secrets, the newest first."""
    found = await webhooks.list_webhooks(session, owner_id=caller.user_id)
    return whole_list(PageOut[WebhookOut], found, query, WebhookOut.model_validate)


@router.post(
    "",
    status_code=201,
    summary="Make a webhook",
    responses=errors(ReauthenticationRequiredError, WebhookUrlError, TooManyWebhooksError),
)
async def create_webhook(
    services: ServicesDep,
    session: SessionDep,
    caller: ProvenPerson,
    response: Response,
    body: WebhookCreate,
) -> NewWebhookOut:
    """Make a webhook; the secret that signs its messages is shown in this answer only.

    Reminders with the channel `webhook` go to all that are switched on. Needs a password given
    within the last hour, at sign-in, or by `POST /auth/reauthenticate`.
    """
    await webhooks.check_url(services.outbound, body.url)
    made = await webhooks.make_webhook(session, caller=caller, new=body)
    response.headers["Location"] = f"{BASE}/webhooks/{made.id}"
    put_etag(response, made.version)
    return NewWebhookOut.model_validate(made)


@router.get("/{webhook_id}", summary="Get a webhook", responses=errors(WebhookNotFoundError))
async def get_webhook(
    session: SessionDep, caller: Person, response: Response, webhook_id: UUID
) -> WebhookOut:
    """Return a webhook without its secret."""
    found = await webhooks.get_webhook(session, owner_id=caller.user_id, webhook_id=webhook_id)
    put_etag(response, found.version)
    return WebhookOut.model_validate(found)


@router.patch(
    "/{webhook_id}",
    summary="Change a webhook",
    responses=errors(*GUARDED, ReauthenticationRequiredError, WebhookUrlError),
)
async def update_webhook(
    services: ServicesDep,
    session: SessionDep,
    caller: Person,
    response: Response,
    webhook_id: UUID,
    body: WebhookPatch,
    if_version: IfVersionDep,
) -> WebhookOut:
    """Merge: an absent field is untouched. `is_active` switches it off, and on again.

    Another `url` needs a password given within the last hour.
    """
    if "url" in body.model_fields_set:
        caller.require_recent()
        await webhooks.check_url(services.outbound, body.url)
    found = await webhooks.update_webhook(
        session, owner_id=caller.user_id, webhook_id=webhook_id, patch=body, if_version=if_version
    )
    put_etag(response, found.version)
    return WebhookOut.model_validate(found)


@router.delete(
    "/{webhook_id}", status_code=204, summary="Delete a webhook", responses=errors(*GUARDED)
)
async def delete_webhook(
    session: SessionDep, caller: Person, webhook_id: UUID, if_version: IfVersionDep
) -> None:
    """Delete a webhook and the list of its messages; what is waiting is not sent."""
    await webhooks.delete_webhook(
        session, owner_id=caller.user_id, webhook_id=webhook_id, if_version=if_version
    )


@router.post(
    "/{webhook_id}/rotate-secret",
    summary="Give a webhook a new secret",
    responses=errors(ReauthenticationRequiredError, WebhookNotFoundError),
)
async def rotate_webhook_secret(
    session: SessionDep, caller: ProvenPerson, response: Response, webhook_id: UUID
) -> NewWebhookOut:
    """Make a new secret, shown in this answer only.

    For 24 hours messages are signed with the one before, too, so that none is refused meanwhile.
    Needs a password given within the last hour.
    """
    found = await webhooks.rotate_secret(session, owner_id=caller.user_id, webhook_id=webhook_id)
    put_etag(response, found.version)
    return NewWebhookOut.model_validate(found)


@router.get(
    "/{webhook_id}/deliveries",
    summary="List the messages to a webhook",
    responses=errors(WebhookNotFoundError, InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(DeliveryQuery),
)
async def list_webhook_deliveries(
    session: SessionDep, caller: Person, webhook_id: UUID, query: DeliveryQueryDep
) -> PageOut[WebhookDeliveryOut]:
    """Return what was sent or is to be sent, the newest first; kept for 30 days after its end."""
    found = await webhooks.list_messages(
        session,
        owner_id=caller.user_id,
        webhook_id=webhook_id,
        state=query.state,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    items = [WebhookDeliveryOut.of(one) for one in found.items]
    return PageOut[WebhookDeliveryOut].of(
        items, query, total=found.total, next_cursor=found.next_cursor
    )


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay",
    summary="Send a message to a webhook again",
    responses=errors(
        WebhookNotFoundError, WebhookDeliveryNotFoundError, WebhookOffError, NothingToReplayError
    ),
)
async def replay_webhook_delivery(
    session: SessionDep, caller: Person, webhook_id: UUID, delivery_id: UUID
) -> WebhookDeliveryOut:
    """Send a message once more: the same bytes under the same `webhook-id`.

    One that waits to be tried again is tried now.
    """
    found = await webhooks.replay(
        session, owner_id=caller.user_id, webhook_id=webhook_id, message_id=delivery_id
    )
    return WebhookDeliveryOut.of(found)
