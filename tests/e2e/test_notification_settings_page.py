"""The settings of notifications in a browser: preferences, tests, webhooks, devices."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import LOOKS, OpenPage, open_settings, section, shown, sign_in
from tests.e2e.client import User, ok, secret
from tests.e2e.mailbox import Mailbox
from tests.e2e.receiver import receiver
from tests.e2e.troubles import Troubles


def go_there(page: Page, user: User) -> None:
    sign_in(page, user)
    open_settings(page)
    page.get_by_role("link", name="Notifications", exact=True).click()
    expect(section(page, "Quiet hours")).to_be_visible()


def preferences(user: User) -> dict[str, object]:
    found: dict[str, object] = ok(user.get("/users/me/notifications"))
    return found


def test_preferences_are_kept(page: Page, user: User, troubles: Troubles) -> None:
    go_there(page, user)
    reminders = section(page, "Reminders")
    expect(reminders.get_by_label("E-mail")).to_be_checked()
    expect(reminders.get_by_label("Push")).to_be_disabled()
    reminders.get_by_label("E-mail").uncheck()
    reminders.get_by_label("Reminder for new tasks").select_option("30 minutes before")
    reminders.get_by_label("Time for all-day tasks").fill("08:15")
    reminders.get_by_role("button", name="Save reminders").click()
    expect(page.get_by_text("Saved how you are reminded.")).to_be_visible()

    quiet = section(page, "Quiet hours")
    quiet.get_by_label("Keep quiet every day").check()
    expect(quiet.get_by_label("From")).to_have_value("22:00")
    quiet.get_by_label("To", exact=True).fill("22:00")
    quiet.get_by_role("button", name="Save quiet hours").click()
    expect(quiet.get_by_text("Has to differ")).to_be_visible()
    quiet.get_by_label("To", exact=True).fill("06:30")
    expect(quiet.get_by_text("On the next day.")).to_be_visible()
    quiet.get_by_role("button", name="Save quiet hours").click()
    expect(page.get_by_text("Saved your quiet hours.")).to_be_visible()

    digest = section(page, "Daily digest")
    digest.get_by_label("Mail me a digest every day").check()
    digest.get_by_label("At", exact=True).fill("06:45")
    digest.get_by_role("button", name="Save digest").click()
    expect(page.get_by_text("Saved the daily digest.")).to_be_visible()

    saved = preferences(user)
    saved.pop("version")
    assert saved == {
        "default_channels": ["in_app"],
        "default_reminder_minutes": 30,
        "all_day_time": "08:15",
        "quiet_start": "22:00",
        "quiet_end": "06:30",
        "digest_enabled": True,
        "digest_time": "06:45",
    }
    page.reload()
    expect(reminders.get_by_label("Time for all-day tasks")).to_have_value("08:15")
    expect(quiet.get_by_label("To", exact=True)).to_have_value("06:30")
    quiet.get_by_label("Keep quiet every day").uncheck()
    quiet.get_by_role("button", name="Save quiet hours").click()
    expect(page.get_by_text("Saved your quiet hours.")).to_be_visible()
    assert preferences(user)["quiet_start"] is None


def test_what_is_typed_stays_when_preferences_change_elsewhere(page: Page, user: User) -> None:
    with page.expect_response("**/api/v1/events"):
        go_there(page, user)
    reminders = section(page, "Reminders")
    reminders.get_by_label("Time for all-day tasks").fill("08:15")
    ok(user.patch("/users/me/notifications", {"default_reminder_minutes": 60}))
    usual = reminders.get_by_label("Reminder for new tasks")
    expect(usual).to_have_value("60")
    expect(reminders.get_by_label("Time for all-day tasks")).to_have_value("08:15")


def row_of(page: Page, channel: str) -> Locator:
    return section(page, "Try it").get_by_role("listitem").filter(has_text=channel)


def test_a_test_mail_shows_the_dialogue(page: Page, user: User, mailbox: Mailbox) -> None:
    go_there(page, user)
    row = row_of(page, "E-mail")
    row.get_by_role("button", name="Send a test").click()
    expect(row.get_by_text("accepted", exact=True)).to_be_visible(timeout=20_000)
    row.get_by_text("What was said").click()
    expect(row.locator("pre")).to_contain_text("RCPT TO")
    mailbox.wait(user.email, "Test message from Taskbell")


def test_a_test_in_taskbell_rings_the_bell(page: Page, user: User) -> None:
    go_there(page, user)
    row = row_of(page, "In Taskbell")
    row.get_by_role("button", name="Send a test").click()
    expect(row.get_by_text("accepted", exact=True)).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="Notifications, 1 unread")).to_be_visible()


def made(page: Page, user: User, name: str) -> Locator:
    """Make a webhook on the page, and leave its secret behind."""
    webhooks = section(page, "Webhooks")
    webhooks.get_by_role("button", name="New webhook").click()
    webhooks.get_by_label("Name", exact=True).fill(name)
    webhooks.get_by_label("Address").fill("https://example.com/hooks/taskbell")
    webhooks.get_by_role("button", name="Add the webhook").click()
    shown_once = webhooks.get_by_label("The secret of the webhook")
    expect(shown_once).to_be_focused()
    assert secret(shown_once.input_value()).startswith("whsec_")
    webhooks.get_by_role("button", name="I have kept it").click()
    expect(shown_once).to_be_hidden()
    # from now on it can be chosen
    expect(section(page, "Reminders").get_by_label("Webhook")).to_be_enabled()
    return webhooks.get_by_role("listitem", name=name)


def test_a_webhook_from_its_beginning_to_its_end(
    page: Page, user: User, troubles: Troubles
) -> None:
    troubles.refusals.add(422)
    go_there(page, user)
    webhooks = section(page, "Webhooks")
    expect(webhooks.get_by_text("There are no webhooks.")).to_be_visible()
    webhooks.get_by_role("button", name="New webhook").click()
    webhooks.get_by_label("Name", exact=True).fill("Inside")
    webhooks.get_by_label("Address").fill("not an address")
    webhooks.get_by_role("button", name="Add the webhook").click()
    expect(webhooks.get_by_label("Address")).to_be_focused()
    webhooks.get_by_label("Address").fill("http://169.254.169.254/")
    webhooks.get_by_role("button", name="Add the webhook").click()
    expect(webhooks.get_by_text("is not on the internet")).to_be_visible()
    webhooks.get_by_role("button", name="Cancel").click()

    one = made(page, user, "Home automation")
    expect(one.get_by_text("on", exact=True)).to_be_visible()
    one.get_by_text("Deliveries").click()
    expect(one.get_by_text("Nothing was sent to it yet.")).to_be_visible()

    more = one.get_by_role("button", name="More for Home automation")
    more.click()
    page.get_by_role("menuitem", name="Change…").click()
    dialog = page.get_by_role("dialog", name="Change the webhook")
    dialog.get_by_label("Name").fill("Kitchen")
    dialog.get_by_role("button", name="Save").click()
    one = webhooks.get_by_role("listitem", name="Kitchen")
    expect(one).to_be_visible()
    more = one.get_by_role("button", name="More for Kitchen")

    more.click()
    page.get_by_role("menuitem", name="New secret…").click()
    page.get_by_role("button", name="Make a new secret").click()
    shown_once = webhooks.get_by_label("The secret of the webhook")
    expect(shown_once).to_be_visible()
    secret(shown_once.input_value())
    expect(webhooks.get_by_text("the old one signs each message too")).to_be_visible()
    webhooks.get_by_role("button", name="I have kept it").click()

    more.click()
    page.get_by_role("menuitem", name="Turn off").click()
    expect(one.get_by_text("off", exact=True)).to_be_visible()
    more.click()
    page.get_by_role("menuitem", name="Turn on").click()
    expect(one.get_by_text("on", exact=True)).to_be_visible()

    more.click()
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(webhooks.get_by_text("There are no webhooks.")).to_be_visible()
    assert ok(user.get("/webhooks"))["items"] == []


@pytest.mark.embedded  # the containers of Compose do not reach this loopback
def test_what_a_webhook_answered_is_seen_and_sent_again(page: Page, user: User) -> None:
    with receiver("/hook") as other, page.expect_response("**/api/v1/events"):
        other.statuses[:] = [200, 204]
        ok(user.post("/webhooks", {"name": "Kitchen", "url": other.url}), 201)
        go_there(page, user)
        one = section(page, "Webhooks").get_by_role("listitem", name="Kitchen")
        one.get_by_role("button", name="Send a test to Kitchen").click()
        expect(one.get_by_text("accepted", exact=True)).to_be_visible(timeout=20_000)
        one.get_by_text("Deliveries").click()
        sent = one.get_by_role("listitem").filter(has_text="Test")
        expect(sent).to_contain_text("delivered")
        expect(sent).to_contain_text("Answer 200")
        sent.get_by_role("button", name="Send again").click()
        expect(sent).to_contain_text("Answer 204", timeout=20_000)
        assert len({one.headers["webhook-id"] for one in other.received}) == 1


def test_a_browser_that_may_not_show_messages_says_so(page: Page, user: User) -> None:
    page.add_init_script(
        "Object.defineProperty(Notification, 'permission', { get: () => 'denied' })"
    )
    go_there(page, user)
    push = section(page, "Push")
    expect(push.get_by_text("does not let Taskbell show messages")).to_be_visible()
    expect(push.get_by_role("button", name="Turn on")).to_be_hidden()
    expect(push.get_by_text("No device has push turned on.")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_looks(look: str, other_browser: OpenPage, new_user: Callable[..., User]) -> None:
    user = new_user(name="Ada Lovelace")
    page = other_browser(**LOOKS[look])
    go_there(page, user)
    made(page, user, "Home automation")
    section(page, "Quiet hours").get_by_label("Keep quiet every day").check()
    section(page, "Daily digest").get_by_label("Mail me a digest every day").check()
    row = row_of(page, "E-mail")
    row.get_by_role("button", name="Send a test").click()
    expect(row.get_by_text("accepted", exact=True)).to_be_visible(timeout=20_000)
    row.get_by_text("What was said").click()
    page.locator("summary", has_text="Deliveries").click()
    shown(page, f"{look}-notification-settings")
    for name in ("Daily digest", "Webhooks", "Try it"):
        section(page, name).scroll_into_view_if_needed()
        shown(page, f"{look}-notification-settings-{name.lower().replace(' ', '-')}")
