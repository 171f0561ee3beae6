"""The same words for other people: their zone, their week, their way to write dates."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from core.tests.quick_add.reading import check, context, read
from taskbell.quick_add import parse
from taskbell.quick_add.model import WeekStart

SUNDAY = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "text", "due"),
    [
        ("en-GB", "Party 3/4", "2027-04-03"),
        ("en-US", "Party 3/4", "2027-03-04"),
        ("en_us", "Party 3/4", "2027-03-04"),
        ("en", "Party 3/4", "2027-04-03"),
        ("de-CH", "Party 3/4", "2027-04-03"),
        ("en-US", "Party 27/1", "2027-01-27"),
        ("en-US", "Party 1/27", "2027-01-27"),
        ("en-US", "Party 3/4/2028", "2028-03-04"),
        ("en-GB", "Party 3/4/2028", "2028-04-03"),
        ("en-US", "Party 3.4.2028", "2028-04-03"),
        ("en-US", "Party 2028-03-04", "2028-03-04"),
    ],
)
def test_only_americans_write_the_month_first(locale: str, text: str, due: str) -> None:
    assert read(text, context(locale=locale)) == f"Party: due {due}"


@pytest.mark.parametrize(
    ("locale", "text", "due"),
    [
        ("de-CH", "Party [27. Januar]", "2027-01-27"),
        ("de", "Party [am 27. Januar 2028]", "2028-01-27"),
        ("de", "Party [29. Februar]", "2028-02-29"),
        ("de", "Party [27 jan]", "2027-01-27"),
        ("fr-FR", "Party [le 27 janvier]", "2027-01-27"),
        ("fr", "Party [1er mai 2028]", "2028-05-01"),
        ("es", "Party [27 de enero]", "2027-01-27"),
        ("pt-BR", "Party [27 de janeiro de 2028]", "2028-01-27"),
        ("it", "Party [3 marzo]", "2027-03-03"),
        ("nl", "Party [27 mei]", "2027-05-27"),
        ("ru", "Party [5 мая]", "2027-05-05"),
        ("de", "Party [tomorrow]", "2026-11-19"),
    ],
)
def test_months_may_be_in_ones_own_language(locale: str, text: str, due: str) -> None:
    check(text, f"Party: due {due}", context(locale=locale))


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de", "Kaufe 3 Äpfel"),
        ("de", "Laufe 10 Minuten"),
        ("de", "Nimm 3 Tage frei"),
        ("de", "Um 5 Uhr Tee"),
        ("de", "Fest 31. April"),
        ("fr", "Acheter 2 pommes"),
        ("es", "Ver 3 de la serie"),
        ("en", "Party 27. Januar"),
        ("xx-unknown", "Party 27. Januar"),
        ("", "Party 27. Januar"),
    ],
)
def test_other_words_in_ones_language_stay_text(locale: str, text: str) -> None:
    assert read(text, context(locale=locale)) == text


@pytest.mark.parametrize(
    ("week_start", "text", "due"),
    [
        ("monday", "next week", "2026-11-23"),
        ("sunday", "next week", "2026-11-29"),
        ("saturday", "next week", "2026-11-28"),
        ("monday", "next monday", "2026-11-23"),
        ("sunday", "next monday", "2026-11-30"),
        ("monday", "next sunday", "2026-11-29"),
        ("sunday", "next sunday", "2026-11-29"),
        ("monday", "monday", "2026-11-23"),
        ("sunday", "sunday", "2026-11-29"),
        ("monday", "this weekend", "2026-11-22"),
        ("sunday", "next weekend", "2026-12-05"),
    ],
)
def test_on_a_sunday_next_week_begins_when_ones_week_does(
    week_start: WeekStart, text: str, due: str
) -> None:
    where = context(at=SUNDAY, week_start=week_start)
    assert read(f"Call Ann {text}", where) == f"Call Ann: due {due}"


def test_weeks_that_begin_on_sunday_are_told_to_the_rule_where_that_matters() -> None:
    where = context(week_start="sunday")
    assert parse("Gym every 2 weeks on sun and mon", where).rrule == (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU"
    )
    assert parse("Gym every 2 weeks on mon", where).rrule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Pacific/Auckland", "Call Ann: due 2026-11-20 09:00"),  # it is Thursday there
        ("Europe/Zurich", "Call Ann: due 2026-11-19 09:00"),
        ("America/Los_Angeles", "Call Ann: due 2026-11-19 09:00"),
    ],
)
def test_tomorrow_is_counted_from_the_day_it_is_there(zone: str, told: str) -> None:
    where = context(at=datetime(2026, 11, 18, 20, tzinfo=UTC), zone=zone)
    assert read("Call Ann tomorrow 9am", where) == told
    assert read("Call Ann 9am tomorrow", where) == told


@pytest.mark.parametrize(
    ("at", "text", "instant"),
    [
        # 02:30 is left out: it moves forward; it comes twice: the first
        ((2027, 3, 27, 12), "tomorrow 2:30am", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ((2026, 10, 24, 12), "tomorrow 2:30am", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ((2027, 3, 28, 0), "2:30am", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        # 01:30 in two hours is 04:30 on the clock
        ((2027, 3, 28, 0), "in 2 hours", datetime(2027, 3, 28, 2, 0, tzinfo=UTC)),
        ((2027, 3, 27, 12), "every day at 2:30am", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
    ],
)
def test_changes_of_the_clock_are_as_for_repeats(
    at: tuple[int, ...], text: str, instant: datetime
) -> None:
    where = context(at=datetime(*at, tzinfo=UTC))  # type: ignore[arg-type, misc]
    assert parse(f"Call Ann {text}", where).due_at == instant


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("tonight", "2026-11-18"),  # eight is past: the day is left
        ("9pm", "2026-11-19 21:00"),
        ("at 22", "2026-11-18 22:00"),
        ("today at 9", "2026-11-18"),
        ("in 3 hours", "2026-11-19 00:30"),
        ("at midnight", "2026-11-19 00:00"),
        ("every day at 9pm", "2026-11-19 21:00, repeats FREQ=DAILY"),
        ("every day", "2026-11-18, repeats FREQ=DAILY"),
    ],
)
def test_late_in_the_evening(text: str, due: str) -> None:
    where = context(at=datetime(2026, 11, 18, 20, 30, tzinfo=UTC))
    assert read(f"Call Ann {text}", where).split(": ")[1].removeprefix("due ") == due


@pytest.mark.parametrize(("second", "minute"), [(0, 16), (29, 16), (30, 17), (59, 17)])
def test_minutes_are_counted_from_the_nearest_full_one(second: int, minute: int) -> None:
    where = context(at=datetime(2026, 11, 18, 9, 15, second, 999, tzinfo=UTC))
    expected = datetime(2026, 11, 18, 9, minute, tzinfo=UTC)
    assert parse("Call Ann in 1 minute", where).due_at == expected
    assert parse("Call Ann every 1 minutes", where).due_at == expected


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("in a month", "2027-02-28"),
        ("31st", "2027-01-31"),
        ("30th", "2027-03-30"),
        ("29 feb", "2028-02-29"),
        ("next month", "2027-02-01"),
        ("end of month", "2027-01-31"),
        ("end of next month", "2027-02-28"),
        ("every month", "2027-01-31, repeats FREQ=MONTHLY"),
        ("every 30th", "2027-02-28, repeats FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
    ],
)
def test_at_the_end_of_january(text: str, due: str) -> None:
    where = context(at=datetime(2027, 1, 31, 9, tzinfo=UTC))
    assert read(f"Call Ann {text}", where) == f"Call Ann: due {due}"


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("yesterday", "2026-11-17"),
        ("today 8am", "2026-11-18 08:00"),
        ("today at 9", "2026-11-18 09:00"),
        ("12 Jan 2020 14:00", "2020-01-12 14:00"),
        ("17 nov", "2026-11-17"),
        ("18 nov", "2026-11-18"),
        ("19 nov", "2026-11-19"),
        ("19 may", "2026-05-19"),
        ("18 may", "2027-05-18"),
        ("9am", "2026-11-19 09:00"),
    ],
)
def test_what_was_written_before_may_be_past(text: str, due: str) -> None:
    assert read(f"Call Ann {text}", context(past=True)) == f"Call Ann: due {due}"


def test_at_new_year_a_date_without_a_year_is_that_of_the_old_one() -> None:
    where = context(at=datetime(2027, 1, 5, 9, tzinfo=UTC), locale="de", past=True)
    for text in ["20 dec", "20.12.", "20. Dezember"]:
        parsed = parse(f"Call Ann {text}", where)
        assert str(parsed.due_date) == "2026-12-20"
        assert parsed.yearless
    assert not parse("Call Ann 20 dec 2026", where).yearless


def test_lists_go_by_the_longest_name_that_fits() -> None:
    lists = {"A": UUID(int=1), "A b": UUID(int=2), "A b c": UUID(int=3), "Straße": UUID(int=4)}
    for text, number in [("#a b cd x", 2), ("#A B C x", 3), ("#ab x", 0), ("x #STRASSE", 4)]:
        found = parse(text, context(lists=lists)).list_id
        assert (found.int if found else 0) == number


def test_a_list_may_have_the_name_of_a_date() -> None:
    where = context(lists={"Next week": UUID(int=7)})
    assert read("Plan #next week tomorrow", where) == "Plan: due 2026-11-19, list Next week"
