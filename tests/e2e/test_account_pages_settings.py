"""The menu and the settings of one's own account in a browser."""

import json
import re

import httpx
from playwright.sync_api import Page, expect

from tests.e2e.browser import (
    ENDED,
    LOOKS,
    OpenPage,
    OpenTab,
    choose_from_menu,
    fill_in,
    forgets_its_token,
    link_in,
    open_settings,
    row,
    section,
    sign_in,
    tab_to,
)
from tests.e2e.client import API, User, new_credentials, ok, problem, secret
from tests.e2e.mailbox import Mailbox
from tests.e2e.troubles import Troubles


def test_the_menu_works_by_keyboard(page: Page, user: User) -> None:
    sign_in(page, user)
    button = page.get_by_role("navigation", name="Account").get_by_role("button")
    items = page.get_by_role("menuitem")
    tab_to(page, button)
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Sign out")).to_be_focused()
    page.keyboard.press("Escape")
    expect(items).to_have_count(0)
    expect(button).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Settings")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("heading", name="Settings")).to_be_focused()
    assert page.url.endswith("/settings")
    # what only administrators may see is not offered, and refused
    button.click()
    expect(page.get_by_role("menuitem", name="Sign out")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Administration")).to_have_count(0)
    page.goto("/admin")
    expect(page.get_by_role("heading", name="Not for you")).to_be_visible()


def test_the_profile(page: Page, user: User) -> None:
    user.add_task("Call Auckland", due_at="2031-03-01T09:00:00Z")
    sign_in(page, user)
    open_settings(page)
    profile = section(page, "Profile")
    profile.get_by_label("Name").fill("Ada Lovelace")
    zone = profile.get_by_role("combobox", name="Time zone")
    zone.click()
    zone.press_sequentially("auckl")
    found = page.get_by_role("listbox", name="Time zones").get_by_role("option")
    expect(found).to_have_text(["Pacific/Auckland"])
    page.keyboard.press("Enter")
    expect(zone).to_have_value("Pacific/Auckland")
    profile.get_by_label("Weeks begin on").select_option("Sunday")
    profile.get_by_label("Language").select_option("English (United States)")
    profile.get_by_role("button", name="Save profile").click()
    expect(page.get_by_text("Profile saved.")).to_be_visible()
    me = ok(user.get("/users/me"))
    assert (me["name"], me["time_zone"]) == ("Ada Lovelace", "Pacific/Auckland")
    assert (me["locale"], me["week_start"]) == ("en-US", "sunday")
    choose_from_menu(page, "Tasks")
    expect(row(page, "Call Auckland")).to_contain_text("Mar 1, 2031, 10:00 PM")
    open_settings(page)
    profile.get_by_label("Name").fill(" ")
    profile.get_by_role("button", name="Save profile").click()
    expect(page.get_by_role("navigation", name="Account")).to_contain_text(user.email)


def test_a_new_address(
    page: Page, other_browser: OpenPage, user: User, mailbox: Mailbox, troubles: Troubles
) -> None:
    troubles.refusals.add(403)
    new_address = new_credentials()["email"]
    sign_in(page, user)
    open_settings(page)
    email = section(page, "E-mail")
    email.get_by_role("button", name="Change the address").click()
    expect(email.get_by_label("New e-mail address")).to_be_focused()
    email.get_by_label("New e-mail address").fill(new_address)
    email.get_by_label("Current password").fill("not my password")
    email.get_by_role("button", name="Send the link").click()
    expect(email.get_by_label("Current password")).to_be_focused()
    expect(email.get_by_text("is wrong")).to_be_visible()
    email.get_by_label("Current password").fill(user.password)
    email.get_by_role("button", name="Send the link").click()
    sent = email.get_by_text("We have sent a link to")
    expect(sent).to_contain_text(f"{new_address}, which works for a day")
    expect(email.get_by_text(user.email)).to_be_visible()

    mailbox.wait(user.email, "Somebody wants to change your e-mail address")
    phone = other_browser(**LOOKS["phone"])
    link = mailbox.wait(new_address, "Confirm your new e-mail address")
    phone.goto(link_in(link, "verify-email"))
    expect(phone.get_by_role("heading", name="Your e-mail address is confirmed")).to_be_visible()
    page.reload()
    expect(email.get_by_text(new_address)).to_be_visible()
    expect(email.get_by_text("confirmed", exact=True)).to_be_visible()
    expect(sent).to_be_hidden()


def test_a_new_password_signs_out_other_browsers_only(
    page: Page, other_browser: OpenPage, user: User, mailbox: Mailbox, troubles: Troubles
) -> None:
    troubles.refusals |= {401, 403, 422}
    other = other_browser()
    sign_in(other, user)
    other.get_by_label("Add a task").fill("Too late")
    sign_in(page, user)
    open_settings(page)
    password = section(page, "Password")
    password.get_by_role("button", name="Change the password").click()
    current, wanted = (password.get_by_label(f"{which} password") for which in ("Current", "New"))
    save = password.get_by_role("button", name="Save the password")
    current.fill("not my password")
    wanted.fill(new_credentials()["password"])
    save.click()
    expect(current).to_have_attribute("aria-invalid", "true")
    current.fill(user.password)
    wanted.fill("password1234")
    save.click()
    expect(wanted).to_have_attribute("aria-invalid", "true")
    expect(current).to_have_attribute("aria-invalid", "false")
    chosen = new_credentials()["password"]
    wanted.fill(chosen)
    save.click()
    expect(page.get_by_text("Password changed.")).to_be_visible()
    expect(password.get_by_role("button", name="Change the password")).to_be_focused()
    mailbox.wait(user.email, "Your password was changed")

    # this session goes on, also past its access token
    page.reload()
    expect(section(page, "Devices").get_by_role("listitem")).to_have_count(1)
    # the other one learns of it by itself, and what was typed there is kept
    expect(other.get_by_text(ENDED)).to_be_visible(timeout=30_000)
    fill_in(other, User(user.http, user.email, chosen, user.tokens))
    # what was typed is kept
    expect(other.get_by_label("Add a task")).to_have_value("Too late")


def test_devices_are_signed_out_one_by_one_or_all_at_once(
    page: Page, other_browser: OpenPage, user: User, troubles: Troubles
) -> None:
    troubles.refusals.add(401)
    agent = "Mozilla/5.0 (Windows NT 10.0; rv:144.0) Gecko/20100101 Firefox/144.0"
    other, third = other_browser(user_agent=agent), other_browser()
    sign_in(other, user)
    sign_in(third, user)
    sign_in(page, user)
    open_settings(page)
    devices = section(page, "Devices")
    rows = devices.get_by_role("listitem")
    expect(rows).to_have_count(4)  # and the session of `user`
    expect(rows.first).to_contain_text("Chrome on Linux this device")
    devices.get_by_role("button", name="Sign out Firefox on Windows").click()
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="Firefox")).to_have_count(0)
    other.get_by_role("button", name="Pending").click()
    expect(other.get_by_text(ENDED)).to_be_visible()
    devices.get_by_role("button", name="Sign out all others").click()
    expect(rows).to_have_count(1)
    third.get_by_role("button", name="Pending").click()
    expect(third.get_by_text(ENDED)).to_be_visible()
    page.reload()
    expect(rows).to_have_count(1)


def test_tokens_are_made_used_and_revoked(
    page: Page, user: User, http: httpx.Client, mailbox: Mailbox
) -> None:
    user.add_task("Feed the cat")
    sign_in(page, user)
    open_settings(page)
    tokens = section(page, "API tokens")
    name = tokens.get_by_role("textbox", name="Name")
    tokens.get_by_role("button", name="New token").click()
    tokens.get_by_role("button", name="Make the token").click()
    expect(name).to_be_focused()
    name.fill("Kitchen display")
    tokens.get_by_label("Expires after").select_option("30 days")
    expect(tokens.get_by_label("Read tasks")).to_be_checked()
    expect(tokens.get_by_label("Administration")).to_have_count(0)
    tokens.get_by_role("button", name="Make the token").click()
    made = secret(tokens.get_by_label("The new token").input_value())
    assert made.startswith("tb_")
    expect(tokens.get_by_text("it is not shown again")).to_be_visible()
    tokens.get_by_role("button", name="Copy").click()
    expect(tokens.get_by_text("Copied.")).to_be_visible()
    mailbox.wait(user.email, "A new API token")

    bearer = {"Authorization": f"Bearer {made}"}
    (task,) = ok(http.get(f"{API}/tasks", headers=bearer))["items"]
    assert task["title"] == "Feed the cat"
    refused = http.post(f"{API}/tasks", headers=bearer, json={"title": "Feed the dog"})
    problem(refused, 403, "insufficient_scope")

    page.reload()
    expect(tokens.get_by_text("Kitchen display")).to_be_visible()
    assert made not in page.content()
    expect(tokens.get_by_text("Used just now")).to_be_visible()
    tokens.get_by_role("button", name="Revoke Kitchen display").click()
    dialog = page.get_by_role("dialog", name="Revoke “Kitchen display”?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    expect(tokens.get_by_role("button", name="Revoke Kitchen display")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Revoke").click()
    expect(tokens.get_by_text("There are no tokens.")).to_be_visible()
    expect(tokens.get_by_role("heading")).to_be_focused()
    problem(http.get(f"{API}/tasks", headers=bearer), 401, "invalid_token")


def test_an_export_is_downloaded_after_signing_in(
    page: Page, other_browser: OpenPage, user: User, mailbox: Mailbox, troubles: Troubles
) -> None:
    troubles.refusals.add(422)
    user.add_task("Remember me")
    sign_in(page, user)
    open_settings(page)
    section(page, "Your data").get_by_role("button", name="Ask for my data").click()
    expect(page.get_by_text("mail you a link when it is ready")).to_be_visible()

    link = link_in(mailbox.wait(user.email, "Your data is ready"), "export")
    other = other_browser()
    other.goto(link)
    expect(other.get_by_text("Sign in to download your data.")).to_be_visible()
    assert "#" not in other.url
    other.reload()  # the way in may take a detour
    with other.expect_download() as download:
        fill_in(other, user)
    assert re.fullmatch(r"taskbell-\d{4}-\d\d-\d\d\.json", download.value.suggested_filename)
    exported = json.loads(download.value.path().read_text())
    assert [task["title"] for task in exported["tasks"]] == ["Remember me"]
    expect(other.get_by_text("Your data is in your downloads")).to_be_visible()
    forgets_its_token(other, link)
    other.goto("/export#token=never-made")
    expect(other.get_by_role("heading", name="This link has expired")).to_be_visible()


def test_an_account_is_deleted_and_comes_back(
    page: Page, other_tab: OpenTab, user: User, mailbox: Mailbox, troubles: Troubles
) -> None:
    troubles.refusals.add(403)
    user.add_task("Stay")
    sign_in(page, user)
    tab = other_tab()
    tab.goto("/")
    expect(row(tab, "Stay")).to_be_visible()
    open_settings(page)
    section(page, "Delete the account").get_by_role("button", name="Delete my account").click()
    dialog = page.get_by_role("dialog", name="Delete your account?")
    expect(dialog.get_by_label("Password", exact=True)).to_be_focused()
    dialog.get_by_label("Password", exact=True).fill("not my password")
    dialog.get_by_role("button", name="Delete account").click()
    expect(dialog.get_by_text("is wrong")).to_be_visible()
    dialog.get_by_label("Password", exact=True).fill(user.password)
    dialog.get_by_role("button", name="Delete account").click()
    expect(page.get_by_role("heading", name="Your account is deleted")).to_be_visible()
    expect(page.get_by_text("Sign in within 7 days")).to_be_visible()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
    problem(user.get("/tasks"), 401, "invalid_token")

    page.get_by_role("link", name="Sign in and keep the account").click()
    fill_in(page, user)
    expect(row(page, "Stay")).to_be_visible()
    expect(page.get_by_text("Your account stays")).to_be_visible()
    mailbox.wait(user.email, "stays")
