"""Repeats with days left out, adverbs before a time, days of one month, counted from completion.

It is Wednesday 18 November 2026, 10:15 in Zurich. Brackets are around what is understood.
"""

import pytest

from core.tests.quick_add.reading import check

REPEATS = [
    (
        "[Every day except monday] water",
        "water: due 2026-11-18, repeats FREQ=WEEKLY;BYDAY=TU,WE,TH,FR,SA,SU",
    ),
    (
        "Run [on weekdays at 7 except on friday]",
        "Run: due 2026-11-19 07:00, repeats FREQ=WEEKLY;BYDAY=MO,TU,WE,TH",
    ),
    (
        "Run [daily, not on saturdays and sundays, until dec 31]",
        "Run: due 2026-11-18, repeats FREQ=WEEKLY;UNTIL=20261231;BYDAY=MO,TU,WE,TH,FR",
    ),
    (
        "Run [every day at 9am and 5pm except weekends]",
        "Run: due 2026-11-18 17:00, repeats FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,17",
    ),
    ("Clean [every day] but slowly", "Clean but slowly: due 2026-11-18, repeats FREQ=DAILY"),
    ("Standup [daily 9am]", "Standup: due 2026-11-19 09:00, repeats FREQ=DAILY"),
    ("Wake up [everyday 6am]", "Wake up: due 2026-11-19 06:00, repeats FREQ=DAILY"),
    ("Take meds [daily 8:00] [p1]", "Take meds: due 2026-11-19 08:00, repeats FREQ=DAILY, urgent"),
    (
        "Take meds [daily 9am and 5pm]",
        "Take meds: due 2026-11-18 17:00, repeats FREQ=DAILY;BYHOUR=9,17",
    ),
    ("Sync [weekly mon 9am]", "Sync: due 2026-11-23 09:00, repeats FREQ=WEEKLY;BYDAY=MO"),
    ("Report [weekly friday]", "Report: due 2026-11-20, repeats FREQ=WEEKLY;BYDAY=FR"),
    ("Rent [monthly 1st 9am]", "Rent: due 2026-12-01 09:00, repeats FREQ=MONTHLY;BYMONTHDAY=1"),
    ("Bill [monthly 15th]", "Bill: due 2026-12-15, repeats FREQ=MONTHLY;BYMONTHDAY=15"),
    ("Study [daily] 2h", "Study 2h: due 2026-11-18, repeats FREQ=DAILY"),
    (
        "Vacuum [every 10 days after completion at 9am]",
        "Vacuum: due 2026-11-19 09:00, repeats FREQ=DAILY;INTERVAL=10, from completion",
    ),
    (
        "Vacuum [every 3 months from completion]",
        "Vacuum: due 2026-11-18, repeats FREQ=MONTHLY;INTERVAL=3, from completion",
    ),
    (
        "Report [every 2nd friday of june]",
        "Report: due 2027-06-11, repeats FREQ=YEARLY;BYMONTH=6;BYDAY=2FR",
    ),
    (
        "Report [every 2 years on the fourth monday of june]",
        "Report: due 2027-06-28, repeats FREQ=YEARLY;INTERVAL=2;BYMONTH=6;BYDAY=4MO",
    ),
    ("Pay [on the first of every month]", "Pay: due 2026-12-01, repeats FREQ=MONTHLY;BYMONTHDAY=1"),
]


@pytest.mark.parametrize(("text", "expected"), REPEATS)
def test_a_repeat_is_understood_as_it_is_said(text: str, expected: str) -> None:
    check(text, expected)
