"""Tasks on their way in and out, in a browser: imports, exports and calendar feeds."""

import csv
import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.browser import (
    LOOKS,
    OpenPage,
    choose_from_menu,
    open_settings,
    section,
    shown,
    sign_in,
)
from tests.e2e.client import User, ok, secret
from tests.e2e.troubles import Troubles

HEADER = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\n"
TODOIST = (
    HEADER
    + "task,Repot the figs @plants,,1,1,,,2031-03-07,en,\n"
    + "task,Buy earth,,4,2,,,,en,\n"
    + "task,Sweep the path,,4,1,,,,en,\n"
)


def signed_in(page: Page, user: User, card: str) -> Locator:
    """A card of the settings."""
    sign_in(page, user)
    open_settings(page)
    return section(page, card)


def choose(card: Locator, name: str, content: str) -> None:
    file = FilePayload(name=name, mimeType="", buffer=content.encode())
    card.get_by_label("File").set_input_files(files=[file])


def kept_secret(address: Locator) -> str:
    """The address of a calendar. What makes it one may appear in no log."""
    url = address.input_value()
    secret(url.rpartition("/")[2].removesuffix(".ics"))
    return url


def report(card: Locator, name: str) -> Locator:
    return card.get_by_role("group", name=f"Import: {name}")


def test_a_file_is_tried_then_imported_and_never_twice(page: Page, user: User) -> None:
    card = signed_in(page, user, "Import and export")
    expect(card.get_by_label("Try it first")).to_be_checked()
    choose(card, "Garden.csv", TODOIST)
    card.get_by_role("button", name="Try it").click()
    tried = report(card, "Todoist, Garden.csv")
    expect(tried.get_by_text("3 to be added")).to_be_visible(timeout=15_000)
    expect(tried.get_by_text("Nothing was changed")).to_be_visible()
    assert user.titles() == []

    tried.get_by_role("button", name="Import them now").click()
    expect(tried.get_by_text("3 added")).to_be_visible(timeout=15_000)
    tried.get_by_text("Row by row").click()
    rows = tried.get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("1. Repot the figs")
    expect(rows.first).to_contain_text("added")
    tried.get_by_role("button", name="Close").click()

    card.get_by_label("Try it first").uncheck()
    card.get_by_role("button", name="Import", exact=True).click()
    expect(tried.get_by_text("3 here already")).to_be_visible(timeout=15_000)
    assert sorted(user.titles()) == ["Buy earth", "Repot the figs", "Sweep the path"]
    choose_from_menu(page, "Tasks")
    expect(page.get_by_role("link", name="Garden 3 pending")).to_be_visible()
    expect(page.get_by_role("button", name="Repot the figs", exact=True)).to_be_visible()


def test_what_cannot_be_imported_says_why(page: Page, user: User, troubles: Troubles) -> None:
    troubles.refusals.add(422)
    card = signed_in(page, user, "Import and export")
    card.get_by_role("button", name="Try it").click()
    expect(card.get_by_text("Choose a file.")).to_be_visible()
    expect(card.get_by_label("File")).to_be_focused()
    choose(card, "empty.csv", "")
    card.get_by_role("button", name="Try it").click()
    expect(card.get_by_text("This file is empty.")).to_be_visible()

    card.get_by_label("From").select_option("Trello")
    expect(card.get_by_text("the JSON file of a board", exact=False)).to_be_visible()
    choose(card, "board.json", '{"no": "board"}')
    card.get_by_role("button", name="Try it").click()
    expect(card.get_by_role("alert")).to_contain_text("JSON of a Trello board was expected")
    assert ok(user.get("/imports"))["items"] == []


def test_an_import_is_forgotten_and_its_tasks_stay(page: Page, user: User) -> None:
    garden = ok(user.post("/lists", {"name": "Garden"}), 201)
    card = signed_in(page, user, "Import and export")
    choose(card, "Mine.csv", TODOIST)
    card.get_by_label("Into").select_option("Garden")
    card.get_by_label("Try it first").uncheck()
    card.get_by_role("button", name="Import", exact=True).click()
    made = report(card, "Todoist, Mine.csv")
    expect(made.get_by_text("3 added")).to_be_visible(timeout=15_000)
    made.get_by_role("button", name="Close").click()
    card.get_by_role("button", name="Forget Todoist, Mine.csv").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("Forgotten.")).to_be_visible()
    expect(card.get_by_role("heading", name="Imports", exact=True)).to_be_hidden()
    assert len(user.titles(list_id=garden["id"])) == 3


def test_an_import_goes_on_while_nobody_looks(page: Page, user: User) -> None:
    card = signed_in(page, user, "Import and export")
    choose(card, "Long.csv", HEADER + "".join(f"task,Task {n},,4,1,,,,en,\n" for n in range(300)))
    card.get_by_label("Try it first").uncheck()
    card.get_by_role("button", name="Import", exact=True).click()
    expect(report(card, "Todoist, Long.csv")).to_be_visible()
    choose_from_menu(page, "Tasks")
    open_settings(page)
    card.get_by_role("button", name="Show Todoist, Long.csv").click()
    shown_again = report(card, "Todoist, Long.csv")
    expect(shown_again.get_by_text("300 added")).to_be_visible(timeout=30_000)
    shown_again.get_by_text("Row by row").click()
    rows = shown_again.get_by_role("listitem")
    expect(rows).to_have_count(20)
    shown_again.get_by_role("button", name="Load more").click()
    expect(rows).to_have_count(40)


def test_tasks_are_saved_as_files(page: Page, user: User, tmp_path: Path) -> None:
    user.add_task("Grüße an Žofia", labels=["post"])
    card = signed_in(page, user, "Import and export")
    with page.expect_download() as saving:
        card.get_by_role("button", name="Export as JSON").click()
    assert saving.value.suggested_filename.startswith("taskbell-tasks-20")
    saving.value.save_as(tmp_path / "tasks.json")
    exported = json.loads((tmp_path / "tasks.json").read_text())
    assert exported["format"] == "taskbell-tasks/1"
    assert [task["title"] for task in exported["tasks"]] == ["Grüße an Žofia"]
    with page.expect_download() as saving:
        card.get_by_role("button", name="Export as CSV").click()
    saving.value.save_as(tmp_path / "tasks.csv")
    with (tmp_path / "tasks.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["title"] for row in csv.DictReader(file)] == ["Grüße an Žofia"]


def test_a_calendar_feed_is_shown_once_read_and_revoked(
    page: Page, user: User, http: httpx.Client
) -> None:
    garden = ok(user.post("/lists", {"name": "Garden"}), 201)
    user.add_task("Prune the roses", list_id=garden["id"], due_date="2031-03-07")
    user.add_task("Pay the rent", due_date="2031-03-07")
    card = signed_in(page, user, "Calendar feeds")
    expect(card.get_by_text("There are no calendar feeds.")).to_be_visible()
    card.get_by_role("button", name="New calendar feed").click()
    expect(card.get_by_label("Name")).to_be_focused()
    card.get_by_role("button", name="Make the feed").click()
    expect(card.get_by_text("Give it a name")).to_be_visible()
    card.get_by_label("Name").fill("Phone")
    card.get_by_label("Shows").select_option("Garden")
    card.get_by_label("With alarms").uncheck()
    card.get_by_role("button", name="Make the feed").click()
    address = card.get_by_label("The address of the calendar")
    expect(address).to_be_focused()
    url = kept_secret(address)
    calendar = http.get(url)
    assert calendar.status_code == 200, calendar.text
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert "Prune the roses" in calendar.text
    assert "Pay the rent" not in calendar.text

    card.get_by_role("button", name="I have kept it").click()
    expect(address).to_be_hidden()
    expect(card.get_by_role("listitem")).to_contain_text("List Garden")
    expect(card.get_by_role("listitem")).to_contain_text("Without alarms")
    card.get_by_role("button", name="Revoke Phone").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(card.get_by_text("There are no calendar feeds.")).to_be_visible()
    assert http.get(url).status_code == 404


@pytest.mark.parametrize("look", LOOKS)
def test_the_settings_for_it_fit(other_browser: OpenPage, user: User, look: str) -> None:
    page = other_browser(**LOOKS[look])
    card = signed_in(page, user, "Import and export")
    choose(card, "A garden with a long name, exported on some day in spring.csv", TODOIST)
    card.get_by_role("button", name="Try it").click()
    expect(card.get_by_role("button", name="Import them now")).to_be_visible(timeout=15_000)
    card.get_by_text("Row by row").click()
    expect(card.get_by_text("1. Repot the figs")).to_be_visible()
    card.evaluate("element => element.scrollIntoView()")
    shown(page, f"{look}-import")
    feeds = section(page, "Calendar feeds")
    feeds.get_by_role("button", name="New calendar feed").click()
    feeds.get_by_label("Name").fill("Phone")
    feeds.get_by_role("button", name="Make the feed").click()
    expect(feeds.get_by_label("The address of the calendar")).to_be_visible()
    kept_secret(feeds.get_by_label("The address of the calendar"))
    feeds.evaluate("element => element.scrollIntoView()")
    shown(page, f"{look}-feeds")
