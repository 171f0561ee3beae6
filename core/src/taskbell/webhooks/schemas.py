"""What requests and responses about webhooks look like."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from taskbell.outbound import urls
from taskbell.outbound.errors import AddressRefusedError
from taskbell.text import Line
from taskbell.times import UtcInstant
from taskbell.webhooks.models import Webhook, WebhookMessage
from taskbell.webhooks.signing import wire_id

MessageState = Literal["pending", "delivered", "failed", "suppressed"]
WebhookName = Annotated[Line, StringConstraints(max_length=100)]


def _url(value: str) -> str:
    try:
        urls.parse(value)
    except AddressRefusedError as error:
        # its words hold no braces: they are a template to Pydantic
        raise PydanticCustomError("webhook_url", "{words}", {"words": str(error)}) from None
    return value


WebhookUrl = Annotated[
    str,
    StringConstraints(min_length=1, max_length=urls.MOST_CHARACTERS),
    AfterValidator(_url),
    Field(description="Where messages go, `https://…`. What follows the host may be a secret."),
]

_EXAMPLE: dict[str, Any] = {"name": "Home automation", "url": "https://example.com/hooks/taskbell"}


class WebhookCreate(BaseModel):
    """A new webhook."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: WebhookName
    url: WebhookUrl


class WebhookPatch(BaseModel):
    """What to change; an absent field is untouched."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "Kitchen"}, {"is_active": True}]}
    )

    name: WebhookName = Field(default="", validate_default=False)
    url: WebhookUrl = Field(default="", validate_default=False)
    is_active: Annotated[bool, Field(strict=True, description="Switched on.")] = True


class WebhookOut(BaseModel):
    """A webhook, without its secret.

    `disabled_reason`: why it is switched off, where not by its owner. `failing_since`: nothing has
    been taken since then. `previous_secret_until`: until then the one before signs too.
    """

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    url: str
    is_active: bool
    disabled_at: UtcInstant | None
    disabled_reason: str | None
    failing_since: UtcInstant | None
    previous_secret_until: UtcInstant | None
    version: int
    created_at: UtcInstant
    updated_at: UtcInstant


class NewWebhookOut(WebhookOut):
    """A webhook that has a new secret."""

    secret: str = Field(description="Signs its messages. Not shown again.")

    @classmethod
    def of(cls, webhook: Webhook) -> Self:
        """Show a webhook with its secret."""
        return cls.model_validate(webhook)


class WebhookDeliveryOut(BaseModel):
    """A message to a webhook. `suppressed`: it was no longer wanted when it was to be sent.

    `next_attempt_at`: while it is pending. `response`: the first of the last answer, or why there
    was none.
    """

    id: UUID
    message_id: str = Field(description="Its `webhook-id`: the same for each attempt.")
    kind: Literal["reminder.due", "test"]
    state: MessageState
    reminder_id: UUID | None
    fire_at: UtcInstant | None
    attempts: int
    next_attempt_at: UtcInstant | None
    response_status: int | None
    response: str | None
    created_at: UtcInstant
    finished_at: UtcInstant | None

    @classmethod
    def of(cls, message: WebhookMessage) -> Self:
        """Show a message."""
        shown = message.model_dump(include=set(cls.model_fields) - {"message_id"})
        return cls(**shown, message_id=wire_id(message.id))
