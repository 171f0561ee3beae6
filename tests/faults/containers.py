"""The reminder path on Docker Compose: everything over the gateway, containers hurt with docker."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from tests.e2e.database import sql
from tests.e2e.stacks import Compose, docker
from tests.faults import report
from tests.faults.client import Client
from tests.faults.field import SLOTS
from tests.faults.figures import note
from tests.faults.outcomes import ALL_DUE, OPEN, OUTCOMES, Tally, check, job_of, parse
from tests.faults.reminders import CHANNELS, FLOWING, IN_HAND, READ_BY_OWNER
from tests.faults.waiting import until

LEASE_SECONDS = 10
AHEAD_SECONDS = 3.0
"""So long before its time a reminder is planned."""

SETTINGS = {
    "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
    "WORKER_MAX_JOBS": str(SLOTS),
    "WORKER_DRAIN_SECONDS": "2",
    "REDIS_AWAY_SECONDS": "3",
    "SMTP_TIMEOUT_SECONDS": "2",
    "UNCONFIRMED_REMINDERS_PER_DAY": "1000000",
    "WEB_CONCURRENCY": "1",
}
"""The real worker's settings, only more impatient."""

NETWORKS = {
    "db": ("back",),
    "redis": ("back",),
    "worker": ("back", "mail"),
    "api": ("front", "back"),
    "gateway": ("front",),
    "mailbox": ("mail",),
}


@dataclass
class ContainerField:
    """One owner with reminders on Compose."""

    compose: Compose
    client: Client
    mailbox: httpx.AsyncClient
    mails: dict[str, UUID] = field(default_factory=dict)
    """The job of each message, by the mailbox's own id for it."""

    outages: int = 0
    unsure: int = 0
    _caught_up: float = 0.0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _using: asyncio.Task[None] | None = None

    @classmethod
    @asynccontextmanager
    async def opened(cls, compose: Compose) -> AsyncIterator["ContainerField"]:
        """Sign somebody up."""
        client = await until(lambda: Client.sign_up(compose.gateway), "somebody to be signed up")
        client.channels = CHANNELS
        async with httpx.AsyncClient(base_url=compose.mailbox, timeout=10) as mailbox:
            try:
                yield cls(compose, client, mailbox)
            finally:
                await client.http.aclose()

    # --- faults -------------------------------------------------------------------------------

    async def docker(self, *arguments: str) -> None:
        await asyncio.to_thread(docker, *arguments)

    async def run(self, *arguments: str) -> None:
        """`docker compose …`"""
        await asyncio.to_thread(self.compose.run, *arguments)

    async def one_of(self, service: str) -> str:
        """The id of one of its containers."""
        return (await asyncio.to_thread(self.compose.containers, service))[0]

    async def pause(self, container: str) -> None:
        """Freeze all its processes; the kernel may need more than one go with many of them."""

        async def paused() -> bool:
            await self.docker("pause", container)
            return True

        await until(paused, "the container to be paused")

    async def cut_off(self, service: str, container: str) -> None:
        for network in NETWORKS[service]:
            name = f"{self.compose.project}_{network}"
            await self.docker("network", "disconnect", "--force", name, container)

    async def connect(self, service: str, container: str) -> None:
        for network in NETWORKS[service]:
            name = f"{self.compose.project}_{network}"
            await self.docker("network", "connect", "--alias", service, name, container)

    # --- load ---------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._stop.clear()
        use = self.client.use(every=0.15, seconds=AHEAD_SECONDS, remind=1, until=self._stop)
        self._using = asyncio.create_task(use)

    async def _end(self) -> None:
        self._stop.set()
        if self._using is not None:
            await self._using
        self._using = None

    @asynccontextmanager
    async def under_load(self) -> AsyncIterator[None]:
        """Reminders become due before, during and after the block, in which the fault happens."""
        self._begin()
        try:
            await until(self._flows, "reminders to be sent", timeout=90)
            yield
            self._caught_up = await self.catch_up()
            wanted = len(self.client.reminders) + FLOWING

            async def more() -> bool:
                return len(self.client.reminders) >= wanted

            await until(more, "reminders after the fault", timeout=90)
        finally:
            await self._end()

    async def _flows(self) -> bool:
        await self.collect()
        return len(self.mails) >= FLOWING

    async def quiet(self) -> None:
        """Bring all mails home: whoever hurts the mailbox loses those it has.

        From here on reminders become due again after some seconds.
        """
        await self._end()
        await until(self._all_due, "the last reminder to be due")
        await self.catch_up()
        await self.collect()
        self._begin()

    async def collect(self) -> bool:
        """Fetch what is in the mailbox."""
        answer = await self.mailbox.get("/email", params={"to.address": self.client.email})
        answer.raise_for_status()
        for mail in answer.json():
            self.mails[mail["id"]] = job_of(mail["headers"]["message-id"])
        return True

    # --- what became of it --------------------------------------------------------------------

    async def sql(self, query: str, **values: Any) -> str:
        statement = query.format(owner=self.client.id, **values)
        return await asyncio.to_thread(sql, self.compose, statement)

    async def catch_up(self, *, timeout: float = 180) -> float:  # noqa: ASYNC109
        """Wait until all reminders that are due by now have ended; return how long it took."""
        began, moment = time.monotonic(), time.time()

        async def ended() -> bool:
            return await self.sql(OPEN, moment=moment) == "0"

        try:
            await until(ended, "all that was due to be sent", timeout=timeout)
        except TimeoutError as error:
            outcomes = parse(await self.sql(OUTCOMES))
            left = [one for one in outcomes if one.job_state not in {"done", "dead"}]
            error.add_note(f"{len(left)} are left, such as {left[:5]}")
            raise
        return time.monotonic() - began

    async def _all_due(self) -> bool:
        return await self.sql(ALL_DUE) == "t"

    async def check(self, fault: str) -> Tally:
        """Wait for every reminder, assert the promises, keep the figures as those of `fault`."""
        await until(self._all_due, "the last reminder to be due")
        await self.catch_up()
        await until(self.collect, "the mailbox to answer", timeout=60)
        outcomes = parse(await self.sql(OUTCOMES))
        tally = check(
            outcomes,
            self.client.reminders.keys(),
            Counter(self.mails.values()),
            unsure=self.unsure + self.outages * IN_HAND,
        )
        tally.caught_up = self._caught_up
        for one in random.sample(outcomes, k=min(READ_BY_OWNER, len(outcomes))):
            answer = await self.client.http.get(f"/reminders/{one.id}/deliveries")
            assert answer.status_code == 200, answer.text
            items = answer.json()["items"]
            read = [item["state"] for item in items if item["channel"] == "email"]
            assert sorted(read) == sorted(one.deliveries)
        note(f"{fault}: {tally}")
        report.record(fault, tally, section="compose")
        return tally
