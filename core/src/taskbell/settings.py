"""Settings from the environment, in small groups that each service composes.

Every variable `NAME` may also be given as `NAME_FILE`, the path of a file that holds the value.
"""

import json
import os
import re
from email.utils import getaddresses, parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

LOCAL_JWT_SECRET = "local-only-secret-never-use-this-in-production"  # noqa: S105
"""The default of `JWT_SECRET`; any environment but `local` refuses it."""


class UnreadableSettingError(Exception):
    """A `NAME_FILE` names a file that cannot be read."""


class _FileSource(PydanticBaseSettingsSource):
    """Reads `NAME_FILE` for each setting `NAME`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = f"{field_name.upper()}_FILE"
        path = os.environ.get(variable)
        try:
            return (Path(path).read_text().strip() if path else None), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableSettingError(f"{variable}: cannot be read: {error}") from None

    def __call__(self) -> dict[str, Any]:
        values = {}
        for name, field in self.settings_cls.model_fields.items():
            value, _, _ = self.get_field_value(field, name)
            if value is not None:
                values[name] = value
        return values


class Settings(BaseSettings):
    """What every service needs."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    taskbell_env: Literal["local", "production"] = "production"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _FileSource(settings_cls)


class DatabaseSettings(Settings):
    """`DATABASE_URL`: any `postgres://` or `postgresql://` form."""

    database_url: SecretStr
    database_pool_size: Annotated[int, Field(ge=1, le=200)] = 10

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: SecretStr) -> SecretStr:
        _check_url(value, "postgres", "postgresql", "postgresql+asyncpg")
        return value


class RedisSettings(Settings):
    """`REDIS_URL`: `redis://`, `rediss://` or `unix://`."""

    redis_url: SecretStr

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: SecretStr) -> SecretStr:
        _check_url(value, "redis", "rediss", "unix")
        return value


class PublicSettings(Settings):
    """`PUBLIC_URL`: where people reach the gateway; links and the token issuer come from it."""

    public_url: str = "http://localhost:8080"

    @field_validator("public_url")
    @classmethod
    def _http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError("must be an http:// or https:// URL")
        return value.rstrip("/")


class TokenSettings(PublicSettings):
    """Keys of the access tokens (HS256, at least 32 bytes: RFC 7518 §3.2)."""

    jwt_secret: SecretStr = SecretStr(LOCAL_JWT_SECRET)
    jwt_previous_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = ()

    @field_validator("jwt_previous_secrets", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return split_list(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _strong(self) -> Self:
        older = [secret.get_secret_value() for secret in self.jwt_previous_secrets]
        current = self.jwt_secret.get_secret_value()
        for name, secret in [("JWT_SECRET", current)] + [
            ("JWT_PREVIOUS_SECRETS", x) for x in older
        ]:
            if len(secret.encode()) < 32:
                raise ValueError(f"{name}: must be at least 32 bytes long")
        if self.taskbell_env == "local":
            return self
        if current == LOCAL_JWT_SECRET:
            raise ValueError(
                "JWT_SECRET: must be set (at least 32 random bytes, e.g. `openssl rand -hex 32`); "
                "only TASKBELL_ENV=local may go without"
            )
        if LOCAL_JWT_SECRET in older:
            raise ValueError("JWT_PREVIOUS_SECRETS: everybody knows the default of JWT_SECRET")
        return self


class MailSettings(PublicSettings):
    """`SMTP_URL` (`smtp://[user:password@]host[:port]`, `smtps://` for implicit TLS)."""

    smtp_url: SecretStr
    mail_from: str = "Taskbell <taskbell@localhost>"

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: SecretStr) -> SecretStr:
        parts = _check_url(value, "smtp", "smtps")
        if not re.fullmatch(r"[\w.:-]+", parts.hostname or "") or parts.port == 0:
            raise ValueError("must name a host: smtp://host[:port]")
        # a typo here would quietly send without encryption
        if parts.query not in {"", "starttls=require"}:
            raise ValueError("takes no option but ?starttls=require")
        return value

    @field_validator("mail_from")
    @classmethod
    def _mailbox(cls, value: str) -> str:
        _, address = parseaddr(value)
        one = len(getaddresses([value])) == 1 and not any(ord(char) < 32 for char in value)
        if not one or not address.isascii() or not all(address.rpartition("@")) or " " in address:
            raise ValueError("must be an address such as Taskbell <taskbell@example.com>")
        return value


def _check_url(value: SecretStr, *schemes: str) -> SplitResult:
    # never with the value in the message: it holds a password
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in schemes:
        raise ValueError(
            f"must be a URL that begins with {' or '.join(f'{s}://' for s in schemes)}"
        )
    try:
        _ = parts.port
    except ValueError:
        raise ValueError("has a port that is not a number up to 65535") from None
    return parts


def split_list(value: str) -> list[str]:
    """Parse a list setting: a JSON list or words separated by commas."""
    if value.lstrip().startswith("["):
        parsed = json.loads(value)
        if not isinstance(parsed, list):
            raise ValueError("must be a JSON list or words separated by commas")
        return [str(word) for word in parsed]
    return [word.strip() for word in value.split(",") if word.strip()]


S = TypeVar("S", bound=Settings)


def load(settings_class: type[S]) -> S:
    """Return the settings of a service, or end the program with every wrong variable named."""
    try:
        return settings_class()
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            name = "_".join(str(part) for part in problem["loc"][:1]).upper()
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"  {name}: {message}" if name else f"  {message}")
        raise SystemExit(
            "taskbell cannot start, these settings are wrong:\n" + "\n".join(lines)
        ) from None
    except UnreadableSettingError as error:
        raise SystemExit(f"taskbell cannot start, these settings are wrong:\n  {error}") from None
