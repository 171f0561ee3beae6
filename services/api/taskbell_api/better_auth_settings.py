"""Settings of sign-in by a Better Auth server: docs/better-auth.md."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from taskbell.settings import TokenSettings
from taskbell_api.jwks import read_keys

PUBLISHED_SECRET = "better-auth-secret-12345678901234567890"  # noqa: S105
"""What Better Auth takes when it was given none."""


class BetterAuthSettings(TokenSettings):
    """`BETTER_AUTH_URL` for tokens signed by a key pair, `BETTER_AUTH_SECRET` for a shared secret.

    Neither set: only Taskbell's own tokens are taken.
    """

    better_auth_url: str | None = None
    better_auth_audience: Annotated[str | None, Field(max_length=255)] = None
    better_auth_jwks_file: Path | None = None
    better_auth_secret: SecretStr | None = None

    @field_validator("better_auth_url")
    @classmethod
    def _server(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not value.isascii():
            raise ValueError("must be an http:// or https:// URL")
        if parts.query or parts.fragment or parts.username is not None:
            raise ValueError("must be a URL without user, query and fragment")
        try:
            _ = parts.port
        except ValueError:
            raise ValueError("must have a port that is a number up to 65535") from None
        return value.rstrip("/")

    @field_validator("better_auth_jwks_file")
    @classmethod
    def _key_set(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        try:
            keys = read_keys(value.read_bytes())
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror}") from None
        except ValueError:
            raise ValueError("must be a JSON Web Key Set") from None
        if not keys:
            raise ValueError("holds no Ed25519 public key")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        url, secret = self.better_auth_url, self.better_auth_secret
        if url is None and self.better_auth_jwks_file is not None:
            raise ValueError("BETTER_AUTH_JWKS_FILE: needs BETTER_AUTH_URL, the issuer of the keys")
        if url is None and secret is None and self.better_auth_audience is not None:
            raise ValueError(
                "BETTER_AUTH_AUDIENCE: needs BETTER_AUTH_URL or BETTER_AUTH_SECRET beside it"
            )
        if url is not None and not self._trustworthy(url):
            raise ValueError(
                "BETTER_AUTH_URL: must begin with https://, or keys could be exchanged on their "
                "way; http:// is only for this machine, for a private network, for "
                "TASKBELL_ENV=local and beside BETTER_AUTH_JWKS_FILE"
            )
        if secret is not None:
            self._check_secret(secret.get_secret_value())
        return self

    def _trustworthy(self, url: str) -> bool:
        parts = urlsplit(url)
        fetched = self.better_auth_jwks_file is None
        far = parts.scheme == "http" and not _is_near(parts.hostname or "")
        return not (far and fetched) or self.taskbell_env == "local"

    def _check_secret(self, secret: str) -> None:
        if len(secret.encode()) < 32:  # RFC 7518 §3.2
            raise ValueError("BETTER_AUTH_SECRET: must be at least 32 bytes long")
        own = [self.jwt_secret, *self.jwt_previous_secrets]
        if any(secret == one.get_secret_value() for one in own):
            raise ValueError(
                "BETTER_AUTH_SECRET: must not be JWT_SECRET, or an old one: whoever can sign for "
                "the one could sign for the other"
            )
        if secret == PUBLISHED_SECRET and self.taskbell_env != "local":
            raise ValueError("BETTER_AUTH_SECRET: everybody knows the default of Better Auth")


def _is_near(host: str) -> bool:
    """Tell whether a host is this machine, or a name or address of a private network."""
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".internal"))
