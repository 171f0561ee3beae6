"""What is answered about digests."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Unsubscribed(BaseModel):
    """The digest is off, now or since before."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"unsubscribed": True}]})

    unsubscribed: Literal[True] = True
