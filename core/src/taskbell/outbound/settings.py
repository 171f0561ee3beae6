"""The setting of requests to addresses that people give."""

from typing import Annotated, Any

from pydantic import field_validator
from pydantic_settings import NoDecode

from taskbell.outbound.networks import Network, parse_networks
from taskbell.settings import Settings, split_list


class OutboundSettings(Settings):
    """`OUTBOUND_ALLOW`: networks that webhooks and push may reach though private, also by http.

    With commas, such as `10.1.2.0/24,fd00::/8`; none by default.
    """

    outbound_allow: Annotated[tuple[Network, ...], NoDecode] = ()

    @field_validator("outbound_allow", mode="before")
    @classmethod
    def _outbound_networks(cls, value: Any) -> Any:
        return parse_networks(split_list(value)) if isinstance(value, str) else value
