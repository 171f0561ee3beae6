"""The pages for administrators in a browser, and what takes a password given lately."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import (
    ENDED,
    LOOKS,
    OpenPage,
    choose_from_menu,
    fill_in,
    open_settings,
    section,
    shown,
    sign_in,
)
from tests.e2e.client import User, new_credentials, ok
from tests.e2e.database import make_admin, sql
from tests.e2e.mailbox import Mailbox
from tests.e2e.stacks import RunningStack
from tests.e2e.troubles import Troubles
from tests.e2e.waiting import until

NewUser = Callable[..., User]


@pytest.fixture
def admin(stack: RunningStack, new_user: NewUser) -> User:
    """The only administrator there is."""
    made = new_user(name="Grace")
    sql(stack, "UPDATE user_account SET role = 'user'")
    make_admin(stack, made.email)
    return made


def test_people_are_found_promoted_and_disabled(
    page: Page, other_browser: OpenPage, admin: User, new_user: NewUser, troubles: Troubles
) -> None:
    troubles.refusals |= {401, 409}
    name = f"Zoe {new_credentials()['email'][4:16]}"
    zoe = new_user(name=name)
    theirs = other_browser()
    sign_in(theirs, zoe)
    sign_in(page, admin)
    choose_from_menu(page, "Administration")
    people = section(page, "People")
    rows = people.get_by_role("listitem")
    expect(rows.filter(has_text=name)).to_be_visible()
    page.get_by_label("Search people").fill(name)
    expect(rows).to_have_count(1)
    expect(people.get_by_text("1 account", exact=True)).to_be_visible()

    people.get_by_role("button", name=f"Make administrator: {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Make administrator").click()
    expect(rows.get_by_text("administrator", exact=True)).to_be_visible()
    theirs.reload()
    choose_from_menu(theirs, "Administration")
    expect(section(theirs, "People")).to_be_visible()
    people.get_by_role("button", name=f"Revoke administrator: {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke administrator").click()
    expect(people.get_by_role("button", name=f"Make administrator: {name}")).to_be_focused()

    people.get_by_role("button", name=f"Disable: {name}").click()
    dialog = page.get_by_role("dialog", name=f"Disable {name}?")
    dialog.get_by_role("button", name="Disable").click()
    expect(rows.get_by_text("disabled", exact=True)).to_be_visible()
    theirs.goto("/")
    expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Show", exact=True).select_option("Disabled")
    expect(rows).to_have_count(1)
    people.get_by_role("button", name=f"Enable: {name}").click()
    page.get_by_role("dialog").get_by_role("button", name="Enable").click()
    expect(rows.get_by_text("disabled", exact=True)).to_be_hidden()
    sign_in(theirs, zoe)

    # somebody has to be left to administer
    page.get_by_label("Show", exact=True).select_option("Administrators")
    page.get_by_label("Search people").fill(admin.email)
    people.get_by_role("button", name="Revoke administrator: Grace").click()
    dialog = page.get_by_role("dialog", name="Revoke the role of Grace?")
    dialog.get_by_role("button", name="Revoke administrator").click()
    expect(dialog.get_by_text("last administrator")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(rows.get_by_text("administrator", exact=True)).to_be_visible()


def test_somebody_is_signed_out_everywhere(
    page: Page, other_browser: OpenPage, admin: User, new_user: NewUser, troubles: Troubles
) -> None:
    troubles.refusals.add(401)
    name = f"Zoe {new_credentials()['email'][4:16]}"
    zoe = new_user(name=name)
    theirs = other_browser()
    sign_in(theirs, zoe)
    sign_in(page, admin)
    page.goto("/admin")
    page.get_by_label("Search people").fill(name)
    people = section(page, "People")
    expect(people.get_by_text("1 account", exact=True)).to_be_visible()
    button = people.get_by_role("button", name=f"Sign out everywhere: {name}")
    button.click()
    dialog = page.get_by_role("dialog", name=f"Sign out {name} everywhere?")
    dialog.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_text(f"{name}: signed out everywhere.")).to_be_visible()
    expect(button).to_be_focused()
    theirs.get_by_role("button", name="Pending").click()
    expect(theirs.get_by_text(ENDED)).to_be_visible()
    fill_in(theirs, zoe)
    expect(theirs.get_by_text("All done")).to_be_visible()
    # one's own devices are in the settings
    page.get_by_label("Search people").fill(admin.email)
    expect(people.get_by_text("you", exact=True)).to_be_visible()
    expect(people.get_by_role("button", name="Sign out everywhere")).to_have_count(0)


def test_an_address_that_looks_like_another_is_marked(
    page: Page, admin: User, new_user: NewUser
) -> None:
    usual = new_credentials()["email"]
    for email in (usual, usual.replace("example", "ex\u0430mple")):  # a Cyrillic letter
        new_user(email=email)
    sign_in(page, admin)
    page.goto("/admin")
    people = section(page, "People")
    page.get_by_label("Search people").fill(usual.partition("@")[0])
    rows = people.get_by_role("listitem")
    expect(rows).to_have_count(2)
    marked = rows.filter(has_text="unusual characters")
    expect(marked).to_have_count(1)
    spelled = usual.replace("example", "xn--exmple-4nf")
    expect(marked.get_by_title(spelled, exact=True)).to_be_visible()
    shown(page, "unusual-characters")


def test_people_come_in_pages(page: Page, admin: User, new_user: NewUser) -> None:
    family = new_credentials()["email"][4:16]
    for number in range(21):
        new_user(name=f"{family} {number:02}")
    sign_in(page, admin)
    page.goto("/admin")
    page.get_by_label("Search people").fill(family)
    people = section(page, "People")
    rows = people.get_by_role("listitem")
    expect(people.get_by_text("21 accounts")).to_be_visible()
    expect(rows).to_have_count(20)
    page.get_by_role("button", name="Next").click()
    expect(rows).to_have_count(1)
    expect(page.get_by_text("Page 2 of 2")).to_be_visible()
    page.get_by_role("button", name="Previous").click()
    expect(rows).to_have_count(20)


def let_welcome_die(stack: RunningStack, person: User, error: str) -> None:
    """Make the job of a mail that has arrived a dead one."""
    job = f"dedupe_key = 'welcome:{ok(person.get('/users/me'))['id']}'"
    died = f"SET state = 'dead', finished_at = now(), last_error = '{error}'"
    statement = f"UPDATE job {died} WHERE {job} AND state = 'done' RETURNING id"
    # the mail is there a moment before the worker has noted that it is
    until(lambda: sql(stack, statement), "the job of the welcome mail is done")


def test_dead_jobs_are_tried_again(
    page: Page, admin: User, new_user: NewUser, mailbox: Mailbox, stack: RunningStack
) -> None:
    person = new_user()
    mailbox.wait(person.email, "Welcome")
    let_welcome_die(stack, person, "SMTP 550: no such mailbox")
    sign_in(page, admin)
    page.goto("/admin/jobs")
    jobs = section(page, "Dead jobs").get_by_role("listitem")
    dead = jobs.filter(has_text="SMTP 550: no such mailbox")
    expect(dead).to_contain_text("mail.welcome")
    before = jobs.count()
    dead.get_by_role("button", name="Retry").click()
    expect(jobs).to_have_count(before - 1)
    expect(page.get_by_text("The job is tried again.")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_how_the_administration_looks(look: str, other_browser: OpenPage, admin: User) -> None:
    page = other_browser(**LOOKS[look])
    sign_in(page, admin)
    page.goto("/admin")
    expect(section(page, "People").get_by_role("listitem").first).to_be_visible()
    shown(page, f"{look}-people")
    page.get_by_role("link", name="Dead jobs").click()
    expect(page.get_by_role("heading", name="Dead jobs")).to_be_visible()
    shown(page, f"{look}-dead-jobs")
    page.get_by_role("link", name="Figures").click()
    expect(page.get_by_text("API tokens")).to_be_visible()
    shown(page, f"{look}-figures")


def prove_long_ago(stack: RunningStack, user: User) -> None:
    """It was long ago that the user's sessions were given the password."""
    user_id = ok(user.get("/users/me"))["id"]
    long_ago = "SET proven_at = now() - interval '2 hours'"
    sql(stack, f"UPDATE auth_session {long_ago} WHERE user_id = '{user_id}'")


def test_a_token_takes_a_password_given_lately(
    page: Page, user: User, stack: RunningStack, troubles: Troubles
) -> None:
    troubles.refusals.add(403)
    sign_in(page, user)
    prove_long_ago(stack, user)
    open_settings(page)
    tokens = section(page, "API tokens")
    tokens.get_by_role("button", name="New token").click()
    tokens.get_by_role("textbox", name="Name").fill("Kitchen display")
    make = tokens.get_by_role("button", name="Make the token")
    make.click()
    dialog = page.get_by_role("dialog", name="Your password, please")
    dialog.get_by_role("button", name="Cancel").click()
    expect(tokens.get_by_text("nothing was done")).to_be_visible()
    make.click()
    dialog.get_by_label("Password", exact=True).fill("not my password")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_text("is wrong")).to_be_visible()
    dialog.get_by_label("Password", exact=True).fill(user.password)
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog).to_be_hidden()
    expect(tokens.get_by_label("The new token")).to_be_visible()
    expect(page.get_by_text(ENDED)).to_be_hidden()


def test_ending_a_session_takes_a_password_given_lately(
    page: Page, other_browser: OpenPage, user: User, stack: RunningStack, troubles: Troubles
) -> None:
    troubles.refusals |= {401, 403}
    agent = "Mozilla/5.0 (Windows NT 10.0; rv:144.0) Gecko/20100101 Firefox/144.0"
    other = other_browser(user_agent=agent)
    sign_in(other, user)
    sign_in(page, user)
    open_settings(page)
    devices = section(page, "Devices")
    rows = devices.get_by_role("listitem")
    expect(rows).to_have_count(3)  # and the session of `user`
    prove_long_ago(stack, user)
    firefox = devices.get_by_role("button", name="Sign out Firefox on Windows")
    firefox.click()
    dialog = page.get_by_role("dialog", name="Your password, please")
    expect(dialog.get_by_label("Password", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    refused = rows.filter(has_text="Firefox").get_by_role("alert")
    expect(refused).to_contain_text("nothing was done")
    expect(firefox).to_be_focused()
    firefox.click()
    dialog.get_by_label("Password", exact=True).fill("not my password")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_text("is wrong")).to_be_visible()
    dialog.get_by_label("Password", exact=True).fill(user.password)
    dialog.get_by_role("button", name="Go on").click()
    expect(rows).to_have_count(2)
    expect(page.get_by_text("Signed out Firefox on Windows.")).to_be_visible()
    other.get_by_role("button", name="Pending").click()
    expect(other.get_by_text(ENDED)).to_be_visible()

    prove_long_ago(stack, user)
    everywhere = devices.get_by_role("button", name="Sign out all others")
    everywhere.click()
    dialog.get_by_role("button", name="Cancel").click()
    expect(devices.get_by_role("alert")).to_contain_text("nothing was done")
    everywhere.click()
    dialog.get_by_label("Password", exact=True).fill(user.password)
    dialog.get_by_role("button", name="Go on").click()
    expect(rows).to_have_count(1)
    expect(page.get_by_text("All other devices are signed out.")).to_be_visible()


def test_password_managers_learn_whose_password_it_is(
    page: Page, user: User, stack: RunningStack, troubles: Troubles
) -> None:
    troubles.refusals.add(403)
    hints: list[str] = []
    page.on("console", lambda said: hints.append(said.text) if "[DOM]" in said.text else None)
    sign_in(page, user)
    open_settings(page)
    for name in ("Change the address", "Change the password", "Delete my account"):
        page.get_by_role("button", name=name).click()
    password = page.get_by_role("dialog").get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    expect(whose(page)).to_have_count(3)
    page.keyboard.press("Escape")
    section(page, "API tokens").get_by_role("button", name="New token").click()
    prove_long_ago(stack, user)
    page.get_by_role("textbox", name="Name").last.fill("Kitchen display")
    page.get_by_role("button", name="Make the token").click()
    expect(password).to_be_focused()
    expect(whose(page)).to_have_count(3)
    for field in whose(page).all():
        expect(field).to_have_value(user.email)
    page.goto("/reset-password#token=never-made")
    expect(whose(page)).to_have_value("")
    assert hints == []


def whose(page: Page) -> Locator:
    """The fields that nobody sees, of forms that take a password."""
    return page.locator("form:has([type=password]) [aria-hidden=true][autocomplete=username]")


def test_all_dead_jobs_of_a_kind_are_tried_again(
    page: Page, admin: User, new_user: NewUser, mailbox: Mailbox, stack: RunningStack
) -> None:
    people = [new_user(), new_user()]
    for person in people:
        mailbox.wait(person.email, "Welcome")
        let_welcome_die(stack, person, "Connection refused")
    sign_in(page, admin)
    page.goto("/admin/jobs")
    dead = section(page, "Dead jobs")
    expect(dead.get_by_text("The other side could not be reached.").first).to_be_visible()
    expect(page.get_by_text("Nothing that is due waits to be delivered.")).to_be_visible()
    dead.get_by_role("button", name=re.compile(r"^Retry all \d+: Welcome mail")).click()
    page.get_by_role("dialog").get_by_role("button", name="Retry all").click()
    expect(page.get_by_text(re.compile(r"^Trying \d+ jobs again"))).to_be_visible()
    expect(dead.get_by_role("button", name="Welcome mail")).to_have_count(0)
