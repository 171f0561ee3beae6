"""Parts of a text whose meaning the user took back."""

import pytest

from core.tests.quick_add.reading import context, told
from taskbell.quick_add import parse
from taskbell.quick_add.reminders import MOST_REMINDERS
from taskbell.quick_add.sigils import MOST_LABELS


@pytest.mark.parametrize(
    ("text", "taken_back", "expected"),
    [
        ("Watch today tomorrow p1", "tomorrow", "Watch today tomorrow: urgent"),
        ("Watch today tomorrow p1", "p1", "Watch today p1: due 2026-11-19"),
        ("Watch today tomorrow p1", "today", "Watch today: due 2026-11-19, urgent"),
        ("Gym every day at 9 #Home", "every day at 9", "Gym every day at 9: list Home"),
        ("Gym every day at 9 #Home", "at 9", "Gym every day at 9: list Home"),
        (
            "Gym every day at 9 #Home",
            "#Home",
            "Gym #Home: due 2026-11-19 09:00, repeats FREQ=DAILY",
        ),
        ("9am call Ann friday", "9am", "9am call Ann: due 2026-11-20"),
        ("9am call Ann friday", "friday", "call Ann friday: due 2026-11-19 09:00"),
        ("Call Ann friday !30m", "friday", "Call Ann friday !30m"),
        ("Call Ann friday !30m", "!30m", "Call Ann !30m: due 2026-11-20"),
        ("Call Ann @a @b", "@b", "Call Ann @b: label a"),
        ("Call Ann #Home #Work", "#Work", "Call Ann #Home #Work"),
        ("tomorrow p1", "tomorrow", "tomorrow: urgent"),
        ("Thesis starting jan 5 due feb 1", "due feb 1", "Thesis due feb 1: starts 2027-01-05"),
        # what they meant together the one that is left means alone
        (
            "Call Ann friday at 9 @errand every week",
            "friday at 9",
            "Call Ann friday at 9: due 2026-11-18, repeats FREQ=WEEKLY, label errand",
        ),
        (
            "Call Ann friday at 9 @errand every week",
            "every week",
            "Call Ann every week: due 2026-11-20 09:00, label errand",
        ),
        (
            "9am call Ann friday @errand every week",
            "9am",
            "9am call Ann: due 2026-11-20, repeats FREQ=WEEKLY, label errand",
        ),
        (
            "9am call Ann friday @errand every week",
            "friday",
            "call Ann friday: due 2026-11-25 09:00, repeats FREQ=WEEKLY, label errand",
        ),
        (
            "9am call Ann friday @errand every week",
            "every week",
            "call Ann every week: due 2026-11-20 09:00, label errand",
        ),
        # what was not understood is not, whatever is taken back
        (
            "Lunch friday @x every week at 10 starting jan 5",
            "every week at 10 starting jan 5",
            "Lunch friday every week at 10 starting jan 5: label x",
        ),
    ],
)
def test_it_stays_title_and_the_rest_means_what_it_meant(
    text: str, taken_back: str, expected: str
) -> None:
    start = text.index(taken_back)
    parsed = parse(text, context(), ignore=[(start, start + len(taken_back))])
    assert told(parsed, context()) == expected


def test_a_part_of_it_is_enough_and_its_neighbours_are_not() -> None:
    text = "Call Ann tomorrow p1"
    due, priority = parse(text, context()).spans
    assert (due.start, due.end, priority.start) == (9, 17, 18)
    for taken_back, count in [
        ((10, 11), 1),
        ((16, 19), 0),
        ((17, 18), 2),
        ((0, 9), 2),
        ((5, 5), 2),
    ]:
        assert len(parse(text, context(), ignore=[taken_back]).spans) == count


def test_offsets_count_code_points() -> None:
    (span,) = parse("🎂 für Zoë 👨‍👩‍👧 tomorrow", context()).spans
    assert span.start == len("🎂 für Zoë 👨‍👩‍👧 ")


def test_a_task_gets_as_many_reminders_as_it_may_have() -> None:
    signs = [f"!{minutes}m" for minutes in range(MOST_REMINDERS + 5)]
    parsed = parse(f"Call Ann tomorrow {' '.join(signs)} !1m", context())
    assert parsed.reminders == tuple(range(MOST_REMINDERS))
    assert parsed.title == "Call Ann " + " ".join(signs[MOST_REMINDERS:])


def test_a_task_gets_as_many_labels_as_it_may_have() -> None:
    labels = [f"@l{number}" for number in range(MOST_LABELS + 5)]
    parsed = parse(f"Call Ann {' '.join(labels)}", context())
    assert len(parsed.labels) == MOST_LABELS
    assert parsed.title == "Call Ann " + " ".join(labels[MOST_LABELS:])
