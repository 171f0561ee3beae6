"""A client of a live stream, straight at the application: a test's own `receive` and `send`."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from fastapi import FastAPI

from .conftest import Person

PATIENCE_SECONDS = 15


@dataclass
class Told:
    """One event, as a browser would have it."""

    event: str
    id: str
    data: Any


@dataclass
class Listener:
    """Listens while the block runs."""

    app: FastAPI
    person: Person
    last_event_id: str | None = None
    state: dict[str, Any] = field(default_factory=dict)
    status: int = 0
    text: str = ""

    def __post_init__(self) -> None:
        self._left = asyncio.Event()
        self._news = asyncio.Event()
        self._reading = asyncio.Event()
        self._reading.set()
        self._asked = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self.app(self._scope(), self._receive, self._send))
        await self.until(lambda: "user_id" in self.text or self.is_over or self.status >= 400)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._left.set()
        self.read_on()
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self._task

    def stop_reading(self) -> None:
        """Take nothing any more."""
        self._reading.clear()

    def read_on(self) -> None:
        """Take what is sent."""
        self._reading.set()

    @property
    def is_over(self) -> bool:
        """Whether the application has said that there is no more."""
        return self._left.is_set()

    @property
    def told(self) -> list[Told]:
        """All events so far."""
        found = []
        for block in self.text.split("\n\n")[:-1]:
            fields = dict(line.partition(": ")[::2] for line in block.split("\n"))
            if "data" in fields:
                found.append(Told(fields["event"], fields["id"], json.loads(fields["data"])))
        return found

    @property
    def changes(self) -> list[tuple[str, str]]:
        """What has changed so far: kind and action."""
        return [
            (one.data["kind"], one.data["action"]) for one in self.told if one.event == "change"
        ]

    @property
    def ids(self) -> list[str]:
        """The ids of the things that have changed so far."""
        return [one.data["id"] for one in self.told if one.event == "change"]

    @property
    def last_id(self) -> str:
        """What to send as `Last-Event-ID`."""
        lines = [line for line in self.text.split("\n") if line.startswith("id: ")]
        return lines[-1].removeprefix("id: ")

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for what comes to make this true."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def until_changes(self, count: int) -> None:
        """Wait for so many changes."""
        await self.until(lambda: len(self.changes) >= count)

    def _scope(self) -> dict[str, Any]:
        headers = [(b"authorization", self.person.headers["Authorization"].encode())]
        if self.last_event_id is not None:
            headers.append((b"last-event-id", self.last_event_id.encode()))
        return {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/api/v1/events",
            "raw_path": b"/api/v1/events",
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
            "state": self.state,
        }

    async def _receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self._reading.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message.get("body", b"").decode()
            if not message.get("more_body", False):
                self._left.set()
        self._news.set()
