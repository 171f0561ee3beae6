"""Text types of requests: what Postgres cannot hold or nobody can read is refused here."""

import unicodedata
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError


def _storable(value: str) -> str:
    if "\x00" in value:  # Postgres `text` cannot hold U+0000
        raise PydanticCustomError("string_nul", "must not contain the NUL character")
    if any("\ud800" <= character <= "\udfff" for character in value):  # JSON's "\ud800"
        raise PydanticCustomError("string_surrogate", "must not contain half a character")
    return value


def storable(value: str, limit: int) -> str:
    """Return at most `limit` characters of a foreign text, without what Postgres cannot hold.

    The answers of mail servers and the words of errors come in any encoding; to fail over one of
    them would lose what it tells, or send the same mail twice.
    """
    return value[:limit].replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _one_line(value: str) -> str:
    # controls (Cc) and the separators of lines and paragraphs: each ends a line somewhere
    if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in _storable(value)):
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
