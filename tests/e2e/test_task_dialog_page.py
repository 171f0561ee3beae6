"""The dialog of a task in a browser: list, labels, repeats, subtasks, history, conflicts."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import LOOKS, OpenPage, row, shown, sign_in, tab_to
from tests.e2e.client import User, ok
from tests.e2e.troubles import Troubles

FRIDAY = "2031-03-07"
WEEKLY = {"rrule": "FREQ=WEEKLY;BYDAY=FR", "anchor": "schedule"}


def opened(page: Page, title: str) -> Locator:
    """The dialog of a task in the list."""
    page.get_by_role("button", name=title, exact=True).click()
    dialog = page.locator("dialog.task-dialog")
    expect(dialog.get_by_label("Title")).to_have_value(title)
    return dialog


def save(dialog: Locator) -> None:
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()


def only_task(user: User) -> dict[str, Any]:
    (task,) = ok(user.get("/tasks"))["items"]
    assert isinstance(task, dict)
    return task


def next_dates(dialog: Locator) -> Locator:
    return dialog.get_by_role("list", name="Next dates").get_by_role("listitem")


def test_a_task_gets_a_list_labels_and_a_start(page: Page, user: User) -> None:
    garden = ok(user.post("/lists", {"name": "Garden"}), 201)
    old = ok(user.post("/lists", {"name": "Attic"}), 201)
    ok(user.patch(f"/lists/{old['id']}", {"archived": True}))
    ok(user.post("/labels", {"name": "Outside"}), 201)
    user.add_task("Prune the roses")
    sign_in(page, user)
    dialog = opened(page, "Prune the roses")
    expect(dialog.get_by_label("List").get_by_role("option")).to_have_text(["Inbox", "Garden"])
    dialog.get_by_label("List").select_option("Garden")
    dialog.get_by_label("Start").fill("2031-03-01")

    labels = dialog.get_by_role("combobox", name="Labels")
    labels.press_sequentially("out")
    known = dialog.get_by_role("listbox", name="Known labels")
    expect(known.get_by_role("option")).to_have_text(["Outside"])
    labels.press("ArrowDown")
    labels.press("Enter")
    labels.press_sequentially("#roses,outside,wrong")
    labels.press("Enter")
    expect(dialog.locator(".token")).to_have_text(["Outside", "roses", "wrong"])
    labels.press("Backspace")
    expect(dialog.locator(".token")).to_have_text(["Outside", "roses"])
    labels.press_sequentially("typed last")
    save(dialog)
    task = only_task(user)
    assert task["list_id"] == garden["id"]
    assert task["labels"] == ["Outside", "roses", "typed last"]
    assert task["start_date"] == "2031-03-01"

    dialog = opened(page, "Prune the roses")
    dialog.get_by_role("button", name="Take off roses").click()
    expect(labels).to_be_focused()
    dialog.get_by_label("Start").fill("")
    save(dialog)
    task = only_task(user)
    assert (task["labels"], task["start_date"]) == (["Outside", "typed last"], None)


def test_repeats_are_chosen_and_previewed(page: Page, user: User, troubles: Troubles) -> None:
    troubles.refusals.add(422)
    user.add_task("Put the bins out", due_date=FRIDAY)
    sign_in(page, user)
    dialog = opened(page, "Put the bins out")
    repeats = dialog.get_by_label("Repeats")
    repeats.select_option("FREQ=MONTHLY;BYDAY=1FR")
    expect(next_dates(dialog).nth(1)).to_have_text("Fri, 4 Apr 2031")
    # the rule goes along with the date
    dialog.get_by_label("Due", exact=True).fill("2031-03-08")
    expect(repeats).to_have_value("FREQ=MONTHLY;BYDAY=2SA")
    expect(next_dates(dialog).nth(1)).to_have_text("Sat, 12 Apr 2031")

    repeats.select_option("Custom…")
    custom = dialog.get_by_role("group", name="Custom repeat")
    custom.get_by_label("Unit").select_option("week")
    custom.get_by_label("Every").fill("2")
    custom.get_by_role("button", name="Wednesday").click()
    custom.get_by_label("Ends").select_option("After a number of times")
    custom.get_by_label("Times").fill("3")
    expect(next_dates(dialog)).to_have_text(
        ["Sat, 8 Mar 2031", "Wed, 19 Mar 2031", "Sat, 22 Mar 2031"]
    )
    dialog.get_by_label("Count from").select_option("When I complete it")
    custom.get_by_text("As text").click()
    rule = custom.get_by_label("Rule")
    expect(rule).to_have_value("FREQ=WEEKLY;INTERVAL=2;COUNT=3;BYDAY=WE,SA")
    rule.fill("FREQ=SOMETIMES")
    rule.press("Tab")
    expect(dialog.get_by_text("FREQ must be one of")).to_be_visible()
    rule.fill("FREQ=MONTHLY;BYMONTHDAY=8,20")
    rule.press("Tab")
    expect(custom.get_by_text("more than there are fields for")).to_be_visible()
    expect(next_dates(dialog).nth(1)).to_have_text("Thu, 20 Mar 2031")
    save(dialog)
    task = only_task(user)
    assert task["recurrence"] == {"rrule": "FREQ=MONTHLY;BYMONTHDAY=8,20", "anchor": "completion"}
    assert task["due_date"] == "2031-03-08"


@pytest.mark.parametrize(
    ("answer", "rrule", "following"),
    [
        ("Only this one", "FREQ=WEEKLY;BYDAY=FR", "2031-03-14"),
        ("This and all following", "FREQ=WEEKLY;BYDAY=SA", "2031-03-15"),
    ],
)
def test_a_date_is_moved_once_or_for_all_that_follow(
    page: Page, user: User, answer: str, rrule: str, following: str
) -> None:
    task = user.add_task("Put the bins out", due_date=FRIDAY, recurrence=WEEKLY)
    sign_in(page, user)
    dialog = opened(page, "Put the bins out")
    question = dialog.get_by_role("group", name="which ones does the new due date count for")
    expect(next_dates(dialog).first).to_have_text("Fri, 7 Mar 2031")
    expect(question).to_be_hidden()
    dialog.get_by_label("Due", exact=True).fill("2031-03-08")
    question.get_by_label(answer).check()
    save(dialog)
    task = user.task(task["id"])
    assert (task["due_date"], task["recurrence"]["rrule"]) == ("2031-03-08", rrule)
    dates = ok(user.get(f"/tasks/{task['id']}/occurrences", limit=2))["items"]
    assert dates[1]["due_date"] == following


def test_an_occurrence_is_skipped_and_the_series_stopped(page: Page, user: User) -> None:
    task = user.add_task("Water the ferns", due_date=FRIDAY, recurrence=WEEKLY)
    sign_in(page, user)
    dialog = opened(page, "Water the ferns")
    dialog.get_by_label("Title").fill("Water all ferns")
    dialog.get_by_role("button", name="Skip this one").click()
    expect(dialog.get_by_label("Due", exact=True)).to_have_value("2031-03-14")
    expect(dialog.get_by_text("Skipped. Next: Fri, 14 Mar 2031.")).to_be_visible()
    dialog.get_by_text("Earlier ones").click()
    expect(dialog.get_by_role("listitem").filter(has_text="Skipped ·")).to_contain_text(
        "Fri, 7 Mar 2031"
    )
    dialog.get_by_role("button", name="Stop repeating").click()
    expect(dialog.get_by_label("Repeats")).to_have_value("")
    assert user.task(task["id"])["recurrence"] is None
    dialog.get_by_role("button", name="Undo", exact=True).click()
    expect(dialog.get_by_label("Repeats")).to_have_value("FREQ=WEEKLY;BYDAY=FR")
    dialog.get_by_label("Due", exact=True).fill("")
    expect(dialog.get_by_text("it no longer repeats")).to_be_visible()
    save(dialog)
    task = user.task(task["id"])
    assert (task["title"], task["due_date"], task["recurrence"]) == ("Water all ferns", None, None)


def test_subtasks_are_made_done_and_gone_into(page: Page, user: User, troubles: Troubles) -> None:
    troubles.refusals.add(422)
    task = user.add_task("Move house")
    sign_in(page, user)
    dialog = opened(page, "Move house")
    new = dialog.get_by_role("textbox", name="New subtask")
    for title in ("Pack the books", "Cancel the power"):
        new.fill(title)
        new.press("Enter")
        expect(dialog.get_by_role("button", name=title, exact=True)).to_be_visible()
        expect(new).to_have_value("")
        expect(new).to_be_focused()
    dialog.get_by_role("checkbox", name="Complete Cancel the power").check()
    expect(dialog.locator(".subtask.done")).to_have_text("Cancel the power")
    children = ok(user.get("/tasks", parent_id=task["id"]))["items"]
    assert {(one["title"], one["completed"]) for one in children} == {
        ("Pack the books", False),
        ("Cancel the power", True),
    }

    dialog.get_by_label("Description").fill("By the end of May")
    dialog.get_by_role("button", name="Pack the books", exact=True).click()
    leave = page.get_by_role("dialog", name="Leave without saving?")
    leave.get_by_role("button", name="Keep editing").click()
    expect(dialog.get_by_label("Description")).to_have_value("By the end of May")
    dialog.get_by_role("button", name="Pack the books", exact=True).click()
    leave.get_by_role("button", name="Leave").click()
    expect(dialog.get_by_role("heading", name="Edit subtask")).to_be_focused()
    expect(dialog.get_by_label("Title")).to_have_value("Pack the books")
    for depth in ("3rd", "4th", "5th"):
        new.fill(f"The {depth} level")
        new.press("Enter")
        dialog.get_by_role("button", name=f"The {depth} level", exact=True).click()
        expect(dialog.get_by_label("Title")).to_have_value(f"The {depth} level")
    new.fill("One too many")
    new.press("Enter")
    expect(dialog.get_by_text("as deep as tasks go")).to_be_visible()
    expect(new).to_have_value("One too many")

    way_up = dialog.get_by_role("navigation", name="Part of").locator("li")
    expect(way_up).to_have_text(["Move house", "Pack the books", "The 3rd level", "The 4th level"])
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog.get_by_label("Title")).to_have_value("The 4th level")
    way_up.nth(2).get_by_role("button").click()
    expect(dialog.get_by_label("Title")).to_have_value("The 3rd level")
    dialog.get_by_role("button", name="Make it a task of its own").click()
    expect(dialog.get_by_role("heading", name="Edit task")).to_be_visible()
    expect(dialog.get_by_role("button", name="The 4th level", exact=True)).to_be_visible()
    assert {"The 3rd level", "Move house"} <= set(user.titles(parent_id="none"))


def test_the_history_tells_what_changed_and_takes_it_back(page: Page, user: User) -> None:
    task = user.add_task("Buy milk")
    ok(user.patch(f"/tasks/{task['id']}", {"title": "Buy oat milk", "labels": ["shop"]}))
    ok(user.patch(f"/tasks/{task['id']}", {"priority": "urgent"}))
    sign_in(page, user)
    dialog = opened(page, "Buy oat milk")
    history = dialog.get_by_role("region", name="History")
    history.get_by_text("History", exact=True).click()
    changes = history.get_by_role("listitem")
    expect(changes).to_have_count(3)
    expect(changes.nth(0)).to_contain_text("Priority: Medium → Urgent")
    expect(changes.nth(1)).to_contain_text("Title: “Buy milk” → “Buy oat milk”")
    expect(changes.nth(1)).to_contain_text("Labels: +shop")
    expect(changes.nth(2)).to_contain_text("Created by you")
    undo = history.get_by_role("button", name="Undo last change")
    undo.click()
    expect(dialog.get_by_label("Priority")).to_have_value("medium")
    expect(changes).to_have_count(4)
    undo.click()
    expect(dialog.get_by_label("Title")).to_have_value("Buy milk")
    expect(changes.nth(4)).to_contain_text("Created by you")
    expect(changes.filter(has_text="taken back")).to_have_count(2)
    expect(undo).to_be_hidden()
    page.keyboard.press("Escape")
    expect(row(page, "Buy milk")).to_be_visible()


def test_what_was_typed_outlives_a_change_from_elsewhere(
    page: Page, user: User, troubles: Troubles
) -> None:
    troubles.refusals.add(412)
    garden = ok(user.post("/lists", {"name": "Garden"}), 201)
    task = user.add_task("Plan the party", due_date=FRIDAY, labels=["fun"])
    sign_in(page, user)
    dialog = opened(page, "Plan the party")
    dialog.get_by_label("Repeats").select_option("FREQ=DAILY")
    dialog.get_by_role("combobox", name="Labels").press_sequentially("mine,")
    theirs = {"recurrence": WEEKLY, "labels": ["fun", "theirs"], "list_id": garden["id"]}
    ok(user.patch(f"/tasks/{task['id']}", theirs))
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("This task was changed elsewhere")).to_be_focused()
    expect(dialog.get_by_text("Elsewhere: Every week on Fri")).to_be_visible()
    expect(dialog.get_by_label("Repeats")).to_have_value("FREQ=DAILY")
    expect(dialog.locator(".token")).to_have_text(["fun", "theirs", "mine"])
    expect(dialog.get_by_label("List").locator("option:checked")).to_have_text("Garden")
    save(dialog)
    task = user.task(task["id"])
    assert task["recurrence"]["rrule"] == "FREQ=DAILY"
    assert (task["labels"], task["list_id"]) == (["fun", "theirs", "mine"], garden["id"])


@pytest.mark.parametrize("look", LOOKS)
def test_the_dialog_fits_and_works_by_keyboard(
    other_browser: OpenPage, user: User, look: str
) -> None:
    page = other_browser(**LOOKS[look])
    labels = ["a label that is rather long", "home"]
    task = user.add_task("Put the bins out", due_date=FRIDAY, recurrence=WEEKLY, labels=labels)
    user.add_task("Rinse them, and put them back where they belong", parent_id=task["id"])
    sign_in(page, user)
    dialog = opened(page, "Put the bins out")
    expect(next_dates(dialog)).to_have_count(5)
    shown(page, f"{look}-dialog")
    dialog.get_by_label("Repeats").select_option("Custom…")
    dialog.get_by_label("Due", exact=True).fill("2031-03-08")
    shown(page, f"{look}-dialog-custom")
    tab_to(page, dialog.get_by_role("checkbox", name="Complete Rinse them"))
    page.keyboard.press("Space")
    expect(dialog.locator(".subtask.done")).to_be_visible()
    shown(page, f"{look}-dialog-subtasks")
    page.keyboard.press("Escape")
    shown(page, f"{look}-dialog-unsaved")
    page.get_by_role("button", name="Leave", exact=True).click()
    expect(dialog).to_be_hidden()
