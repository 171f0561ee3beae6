"""Settings of the API."""

import os
from ipaddress import ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator
from pydantic_settings import NoDecode

from taskbell.outbound.settings import OutboundSettings
from taskbell.settings import DatabaseSettings, RedisSettings, split_list
from taskbell_api.better_auth_settings import BetterAuthSettings
from taskbell_api.throttling.settings import RateLimitSettings

MOST_AUTO = 4
"""Processes that `auto` makes at most: each takes 100 MB and `DATABASE_POOL_SIZE` connections."""


def _processes(value: object) -> object:
    return min(available_cores(), MOST_AUTO) if value == "auto" else value


def available_cores() -> int:
    """Return the number of cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class ApiSettings(
    DatabaseSettings, RedisSettings, BetterAuthSettings, RateLimitSettings, OutboundSettings
):
    """What the API needs beside database, Redis, keys and limits."""

    api_host: str = "127.0.0.1"
    api_port: Annotated[int, Field(ge=0, le=65535)] = 8000
    web_concurrency: Annotated[int, Field(ge=1, le=64), BeforeValidator(_processes)] = 1
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1", "::1")
    signup_enabled: bool = True
    docs_enabled: bool = True

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return split_list(value) if isinstance(value, str) else value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if "*" in value:
                raise ValueError("name each origin: `*` would let every site act for its visitors")
            parts = urlsplit(value)
            if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
                raise ValueError("must be origins such as https://app.example.com, without a path")
        return tuple(origin_of(value) for value in values)

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            ip_network(value)
        return values

    @property
    def own_origins(self) -> frozenset[str]:
        """Origins whose pages may use the refresh cookie."""
        return frozenset({origin_of(self.public_url), *self.cors_origins})


_DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Return the origin of `url` as browsers send it (RFC 6454 §6.2): no default port.

    Raises `ValueError` for what has none.
    """
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError("must be an http:// or https:// origin")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port
    return f"{parts.scheme}://{host}" + (
        f":{port}" if port not in {None, _DEFAULT_PORTS[parts.scheme]} else ""
    )
