"""Fixtures of the fault tests.

`FAULTS=short` leaves out what is marked `full`. Tests that only need the engine share one stack,
which is made whole again after each of them.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from taskbell_local.postgres import MAJOR
from taskbell_local.stack import Stack
from tests.faults import figures, report
from tests.faults.field import LEASE_SECONDS, SLOTS, WORKERS, Field
from tests.faults.kinds import EFFECTS_FILE
from tests.faults.mailserver import MailServer, mail_server
from tests.faults.street import Street
from tests.faults.street import street as open_street

SHORT = os.environ.get("FAULTS") == "short"
ENGINE = ("postgres", "redis", "migrate", "worker")


def pytest_configure(config: pytest.Config) -> None:
    # the doorbell of the load warns each time Redis is away
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    config.addinivalue_line("markers", "full: too slow for FAULTS=short")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    table = "" if SHORT else report.keep(MAJOR)
    lines = [*figures.lines, *([table] if table else [])]
    if lines:
        terminalreporter.section("figures")
    for line in lines:
        terminalreporter.write_line(line)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        # connections that a fault broke are not closed in good order
        item.add_marker(
            pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
        )
    if not SHORT:
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def worker_environment(effects_file: Path) -> dict[str, str]:
    """The real worker's settings, only more impatient."""
    return {
        EFFECTS_FILE: str(effects_file),
        "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
        "WORKER_MAX_JOBS": str(SLOTS),
        "WORKER_DRAIN_SECONDS": "2",
        "REDIS_AWAY_SECONDS": "3",
        "SMTP_TIMEOUT_SECONDS": "2",
        "UNCONFIRMED_REMINDERS_PER_DAY": "1000000",
    }


@pytest.fixture(scope="session")
def effects_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults") / "effects"


@pytest.fixture(scope="session")
def engine(effects_file: Path) -> Iterator[Stack]:
    with Stack(
        services=ENGINE,
        workers=WORKERS,
        worker_module="tests.faults.worker",
        env=worker_environment(effects_file),
    ) as stack:
        yield stack


def make_whole(stack: Stack) -> None:
    """Thaw and start everything again."""
    for service in ("postgres", "redis", "worker"):
        stack.thaw(service)
        stack.start(service)


@pytest_asyncio.fixture
async def field(engine: Stack, effects_file: Path) -> AsyncIterator[Field]:
    opened = Field(engine, effects_file)
    failures = len(engine.failures)
    try:
        yield opened
    finally:
        make_whole(engine)
        await opened.close()
    ended = [str(failure) for failure in engine.failures[failures:]]
    assert opened.expects_deaths or not ended, f"a process ended by itself: {ended}"


@pytest_asyncio.fixture(scope="session")
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture(scope="session")
def whole_stack(
    mail: MailServer, effects_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    page = tmp_path_factory.mktemp("page")
    (page / "index.html").write_text("no page is needed here")
    with Stack(
        services=(*ENGINE, "api", "nginx"),
        workers=WORKERS,
        api_replicas=3,
        worker_module="tests.faults.worker",
        env=worker_environment(effects_file)
        | {"AUTH_RATE": "100r/s", "RATE_LIMIT_FACTOR": "100", "LOG_LEVEL": "warning"},
        smtp_url=mail.url,
        web_root=page,
    ) as stack:
        yield stack


@pytest_asyncio.fixture(scope="session")
async def whole_street(
    effects_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Street]:
    page, env = tmp_path_factory.mktemp("page"), worker_environment(effects_file)
    async with open_street(page, env, worker_module="tests.faults.worker") as opened:
        yield opened


@pytest_asyncio.fixture
async def street(whole_street: Street) -> AsyncIterator[Street]:
    """Everything behind proxies; made whole again after each test."""
    stack = whole_street.stack
    failures = len(stack.failures)
    yield whole_street
    for proxy in whole_street.proxies.values():
        proxy.heal()
    await asyncio.to_thread(make_whole, stack)
    for service in ("api", "nginx"):
        stack.thaw(service)
        await asyncio.to_thread(stack.start, service)
    ended = [str(failure) for failure in stack.failures[failures:]]
    assert not ended, f"a process ended by itself: {ended}"


@pytest.fixture
def whole(whole_stack: Stack) -> Iterator[Stack]:
    """Everything, with three API replicas; made whole again after each test."""
    failures = len(whole_stack.failures)
    yield whole_stack
    make_whole(whole_stack)
    whole_stack.start("api")
    ended = [str(failure) for failure in whole_stack.failures[failures:]]
    assert not ended, f"a process ended by itself: {ended}"
