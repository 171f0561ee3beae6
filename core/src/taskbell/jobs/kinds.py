"""Kinds of jobs: a name, a payload schema with its version, and how failures are retried."""

import random
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict


class Payload(BaseModel):
    """Base of payloads: references to rows, not copies of them; at most 16 KiB as JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True)


P = TypeVar("P", bound=Payload)


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff: `base_seconds` · 2^(attempt-1), at most `cap_seconds`, ± `jitter`."""

    max_attempts: int = 10
    base_seconds: float = 5.0
    cap_seconds: float = 3600.0
    jitter: float = 0.2

    def delay(self, attempt: int) -> float:
        """Return the seconds to wait after the failed attempt number `attempt` (from 1)."""
        # 2**32 s is past any cap: keep the power small
        plain = min(self.cap_seconds, self.base_seconds * 2.0 ** min(attempt - 1, 32))
        return plain * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311


Lane = Literal["main", "mail", "web", "push"]
LANES: tuple[Lane, ...] = get_args(Lane)
"""Each has slots of its own in a worker: what waits for a mail server that hangs holds up no more
than mail."""


@dataclass(frozen=True)
class Kind(Generic[P]):
    """A kind of job. Raise `version` when old payloads can no longer be understood."""

    name: str
    payload: type[P]
    version: int = 1
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    priority: int = 0
    lane: Lane = "main"
    timeout_seconds: float = 300.0
