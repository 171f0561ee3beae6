"""What is typed in the dialog of a task: kept until it is saved or given up."""

from playwright.sync_api import Page, expect

from tests.e2e.browser import sign_in
from tests.e2e.client import User
from tests.e2e.test_task_dialog_page import FRIDAY, opened, save


def test_typed_edits_are_not_dropped_without_asking(page: Page, user: User) -> None:
    task = user.add_task("Write the letter")
    sign_in(page, user)
    dialog = opened(page, "Write the letter")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    dialog = opened(page, "Write the letter")
    dialog.get_by_label("Description").fill("To Ann")
    leave = page.get_by_role("dialog", name="Leave without saving?")
    keep = leave.get_by_role("button", name="Keep editing")
    # again and again, although nothing else is pressed in between
    for _ in range(3):
        page.keyboard.press("Escape")
        expect(keep).to_be_focused()
        page.keyboard.press("Escape")
        expect(leave).to_be_hidden()
        expect(dialog.get_by_label("Description")).to_be_focused()
    for name in ("Close", "Cancel"):
        dialog.get_by_role("button", name=name, exact=True).click()
        keep.click()
        expect(leave).to_be_hidden()
        expect(dialog.get_by_label("Description")).to_have_value("To Ann")
    dialog.get_by_role("button", name="Cancel").click()
    leave.get_by_role("button", name="Leave").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Write the letter", exact=True)).to_be_focused()
    assert user.task(task["id"])["version"] == task["version"]

    dialog = opened(page, "Write the letter")
    dialog.get_by_label("Description").fill("To Bob")
    save(dialog)
    assert user.task(task["id"])["description"] == "To Bob"


def test_a_day_is_enough_for_a_due_date(page: Page, user: User) -> None:
    task = user.add_task("Write the letter")
    sign_in(page, user)
    dialog = opened(page, "Write the letter")
    dialog.get_by_label("Due", exact=True).fill(FRIDAY)
    save(dialog)
    assert user.task(task["id"])["due_date"] == FRIDAY
    dialog = opened(page, "Write the letter")
    dialog.get_by_label("All day").uncheck()
    expect(dialog.get_by_label("Due", exact=True)).to_have_value(f"{FRIDAY}T09:00")
