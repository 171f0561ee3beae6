"""Text types of requests: what Postgres cannot hold or nobody can read is refused here."""

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError


def _storable(value: str) -> str:
    if "\x00" in value:  # Postgres `text` cannot hold U+0000
        raise PydanticCustomError("string_nul", "must not contain the NUL character")
    return value


def _one_line(value: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise PydanticCustomError("string_control", "must not contain control characters")
    return value


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones() - {"Factory", "localtime"})


def _time_zone(value: str) -> str:
    if value not in _time_zones():
        raise PydanticCustomError("time_zone", "must be an IANA time zone such as Europe/Zurich")
    return value


Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_one_line)
]
TimeZone = Annotated[
    str, StringConstraints(min_length=1, max_length=64), AfterValidator(_time_zone)
]
