"""A page that listens to `GET /events`, in a thread: it comes back when it is cut off."""

import contextlib
import json
import random
import socket
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx

from tests.e2e.client import API, User
from tests.e2e.waiting import until


@dataclass
class LivePage:
    """Listens while the block runs, as `user`, and keeps what it is told.

    `cut_after`: leaves by itself after so many lines at most, at random, and comes back. `retries`:
    whether it comes back at all when the other side has ended the stream.
    """

    user: User
    cut_after: int | None = None
    retries: bool = True
    last_id: str | None = None
    lines: list[str] = field(default_factory=list)
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    """When each of `told` came, by the monotonic clock."""

    cuts: int = 0
    statuses: list[int] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self.wait(lambda: "event: ready" in self.lines or not self._thread.is_alive(), "ready")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stop.set()
        with contextlib.suppress(OSError):  # it may be closed; else the thread reads on
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=20)

    @property
    def has_ended(self) -> bool:
        """Whether it has left for good."""
        return not self._thread.is_alive()

    @property
    def changes(self) -> list[tuple[str, str]]:
        """The kind and id of each change so far."""
        return [(data["kind"], data["id"]) for event, data in self.told if event == "change"]

    def saw(self, thing: dict[str, Any], timeout: float = 30) -> float:
        """Wait for a change of `thing`; return when it came."""

        def found() -> list[float]:
            pairs = zip(list(self.told), list(self.moments), strict=False)
            return [at for (_, data), at in pairs if data.get("id") == thing["id"]]

        return until(found, f"a change of {thing['id']}", timeout=timeout, poll=0.02)[0]

    def wait(self, condition: Any, what: str, timeout: float = 30) -> None:
        until(condition, what, timeout=timeout, poll=0.02)

    def _run(self) -> None:
        chance = random.Random(3)
        while not self._stop.is_set():
            try:
                self._listen(chance)
            except httpx.HTTPError:
                time.sleep(0.2)
            if not self.retries:
                return
            self.cuts += 1

    def _listen(self, chance: random.Random) -> None:
        headers = {"Authorization": f"Bearer {self.user.tokens.access}"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        most = chance.randint(1, self.cut_after) if self.cut_after else None
        event, data, last_id = "", "", self.last_id
        timeout = httpx.Timeout(20, read=40)
        url = f"{str(self.user.http.base_url).rstrip('/')}{API}/events"
        with httpx.stream("GET", url, headers=headers, timeout=timeout) as answer:
            self._socket = answer.extensions["network_stream"].get_extra_info("socket")
            self.statuses.append(answer.status_code)
            if answer.status_code != 200:
                time.sleep(0.5)
                return
            for number, line in enumerate(answer.iter_lines()):
                if self._stop.is_set() or (most is not None and number >= most):
                    return
                self.lines.append(line)
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data":
                    data = value
                elif name == "id":
                    last_id = value
                elif not line:
                    if data:
                        self.moments.append(time.monotonic())
                        self.told.append((event, json.loads(data)))
                    self.last_id, event, data = last_id, "", ""
