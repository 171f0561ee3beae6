"""`ETag` and `If-Match`: the version of a single thing (RFC 9110 §13.1.1)."""

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from taskbell.errors import TaskbellError

_ETAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
NO_VERSION = -1
"""A well-formed entity tag that is none of ours: it matches nothing."""


class MalformedIfMatchError(TaskbellError):
    status = 400
    code = "malformed_if_match"
    title = 'If-Match must be * or one entity tag such as "3"'


def put_etag(response: Response, version: int) -> None:
    """Send the version along."""
    response.headers["ETag"] = f'"{version}"'


async def _if_version(
    if_match: Annotated[
        str | None,
        Header(
            description='Change it only if this is still its version: the `ETag`, such as `"3"`, '
            "or `*`.",
            examples=['"3"'],
        ),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _ETAG.fullmatch(if_match.strip())
    if tag is None:
        raise MalformedIfMatchError
    version = tag[1]
    return int(version) if re.fullmatch("[1-9][0-9]{0,8}", version) else NO_VERSION


IfVersionDep = Annotated[int | None, Depends(_if_version)]
