"""Finding and ordering tasks in a browser: lists, labels, quick add, order, filters, trash."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.browser import LOOKS, ZONE, OpenPage, row, shown, sign_in
from tests.e2e.client import User, ok
from tests.e2e.troubles import Troubles

TODAY = datetime.now(UTC).astimezone(ZONE).date()


@pytest.fixture
def user(new_user: Callable[..., User]) -> User:
    return new_user(name="Ada", time_zone=ZONE.key)


def add_list(user: User, name: str, **fields: Any) -> dict[str, Any]:
    return dict(ok(user.post("/lists", {"name": name, **fields}), 201))


def sidebar(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Lists and views")


def go_to(page: Page, name: str) -> None:
    sidebar(page).get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(f"@?{name}"))


def choose(page: Page, menu: str, item: str) -> None:
    page.get_by_role("button", name=menu).click()
    page.get_by_role("menuitem", name=item).click()


def titles(page: Page) -> Locator:
    return page.locator("[data-task] .task-title")


def test_a_list_from_its_making_to_the_trash_and_back(page: Page, user: User) -> None:
    sign_in(page, user)
    page.get_by_role("button", name="Add list").click()
    dialog = page.get_by_role("dialog", name="New list")
    dialog.get_by_role("button", name="Add list").click()
    expect(dialog.get_by_text("Enter a name.")).to_be_visible()
    dialog.get_by_label("Name").fill("Garden")
    dialog.get_by_label("Green").check(force=True)
    dialog.get_by_role("button", name="Add list").click()
    expect(page.get_by_role("heading", name="Garden", level=1)).to_be_visible()
    page.get_by_label("Add a task").fill("Mow the lawn")
    page.keyboard.press("Enter")
    expect(row(page, "Mow the lawn")).to_be_visible()
    expect(sidebar(page).get_by_role("link", name="Garden 1 pending")).to_be_visible()

    choose(page, "More for Garden", "Name and colour…")
    page.get_by_role("dialog").get_by_label("Name").fill("Yard")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Yard", level=1)).to_be_visible()
    choose(page, "More for Yard", "Archive")
    expect(page.get_by_text("This list is archived")).to_be_visible()
    page.get_by_role("button", name="Undo").click()

    choose(page, "More for Yard", "Delete…")
    expect(page.get_by_role("dialog")).to_contain_text("go to the trash together")
    page.get_by_role("button", name="Delete list").click()
    expect(page.get_by_text("No tasks yet")).to_be_visible()
    go_to(page, "Trash")
    trashed = page.locator(".trashed", has_text="Mow the lawn")
    expect(trashed).to_contain_text("In the list “Yard”, which is in the trash too.")
    expect(trashed).to_contain_text("the task goes to “Inbox”.")
    page.get_by_role("button", name="Restore the list Yard").click()
    go_to(page, "Yard")
    expect(row(page, "Mow the lawn")).to_be_visible()


def test_quick_add_shows_what_it_understands_and_what_not(page: Page, user: User) -> None:
    add_list(user, "Home")
    sign_in(page, user)
    line = page.get_by_label("Add a task")
    line.fill("🎂 Bake every 2 weeks on tuesday #Home @kitchen @party p1")
    chips = page.get_by_role("list", name="Understood")
    for words in ("every 2 weeks on Tue", "Home", "kitchen", "party", "Urgent"):
        expect(chips.get_by_role("button", name=words)).to_be_visible()
    chips.get_by_role("button", name="kitchen").click()
    expect(chips.get_by_role("button", name="kitchen")).to_be_hidden()
    expect(line).to_be_focused()
    # also while something is typed before it, and by the key right behind it
    line.press("Home")
    line.press_sequentially("Now ")
    line.press("End")
    line.press("Backspace")
    expect(chips.get_by_role("button", name="Urgent")).to_be_hidden()
    expect(chips.get_by_role("button", name="party")).to_be_visible()
    line.press("Enter")
    task = row(page, "Now 🎂 Bake @kitchen p1")
    expect(task).to_contain_text("every 2 weeks on Tue")
    expect(task.get_by_role("link", name="party")).to_be_visible()
    expect(line).to_have_value("")
    task.get_by_role("link", name="Home").click()
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    task.get_by_role("link", name="party").click()
    expect(page.get_by_role("heading", name="@party", level=1)).to_be_visible()
    line.fill("Buy candles")
    line.press("Enter")
    expect(row(page, "Buy candles").get_by_role("link", name="party")).to_be_visible()


def test_a_task_whose_answer_is_lost_is_not_added_twice(page: Page, user: User) -> None:
    lost: list[str] = []

    def lose_the_first(route: Route) -> None:
        sent: dict[str, Any] = route.request.post_data_json or {}
        if sent.get("dry_run") or lost:
            return route.fallback()
        lost.append(sent["text"])
        route.fetch()
        return route.abort("aborted")

    sign_in(page, user)
    page.route("**/api/v1/tasks/quick", lose_the_first)
    line = page.get_by_label("Add a task")
    line.fill("Only once")
    line.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("What you typed is kept.")
    expect(line).to_have_value("Only once")
    line.press("Enter")
    expect(line).to_have_value("")
    expect(row(page, "Only once")).to_be_visible()
    assert lost == user.titles() == ["Only once"]


def test_subtasks_stand_under_their_parents(page: Page, user: User) -> None:
    home = add_list(user, "Home")
    parent = user.add_task("Paint the wall", list_id=home["id"])
    for title in ("Buy paint", "Mask the floor"):
        user.add_task(title, parent_id=parent["id"])
    user.add_task("Last", list_id=home["id"])
    sign_in(page, user)
    go_to(page, "Home")
    expect(titles(page)).to_have_text(
        ["Paint the wall", "Subtask: Buy paint", "Subtask: Mask the floor", "Last"]
    )
    page.get_by_label("Complete Buy paint").click()  # it leaves the list of what is pending
    expect(row(page, "Paint the wall").first).to_contain_text("1/2")
    page.get_by_role("button", name="1 subtask of Paint the wall").click()
    expect(titles(page)).to_have_text(["Paint the wall", "Last"])
    page.get_by_label("Complete Paint the wall").click()
    page.get_by_role("button", name="Complete it too").click()
    expect(titles(page)).to_have_text(["Last"])
    page.get_by_role("button", name="Undo").click()
    expect(titles(page)).to_have_text(["Mask the floor", "Last"])


def test_a_repeating_task_goes_on_and_comes_back(page: Page, user: User) -> None:
    rule = {"rrule": "FREQ=WEEKLY", "anchor": "schedule"}
    user.add_task("Water", due_date=str(TODAY), recurrence=rule)
    sign_in(page, user)
    go_to(page, "Today")
    expect(row(page, "Water")).to_contain_text("every week")
    page.get_by_label("Complete Water").click()
    next_day = f"{TODAY + timedelta(days=7):%a} {(TODAY + timedelta(days=7)).day}"
    expect(page.get_by_text(f"Next: {next_day}")).to_be_visible()
    expect(page.get_by_text("Nothing is due today")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "Water")).to_contain_text("Today")


def test_ones_own_order_by_keyboard_and_by_dragging(page: Page, user: User) -> None:
    home = add_list(user, "Home")
    add_list(user, "Work")
    one, two, three, four = tasks = ["one", "two", "three", "four"]
    for title in tasks:
        user.add_task(title, list_id=home["id"])
    sign_in(page, user)
    go_to(page, "Home")
    expect(titles(page)).to_have_text(tasks)
    titles(page).first.focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(titles(page)).to_have_text([two, one, three, four])
    page.keyboard.press("Alt+ArrowDown")
    expect(titles(page)).to_have_text([two, three, one, four])
    expect(page.get_by_text("Moved to place 3 of 4.")).to_be_attached()

    with page.expect_response("**/move"):
        row(page, four).hover()
        row(page, four).locator(".grip").hover()
        page.mouse.down()
        first = row(page, two).bounding_box()
        assert first
        page.mouse.move(first["x"] + 20, first["y"] + 5, steps=5)
        page.mouse.up()
    expect(titles(page)).to_have_text([four, two, three, one])
    choose(page, "More for Work", "Move up")
    names = sidebar(page).locator("[data-sort] .entry-label")
    expect(names).to_have_text(["Work", "Home"])
    page.reload()
    expect(titles(page)).to_have_text([four, two, three, one])
    expect(names).to_have_text(["Work", "Home"])


def test_many_tasks_at_once_and_all_of_it_undone(page: Page, user: User) -> None:
    add_list(user, "Home")
    for title in ("one", "two", "three"):
        user.add_task(title)
    sign_in(page, user)
    page.get_by_role("button", name="Select several").click()
    for title in ("one", "three"):
        page.get_by_label(f"Select {title}").check()
    expect(page.get_by_role("region", name="Selected tasks")).to_contain_text("2 selected")
    choose(page, "Move to", "Home")
    expect(sidebar(page).get_by_role("link", name="Home 2 pending")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(sidebar(page).get_by_role("link", name="Inbox 3 pending")).to_be_visible()


def test_filters_work_together_and_are_saved(page: Page, user: User) -> None:
    user.add_task("Pay", priority="urgent", labels=["bills"], due_date=str(TODAY))
    user.add_task("Read", priority="urgent")
    user.add_task("Walk", labels=["bills"])
    sign_in(page, user)
    page.get_by_role("button", name="Filter", exact=True).click()
    panel = page.get_by_role("group", name="Filter")
    panel.get_by_label("Priority").select_option("Urgent")
    expect(titles(page)).to_have_text(["Read", "Pay"])
    panel.get_by_label("Label").select_option("bills")
    expect(titles(page)).to_have_text(["Pay"])
    page.reload()
    expect(titles(page)).to_have_text(["Pay"])
    page.get_by_role("button", name="Save as filter…").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Pay soon")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Pay soon", level=1)).to_be_visible()
    expect(titles(page)).to_have_text(["Pay"])

    page.get_by_role("button", name="Filter", exact=True).click()
    panel.get_by_label("Priority").select_option("Low")
    expect(page.get_by_text("No task matches")).to_be_visible()
    panel.get_by_label("Priority").select_option("Any priority")
    save_changes = page.get_by_role("button", name="Save changes to “Pay soon”")
    expect(save_changes).to_be_hidden()
    panel.get_by_label("Due").select_option("Without a date")
    page.get_by_label("Sort by").select_option("Title")
    save_changes.click()
    expect(page.get_by_text("Saved the changes to “Pay soon”.")).to_be_visible()
    expect(save_changes).to_be_hidden()
    expect(page.get_by_text("Nothing matches this filter")).to_be_visible()
    (kept,) = ok(user.get("/filters"))["items"]
    assert (kept["query"]["has_due"], kept["query"]["sort"]) == (False, "title")
    assert (kept["query"]["priority"], kept["query"]["label"]) == ("urgent", ["bills"])
    choose(page, "More for Pay soon", "Delete")
    expect(page.get_by_role("heading", name="All tasks")).to_be_visible()
    expect(titles(page)).to_have_text(["Walk", "Read", "Pay"])


def test_the_trash_gives_back_or_deletes_for_good(page: Page, user: User) -> None:
    for title in ("Keep", "Lose"):
        ok(user.delete(f"/tasks/{user.add_task(title)['id']}"), 204)
    sign_in(page, user)
    go_to(page, "Trash")
    page.get_by_role("button", name="Restore Keep").click()
    expect(page.get_by_text("Brought back “Keep”.")).to_be_visible()
    page.get_by_role("button", name="Delete Lose for good").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("The trash is empty")).to_be_visible()
    assert user.titles() == ["Keep"]


def test_shortcuts_work_where_nothing_is_typed(page: Page, user: User) -> None:
    sign_in(page, user)
    expect(page.get_by_text("No tasks yet")).to_be_visible()
    line = page.get_by_label("Add a task")
    page.keyboard.press("q")
    expect(line).to_be_focused()
    page.keyboard.type("a/?q")
    expect(line).to_have_value("a/?q")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search tasks")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_an_address_that_leads_nowhere_says_so(page: Page, user: User) -> None:
    sign_in(page, user)
    for path in ("/lists/0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a002", "/no/such/page"):
        page.goto(path)
        expect(page.get_by_text("There is no such")).to_be_visible()
    page.get_by_role("link", name="Show all tasks").click()
    expect(page.get_by_text("No tasks yet")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_looks(look: str, other_browser: OpenPage, user: User, troubles: Troubles) -> None:
    home = add_list(user, "Home", color="#4a9a4f")
    parent = user.add_task("Paint the kitchen", list_id=home["id"], labels=["errand"])
    user.add_task("Buy paint", parent_id=parent["id"], due_date=str(TODAY - timedelta(days=1)))
    page = other_browser(**LOOKS[look])
    sign_in(page, user)
    opener = page.get_by_role("button", name="Lists and views")
    if look == "phone":
        opener.click()
        shown(page, f"{look}-drawer")
        page.keyboard.press("Escape")
        expect(opener).to_be_focused()
        opener.click()
    go_to(page, "Home")
    page.get_by_label("Add a task").fill("Call Ann tomorrow at 9 @errand p1 every week")
    expect(page.get_by_role("list", name="Understood").get_by_text("Urgent")).to_be_visible()
    page.get_by_role("button", name="Select several").click()
    page.get_by_label("Select Buy paint").check()
    shown(page, f"{look}-list")
