"""What requests and responses about push subscriptions look like."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from taskbell.outbound.errors import AddressRefusedError
from taskbell.outbound.urls import parse
from taskbell.push.encryption import AUTH_BYTES, device_key
from taskbell.push.vapid import from_base64
from taskbell.text import Line
from taskbell.times import UtcInstant

_EXAMPLE: dict[str, Any] = {
    "endpoint": "https://push.example.com/send/dGhpcyBpcyBhIHNlY3JldA",
    "keys": {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRp"
        "kNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    },
    "name": "Firefox on Windows",
}


def _endpoint(value: str) -> str:
    try:
        parse(value)
    except AddressRefusedError as error:
        raise PydanticCustomError("endpoint", "{words}", {"words": str(error)}) from None
    return value


def _device_key(value: str) -> str:
    try:
        device_key(from_base64(value))
    except ValueError:
        raise PydanticCustomError("p256dh", "must be a public key of P-256 in base64url") from None
    return value


def _auth(value: str) -> str:
    try:
        if len(from_base64(value)) == AUTH_BYTES:
            return value
    except ValueError:
        pass
    raise PydanticCustomError("auth", "must be 16 bytes in base64url")


class SubscriptionKeys(BaseModel):
    """The keys of a subscription, as the browser's `PushSubscription.toJSON()` writes them."""

    model_config = ConfigDict(extra="forbid")

    p256dh: Annotated[str, StringConstraints(max_length=100), AfterValidator(_device_key)] = Field(
        description="The device's public key: an uncompressed point of P-256, base64url."
    )
    auth: Annotated[str, StringConstraints(max_length=30), AfterValidator(_auth)] = Field(
        description="The device's secret: 16 bytes, base64url."
    )


class SubscriptionCreate(BaseModel):
    """A browser's push subscription."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    endpoint: Annotated[str, StringConstraints(max_length=2000), AfterValidator(_endpoint)] = Field(
        description="Where the push service takes messages for it. As good as a secret."
    )
    keys: SubscriptionKeys
    name: Annotated[Line, StringConstraints(max_length=100)] = Field(
        default="A browser", description="What its owner knows the device by."
    )


class SubscriptionOut(BaseModel):
    """A device that takes push messages. Its endpoint and keys are never shown."""

    id: UUID
    name: str
    host: str = Field(description="Of its push service.")
    current: bool = Field(description="Made in the session that asks.")
    state: Literal["working", "refusing"] = Field(
        description="`refusing`: its push service did not take the last message."
    )
    created_at: UtcInstant
    last_used_at: UtcInstant | None = Field(
        description="When its push service last took a message for it."
    )


class PushKeyOut(BaseModel):
    """The key that browsers subscribe with."""

    public_key: str = Field(
        description="`applicationServerKey`: an uncompressed point of P-256, base64url.",
        examples=[
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
        ],
    )
