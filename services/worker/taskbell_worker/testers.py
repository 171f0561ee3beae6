"""Which function sends the test message of which channel, and what it says came of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from taskbell.notifications.channels import Channel
from taskbell.notifications.models import NotificationTest
from taskbell_worker.run import Run


@dataclass(frozen=True)
class Verdict:
    """What came of a test message.

    `accepted`: the other side took it. `summary`: that in one plain sentence. `transcript`: what
    was said on the way, a line for each step (`→` we, `←` they), without secrets.
    """

    accepted: bool
    summary: str
    transcript: str | None = None


Tester = Callable[[Run, NotificationTest], Awaitable[Verdict]]
TESTERS: dict[str, Tester] = {}


def tester(channel: Channel) -> Callable[[Tester], Tester]:
    """Register the decorated function for a channel; a channel has one.

    It runs outside of any transaction, and really sends. `target_id` may name anything: it has to
    be looked up together with `owner_id`.
    """

    def register(function: Tester) -> Tester:
        if channel in TESTERS:
            raise ValueError(f"{channel} has a tester already")
        TESTERS[channel] = function
        return function

    return register
