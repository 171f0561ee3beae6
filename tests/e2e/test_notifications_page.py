"""What comes to the page by itself: changes made elsewhere, and notifications behind the bell."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import LOOKS, OpenPage, OpenTab, row, shown, sign_in, sign_out, tab_to
from tests.e2e.client import User, instant, ok, soon
from tests.e2e.database import sql
from tests.e2e.stacks import RunningStack
from tests.e2e.troubles import Troubles
from tests.e2e.waiting import until

SOON = 1.5
IN_TIME = 15_000
"""Milliseconds: a reminder and its news, on a busy machine."""


def follow(page: Page, user: User) -> None:
    """Sign in, and be told of changes from here on."""
    with page.expect_response("**/api/v1/events"):
        sign_in(page, user)


def bell(page: Page) -> Locator:
    return page.get_by_role("button", name=re.compile("^Notifications"))


def panel(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Notifications")


def remind(user: User, title: str, **fields: Any) -> dict[str, Any]:
    """A task whose reminder comes at once, in Taskbell only."""
    task = user.add_task(title, **fields)
    user.remind(task, at=instant(soon(SOON)), channels=["in_app"])
    return task


def notified(user: User, *titles: str) -> None:
    """All these reminders came."""
    for title in titles:
        remind(user, title)

    def there() -> bool:
        found = ok(user.get("/notifications"))["items"]
        return {one["title"] for one in found} >= set(titles)

    until(there, "the notifications")


def test_changes_made_elsewhere_show_by_themselves(page: Page, user: User) -> None:
    follow(page, user)
    task = user.add_task("Buy bread")
    expect(row(page, "Buy bread")).to_be_visible()
    ok(user.patch(f"/tasks/{task['id']}", {"title": "Buy dark bread"}))
    expect(row(page, "Buy dark bread")).to_be_visible()
    ok(user.patch(f"/tasks/{task['id']}/complete", {"completed": True}))
    expect(row(page, "Buy dark bread").get_by_role("checkbox")).to_be_checked()
    ok(user.delete(f"/tasks/{task['id']}"), 204)
    expect(row(page, "Buy dark bread")).to_be_hidden()
    ok(user.post("/lists", {"name": "Garden"}), 201)
    places = page.get_by_role("navigation", name="Lists and views")
    expect(places.get_by_role("link", name="Garden")).to_be_visible()


def test_what_is_typed_stays_when_the_task_changes_elsewhere(page: Page, user: User) -> None:
    task = user.add_task("Buy bread", priority="low")
    follow(page, user)
    page.get_by_role("button", name="Buy bread", exact=True).click()
    dialog = page.locator("dialog.task-dialog")
    title = dialog.get_by_label("Title")
    title.fill("Buy rolls")
    ok(user.patch(f"/tasks/{task['id']}", {"title": "Buy cake", "priority": "high"}))
    expect(dialog.get_by_label("Priority")).to_have_value("high")
    expect(title).to_have_value("Buy rolls")
    expect(title).to_be_focused()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    saved = user.task(task["id"])
    assert (saved["title"], saved["priority"]) == ("Buy rolls", "high")


def test_all_tabs_share_one_connection(page: Page, other_tab: OpenTab, user: User) -> None:
    asked: list[str] = []
    page.context.on(
        "request", lambda one: asked.append(one.url) if one.url.endswith("/events") else None
    )
    follow(page, user)
    tab = other_tab()
    tab.goto("/")
    expect(tab.get_by_role("heading", name="Tasks", exact=True).first).to_be_visible()
    user.add_task("Seen in both")
    for one in (page, tab):
        expect(row(one, "Seen in both")).to_be_visible()
    assert len(asked) == 1
    page.close()
    with tab.expect_response("**/api/v1/events"):
        user.add_task("Made while the other tab was closed")
    expect(row(tab, "Made while the other tab was closed")).to_be_visible()


def test_nothing_is_listened_to_after_signing_out(
    page: Page, user: User, troubles: Troubles
) -> None:
    troubles.refusals.add(401)  # what the page has just asked for when the session ends
    follow(page, user)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/events") else None)
    sign_out(page)
    page.wait_for_timeout(4_000)
    assert asked == []


def test_a_reminder_comes_to_the_page(page: Page, user: User) -> None:
    follow(page, user)
    remind(user, "Call Zoë & <Max>")
    news = page.locator(".notice").filter(has_text="Call Zoë & <Max>")
    expect(news).to_be_visible(timeout=IN_TIME)
    expect(bell(page)).to_have_accessible_name("Notifications, 1 unread")
    expect(page.locator(".bell [aria-live=polite]")).to_have_text("1 unread notification")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    news.get_by_role("button", name="Open").click()
    dialog = page.locator("dialog.task-dialog")
    expect(dialog.get_by_label("Title")).to_have_value("Call Zoë & <Max>")
    page.keyboard.press("Escape")
    expect(bell(page)).to_have_accessible_name("Notifications")
    expect(page).to_have_title(re.compile("^All tasks"))


def test_the_list_behind_the_bell(page: Page, other_tab: OpenTab, user: User) -> None:
    follow(page, user)
    bell(page).click()
    expect(panel(page).get_by_text("Nothing here yet.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(bell(page)).to_be_focused()

    notified(user, "One", "Two", "Three")
    expect(bell(page)).to_have_accessible_name("Notifications, 3 unread", timeout=IN_TIME)
    tab = other_tab()
    tab.goto("/settings/notifications")
    expect(bell(tab)).to_have_accessible_name("Notifications, 3 unread")
    bell(tab).click()
    rows = panel(tab).get_by_role("listitem")
    expect(rows).to_have_count(3)
    rows.filter(has_text="Two").get_by_role("button", name="Two").first.click()
    # wherever the page was, the task opens on it
    dialog = tab.locator("dialog.task-dialog")
    expect(dialog.get_by_label("Title")).to_have_value("Two")
    tab.keyboard.press("Escape")
    expect(bell(page)).to_have_accessible_name("Notifications, 2 unread")

    bell(tab).click()
    rows.filter(has_text="One").get_by_role("button", name="Delete notification").click()
    expect(rows).to_have_count(2)
    panel(tab).get_by_role("button", name="Mark all as read").click()
    expect(panel(tab).get_by_role("button", name="Mark all as read")).to_be_hidden()
    for one in (page, tab):
        expect(bell(one)).to_have_accessible_name("Notifications")
    assert ok(user.get("/notifications/count")) == {"unread": 0}
    assert len(ok(user.get("/notifications"))["items"]) == 2


def test_the_bell_by_keyboard(page: Page, user: User) -> None:
    notified(user, "One", "Two")
    sign_in(page, user)
    expect(bell(page)).to_have_accessible_name("Notifications, 2 unread")
    tab_to(page, bell(page), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("heading", name="Notifications")).to_be_focused()
    delete = panel(page).get_by_role("button", name="Delete notification").first
    tab_to(page, delete)
    page.keyboard.press("Enter")
    rows = panel(page).get_by_role("listitem")
    expect(rows).to_have_count(1)
    expect(rows.get_by_role("button").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("dialog.task-dialog").get_by_label("Title")).to_be_visible()


def opened(page: Page, title: str) -> Locator:
    page.get_by_role("button", name=title, exact=True).first.click()
    dialog = page.locator("dialog.task-dialog")
    expect(dialog.get_by_label("Title")).to_have_value(title)
    return dialog


def reminders_of(user: User, task: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ok(user.get(f"/tasks/{task['id']}/reminders"))["items"]
    return found


def test_a_reminder_is_snoozed_and_done(page: Page, user: User) -> None:
    task = remind(user, "Water the plants", due_at=instant(soon(7200)))
    follow(page, user)
    dialog = opened(page, "Water the plants")
    story = dialog.get_by_role("group", name="What became of it")
    expect(story).to_contain_text("In Taskbell shown", timeout=IN_TIME)
    expect(story).to_contain_text("planned Today")
    dialog.get_by_role("button", name="Snooze").click()
    page.get_by_role("menuitem", name="1 hour").click()
    expect(dialog.locator(".reminder").get_by_text("Snoozed until")).to_be_visible()
    (reminder,) = reminders_of(user, task)
    assert reminder["state"] == "snoozed"

    dialog.get_by_role("button", name="Snooze").click()
    page.get_by_role("menuitem", name="Own time…").click()
    form = dialog.get_by_role("form", name="Snooze until")
    form.get_by_role("button", name="Snooze").click()
    expect(form.get_by_text("Choose a day and time.")).to_be_visible()
    form.get_by_label("Remind me again at").fill("2031-03-01T09:30")
    form.get_by_role("button", name="Snooze").click()
    expect(form).to_be_hidden()
    (reminder,) = reminders_of(user, task)
    assert reminder["snoozed_until"] == "2031-03-01T09:30:00Z"

    dialog.get_by_role("button", name="Done: Water the plants").click()
    expect(dialog.get_by_text("Cancelled")).to_be_visible()
    assert user.task(task["id"])["completed"] is True
    expect(dialog.get_by_role("button", name="Snooze")).to_be_hidden()


def test_each_reminder_has_its_channels(page: Page, user: User) -> None:
    task = user.add_task("Call Ann", due_at="2031-03-01T22:30:00Z", time_zone="Europe/Zurich")
    quiet = {"quiet_start": "22:00", "quiet_end": "07:00"}
    ok(user.patch("/users/me", {"time_zone": "Europe/Zurich"}))
    ok(user.patch("/users/me/notifications", quiet))
    sign_in(page, user)
    dialog = opened(page, "Call Ann")
    new = dialog.get_by_role("form", name="New reminder")
    expect(new.get_by_label("E-mail")).to_be_checked()
    expect(new.get_by_label("Push")).to_be_disabled()
    expect(new.get_by_text("No device has push turned on yet.")).to_be_visible()
    expect(new.get_by_text("E-mail comes at 07:00, after your quiet hours")).to_be_visible()
    new.get_by_label("In Taskbell").uncheck()
    expect(new.get_by_text("Comes at 07:00, after your quiet hours.")).to_be_visible()
    new.get_by_label("E-mail").uncheck()
    new.get_by_role("button", name="Add reminder").click()
    expect(new.get_by_text("Choose at least one way")).to_be_visible()
    new.get_by_label("In Taskbell").check()
    new.get_by_role("button", name="Add reminder").click()
    there = dialog.get_by_role("listitem", name="Reminder 30 minutes before")
    expect(there).to_contain_text("In Taskbell · Change")
    (reminder,) = reminders_of(user, task)
    assert reminder["channels"] == ["in_app"]

    there.get_by_role("button", name="Change how").click()
    there.get_by_label("E-mail").check()
    there.get_by_role("button", name="Save").click()
    expect(there).to_contain_text("E-mail, In Taskbell · Change")
    expect(there).to_contain_text("E-mail comes at 07:00")
    (reminder,) = reminders_of(user, task)
    assert set(reminder["channels"]) == {"email", "in_app"}


def test_the_usual_reminder_is_chosen_for_a_task_with_a_time(page: Page, user: User) -> None:
    ok(user.patch("/users/me/notifications", {"default_reminder_minutes": 15}))
    sign_in(page, user)
    page.get_by_role("button", name="More options").click()
    choice = page.get_by_label("Reminder", exact=True)
    page.get_by_label("Title").fill("With its reminder")
    expect(choice).to_have_value("")
    page.get_by_label("All day").uncheck()
    page.get_by_label("Due", exact=True).fill("2031-03-01T09:00")
    expect(choice).to_have_value("15")
    page.get_by_role("button", name="Add task").click()
    expect(row(page, "With its reminder")).to_contain_text("1 reminder")

    page.get_by_label("Title").fill("Without one")
    page.get_by_label("All day").uncheck()
    page.get_by_label("Due", exact=True).fill("2031-03-01T09:00")
    choice.select_option("No reminder")
    page.get_by_role("button", name="Add task").click()
    expect(row(page, "Without one")).to_be_visible()
    counts = {one["title"]: one["reminders_count"] for one in ok(user.get("/tasks"))["items"]}
    assert counts == {"With its reminder": 1, "Without one": 0}


def test_a_push_message_leads_to_its_task(page: Page, user: User) -> None:
    task = user.add_task("Opened from a message")
    sign_in(page, user)
    page.goto(f"/?task={task['id']}")
    dialog = page.locator("dialog.task-dialog")
    expect(dialog.get_by_label("Title")).to_have_value("Opened from a message")
    assert "task=" not in page.url


@pytest.mark.parametrize("look", LOOKS)
def test_looks(
    look: str, other_browser: OpenPage, new_user: Callable[..., User], stack: RunningStack
) -> None:
    user = new_user(name="Ada Lovelace", time_zone="Europe/Zurich")
    page = other_browser(**LOOKS[look])
    sign_in(page, user)
    bell(page).click()
    expect(panel(page).get_by_text("Nothing here yet.")).to_be_visible()
    shown(page, f"{look}-bell-empty")
    page.keyboard.press("Escape")
    notified(user, "Pay the rent", "Water the plants on the balcony and in the kitchen")
    late = "SET late_seconds = 10800 WHERE title = 'Pay the rent'"
    sql(stack, f"UPDATE notification {late}")
    ok(user.post("/notifications/read"))
    notified(user, "Call Ann")
    bell(page).click()
    expect(panel(page).get_by_role("listitem")).to_have_count(3)
    expect(panel(page).get_by_text("3 h late")).to_be_visible()
    shown(page, f"{look}-bell")
    panel(page).get_by_role("button", name="Pay the rent").first.click()
    dialog = page.locator("dialog.task-dialog")
    dialog.get_by_role("group", name="What became of it").scroll_into_view_if_needed()
    shown(page, f"{look}-reminders")
