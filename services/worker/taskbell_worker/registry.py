"""Which function handles which kind of job."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from taskbell.jobs.kinds import Kind, P
from taskbell_worker.run import Run

Handler = Callable[[Run, P], Awaitable[None]]


@dataclass(frozen=True)
class Registered:
    """A kind and what handles it."""

    kind: Kind[Any]
    handler: Handler[Any]


class Registry:
    """Kinds by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Registered] = {}

    def handles(self, kind: Kind[P]) -> Callable[[Handler[P]], Handler[P]]:
        """Register the decorated function for `kind`; a kind has one handler."""

        def register(handler: Handler[P]) -> Handler[P]:
            if kind.name in self._by_name:
                raise ValueError(f"{kind.name} has a handler already")
            self._by_name[kind.name] = Registered(kind, handler)
            return handler

        return register

    def get(self, name: str) -> Registered | None:
        """Return what is registered for a kind's name, or None."""
        return self._by_name.get(name)

    def names(self) -> list[str]:
        """Return the names of all registered kinds, sorted."""
        return sorted(self._by_name)


registry = Registry()
handles = registry.handles
