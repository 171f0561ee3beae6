"""Identifiers: UUIDv7 (RFC 9562 §5.7), so that an index over them grows at its end."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return uuid7()


def _version_7(value: UUID) -> UUID:
    if value.version != 7:
        raise PydanticCustomError("uuid_version", "must be a UUID of version 7")
    return value


ClientId = Annotated[UUID, AfterValidator(_version_7)]
"""An id made by the client on create."""
