"""What has a sign of its own: `#list`, `@label`, `p1`, `!reminder`.

It is Wednesday 18 November 2026, 10:15 in Zurich. Brackets are around what is understood.
"""

import pytest

from core.tests.quick_add.reading import check

SIGNS = [
    ('Read "see #Home @x" [today]', 'Read "see #Home @x": due 2026-11-18'),
    ("Thesis [starting jan 5] [due feb 1]", "Thesis: due 2027-02-01, starts 2027-01-05"),
    ("Thesis [start jan 5]", "Thesis: starts 2027-01-05"),
    ("Thesis starting dec 5 [due nov 30]", "Thesis starting dec 5: due 2026-11-30"),
    (
        "Pay rent [every month on the 1st at 9am] [#Home] [@bills] [p1] [!30m]",
        "Pay rent: due 2026-12-01 09:00, repeats FREQ=MONTHLY;BYMONTHDAY=1, urgent, "
        "list Home, label bills, reminder 30 min before",
    ),
    ("Fix door [#home]", "Fix door: list Home"),
    ("Fix door [#Home office]", "Fix door: list Home office"),
    ("Fix door [#HOME OFFICE] [today]", "Fix door: due 2026-11-18, list Home office"),
    ("[#Work] call Ann", "call Ann: list Work"),
    ("Fix door [#Home], then paint", "Fix door, then paint: list Home"),
    ("Fix door ([#Home])", "Fix door: list Home"),
    ("Fix door #Home [#Work]", "Fix door #Home: list Work"),
    ("Call Ann [@phone]", "Call Ann: label phone"),
    ("Call Ann [@phone] [@Work-2] [@to_do]", "Call Ann: label phone, label Work-2, label to_do"),
    ("Call Ann [@phone] [@Phone]", "Call Ann: label phone"),
    ("Call Ann [@büro] [@звонки] [@電話]", "Call Ann: label büro, label звонки, label 電話"),
    ("Call Ann [@🏠] [@15min]", "Call Ann: label 🏠, label 15min"),
    ("Call Ann [@phone], then Bob", "Call Ann, then Bob: label phone"),
    ("Call Ann [@7pm]", "Call Ann: label 7pm"),
    ("Call Ann [p1]", "Call Ann: urgent"),
    ("Call Ann [p2]", "Call Ann: high"),
    ("Call Ann [P3]", "Call Ann: medium"),
    ("Call Ann [p4] now", "Call Ann now: low"),
    ("[p1] call Ann", "call Ann: urgent"),
    ("Call Ann [at 9] [p1]", "Call Ann: due 2026-11-19 09:00, urgent"),
    ("Call Ann [on the 27th] [p1] soon", "Call Ann soon: due 2026-11-27, urgent"),
    ("Call Ann p1 [p3]", "Call Ann p1: medium"),
    ("Dentist [tomorrow 3pm] [!30m]", "Dentist: due 2026-11-19 15:00, reminder 30 min before"),
    ("Dentist [tomorrow 3pm] [!1h]", "Dentist: due 2026-11-19 15:00, reminder 60 min before"),
    ("Dentist [tomorrow 3pm] [!1h30m]", "Dentist: due 2026-11-19 15:00, reminder 90 min before"),
    ("Dentist [tomorrow 3pm] [!1d]", "Dentist: due 2026-11-19 15:00, reminder 1440 min before"),
    ("Dentist [jan 27] [!1w]", "Dentist: due 2027-01-27, reminder 10080 min before"),
    ("Dentist [tomorrow 3pm] [!2 hours]", "Dentist: due 2026-11-19 15:00, reminder 120 min before"),
    (
        "Dentist [tomorrow 3pm] [!30 min before]",
        "Dentist: due 2026-11-19 15:00, reminder 30 min before",
    ),
    ("Dentist [tomorrow 3pm] [!0m]", "Dentist: due 2026-11-19 15:00, reminder 0 min before"),
    (
        "Dentist [tomorrow 3pm] [!1d] [!1h]",
        "Dentist: due 2026-11-19 15:00, reminder 1440 min before, reminder 60 min before",
    ),
    ("Dentist [tomorrow] [!30m]", "Dentist: due 2026-11-19, reminder 30 min before"),
    ("Dentist [!30m] [tomorrow 3pm]", "Dentist: due 2026-11-19 15:00, reminder 30 min before"),
    ("Dentist [!tomorrow 9am]", "Dentist: reminder 2026-11-19 09:00"),
    ("Dentist [!tomorrow]", "Dentist: reminder 2026-11-19 09:00"),
    ("Dentist [!9am]", "Dentist: reminder 2026-11-19 09:00"),
    ("Dentist [!at 18:00]", "Dentist: reminder 2026-11-18 18:00"),
    ("Dentist [!in 2 hours]", "Dentist: reminder 2026-11-18 12:15"),
    ("Dentist [friday] [!9am]", "Dentist: due 2026-11-20, reminder 2026-11-20 09:00"),
    (
        "Dentist [friday 2pm] [!at 13:00]",
        "Dentist: due 2026-11-20 14:00, reminder 2026-11-20 13:00",
    ),
    (
        "Dentist [friday 2pm] [!thursday 6pm]",
        "Dentist: due 2026-11-20 14:00, reminder 2026-11-19 18:00",
    ),
    (
        "Pills [every day at 10:00] [!9am]",
        "Pills: due 2026-11-19 10:00, repeats FREQ=DAILY, reminder 60 min before",
    ),
    (
        "Pills [every day at 10:00] [!15m]",
        "Pills: due 2026-11-19 10:00, repeats FREQ=DAILY, reminder 15 min before",
    ),
    (
        "Pills [every day] [!8am]",
        "Pills: due 2026-11-18, repeats FREQ=DAILY, reminder 60 min before",
    ),
    (
        "Call Ann [friday] [p2] [#Work] [@deep] [9am] [!15m]",
        "Call Ann: due 2026-11-20 09:00, high, list Work, label deep, reminder 15 min before",
    ),
    ("Dentist !30m", "Dentist !30m"),
    ("Call [in 20 minutes] [!15m]", "Call: due 2026-11-18 10:35, reminder 15 min before"),
    ("Call [in 20 minutes] !30m", "Call !30m: due 2026-11-18 10:35"),
    ("Dentist [today] !30m", "Dentist !30m: due 2026-11-18"),
    (
        "Pills [every day] [!2h]",
        "Pills: due 2026-11-18, repeats FREQ=DAILY, reminder 120 min before",
    ),
    ("Dentist [tomorrow 3pm] !9999h", "Dentist !9999h: due 2026-11-19 15:00"),
    ("Pills [every day] !18:00", "Pills !18:00: due 2026-11-18, repeats FREQ=DAILY"),
    ("Dentist [tomorrow] !!30m", "Dentist !!30m: due 2026-11-19"),
    ("Dentist [tomorrow] !important", "Dentist !important: due 2026-11-19"),
    ("Dentist [tomorrow] !", "Dentist !: due 2026-11-19"),
    ("Dentist [tomorrow] !!!", "Dentist !!!: due 2026-11-19"),
    ("Dentist [today] !9am", "Dentist !9am: due 2026-11-18"),
]


@pytest.mark.parametrize(("text", "expected"), SIGNS)
def test_a_sign_is_understood(text: str, expected: str) -> None:
    check(text, expected)
