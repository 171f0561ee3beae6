"""Each container killed, paused and taken off the network while reminders are due."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from tests.e2e.stacks import Compose
from tests.faults.containers import LEASE_SECONDS, NETWORKS, SETTINGS, ContainerField
from tests.faults.reminders import IN_HAND
from tests.faults.waiting import until
from tests.run import docker_answers

WORKERS = 2
AWAY_SECONDS = LEASE_SECONDS + 2
HOW = ("killed", "paused", "off the network")

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers on this machine"),
]


@pytest_asyncio.fixture(scope="module")
async def compose() -> AsyncIterator[Compose]:
    """A project of its own, with two workers and two replicas of the API."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in SETTINGS.items():
            environment.setenv(name, value)
        running: Any = Compose.running()
        started: Compose = await asyncio.to_thread(running.__enter__)
        try:
            await until(partial(scaled, started), "replicas that are well", timeout=180)
            yield started
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)


async def scaled(compose: Compose) -> bool:
    # raises while a container is not well, as on a machine that has much to do
    await asyncio.to_thread(compose.scale, api=2, worker=WORKERS)
    return True


async def hurt(field: ContainerField, service: str, how: str) -> None:
    """Do it to one container, and undo it when its absence was felt."""
    container = await field.one_of(service)
    if how == "killed":
        await field.docker("kill", container)
    elif how == "paused":
        await field.pause(container)
    else:
        await field.cut_off(service, container)
    await asyncio.sleep(AWAY_SECONDS)  # the fault itself
    if how == "killed":
        await field.docker("start", container)
    elif how == "paused":
        await field.docker("unpause", container)
    else:
        await field.connect(service, container)


@pytest.mark.parametrize(("service", "how"), [(name, how) for name in NETWORKS for how in HOW])
async def test_container(compose: Compose, service: str, how: str) -> None:
    async with ContainerField.opened(compose) as field:
        async with field.under_load():
            field.outages += {"db": WORKERS, "worker": 1}.get(service, 0)
            field.unsure += WORKERS * IN_HAND * (service == "mailbox" and how != "killed")
            if (service, how) == ("mailbox", "killed"):
                await field.quiet()
            await hurt(field, service, how)
        await field.check(f"{service} {how}")


async def test_rolling_restart(compose: Compose) -> None:
    """As an update does it: the containers of one service after the other are replaced."""
    options = ("--detach", "--no-build", "--no-deps", "--force-recreate")
    async with ContainerField.opened(compose) as field:
        async with field.under_load():
            field.outages += 2 * WORKERS
            for service in ("worker", "api", "gateway", "redis", "db"):
                scale = (f"--scale={service}=2",) if service in {"worker", "api"} else ()
                await field.run("up", *options, *scale, service)
                await field.client.acknowledged(10, timeout=90)
                await field.catch_up()
            await field.quiet()
            await field.run("up", *options, "mailbox")
        await field.check("rolling restart under load")
