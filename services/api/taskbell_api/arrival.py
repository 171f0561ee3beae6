"""When a request arrived, as early as anybody knows: at the gateway, else here.

On the way it may have waited behind others, and been overtaken by one that was sent with it.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request

HEADER = "X-Request-Start"
"""Seconds since 1970 with milliseconds, set by the gateway (nginx `$msec`)."""

_SECONDS = re.compile(r"\d{10}\.\d{3}")
_LONGEST = timedelta(seconds=30)
"""What waited longer, or is yet to come, was not told by our gateway."""


async def _arrived_at(request: Request) -> datetime:
    seen: datetime = request.state.seen_at
    told = request.headers.get(HEADER, "")
    if _SECONDS.fullmatch(told):
        at = datetime.fromtimestamp(float(told), UTC)
        if seen - _LONGEST < at < seen:
            return at
    return seen


ArrivedAt = Annotated[datetime, Depends(_arrived_at)]
