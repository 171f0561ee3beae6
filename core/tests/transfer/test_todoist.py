"""Todoist's CSV files and backups."""

import io
import zipfile
from datetime import UTC, date, datetime

import pytest

from core.tests.transfer.sources import REAL, by_title, content, read, read_real
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import ImportedRecurrence

HEADER = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\n"


def test_a_project_becomes_a_list_and_each_section_one_of_its_own() -> None:
    file = read_real("todoist")
    assert [one.name for one in file.lists] == ["Household", "Household / Garden"]
    found = by_title(file)
    assert found["Pay the rent"].list_key == "Household"
    assert found["Water the ferns"].list_key == "Household / Garden"


def test_one_is_the_most_urgent_priority() -> None:
    found = by_title(read_real("todoist"))
    assert found["Pay the rent"].priority == "urgent"
    assert found["Plan the summer trip"].priority == "high"
    assert found["Book the train"].priority == "medium"
    assert found["Renew the passports"].priority == "low"


def test_a_priority_that_is_missing_is_the_usual_one() -> None:
    found = by_title(read("todoist", HEADER + "task,A,,,1\ntask,B,,9,1\n"))
    assert found["A"].priority == found["B"].priority == "medium"
    assert found["A"].messages == []
    assert found["B"].messages == ["Its priority is none from 1 to 4: '9'."]


def test_indents_make_the_tree() -> None:
    found = by_title(read_real("todoist"))
    trip, train = found["Plan the summer trip"], found["Book the train"]
    assert trip.parent_key is None
    assert train.parent_key == trip.key
    assert found["Compare night trains"].parent_key == train.key
    assert found["Renew the passports"].parent_key == trip.key


def test_a_row_that_is_indented_too_deep_is_a_subtask_of_the_row_above() -> None:
    found = by_title(read("todoist", HEADER + "task,A,,4,1\ntask,B,,4,3\ntask,C,,4,x\n"))
    assert found["B"].parent_key == found["A"].key
    assert found["B"].messages == ["It is indented deeper than a subtask of the row above."]
    assert found["C"].parent_key is None
    assert found["C"].messages == ["Its indent is no number: 'x'."]


def test_labels_are_taken_out_of_the_content() -> None:
    found = by_title(read_real("todoist"))
    assert found["Pay the rent"].labels == ["bills", "home"]


@pytest.mark.parametrize("text", ["Mail bob@example.com", "Meet @ noon", "@home"])
def test_what_only_looks_like_a_label_stays(text: str) -> None:
    (item,) = read("todoist", f"{HEADER}task,{text},,4,1\n").items
    assert item.title == text


def test_notes_and_their_files_go_on_in_the_description() -> None:
    rent = by_title(read_real("todoist"))["Pay the rent"]
    assert rent.description == (
        'Standing order "and" receipt,\ntwice checked\n\n'
        "Duration: 15 minute\n\n"
        "The landlord changed banks\n\n"
        "[lease.pdf](https://files.example.com/lease.pdf)"
    )


def test_a_note_on_no_task_is_told_of() -> None:
    file = read("todoist", HEADER + "section,S,,,\nnote,Hello,,,\nwhat,Else,,,\n")
    assert [(item.title, item.outcome) for item in file.items] == [
        ("Hello", "skipped"),
        ("Else", "skipped"),
    ]
    assert file.items[0].messages == ["It is a note on no task."]
    assert file.items[1].messages == ["It is of a type that is not known: 'what'."]


def test_dates_and_times_are_read_in_the_zone_of_their_row() -> None:
    found = by_title(read_real("todoist"))
    assert found["Pay the rent"].due_at == datetime(2030, 1, 31, 8, tzinfo=UTC)
    assert found["Pay the rent"].time_zone == "Europe/Zurich"
    assert found["Book the train"].due_date == date(2030, 5, 2)


def test_a_deadline_is_the_due_date_where_there_is_no_other() -> None:
    found = by_title(read_real("todoist"))
    assert found["Renew the passports"].due_date == date(2030, 4, 1)
    assert found["Renew the passports"].messages == [
        "It has a deadline only: that is its due date."
    ]
    header = HEADER.strip() + ",DEADLINE\n"
    (item,) = read("todoist", header + "task,A,,4,1,,,2030-01-02,en,,2030-02-02\n").items
    assert item.due_date == date(2030, 1, 2)
    assert item.description == "Deadline: 2030-02-02"


def test_words_that_repeat_are_understood_as_in_quick_add() -> None:
    file = read_real("todoist")
    ferns = next(item for item in file.items if item.title == "Water the ferns")
    assert ferns.recurrence is not None
    assert ferns.recurrence.rrule == "FREQ=WEEKLY;BYDAY=MO"
    assert ferns.due_at == datetime(2026, 11, 23, 8, tzinfo=UTC)  # nine in Zurich


@pytest.mark.parametrize(
    ("written", "due", "rrule"),
    [
        ("Oct 5 2027", date(2027, 10, 5), None),
        ("5 Oct 2027", date(2027, 10, 5), None),
        ("tomorrow", date(2026, 11, 21), None),
        ("every day", date(2026, 11, 20), "FREQ=DAILY"),
        ("every! 3 days", date(2026, 11, 20), "FREQ=DAILY;INTERVAL=3"),
        ("2027-10-05 15:30", datetime(2027, 10, 5, 13, 30, tzinfo=UTC), None),
        ("2027-10-05T15:30:00Z", datetime(2027, 10, 5, 15, 30, tzinfo=UTC), None),
    ],
)
def test_dates_as_todoist_writes_them(
    written: str, due: date | datetime, rrule: str | None
) -> None:
    (item,) = read("todoist", f"{HEADER}task,A,,4,1,,,{written},en,\n").items
    assert (item.due_at or item.due_date) == due
    assert (item.recurrence.rrule if item.recurrence else None) == rrule
    assert item.messages == []


@pytest.mark.parametrize(
    ("written", "due", "rrule"),
    [
        ("12 Jan 2020 14:00", datetime(2020, 1, 12, 13, tzinfo=UTC), None),
        ("2026-11-19 9am", datetime(2026, 11, 19, 8, tzinfo=UTC), None),
        ("2026-11-19 9:00", datetime(2026, 11, 19, 8, tzinfo=UTC), None),
        ("today 8am", datetime(2026, 11, 20, 7, tzinfo=UTC), None),
        ("yesterday", date(2026, 11, 19), None),
        ("daily 9am", datetime(2026, 11, 21, 8, tzinfo=UTC), "FREQ=DAILY"),
    ],
)
def test_what_was_due_before_stays_due_then(
    written: str, due: date | datetime, rrule: str | None
) -> None:
    (item,) = read("todoist", f"{HEADER}task,A,,4,1,,,{written},en,\n").items
    assert (item.due_at or item.due_date) == due
    assert (item.recurrence.rrule if item.recurrence else None) == rrule
    assert item.messages == []


@pytest.mark.parametrize(
    ("written", "due"),
    [
        ("17 Nov 14:00", datetime(2026, 11, 17, 13, tzinfo=UTC)),
        ("17/11", date(2026, 11, 17)),
        ("1 Jun", date(2026, 6, 1)),
        ("1 May", date(2027, 5, 1)),
    ],
)
def test_a_date_without_a_year_is_one_within_half_a_year_before(
    written: str, due: date | datetime
) -> None:
    (item,) = read("todoist", f"{HEADER}task,A,,4,1,,,{written},en,\n").items
    assert (item.due_at or item.due_date) == due
    assert item.messages == [f"Its date names no year: {due.year} is taken."]


def test_every_with_an_exclamation_mark_counts_from_the_completion() -> None:
    (item,) = read("todoist", f"{HEADER}task,A,,4,1,,,every! day,en,\n").items
    assert item.recurrence == ImportedRecurrence("FREQ=DAILY", "completion")


def test_a_date_that_is_not_understood_is_kept_and_told_of() -> None:
    ferns = [one for one in read_real("todoist").items if one.title == "Water the ferns"][1]
    assert ferns.due_date is None
    assert ferns.description == "Date: when it is dry"
    assert ferns.messages == ["Its date is not understood: it stands in the description."]


def test_a_zone_that_is_not_known_is_told_of() -> None:
    (item,) = read("todoist", f"{HEADER}task,A,,4,1,,,2030-01-01 10:00,en,Mars/Phobos\n").items
    assert item.due_at == datetime(2030, 1, 1, 9, tzinfo=UTC)
    assert item.time_zone is None
    assert item.messages == ["Its time zone is not known, yours is taken: 'Mars/Phobos'."]


def test_who_is_responsible_is_kept() -> None:
    assert by_title(read_real("todoist"))["Book the train"].description == "Responsible: Bo (99120)"


def test_tasks_are_known_again_though_rows_were_added_and_dates_changed() -> None:
    before = "task,A,,4,1,,,2030-01-01,en,\ntask,B,,4,2,,,,,\ntask,A,,4,1,,,,,\n"
    after = "task,New,,4,1,,,,,\ntask,A,More,1,1,,,2031-01-01,en,\ntask,B,,4,2,,,,,\n"
    first = [one.key for one in sorted(read("todoist", HEADER + before).items, key=_number)]
    second = [one.key for one in sorted(read("todoist", HEADER + after).items, key=_number)]
    assert second[1:] == first[:2]
    assert len(set(first)) == 3


def _number(item: object) -> int:
    return item.number  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("Home.csv", "Home"),
        ("Home [2203306141].csv", "Home"),
        ("Home (1).csv", "Home"),
        ("Home [2203306141] (2).CSV", "Home"),
        ("C:\\Downloads\\Home.csv", "Home"),
        ("", "Todoist"),
        (".csv", "Todoist"),
    ],
)
def test_the_project_is_named_by_its_file(filename: str, name: str) -> None:
    file = read("todoist", HEADER + "task,A,,4,1\n", filename=filename)
    assert [one.name for one in file.lists] == [name]


def test_a_backup_holds_a_file_for_each_project() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(REAL["todoist"], content(REAL["todoist"]))
        archive.writestr("Work [17].csv", HEADER + "task,Pay the rent,,4,1\n")
        archive.writestr("Home [18].csv", HEADER + "task,A,,4,1\n")
        archive.writestr("Home [19].csv", HEADER + "task,A,,4,1\n")  # another of the same name
        archive.writestr("readme.txt", "no tasks")
    file = read("todoist", packed.getvalue(), filename="backup.zip")
    assert [one.name for one in file.lists] == ["Home", "Household", "Household / Garden", "Work"]
    assert len({item.key for item in file.items}) == len(file.items) == 10


def test_other_separators_and_encodings_are_read() -> None:
    text = HEADER + "task,Zürich,,4,1\n"
    assert read("todoist", text.encode("utf-16")).items[0].title == "Zürich"
    assert read("todoist", text.encode("utf-8-sig")).items[0].title == "Zürich"
    assert read("todoist", text.replace(",", ";")).items[0].title == "Zürich"
    assert read("todoist", text.replace(",", "\t")).items[0].title == "Zürich"


def test_a_file_of_other_columns_is_refused() -> None:
    with pytest.raises(UnreadableImportError, match="columns CONTENT, TYPE"):
        read("todoist", "title,due\nA,B\n")


def test_quotes_that_do_not_match_are_refused_with_their_line() -> None:
    with pytest.raises(UnreadableImportError, match="Line 3"):
        read("todoist", HEADER + 'task,A,,4,1\ntask,"B,,4,1\n')
