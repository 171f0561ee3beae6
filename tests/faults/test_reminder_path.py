"""Each service killed, frozen and cut off while reminders are due: all go out, each once.

The exception is the documented one: a mail of which nobody knows whether it arrived is counted as
ambiguous and sent again.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from taskbell_local.stack import Stack
from tests.faults.field import LEASE_SECONDS, WORKERS
from tests.faults.mailserver import MailServer
from tests.faults.reminders import IN_HAND, ReminderField
from tests.faults.street import Street
from tests.faults.waiting import until

Act = Callable[[ReminderField, Street], Awaitable[None]]

AWAY_SECONDS = 2.0
LONG_SECONDS = LEASE_SECONDS + 2


def words(name: str) -> str:
    """The name of a fault as one word."""
    return name.replace(" ", "-")


async def killed(field: ReminderField, service: str, index: int | None = None) -> None:
    """SIGKILL, and a start when its absence was felt."""
    await field.kill(service, index=index)
    await asyncio.sleep(AWAY_SECONDS)  # the fault itself
    await field.start(service)


async def worker_killed(field: ReminderField) -> None:
    field.outages += 1
    await killed(field, "worker", 0)


async def stopped_at_once(field: ReminderField) -> None:
    """An immediate shutdown: no checkpoint, recovery from the log."""
    field.outages += WORKERS
    field.stack.signal("postgres", signal.SIGQUIT)

    async def gone() -> bool:
        return not field.stack.pids("postgres")

    await until(gone, "Postgres to be gone")
    await field.start("postgres")


SHORT: dict[str, Callable[[ReminderField], Awaitable[None]]] = {
    "worker killed": worker_killed,
    "Redis flushed (FLUSHALL)": ReminderField.flush,
    "Postgres stopped at once": stopped_at_once,
}


@pytest.mark.parametrize("fault", SHORT, ids=words)
async def test_short(whole: Stack, mail: MailServer, fault: str) -> None:
    async with ReminderField.opened(whole, mail) as field:
        async with field.under_load():
            await SHORT[fault](field)
        await field.check(fault)


@dataclass(frozen=True)
class Fault:
    """What is done, and to how many workers it is an outage: all they send may be in doubt."""

    act: Act
    outages: int = 0
    of_mail: bool = False
    """It breaks into the dialogues with the mail server."""


def kill(service: str, index: int | None = None) -> Act:
    async def act(field: ReminderField, _street: Street) -> None:
        await killed(field, service, index)

    return act


def freeze(service: str, seconds: float, index: int | None = None) -> Act:
    async def act(field: ReminderField, _street: Street) -> None:
        await field.freeze(service, seconds, index=index)

    return act


def cut_off(server: str, seconds: float) -> Act:
    async def act(_field: ReminderField, street: Street) -> None:
        street.proxies[server].cut()
        await asyncio.sleep(seconds)  # the fault itself
        street.proxies[server].heal()

    return act


def refuse(server: str, seconds: float) -> Act:
    async def act(_field: ReminderField, street: Street) -> None:
        await street.proxies[server].close()
        await asyncio.sleep(seconds)  # the fault itself
        await street.proxies[server].open()

    return act


async def rolling(field: ReminderField, _street: Street) -> None:
    """As an update does it: one process after the other is stopped in order, and started."""
    for service, count in (("worker", WORKERS), ("api", 2), ("nginx", 1), ("redis", 1)):
        for index in range(count):
            await field.do(field.stack.stop, service, index=index)
            await field.start(service)
            await field.arrived(2)
    await field.do(field.stack.restart, "postgres")


FAULTS = {
    "both workers killed": Fault(kill("worker"), WORKERS),
    "worker frozen past its lease": Fault(freeze("worker", LONG_SECONDS, 0), 1),
    "Postgres cut off": Fault(cut_off("postgres", LONG_SECONDS), WORKERS),
    "Redis killed": Fault(kill("redis")),
    "Redis frozen": Fault(freeze("redis", LONG_SECONDS)),
    "Redis cut off": Fault(cut_off("redis", LONG_SECONDS)),
    "Postgres killed": Fault(kill("postgres"), WORKERS),
    "Postgres frozen": Fault(freeze("postgres", LONG_SECONDS), WORKERS),
    "Postgres refuses connections": Fault(refuse("postgres", LONG_SECONDS), WORKERS),
    "API replica killed": Fault(kill("api", 0)),
    "API replica frozen": Fault(freeze("api", LONG_SECONDS, 0)),
    "all API replicas killed": Fault(kill("api")),
    "gateway killed": Fault(kill("nginx")),
    "gateway frozen": Fault(freeze("nginx", LONG_SECONDS)),
    "mail server killed": Fault(refuse("smtp", LONG_SECONDS), of_mail=True),
    "mail server cut off": Fault(cut_off("smtp", LONG_SECONDS), of_mail=True),
    "rolling restart under load": Fault(rolling, WORKERS),
}


@pytest.mark.full
@pytest.mark.parametrize("name", FAULTS, ids=words)
async def test_fault(street: Street, name: str) -> None:
    fault = FAULTS[name]
    async with ReminderField.opened(street.stack, street.server) as field:
        async with field.under_load():
            field.outages += fault.outages
            field.unsure += WORKERS * IN_HAND * fault.of_mail
            await fault.act(field, street)
        await field.check(name)
