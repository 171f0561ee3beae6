"""What requests and responses about accounts look like."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic import EmailStr as Email
from pydantic_core import PydanticCustomError

from taskbell.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from taskbell.text import Line, Text, TimeZone
from taskbell.times import UtcInstant

Password = Annotated[
    Text,
    Field(
        min_length=MIN_LENGTH,
        max_length=MAX_LENGTH,
        description="12 to 128 characters, any Unicode; not a common password, not your e-mail.",
    ),
]
Name = Annotated[Line, StringConstraints(max_length=100)]


def _bare(value: object) -> object:
    # `EmailStr` would also take "Ada <ada@example.com>", and keep a part of it; "=?" begins an
    # encoded word (RFC 2047), which mail programs decode to something else
    if isinstance(value, str) and ("<" in value or "=?" in value):
        raise PydanticCustomError("email_bare", "must be an e-mail address and nothing more")
    return value


EmailAddress = Annotated[Email, Field(max_length=254), BeforeValidator(_bare)]


class SignUp(BaseModel):
    """A new account."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "email": "ada@example.com",
                    "password": "correct horse battery",
                    "name": "Ada",
                    "time_zone": "Europe/London",
                }
            ]
        },
    )

    email: EmailAddress
    password: Password
    name: Name | None = None
    time_zone: TimeZone = "UTC"


class RefreshRequest(BaseModel):
    """The refresh token, unless it comes as a cookie."""

    model_config = ConfigDict(extra="forbid")

    refresh_token: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class UserPatch(BaseModel):
    """Fields of one's own account to change; an absent field is untouched."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"time_zone": "Europe/Zurich"}]}
    )

    name: Name | None = None
    time_zone: TimeZone | None = None


class UserOut(BaseModel):
    """An account as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    name: str
    role: Literal["user", "admin"]
    time_zone: str
    version: int
    created_at: UtcInstant
    updated_at: UtcInstant


class TokensOut(BaseModel):
    """An access token (15 minutes), and the refresh token unless it went into a cookie."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds until the access token ends.")
    refresh_token: str | None = None
    user: UserOut
