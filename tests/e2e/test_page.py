"""The page in a browser, as a person uses it: tasks and reminders."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import (
    LOOKS,
    ZONE,
    OpenPage,
    open_settings,
    row,
    shoot,
    shown,
    sign_in,
    sign_out,
    tab_to,
)
from tests.e2e.client import API, Tokens, User, instant, new_credentials, ok, soon
from tests.e2e.mailbox import Mailbox
from tests.e2e.troubles import Troubles


def local(moment: datetime) -> str:
    """A moment as a date input has it, in the browser's zone."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def same_user(http: httpx.Client, email: str, password: str) -> User:
    """Whom the page made an account for, at the API."""
    form = {"username": email, "password": password}
    return User(http, email, password, Tokens.of(ok(http.post(f"{API}/auth/login", data=form))))


def test_from_signing_up_to_signing_out(page: Page, http: httpx.Client, mailbox: Mailbox) -> None:
    person = new_credentials()
    page.goto("/")
    expect(page).to_have_title("Sign in · Taskbell")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail").fill(person["email"])
    page.get_by_label("Password", exact=True).fill(person["password"])
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("No tasks yet")).to_be_visible()
    expect(page.get_by_text("Ada", exact=True)).to_be_visible()
    shoot(page, "desktop-empty")

    due = datetime.now(UTC) + timedelta(minutes=15)
    page.get_by_role("button", name="More options").click()
    page.get_by_label("Title").fill("Call the dentist")
    page.get_by_label("All day").uncheck()
    page.get_by_label("Due", exact=True).fill(local(due))
    page.get_by_label("Reminder", exact=True).select_option("10 minutes before")
    page.get_by_role("button", name="Add task").click()
    task = row(page, "Call the dentist")
    expect(task).to_be_visible()
    expect(task).to_contain_text(due.astimezone(ZONE).strftime("%H:%M"))
    expect(task).to_contain_text("1 reminder")
    expect(page.get_by_label("Title")).to_have_value("")

    see_a_delivery(page, same_user(http, **person), mailbox)

    task.get_by_role("checkbox").check()
    expect(task.get_by_role("checkbox")).to_be_checked()
    filters = page.get_by_role("group", name="Show tasks")
    filters.get_by_role("button", name="Pending").click()
    expect(page.get_by_text("All done")).to_be_visible()
    filters.get_by_role("button", name="Completed").click()
    expect(task).to_be_visible()

    page.reload()
    expect(task).to_be_visible()
    expect(filters.get_by_role("button", name="Completed")).to_have_attribute(
        "aria-pressed", "true"
    )
    sign_out(page)
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def see_a_delivery(page: Page, user: User, mailbox: Mailbox) -> None:
    """The owner sees what became of a reminder."""
    (task,) = ok(user.get("/tasks"))["items"]
    user.remind(task, at=instant(soon(1)))
    mailbox.wait(user.email, "Call the dentist")
    row(page, "Call the dentist").get_by_role("button", name="Call the dentist").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Scheduled for")).to_be_visible()
    expect(dialog.get_by_text("Accepted by the mail server")).to_be_visible(timeout=15_000)
    shoot(page, "desktop-delivered")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_the_session_is_a_cookie_no_script_can_read(page: Page, user: User) -> None:
    sign_in(page, user)
    cookies = page.context.cookies(f"{page.url}api/v1/auth/refresh")
    assert "taskbell_refresh" in {cookie["name"] for cookie in cookies}
    stored = page.evaluate("() => JSON.stringify({...localStorage, ...sessionStorage})")
    assert "eyJ" not in stored
    for cookie in cookies:
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert cookie["value"] not in stored
    assert page.evaluate("() => document.cookie") == ""


PASSWORDS = "input[name*=password]"


def paste(page: Page, text: str, into: Locator) -> None:
    """Copy a text in one field and paste it into another, by the keyboard."""
    source = page.get_by_label("E-mail")
    source.fill(text)
    source.press("ControlOrMeta+A")
    source.press("ControlOrMeta+C")
    into.press("ControlOrMeta+V")


def password_fields(page: Page) -> list[str]:
    """The `autocomplete` of each field for a password on the page; all of them are masked."""
    fields = page.locator(PASSWORDS).all()
    assert {field.get_attribute("type") for field in fields} == {"password"}
    return [field.get_attribute("autocomplete") or "" for field in fields]


def test_password_fields_are_masked_and_take_what_is_pasted(page: Page, user: User) -> None:
    """As people with password managers want it; who wants to see what they type, can."""
    page.goto("/")
    password = page.get_by_label("Password", exact=True)
    paste(page, user.password, password)
    expect(password).to_have_value(user.password)
    expect(password).to_have_attribute("type", "password")
    expect(password).to_have_attribute("autocomplete", "current-password")
    expect(page.get_by_label("E-mail")).to_have_attribute("autocomplete", "username")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(password).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide", exact=True).click()
    expect(password).to_have_attribute("type", "password")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("No tasks yet")).to_be_visible()

    open_settings(page)
    for name in ("Change the address", "Change the password", "Delete my account"):
        page.get_by_role("button", name=name).click()
    expect(page.locator(PASSWORDS)).to_have_count(4)
    assert password_fields(page) == ["current-password"] * 2 + ["new-password", "current-password"]


def test_a_password_that_is_chosen_is_masked_and_may_be_pasted(page: Page) -> None:
    chosen = new_credentials()["password"]
    page.goto("/sign-up")
    password = page.get_by_label("Password", exact=True)
    paste(page, chosen, password)
    expect(password).to_have_value(chosen)
    assert password_fields(page) == ["new-password"]
    page.goto("/reset-password#token=never-made")
    expect(page.get_by_role("textbox", name="New password")).to_be_visible()
    assert password_fields(page) == ["new-password"]


def test_editing_and_undoing(page: Page, user: User) -> None:
    user.add_task("Buy milk")
    sign_in(page, user)
    page.get_by_role("button", name="Buy milk").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Buy bread")
    dialog.get_by_label("Priority").select_option("Urgent")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(row(page, "Buy bread")).to_contain_text("Urgent")
    page.get_by_role("button", name="Delete Buy bread").click()
    expect(page.get_by_text("No tasks yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "Buy bread")).to_be_visible()


def test_what_others_write_is_text(page: Page, user: User) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    user.add_task(evil, description=evil)
    sign_in(page, user)
    expect(page.get_by_text(evil).first).to_be_visible()
    assert page.locator("main img, main script").count() == 0


def test_with_the_keyboard_only(page: Page, user: User) -> None:
    page.goto("/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(user.email)
    page.keyboard.press("Tab")
    page.keyboard.type(user.password)
    page.keyboard.press("Enter")
    line = page.get_by_label("Add a task")
    expect(line).to_be_visible()
    tab_to(page, line)
    page.keyboard.type("Water the plants")
    tab_to(page, page.get_by_role("button", name="More options"))
    page.keyboard.press("Enter")
    title = page.get_by_label("Title")
    expect(title).to_be_focused()
    expect(title).to_have_value("Water the plants")
    tab_to(page, page.get_by_label("Due", exact=True))
    # the 12th of the 12th, because browsers do not agree on the order
    page.keyboard.type("12122031")
    tab_to(page, page.get_by_label("All day"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_label("Reminder", exact=True))
    page.keyboard.type("10 m")
    tab_to(page, page.get_by_role("button", name="Add task"))
    page.keyboard.press("Enter")
    task = row(page, "Water the plants")
    expect(task).to_contain_text("12 Dec 2031, 09:00")
    expect(task).to_contain_text("1 reminder")
    expect(title).to_be_focused()
    tab_to(page, task.get_by_role("checkbox"))
    page.keyboard.press("Space")
    expect(task.get_by_role("checkbox")).to_be_checked()


def furnished(user: User) -> User:
    """Tasks of all sorts."""
    user.add_task("Read the paper", priority="low")
    done = user.add_task("Water the plants")
    ok(user.patch(f"/tasks/{done['id']}/complete"))
    user.add_task("Renew the passport", due_date="2031-03-01", description="Two photographs.")
    late = user.add_task("Pay the rent", priority="urgent", due_at=instant(soon(3600)))
    ok(user.patch(f"/tasks/{late['id']}", {"due_at": instant(soon(-86_400 * 3))}))
    rent = user.add_task(
        "Ask the landlord about the window, the heating, and the neighbour’s remarkable dog " * 2,
        description="https://example.com/" + "a-very-long-address-without-a-break" * 4,
        priority="high",
        due_at="2031-02-01T09:00:00Z",
    )
    user.remind(rent, offset_minutes=30)
    user.remind(rent, offset_minutes=1440)
    return user


@pytest.mark.parametrize("look", LOOKS)
def test_looks(
    look: str,
    other_browser: OpenPage,
    troubles: Troubles,
    new_user: Callable[..., User],
) -> None:
    page = other_browser(**LOOKS[look])
    troubles.refusals.add(422)
    page.goto("/sign-up")
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_text("12").first).to_be_visible()
    shown(page, f"{look}-sign-up")
    page.goto("/sign-in")
    shown(page, f"{look}-sign-in")
    sign_in(page, furnished(new_user(name="Ada Lovelace", time_zone=ZONE.key)))
    expect(row(page, "Pay the rent")).to_contain_text("Overdue")
    shown(page, f"{look}-tasks")
    page.get_by_label("Add a task").fill("Something new")
    page.get_by_role("button", name="More options").click()
    page.get_by_label("Reminder", exact=True).select_option("At a day and time…")
    shown(page, f"{look}-adding")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Ask the landlord").first.click()
    expect(page.get_by_role("dialog").get_by_text("Scheduled for").first).to_be_visible()
    shown(page, f"{look}-dialog")


@pytest.mark.parametrize(
    ("path", "ready"), [("/docs", "section.models, .opblock-tag"), ("/redoc", "h1")]
)
def test_docs_work_in_a_browser(page: Page, path: str, ready: str) -> None:
    """No script of theirs is refused, and none is asked of anybody else."""
    page.goto(path)
    expect(page.locator(ready).first).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Taskbell").first).to_be_visible()
    shoot(page, f"desktop{path.replace('/', '-')}")
