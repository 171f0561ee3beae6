"""The pages that links in mails lead to: a reminder's buttons, and no more digests."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.accounts import token_in
from tests.e2e.browser import (
    LOOKS,
    OpenPage,
    fill_in,
    forgets_its_token,
    link_in,
    section,
    shown,
)
from tests.e2e.client import User, instant, ok, soon
from tests.e2e.database import sql
from tests.e2e.mailbox import Mailbox
from tests.e2e.stacks import RunningStack
from tests.e2e.troubles import Troubles

SOON = 1.5


def mailed(user: User, mailbox: Mailbox, title: str) -> tuple[str, str]:
    """The id of a task, and the link in the mail of its reminder."""
    task = user.add_task(title, due_at="2031-03-01T09:00:00Z")
    user.remind(task, at=instant(soon(SOON)), channels=["email"])
    return task["id"], link_in(mailbox.wait(user.email, title), "reminder")


def test_done_from_the_mail(page: Page, user: User, mailbox: Mailbox, troubles: Troubles) -> None:
    troubles.refusals.add(422)
    task_id, link = mailed(user, mailbox, "Pay the rent")
    page.goto(link)
    expect(page.get_by_role("heading", name="Pay the rent")).to_be_visible()
    expect(page.get_by_text("Due Sat, 1 Mar 2031")).to_be_visible()
    forgets_its_token(page, link)
    # looking at it does nothing
    assert user.task(task_id)["completed"] is False
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("“Pay the rent” is done.")).to_be_visible()
    assert user.task(task_id)["completed"] is True
    page.goto("/")
    page.goto(link)
    expect(page.get_by_role("heading", name="This link has expired")).to_be_visible()
    expect(page.get_by_text("works once, and for a week")).to_be_visible()


@pytest.mark.parametrize("choice", ["In 10 minutes", "In 1 hour", "Tomorrow at 09:00"])
def test_snoozed_from_the_mail(page: Page, user: User, mailbox: Mailbox, choice: str) -> None:
    task_id, link = mailed(user, mailbox, "Call Ann")
    page.goto(link)
    page.get_by_role("button", name=choice).click()
    expect(page.get_by_text("You are reminded of “Call Ann” again:")).to_be_visible()
    (reminder,) = ok(user.get(f"/tasks/{task_id}/reminders"))["items"]
    assert reminder["state"] == "snoozed"
    assert user.task(task_id)["completed"] is False


def test_a_task_that_was_done_elsewhere(page: Page, user: User, mailbox: Mailbox) -> None:
    task_id, link = mailed(user, mailbox, "Buy milk")
    ok(user.patch(f"/tasks/{task_id}/complete", {"completed": True}))
    page.goto(link)
    expect(page.get_by_text("This is done already.")).to_be_visible()
    expect(page.get_by_role("button", name="Done")).to_be_hidden()


@pytest.mark.parametrize("path", ["reminder", "unsubscribe"])
def test_a_link_that_lost_its_token(page: Page, path: str) -> None:
    page.goto(f"/{path}")
    expect(page.get_by_text("once more")).to_be_visible()
    assert page.get_by_role("button").count() == 0


def test_a_link_that_was_never_made(page: Page, troubles: Troubles) -> None:
    troubles.refusals |= {400, 422}
    page.goto("/reminder#token=never-made-by-anybody")
    expect(page.get_by_role("heading", name="This link has expired")).to_be_visible()
    page.goto("/unsubscribe#token=never-made-by-anybody")
    page.get_by_role("button", name="Stop the digest").click()
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()


def test_no_more_digests(page: Page, user: User, mailbox: Mailbox, stack: RunningStack) -> None:
    confirmed = token_in(mailbox.wait(user.email, "Welcome"), "verify-email", stack.gateway)
    ok(user.post("/auth/verify-email", {"token": confirmed}), 204)
    user.add_task("Water the plants", due_date=datetime.now(UTC).date().isoformat())
    ok(user.patch("/users/me/notifications", {"digest_enabled": True}))
    now = "SET digest_next_at = now() FROM user_account"
    sql(
        stack, f"UPDATE notification_preference {now} WHERE user_id = id AND email = '{user.email}'"
    )
    link = link_in(mailbox.wait(user.email, "due today"), "unsubscribe")
    page.goto(link)
    expect(page.get_by_role("heading", name="Stop the daily digest?")).to_be_visible()
    forgets_its_token(page, link)
    assert ok(user.get("/users/me/notifications"))["digest_enabled"] is True
    page.get_by_role("button", name="Stop the digest").click()
    expect(page.get_by_role("heading", name="No more daily digests")).to_be_visible()
    assert ok(user.get("/users/me/notifications"))["digest_enabled"] is False
    page.get_by_role("link", name="settings").click()
    fill_in(page, user)
    expect(section(page, "Daily digest").get_by_label("Mail me a digest")).not_to_be_checked()


@pytest.mark.parametrize("look", LOOKS)
def test_looks(
    look: str, other_browser: OpenPage, new_user: Callable[..., User], mailbox: Mailbox
) -> None:
    user = new_user()
    _, link = mailed(user, mailbox, "Water the plants on the balcony, and the ones of Ann upstairs")
    page = other_browser(**LOOKS[look])
    page.goto(link)
    expect(page.get_by_role("button", name="Done")).to_be_visible()
    shown(page, f"{look}-reminder-link")
    page.get_by_role("button", name="In 1 hour").click()
    expect(page.get_by_role("heading", name="All right")).to_be_visible()
    shown(page, f"{look}-reminder-link-done")
    page.goto("/unsubscribe#token=some-token")
    expect(page.get_by_role("button", name="Stop the digest")).to_be_visible()
    shown(page, f"{look}-unsubscribe")
