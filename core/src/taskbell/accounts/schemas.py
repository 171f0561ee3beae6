"""What requests and responses about accounts look like."""

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic import EmailStr as Email
from pydantic_core import PydanticCustomError

from taskbell.accounts.callers import SCOPES, Role, Scope
from taskbell.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from taskbell.text import Line, Text, TimeZone
from taskbell.times import Instant, UtcInstant

Password = Annotated[
    Text,
    Field(
        min_length=MIN_LENGTH,
        max_length=MAX_LENGTH,
        description="12 to 128 characters, any Unicode; not a common password, not your e-mail.",
        examples=["another horse battery"],
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


_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def _language_tag(value: str) -> str:
    if not _TAG.fullmatch(value):
        raise PydanticCustomError("locale", "must be a language tag such as en or de-CH")
    return value


Locale = Annotated[
    str,
    StringConstraints(max_length=35),
    AfterValidator(_language_tag),
    Field(description="A language tag (BCP 47) such as `en`, `de-CH`.", examples=["en-GB"]),
]
WeekStart = Literal["monday", "saturday", "sunday"]


class UserPatch(BaseModel):
    """Fields of one's own account to change; an absent field is untouched."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"time_zone": "Europe/Zurich", "week_start": "sunday"}]},
    )

    name: Name | None = None
    time_zone: TimeZone | None = None
    locale: Locale | None = None
    week_start: WeekStart | None = None


LinkToken = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        description="What stands behind `#token=` in the mailed link.",
        examples=["mS0n3Tq0mC1dQk4c6wZy8tYxN2vB5hJ7"],
    ),
]
CurrentPassword = Annotated[
    Text, Field(min_length=1, max_length=1024, examples=["correct horse battery"])
]


class EmailVerification(BaseModel):
    """The token of a link that confirms an address."""

    model_config = ConfigDict(extra="forbid")

    token: LinkToken


class ForgottenPassword(BaseModel):
    """Whose password was forgotten."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"email": "ada@example.com"}]}
    )

    email: EmailAddress


class PasswordReset(BaseModel):
    """A new password, by a mailed link."""

    model_config = ConfigDict(extra="forbid")

    token: LinkToken
    password: Password


class PasswordChange(BaseModel):
    """A new password, by the current one."""

    model_config = ConfigDict(extra="forbid")

    current_password: CurrentPassword
    new_password: Password


class EmailChange(BaseModel):
    """A new address, which takes effect once its link is opened."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"email": "ada@example.org", "current_password": "correct horse battery"}]
        },
    )

    email: EmailAddress
    current_password: CurrentPassword


class Reauthentication(BaseModel):
    """The password once more."""

    model_config = ConfigDict(extra="forbid")

    current_password: CurrentPassword


class AccountDeletion(BaseModel):
    """The password once more; absent for who has none."""

    model_config = ConfigDict(extra="forbid")

    current_password: CurrentPassword | None = None


class Accepted(BaseModel):
    """It will be done shortly."""

    status: Literal["accepted"] = "accepted"


class UserOut(BaseModel):
    """An account as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    email_verified: bool = Field(description="Whether its link was opened.")
    pending_email: str | None = Field(description="Asked for, but not confirmed yet.")
    name: str
    role: Role
    time_zone: str
    locale: str
    week_start: WeekStart
    has_password: bool = Field(description="False for who signs in elsewhere only.")
    version: int
    created_at: UtcInstant
    updated_at: UtcInstant


class AdminUserOut(UserOut):
    """An account as administrators see it."""

    is_active: bool
    deletion_at: UtcInstant | None = Field(description="When it is purged, if its owner left.")
    last_seen_at: UtcInstant | None = Field(
        None, description="When a session was last used, if one is still known."
    )


class AdminUserPatch(BaseModel):
    """What administrators change; an absent field is untouched."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"role": "admin"}]})

    role: Role | None = None
    is_active: bool | None = None


class SessionOut(BaseModel):
    """A sign-in on one device."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    user_agent: str = Field(description="What the browser or program called itself.")
    address: str = Field(description="From where it was last used.")
    created_at: UtcInstant
    last_used_at: UtcInstant = Field(description="To a quarter of an hour.")
    expires_at: UtcInstant = Field(description="When it ends if it is not used before.")
    current: bool = Field(False, description="Whether this request belongs to it.")


class ApiTokenCreate(BaseModel):
    """A new API token."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"name": "Calendar script", "scopes": ["tasks:read"], "expires_at": None}]
        },
    )

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(SCOPES))]
    expires_at: Instant | None = None


class ApiTokenOut(BaseModel):
    """An API token, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scopes: list[str]
    prefix: str = Field(description="How the token begins.")
    created_at: UtcInstant
    last_used_at: UtcInstant | None = Field(description="To the minute.")
    expires_at: UtcInstant | None


class NewApiTokenOut(ApiTokenOut):
    """An API token with its secret, this once."""

    token: str


class TokensOut(BaseModel):
    """An access token (15 minutes), and the refresh token unless it went into a cookie."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds until the access token ends.")
    refresh_token: str | None = None
    user: UserOut
