"""The page in a browser: fixtures for it, and what most tests of it do.

`conftest.py` imports the fixtures. Screenshots go to test-results/screenshots.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.client import User, secret
from tests.e2e.mailbox import Mail
from tests.e2e.stacks import RunningStack
from tests.e2e.troubles import Troubles

ZONE = ZoneInfo("Europe/Zurich")
STACK = os.environ.get("TASKBELL_STACK", "embedded")
SCREENSHOTS = Path(__file__).parents[2] / "test-results" / "screenshots" / STACK
LOOKS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 375, "height": 812}, "has_touch": True, "is_mobile": True},
}
OpenPage = Callable[..., Page]
OpenTab = Callable[[], Page]
ENDED = "Your session has ended"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    options = dict(browser_type_launch_args)
    if path := os.environ.get("TASKBELL_BROWSER"):
        options["executable_path"] = path
    else:
        options["channel"] = "chromium"  # the headless shell shows no notifications
    if os.geteuid() == 0:  # root has no sandbox to give
        options["args"] = ["--no-sandbox"]
    return options


@pytest.fixture(scope="session")
def base_url(stack: RunningStack) -> str:
    """Where pytest-playwright's pages are."""
    return stack.gateway


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "timezone_id": ZONE.key, "locale": "en-GB"}


@pytest.fixture
def troubles(stack: RunningStack) -> Iterator[Troubles]:
    """Watches pages; the test fails if one had something to complain about."""
    watching = Troubles(stack.gateway)
    yield watching
    assert not watching.found, "\n".join(watching.found)  # nobody rewrites it here


@pytest.fixture
def page(page: Page, troubles: Troubles) -> Page:
    troubles.watch(page)
    return page


@pytest.fixture
def other_browser(new_context: Any, troubles: Troubles) -> OpenPage:
    """Opens a page in a browser of its own, with no cookie of any other."""

    def open_page(**options: Any) -> Page:
        page: Page = new_context(**options).new_page()
        troubles.watch(page)
        return page

    return open_page


@pytest.fixture
def other_tab(page: Page, troubles: Troubles) -> OpenTab:
    """Opens one more tab beside `page`."""

    def open_tab() -> Page:
        tab = page.context.new_page()
        troubles.watch(tab)
        return tab

    return open_tab


def sign_in(page: Page, user: User) -> None:
    page.goto("/")
    fill_in(page, user)
    expect(page.get_by_role("heading", name="Tasks", exact=True).first).to_be_visible()


def fill_in(page: Page, user: User) -> None:
    """Sign in on the page for it, wherever that leads."""
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password", exact=True).fill(user.password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    choose_from_menu(page, "Sign out")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def choose_from_menu(page: Page, item: str) -> None:
    """Choose from the menu of the account."""
    page.get_by_role("navigation", name="Account").get_by_role("button").click()
    page.get_by_role("menuitem", name=item).click()


def open_settings(page: Page) -> None:
    choose_from_menu(page, "Settings")
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()


def section(page: Page, name: str) -> Locator:
    """One card of the settings or the administration."""
    return page.get_by_role("region", name=name)


def link_in(mail: Mail, page: str) -> str:
    """The link to one of our pages in a mail. Its token may appear in no log."""
    found = re.search(rf"https?://[^\s/]+/{page}#token=(\S+)", mail.text)
    assert found, mail.text
    secret(found[1])
    return found[0]


def forgets_its_token(page: Page, link: str) -> None:
    """Neither the address bar nor a storage has the token of a link that was opened."""
    token = link.partition("#token=")[2]
    assert "#" not in page.url
    assert page.evaluate("() => location.hash") == ""
    assert token not in page.evaluate("() => JSON.stringify({...localStorage, ...sessionStorage})")


def row(page: Page, title: str) -> Locator:
    """A task in the list."""
    return page.get_by_role("listitem").filter(has=page.get_by_role("button", name=title))


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Press Tab until this has the focus."""
    for _ in range(40):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"the keyboard does not lead to {wanted}")


def shoot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def shown(page: Page, name: str) -> None:
    """A screenshot of what must not have to be scrolled sideways for."""
    wide, room = page.evaluate(
        "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= room, f"{page.url} is {wide} px wide, the window {room} px"
    shoot(page, name)
