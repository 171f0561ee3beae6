"""Fixtures of the end-to-end tests: black box, through the gateway.

The same tests run on both stacks; `TASKBELL_STACK` chooses one, `embedded` or `compose`. A test
marked with the name of one stack runs on that one only.
"""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.browser import (  # noqa: F401 (fixtures)
    base_url,
    browser_context_args,
    browser_type_launch_args,
    other_browser,
    other_tab,
    page,
    troubles,
)
from tests.e2e.client import User, sign_up
from tests.e2e.mailbox import Mailbox
from tests.e2e.stacks import SERVICES, STACKS, RunningStack

KIND = os.environ.get("TASKBELL_STACK", "embedded")
RESULTS = Path(__file__).parents[2] / "test-results"
LAST_LINES = 15
STACK = pytest.StashKey[RunningStack]()
FIGURES = pytest.StashKey[list[str]]()
Measured = Callable[[str], None]


def pytest_configure(config: pytest.Config) -> None:
    if KIND not in STACKS:
        raise pytest.UsageError(f"TASKBELL_STACK={KIND}: there are {', '.join(STACKS)}")
    config.stash[FIGURES] = []
    for kind in STACKS:
        config.addinivalue_line("markers", f"{kind}: only on this stack")
    config.addinivalue_line(
        "markers", "order(number): after all with a smaller number; 0 if absent"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    others = [kind for kind in STACKS if kind != KIND]
    left_out = [one for one in items if any(one.get_closest_marker(kind) for kind in others)]
    config.hook.pytest_deselected(items=left_out)
    kept = [item for item in items if item not in left_out]
    items[:] = sorted(kept, key=_order)


def _order(item: pytest.Item) -> int:
    mark = item.get_closest_marker("order")
    return int(mark.args[0]) if mark else 0


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for figure in config.stash[FIGURES]:
        terminalreporter.write_line(f"measured: {figure}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the services said last when a test fails."""
    report = yield
    stack = item.config.stash.get(STACK, None)
    if report.failed and stack is not None:
        for service in SERVICES:
            lines = stack.log(service).splitlines()[-LAST_LINES:]
            report.sections.append((f"Last lines of {service}", "\n".join(lines)))
    return report


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> Iterator[RunningStack]:
    with STACKS[KIND]() as running:
        pytestconfig.stash[STACK] = running
        yield running
        del pytestconfig.stash[STACK]
        accidents = running.accidents()
    assert not accidents, f"ended by themselves: {accidents}"


@pytest.fixture(scope="session")
def http(stack: RunningStack) -> Iterator[httpx.Client]:
    """Nobody in particular, at the gateway."""
    # the longest answer is a request that waits for the database while it is away
    with httpx.Client(base_url=stack.gateway, timeout=15) as client:
        yield client


@pytest.fixture(scope="session")
def mailbox(stack: RunningStack) -> Iterator[Mailbox]:
    opened = Mailbox(stack.mailbox)
    yield opened
    opened.close()


@pytest.fixture
def measured(pytestconfig: pytest.Config) -> Measured:
    """Takes a figure that is shown when all is over, whether tests failed or not."""
    return pytestconfig.stash[FIGURES].append


@pytest.fixture
def new_user(http: httpx.Client) -> Callable[..., User]:
    """Signs up one more user."""

    def make(**fields: Any) -> User:
        return sign_up(http, **fields)

    return make


@pytest.fixture
def user(new_user: Callable[..., User]) -> User:
    """A fresh user with an empty inbox."""
    return new_user()
