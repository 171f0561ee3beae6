"""A repeat, with the day it begins or its time in another part of the text.

It is Wednesday 18 November 2026, 10:15 in Zurich. Brackets are around what is understood.
"""

from itertools import product

import pytest

from core.tests.quick_add.reading import check, context
from taskbell.quick_add import Parsed, parse

TOGETHER = [
    (
        "Call Ann [tomorrow at 9] [@errand] [p1] [every week]",
        "Call Ann: due 2026-11-19 09:00, repeats FREQ=WEEKLY, urgent, label errand",
    ),
    (
        "Team call [every monday] [#Work] [at 10am]",
        "Team call: due 2026-11-23 10:00, repeats FREQ=WEEKLY;BYDAY=MO, list Work",
    ),
    (
        "Gym [at 18:00] [@sport] [every tue and thu]",
        "Gym: due 2026-11-19 18:00, repeats FREQ=WEEKLY;BYDAY=TU,TH, label sport",
    ),
    ("Pay rent [jan 1 every month]", "Pay rent: due 2027-01-01, repeats FREQ=MONTHLY"),
    ("Pay rent ([jan 1]) [every month]", "Pay rent: due 2027-01-01, repeats FREQ=MONTHLY"),
    ("[Every month] pay rent [jan 1]", "pay rent: due 2027-01-01, repeats FREQ=MONTHLY"),
    ("[Every day] take pills [at 8am]", "take pills: due 2026-11-19 08:00, repeats FREQ=DAILY"),
    (
        "Report [next friday every 2 weeks]",
        "Report: due 2026-11-27, repeats FREQ=WEEKLY;INTERVAL=2",
    ),
    (
        "[Every 2 weeks] send the report [next friday]",
        "send the report: due 2026-11-27, repeats FREQ=WEEKLY;INTERVAL=2",
    ),
    (
        "[9am] call Ann [tomorrow] [@errand] [every week]",
        "call Ann: due 2026-11-19 09:00, repeats FREQ=WEEKLY, label errand",
    ),
    (
        "[tomorrow] call Ann [every week at 10am]",
        "call Ann: due 2026-11-19 10:00, repeats FREQ=WEEKLY",
    ),
    (
        "[tomorrow] stretch [every morning]",
        "stretch: due 2026-11-19 09:00, repeats FREQ=DAILY",
    ),
    # the first day on which the rule falls
    (
        "Call Ann [tomorrow] [p1] [every monday]",
        "Call Ann: due 2026-11-23, repeats FREQ=WEEKLY;BYDAY=MO, urgent",
    ),
    (
        "Call Ann [next week] [p1] [every wed and fri at 8am]",
        "Call Ann: due 2026-11-25 08:00, repeats FREQ=WEEKLY;BYDAY=WE,FR, urgent",
    ),
    (
        "Pay rent [jan 5] [#Home] [every month on the 1st]",
        "Pay rent: due 2027-02-01, repeats FREQ=MONTHLY;BYMONTHDAY=1, list Home",
    ),
    (
        "Call Ann [monday] [p1] [every mon and fri]",
        "Call Ann: due 2026-11-23, repeats FREQ=WEEKLY;BYDAY=MO,FR, urgent",
    ),
    # months and years count from the day itself
    ("Pay [jan 31] [p1] [every month]", "Pay: due 2027-01-31, repeats FREQ=MONTHLY, urgent"),
    ("Feast [feb 29] [p1] [every year]", "Feast: due 2028-02-29, repeats FREQ=YEARLY, urgent"),
    (
        "Filter [in 3 days] [p1] [every! 10 days]",
        "Filter: due 2026-11-21, repeats FREQ=DAILY;INTERVAL=10, from completion, urgent",
    ),
    (
        "Pills [tomorrow 7am] [p1] [every 12 hours]",
        "Pills: due 2026-11-19 07:00, repeats FREQ=HOURLY;INTERVAL=12, urgent",
    ),
    (
        "Practice [jan 5] [p1] [every day for 3 weeks]",
        "Practice: due 2027-01-05, repeats FREQ=DAILY;UNTIL=20270125, urgent",
    ),
    (
        "Practice [jan 5] [p1] [every day, 5 times]",
        "Practice: due 2027-01-05, repeats FREQ=DAILY;COUNT=5, urgent",
    ),
    (
        "Gym [tomorrow] [p1] [every day at 9am] [!30m]",
        "Gym: due 2026-11-19 09:00, repeats FREQ=DAILY, urgent, reminder 30 min before",
    ),
    # a time of today that is past: this evening where it may be meant, or the next time
    ("Gym [today at 9] [p1] [every day]", "Gym: due 2026-11-18 21:00, repeats FREQ=DAILY, urgent"),
    ("Gym [today at 9 every day]", "Gym: due 2026-11-18 21:00, repeats FREQ=DAILY"),
    ("Gym [today] [9am every day]", "Gym: due 2026-11-19 09:00, repeats FREQ=DAILY"),
    ("Gym [tonight] [p1] [every week]", "Gym: due 2026-11-18 20:00, repeats FREQ=WEEKLY, urgent"),
    (
        "Gym [today at midnight] [p1] [every week]",
        "Gym: due 2026-11-19 00:00, repeats FREQ=WEEKLY, urgent",
    ),
]

APART = [
    # the repeat names a time, or a start, itself
    (
        "Call Ann tomorrow at 9 [p1] [every week at 10am]",
        "Call Ann tomorrow at 9: due 2026-11-25 10:00, repeats FREQ=WEEKLY, urgent",
    ),
    (
        "Stretch tomorrow at 7 [p1] [every morning]",
        "Stretch tomorrow at 7: due 2026-11-19 09:00, repeats FREQ=DAILY, urgent",
    ),
    (
        "Call Ann tomorrow [p1] [every week starting jan 5]",
        "Call Ann tomorrow: due 2027-01-05, repeats FREQ=WEEKLY, urgent",
    ),
    (
        "[Starting jan 5] call Ann tomorrow [p1] [every week]",
        "call Ann tomorrow: due 2027-01-05, repeats FREQ=WEEKLY, urgent",
    ),
    # more than one of them
    (
        "Call Ann monday about tuesday [p1] [every week]",
        "Call Ann monday about tuesday: due 2026-11-18, repeats FREQ=WEEKLY, urgent",
    ),
    (
        "Call Ann tomorrow [p1] every day [every week]",
        "Call Ann tomorrow every day: due 2026-11-18, repeats FREQ=WEEKLY, urgent",
    ),
    # a weekday on which it never falls
    (
        "Prepare monday meeting [#Work] [every friday]",
        "Prepare monday meeting: due 2026-11-20, repeats FREQ=WEEKLY;BYDAY=FR, list Work",
    ),
    # nothing can begin then
    (
        "Practice jan 5 [p1] [every day until dec 31]",
        "Practice jan 5: due 2026-11-18, repeats FREQ=DAILY;UNTIL=20261231, urgent",
    ),
    (
        "Scan 2020-01-01 [p1] [every month]",
        "Scan 2020-01-01: due 2026-11-18, repeats FREQ=MONTHLY, urgent",
    ),
    (
        "Gym in 2 hours [p1] [every day]",
        "Gym in 2 hours: due 2026-11-18, repeats FREQ=DAILY, urgent",
    ),
]

SEVERAL_TIMES = [
    (
        "Pills [every day at 9am and 5pm]",
        "Pills: due 2026-11-18 17:00, repeats FREQ=DAILY;BYHOUR=9,17",
    ),
    (
        "[Every day at 9am and at 5pm] take pills",
        "take pills: due 2026-11-18 17:00, repeats FREQ=DAILY;BYHOUR=9,17",
    ),
    (
        "Pills [every day 8:30, 12:30 and 20:30]",
        "Pills: due 2026-11-18 12:30, repeats FREQ=DAILY;BYHOUR=8,12,20",
    ),
    (
        "Pills [every mon and fri at 10pm & 6am]",
        "Pills: due 2026-11-20 06:00, repeats FREQ=WEEKLY;BYDAY=MO,FR;BYHOUR=6,22",
    ),
    (
        "Pills [tomorrow] [p1] [every day at 9 and 17]",
        "Pills: due 2026-11-19 09:00, repeats FREQ=DAILY;BYHOUR=9,17, urgent",
    ),
    (
        "Pills [every day at 9am and noon for 2 weeks] [!15m]",
        "Pills: due 2026-11-18 12:00, repeats FREQ=DAILY;UNTIL=20261201;BYHOUR=9,12, "
        "reminder 15 min before",
    ),
    (
        "Pills [every day at 9am and 5pm] !8am",
        "Pills !8am: due 2026-11-18 17:00, repeats FREQ=DAILY;BYHOUR=9,17",
    ),
    (
        "Pills [every day] at 9:30am and 5pm",
        "Pills at 9:30am and 5pm: due 2026-11-18, repeats FREQ=DAILY",
    ),
    ("Pills [every day] at 9 and 5", "Pills at 9 and 5: due 2026-11-18, repeats FREQ=DAILY"),
    ("Pills [every day] at 9 and 10pm", "Pills at 9 and 10pm: due 2026-11-18, repeats FREQ=DAILY"),
    (
        "Pills [every day] at 9am or 5pm",
        "Pills at 9am or 5pm: due 2026-11-18, repeats FREQ=DAILY",
    ),
    (
        "Pills [every day] at 9am and 5pm to 6pm",
        "Pills at 9am and 5pm to 6pm: due 2026-11-18, repeats FREQ=DAILY",
    ),
    (
        "Pills [every day] at 9 and 10 friends come",
        "Pills at 9 and 10 friends come: due 2026-11-18, repeats FREQ=DAILY",
    ),
    (
        "Pills [every! day] at 9am and 5pm",
        "Pills at 9am and 5pm: due 2026-11-18, repeats FREQ=DAILY, from completion",
    ),
    (
        "Pay [every last workday] at 9am and 5pm",
        "Pay at 9am and 5pm: due 2026-11-30, repeats FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    ),
]

DAYS = ["tomorrow", "on the 27th", "jan 1", "next friday", "in 3 days", "today", "next month"]
TIMES = ["at 8", "at 18:00", "5pm"]
REPEATS = ["every day", "every week", "every! 2 weeks", "every month", "every 15th", "every mon"]


@pytest.mark.parametrize(("text", "expected"), TOGETHER)
def test_a_date_or_time_apart_belongs_to_the_repeat(text: str, expected: str) -> None:
    check(text, expected)


@pytest.mark.parametrize(("text", "expected"), APART)
def test_what_cannot_belong_to_the_repeat_stays_text(text: str, expected: str) -> None:
    check(text, expected)


@pytest.mark.parametrize(("text", "expected"), SEVERAL_TIMES)
def test_a_repeat_may_come_at_several_times(text: str, expected: str) -> None:
    check(text, expected)


@pytest.mark.parametrize(
    ("due", "repeat"),
    [
        *product([*DAYS, *TIMES], REPEATS),
        *product([f"{day} {time}" for day, time in product(DAYS, TIMES)], REPEATS),
    ],
)
def test_it_means_the_same_apart_and_side_by_side(due: str, repeat: str) -> None:
    expected = parse(f"Call Ann {due} {repeat}", context())
    for text in [
        f"{repeat}: call Ann {due}",
        f"{due}: call Ann {repeat}",
        f"Call Ann {due} p1 {repeat}",
        f"Call Ann {repeat} p1 {due}",
    ]:
        parsed = parse(text, context())
        assert _when(parsed) == _when(expected)
        kinds = sorted(span.kind for span in parsed.spans if span.kind != "priority")
        assert kinds == ["due", "recurrence"]
        for span in parsed.spans:
            if span.kind in {"due", "recurrence"}:
                alone = repeat if span.kind == "due" else due
                left = parse(text, context(), ignore=[(span.start, span.end)])
                assert _when(left) == _when(parse(f"Call Ann {alone}", context()))


def _when(parsed: Parsed) -> tuple[object, ...]:
    return parsed.due_date, parsed.due_at, parsed.rrule, parsed.anchor
