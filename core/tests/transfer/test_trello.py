"""Trello's boards."""

import json
from datetime import UTC, date, datetime

import pytest

from core.tests.transfer.sources import by_title, content, read, read_real
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import ImportedLabel, ImportedReminder


def test_lists_are_named_after_their_board_and_stand_in_its_order() -> None:
    file = read_real("trello")
    assert [(one.name, one.archived) for one in file.lists] == [
        ("Home / 2023", True),
        ("Home / To do", False),
        ("Home / Doing", False),
    ]


def test_cards_stand_in_the_order_of_their_list() -> None:
    titles = [item.title for item in read_real("trello").items if item.parent_key is None]
    assert titles == ["Insulate the roof", "Paint the hall", "Buy paint", "Call the plumber"]


def test_a_card_keeps_what_it_says() -> None:
    paint = by_title(read_real("trello"))["Buy paint"]
    assert paint.labels == ["Errand", "red_dark"]
    assert paint.created_at == datetime(2024, 1, 12, 4, 45, 13, tzinfo=UTC)  # hidden in its id
    assert paint.description == (
        "White, **matt**.\n\n5 litres\n\n"
        "Attachment: [colours.pdf](https://trello.example.com/colours.pdf)"
    )


def test_labels_have_their_colours() -> None:
    assert read_real("trello").labels == [ImportedLabel("Errand", "#f5cd47")]


def test_due_times_starts_and_reminders_come_along() -> None:
    found = by_title(read_real("trello"))
    hall = found["Paint the hall"]
    assert hall.due_at == datetime(2030, 3, 9, 14, 30, tzinfo=UTC)
    assert hall.start_date == date(2030, 3, 1)
    assert hall.reminders == [ImportedReminder(offset_minutes=1440)]
    assert found["Call the plumber"].reminders == []  # -1 is none


def test_what_is_complete_or_archived_is_completed() -> None:
    found = by_title(read_real("trello"))
    assert found["Call the plumber"].completed_at == datetime(2024, 1, 19, 16, 20, tzinfo=UTC)
    roof = found["Insulate the roof"]
    assert roof.completed_at == datetime(2023, 12, 30, 12, tzinfo=UTC)
    assert roof.messages == ["It was archived in Trello: it is completed here."]
    assert found["Buy paint"].completed_at is None


def test_the_items_of_a_checklist_are_subtasks() -> None:
    found = by_title(read_real("trello"))
    number = found["Find the number"]
    assert number.parent_key == found["Call the plumber"].key
    assert number.completed_at == found["Call the plumber"].completed_at


def test_of_several_checklists_each_is_a_subtask() -> None:
    file = read_real("trello")
    found = by_title(file)
    hall, tools = found["Paint the hall"], found["Tools"]
    assert tools.parent_key == found["Steps"].parent_key == hall.key
    assert found["Tape the edges"].parent_key == found["Steps"].key
    assert [one.title for one in file.items if one.parent_key == tools.key] == ["Ladder", "Roller"]
    assert found["Ladder"].due_at == datetime(2030, 3, 8, 8, tzinfo=UTC)
    assert found["Ladder"].reminders == [ImportedReminder(offset_minutes=60)]
    assert found["Roller"].completed_at is not None


def test_comments_are_kept_the_oldest_first() -> None:
    plumber = by_title(read_real("trello"))["Call the plumber"]
    assert plumber.description == ("Ada Sommer, 2024-01-17: First\n\nBo Winter, 2024-01-18: Second")


def test_a_card_of_no_list_or_without_an_id_is_told_of() -> None:
    board = {"lists": [], "cards": [{"id": "c1", "name": "A", "idList": "x"}, {"name": "B"}]}
    first, second = sorted(read("trello", json.dumps(board)).items, key=lambda one: one.number)
    assert (first.outcome, first.messages) == (None, ["It is in no list of the board."])
    assert (second.outcome, second.title) == ("failed", "B")


@pytest.mark.parametrize("data", ["[]", "{}", '{"cards":[]}', '{"cards":{},"lists":[]}', "null"])
def test_what_is_no_board_is_refused(data: str) -> None:
    with pytest.raises(UnreadableImportError, match="Trello board"):
        read("trello", data)


def test_a_due_time_that_cannot_be_read_is_kept() -> None:
    data = content("trello-board.json").replace(b"2030-03-09T14:30:00.000Z", b"soon")
    hall = by_title(read("trello", data))["Paint the hall"]
    assert hall.messages == ["Its due time cannot be read."]
    assert hall.description == "Due: soon"
    assert hall.reminders == []
