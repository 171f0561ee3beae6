"""Somebody who uses the API while it is being hurt, and remembers every promise it made."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from taskbell.clock import now
from taskbell.ids import new_id

PASSWORD = "a long enough passphrase 42"


@dataclass
class Client:
    """Adds tasks with reminders; `tasks` and `reminders` were acknowledged with a 2xx."""

    http: httpx.AsyncClient
    id: UUID
    email: str
    channels: Sequence[str] = ("email",)
    tasks: set[UUID] = field(default_factory=set)
    reminders: dict[UUID, datetime] = field(default_factory=dict)
    """With when they are due."""

    refused: int = 0

    @classmethod
    async def sign_up(cls, gateway: str) -> "Client":
        http = httpx.AsyncClient(base_url=f"{gateway}/api/v1", timeout=10)
        body = {"email": f"eve.{new_id().hex[-10:]}@example.com", "password": PASSWORD}
        answer = await http.post("/auth/signup", json=body)
        answer.raise_for_status()
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return cls(http, UUID(answer.json()["user"]["id"]), body["email"])

    async def sign_in(self) -> None:
        """Again, for when the clock has run past the end of the token."""
        form = {"username": self.email, "password": PASSWORD}
        answer = await self.http.post("/auth/login", data=form)
        answer.raise_for_status()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def post(self, path: str, body: dict[str, Any]) -> bool:
        """Tell whether it was acknowledged; no answer, or a 5xx, promises nothing."""
        try:
            answer = await self.http.post(path, json=body)
        except httpx.HTTPError:
            self.refused += 1
            return False
        # held up on its way until its time was over: refused, as it should be
        too_late = answer.status_code == 422 and answer.json()["code"] == "reminder_in_past"
        assert answer.status_code < 400 or answer.status_code >= 500 or too_late, answer.text
        self.refused += not answer.is_success
        return answer.is_success

    async def add_task(self) -> UUID | None:
        task = new_id()
        if not await self.post("/tasks", {"id": str(task), "title": "Water the plants"}):
            return None
        self.tasks.add(task)
        return task

    async def add_reminder(self, task: UUID, *, seconds: float) -> None:
        reminder, at = new_id(), now() + timedelta(seconds=seconds)
        body = {"id": str(reminder), "at": at.isoformat(), "channels": list(self.channels)}
        if await self.post(f"/tasks/{task}/reminders", body):
            self.reminders[reminder] = at

    async def use(
        self,
        *,
        every: float = 0.05,
        seconds: float = 4,
        remind: int = 3,
        until: asyncio.Event | None = None,
    ) -> None:
        """Go on until cancelled, or `until` is set. Reminders are due after `seconds`; one task in
        `remind` has one."""
        while not (until and until.is_set()):
            task = await self.add_task()
            if task is not None and len(self.tasks) % remind == 0:
                await self.add_reminder(task, seconds=seconds)
            await asyncio.sleep(every)

    async def acknowledged(self, more: int, *, timeout: float = 30) -> float:  # noqa: ASYNC109
        """Return the seconds until `more` further tasks were acknowledged."""
        began, wanted = time.monotonic(), len(self.tasks) + more
        while len(self.tasks) < wanted:
            if time.monotonic() - began > timeout:
                raise TimeoutError(f"not within {timeout} s: {more} further tasks")
            await asyncio.sleep(0.02)
        return time.monotonic() - began
