"""The page of a Taskbell where nobody signs up: a stack of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from taskbell_local.stack import Stack
from tests.e2e.browser import shown
from tests.e2e.client import new_credentials
from tests.e2e.troubles import Troubles

pytestmark = pytest.mark.embedded


@pytest.fixture
def closed(new_context: Any) -> Iterator[Page]:
    services = ("postgres", "redis", "migrate", "api", "nginx")
    with Stack(services=services, env={"SIGNUP_ENABLED": "false"}) as stack:
        page: Page = new_context().new_page()
        troubles = Troubles(stack.gateway, refusals={403})
        troubles.watch(page)
        page.goto(f"{stack.gateway}/sign-up")
        yield page
        assert troubles.found == []


def test_who_cannot_sign_up_is_shown_where_to_sign_in(closed: Page) -> None:
    wanted = new_credentials()
    closed.get_by_label("E-mail").fill(wanted["email"])
    closed.get_by_label("Password", exact=True).fill(wanted["password"])
    closed.get_by_role("button", name="Create account").click()
    heading = closed.get_by_role("heading", name="No new accounts here")
    expect(heading).to_be_focused()
    expect(closed.get_by_role("alert")).to_have_count(0)
    expect(closed.get_by_label("Password", exact=True)).to_have_count(0)
    shown(closed, "sign-up-closed")
    closed.get_by_role("link", name="Sign in").click()
    expect(closed.get_by_role("heading", name="Sign in")).to_be_visible()
