"""Mail servers that refuse, break off and hang: what each reminder comes to, in figures."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from taskbell_local.stack import Stack
from tests.faults import report
from tests.faults.field import Field
from tests.faults.kinds import EFFECTS_FILE
from tests.faults.mailserver import Does, MailServer
from tests.faults.outcomes import Tally
from tests.faults.reminders import ReminderField
from tests.faults.street import Street, street

EACH = 20
"""Reminders of each fault."""

HANG_SECONDS = 120
LAG_SECONDS = 5.0
"""Work of other kinds waits no longer than this, whatever the mail server does."""

SCRIPTS = {
    "SMTP 4xx to each mail": (Does.LATER_DATA, Tally(sent=EACH)),
    "SMTP 5xx to each mail": (Does.NEVER_RCPT, Tally(refused=EACH)),
    "SMTP breaks off before the message": (Does.CLOSE_RCPT, Tally(sent=EACH)),
    "SMTP breaks off after the dot, mail lost": (Does.DROP, Tally(sent=EACH, ambiguous=EACH)),
    "SMTP breaks off after the dot, mail taken": (
        Does.TAKE_AND_DROP,
        Tally(sent=EACH, ambiguous=EACH, duplicates=EACH),
    ),
}
"""What the first attempt of each reminder meets, and what is expected of all of them."""


async def test_scripts(whole: Stack, mail: MailServer) -> None:
    """All at once, each with an owner of its own."""

    async def one(name: str) -> None:
        does, expected = SCRIPTS[name]
        async with ReminderField.opened(whole, mail) as field:
            mail.script[field.person.email].extend([does] * EACH)
            field.unsure = expected.ambiguous
            await field.add(EACH)
            tally = await field.check(name, may_be_refused=does is Does.NEVER_RCPT)
            found = (tally.sent, tally.refused, tally.ambiguous, tally.duplicates)
            assert found == (
                expected.sent, expected.refused, expected.ambiguous, expected.duplicates
            )  # fmt: skip
            if does is Does.NEVER_RCPT:
                errors = {outcome.last_error for outcome in await field.outcomes()}
                assert all("550 5.1.1 nobody of that name" in (error or "") for error in errors)

    async with asyncio.TaskGroup() as group:
        for name in SCRIPTS:
            group.create_task(one(name))


async def hang(way: Street, effects_file: Path, at: str) -> None:
    """Everything due meets a server that hangs; jobs of other kinds are watched beside it."""
    others = Field(way.stack, effects_file)
    over = asyncio.Event()
    async with ReminderField.opened(way.stack, way.server) as field:
        way.server.hangs_at = at
        ids = await field.add(100)
        watched = asyncio.create_task(others.load(0, rate=5, until=over))
        await asyncio.sleep(HANG_SECONDS)  # the fault itself
        way.server.hangs_at = ""
        over.set()
        await watched
        await others.settle()
        lags = sorted(job.seconds for job in (await others.jobs()).values())
        most = lags[int(len(lags) * 0.99)]
        # as often as the time allows, and each of them may be in doubt
        field.unsure = len(ids) * 10 if at == "dot" else 0
        lag = f"{len(lags)} other jobs meanwhile, done after {most:.1f} s (p99), {lags[-1]:.1f} s"
        title = {"greeting": "at the greeting", "dot": "after the dot"}[at]
        tally = await field.check()
        assert tally.duplicates == 0
        assert lags[-1] < LAG_SECONDS, f"mails that hang hold up the rest: {lag}"
        tally.notes.append(f"{lag} (the slowest)")
        report.record(f"SMTP hangs for {HANG_SECONDS} s {title}", tally)
    await others.close()


@pytest.fixture
def two_pages(tmp_path: Path) -> list[Path]:
    pages = [tmp_path / "one", tmp_path / "two"]
    for page in pages:
        page.mkdir()
    return pages


@pytest.mark.full
async def test_hangs_for_two_minutes(two_pages: list[Path], effects_file: Path) -> None:
    """With the worker's own time-outs: 20 s of SMTP, leases of a minute. Both hangs at once."""
    env = {EFFECTS_FILE: str(effects_file), "UNCONFIRMED_REMINDERS_PER_DAY": "1000000"}
    async with AsyncExitStack() as opened:
        ways = [
            await opened.enter_async_context(
                street(page, env, worker_module="tests.faults.worker", api_replicas=1)
            )
            for page in two_pages
        ]
        async with asyncio.TaskGroup() as group:
            for way, at in zip(ways, ("greeting", "dot"), strict=True):
                group.create_task(hang(way, effects_file, at))
