"""Pages of one's own account in a browser: links from mails, several tabs, looks."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser import (
    ENDED,
    LOOKS,
    OpenPage,
    OpenTab,
    fill_in,
    forgets_its_token,
    link_in,
    shown,
    sign_in,
    sign_out,
)
from tests.e2e.client import User, new_credentials, ok
from tests.e2e.mailbox import Mailbox
from tests.e2e.troubles import Troubles


def test_a_forgotten_password_is_set_from_a_mail(
    page: Page, user: User, mailbox: Mailbox, troubles: Troubles
) -> None:
    troubles.refusals.add(422)
    page.goto("/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_role("link", name="Forgot your password?").click()
    expect(page.get_by_label("E-mail")).to_have_value(user.email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("If there is an account with this address")).to_be_visible()

    link = link_in(mailbox.wait(user.email, "Choose a new password"), "reset-password")
    page.goto(link)
    new_password = page.get_by_role("textbox", name="New password")
    expect(new_password).to_be_focused()
    forgets_its_token(page, link)
    new_password.fill("short")
    page.get_by_role("button", name="Save the password").click()
    expect(new_password).to_have_attribute("aria-invalid", "true")
    expect(new_password).to_be_focused()
    chosen = new_credentials()["password"]
    new_password.fill(chosen)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    fill_in(page, User(user.http, user.email, chosen, user.tokens))
    expect(page.get_by_text("No tasks yet")).to_be_visible()
    # the link proved the address too
    expect(page.get_by_text("Please confirm your e-mail address")).to_be_hidden()

    page.goto(link)
    new_password.fill(chosen)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("heading", name="This link has expired")).to_be_visible()
    page.get_by_role("link", name="Send me a new link").click()
    expect(page.get_by_role("heading", name="Forgot your password?")).to_be_visible()


def test_a_forgotten_password_is_answered_alike_for_nobody(page: Page) -> None:
    page.goto("/forgot-password")
    page.get_by_label("E-mail").fill(new_credentials()["email"])
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("If there is an account with this address")).to_be_visible()


def test_setting_the_password_signs_out_the_browser_it_is_done_in(
    page: Page, user: User, mailbox: Mailbox, troubles: Troubles
) -> None:
    troubles.refusals.add(401)
    sign_in(page, user)
    page.goto("/forgot-password")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_role("button", name="Send the link").click()
    page.goto(link_in(mailbox.wait(user.email, "Choose a new password"), "reset-password"))
    page.get_by_role("textbox", name="New password").fill(new_credentials()["password"])
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    expect(page.get_by_text(ENDED)).to_be_hidden()


def test_the_address_is_confirmed_by_the_link_in_the_welcome_mail(
    page: Page, other_tab: OpenTab, user: User, mailbox: Mailbox, troubles: Troubles
) -> None:
    troubles.refusals.add(422)
    sign_in(page, user)
    expect(page.get_by_text("Please confirm your e-mail address")).to_be_visible()
    link = link_in(mailbox.wait(user.email, "Welcome"), "verify-email")
    tab = other_tab()
    tab.goto(link)
    expect(tab.get_by_role("heading", name="Your e-mail address is confirmed")).to_be_visible()
    expect(tab.get_by_text(user.email)).to_be_visible()
    forgets_its_token(tab, link)
    # the first tab has heard of it
    expect(page.get_by_text("Please confirm your e-mail address")).to_be_hidden()
    tab.goto("/")
    tab.goto(link)
    expect(tab.get_by_role("heading", name="Confirmed already")).to_be_visible()


def test_an_address_is_confirmed_without_signing_in(
    page: Page, user: User, mailbox: Mailbox, troubles: Troubles
) -> None:
    troubles.refusals.add(422)
    link = link_in(mailbox.wait(user.email, "Welcome"), "verify-email")
    page.goto(link)
    expect(page.get_by_role("heading", name="Your e-mail address is confirmed")).to_be_visible()
    assert ok(user.get("/users/me"))["email_verified"] is True
    page.goto("/verify-email#token=never-made")
    expect(page.get_by_role("heading", name="This link has expired")).to_be_visible()
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_mail_to_confirm_is_sent_again(
    page: Page, user: User, mailbox: Mailbox, troubles: Troubles
) -> None:
    troubles.refusals.add(422)
    sign_in(page, user)
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text(f"Sent to {user.email}.", exact=True)).to_be_visible()
    mailbox.wait(user.email, "Confirm your e-mail address")
    page.get_by_role("button", name="Later").click()
    expect(page.get_by_text("Please confirm your e-mail address")).to_be_hidden()
    page.reload()
    expect(page.get_by_text("No tasks yet")).to_be_visible()
    expect(page.get_by_text("Please confirm your e-mail address")).to_be_hidden()
    # a link that is over offers it too
    page.goto("/verify-email#token=never-made")
    page.get_by_role("button", name="Send a new link").click()
    expect(page.get_by_text(f"Sent to {user.email}.", exact=True)).to_be_visible()


# --- several tabs


def test_signing_out_in_one_tab_signs_out_the_others(
    page: Page, other_tab: OpenTab, user: User
) -> None:
    sign_in(page, user)
    tab = other_tab()
    tab.goto("/settings")
    expect(tab.get_by_role("heading", name="Settings")).to_be_visible()
    sign_out(page)
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(tab.get_by_text(ENDED)).to_be_hidden()
    fill_in(tab, user)
    expect(tab.get_by_role("heading", name="Settings")).to_be_visible()
    expect(page.get_by_text("No tasks yet")).to_be_visible()


def test_two_tabs_renew_their_session_once(page: Page, other_tab: OpenTab, user: User) -> None:
    clock = page.context.clock
    clock.install()
    sign_in(page, user)
    tab = other_tab()
    tab.goto("/")
    expect(tab.get_by_text("No tasks yet")).to_be_visible()
    asked: list[str] = []
    page.context.on("request", lambda request: asked.append(request.url))

    # a minute before the access token ends both tabs want another one
    with page.context.expect_event("response", lambda one: "/auth/refresh" in one.url):
        clock.fast_forward("14:30")
    for one in (page, tab):
        one.get_by_role("button", name="Pending").click()
        expect(one.get_by_text("All done")).to_be_visible()
    assert len([url for url in asked if "/auth/refresh" in url]) == 1


# --- looks


@pytest.mark.parametrize("look", LOOKS)
def test_how_the_pages_of_the_account_look(
    look: str, other_browser: OpenPage, new_user: Callable[..., User], troubles: Troubles
) -> None:
    troubles.refusals.add(422)
    page = other_browser(**LOOKS[look])
    for path in ("forgot-password", "reset-password", "verify-email"):
        page.goto(f"/{path}#token=never-made")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        shown(page, f"{look}-{path}")
    sign_in(page, new_user(name="Ada Lovelace, Countess of a Rather Long Name, of Ockham Park"))
    shown(page, f"{look}-unconfirmed")
    page.get_by_role("navigation", name="Account").get_by_role("button").click()
    shown(page, f"{look}-menu")
    page.get_by_role("menuitem", name="Settings").click()
    for name in ("Change the address", "Change the password", "New token"):
        page.get_by_role("button", name=name).click()
    page.get_by_role("combobox", name="Time zone").click()
    shown(page, f"{look}-settings")
    page.get_by_role("button", name="Delete my account").click()
    shown(page, f"{look}-deleting")
