"""The ways to be told of something."""

from typing import Literal, get_args

Channel = Literal["email", "in_app", "push", "webhook"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
DEFAULT_CHANNELS: tuple[Channel, ...] = ("email", "in_app")
