"""Repeats, with their times, starts and ends.

It is Wednesday 18 November 2026, 10:15 in Zurich. Brackets are around what is understood.
"""

import pytest

from core.tests.quick_add.reading import check

REPEATS = [
    ("Practice [starting jan 5] [every day]", "Practice: due 2027-01-05, repeats FREQ=DAILY"),
    ("Check [every hour starting tomorrow]", "Check: due 2026-11-19 09:00, repeats FREQ=HOURLY"),
    ("Check 9am [every day at 10am]", "Check 9am: due 2026-11-19 10:00, repeats FREQ=DAILY"),
    (
        "Review [every first monday of every 2 months]",
        "Review: due 2026-12-07, repeats FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO",
    ),
    ("Water plants [every day]", "Water plants: due 2026-11-18, repeats FREQ=DAILY"),
    ("Water plants [daily]", "Water plants: due 2026-11-18, repeats FREQ=DAILY"),
    ("Water plants [everyday]", "Water plants: due 2026-11-18, repeats FREQ=DAILY"),
    (
        "Water plants [every other day]",
        "Water plants: due 2026-11-18, repeats FREQ=DAILY;INTERVAL=2",
    ),
    ("Water plants [every 3 days]", "Water plants: due 2026-11-18, repeats FREQ=DAILY;INTERVAL=3"),
    (
        "Water plants [every three days]",
        "Water plants: due 2026-11-18, repeats FREQ=DAILY;INTERVAL=3",
    ),
    ("Water plants [every 2nd day]", "Water plants: due 2026-11-18, repeats FREQ=DAILY;INTERVAL=2"),
    (
        "Water plants [every weekday]",
        "Water plants: due 2026-11-18, repeats FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    ),
    (
        "Water plants [every workday]",
        "Water plants: due 2026-11-18, repeats FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    ),
    (
        "Water plants [on weekdays]",
        "Water plants: due 2026-11-18, repeats FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    ),
    ("Water plants [every weekend]", "Water plants: due 2026-11-21, repeats FREQ=WEEKLY;BYDAY=SA"),
    ("Water plants [on weekends]", "Water plants: due 2026-11-21, repeats FREQ=WEEKLY;BYDAY=SA,SU"),
    ("Water plants [every morning]", "Water plants: due 2026-11-19 09:00, repeats FREQ=DAILY"),
    ("Water plants [every afternoon]", "Water plants: due 2026-11-18 12:00, repeats FREQ=DAILY"),
    ("Water plants [every evening]", "Water plants: due 2026-11-18 19:00, repeats FREQ=DAILY"),
    ("Water plants [every night]", "Water plants: due 2026-11-18 22:00, repeats FREQ=DAILY"),
    ("Water plants [every morning at 7]", "Water plants: due 2026-11-19 07:00, repeats FREQ=DAILY"),
    ("Water plants [every evening at 8]", "Water plants: due 2026-11-18 20:00, repeats FREQ=DAILY"),
    ("Gym [every monday]", "Gym: due 2026-11-23, repeats FREQ=WEEKLY;BYDAY=MO"),
    ("Gym [every wednesday]", "Gym: due 2026-11-18, repeats FREQ=WEEKLY;BYDAY=WE"),
    ("Gym [every mon, wed and fri]", "Gym: due 2026-11-18, repeats FREQ=WEEKLY;BYDAY=MO,WE,FR"),
    ("Gym [every mon, wed, and fri]", "Gym: due 2026-11-18, repeats FREQ=WEEKLY;BYDAY=MO,WE,FR"),
    ("Gym [every mon wed fri]", "Gym: due 2026-11-18, repeats FREQ=WEEKLY;BYDAY=MO,WE,FR"),
    ("Gym [ev mon, fri]", "Gym: due 2026-11-20, repeats FREQ=WEEKLY;BYDAY=MO,FR"),
    ("Gym [ev mon/fri]", "Gym: due 2026-11-20, repeats FREQ=WEEKLY;BYDAY=MO,FR"),
    ("Gym [every mon-fri]", "Gym: due 2026-11-18, repeats FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
    (
        "Gym [every monday to friday]",
        "Gym: due 2026-11-18, repeats FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    ),
    ("Gym [each tuesday]", "Gym: due 2026-11-24, repeats FREQ=WEEKLY;BYDAY=TU"),
    ("Gym [on mondays]", "Gym: due 2026-11-23, repeats FREQ=WEEKLY;BYDAY=MO"),
    ("Gym [mondays and thursdays]", "Gym: due 2026-11-19, repeats FREQ=WEEKLY;BYDAY=MO,TH"),
    ("Gym [every other friday]", "Gym: due 2026-11-20, repeats FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
    ("Gym [every monday morning]", "Gym: due 2026-11-23 09:00, repeats FREQ=WEEKLY;BYDAY=MO"),
    (
        "Gym [every weekday morning at 7]",
        "Gym: due 2026-11-19 07:00, repeats FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    ),
    ("Gym [every week]", "Gym: due 2026-11-18, repeats FREQ=WEEKLY"),
    ("Gym [weekly]", "Gym: due 2026-11-18, repeats FREQ=WEEKLY"),
    ("Gym [weekly on tue]", "Gym: due 2026-11-24, repeats FREQ=WEEKLY;BYDAY=TU"),
    (
        "Gym [every other week on tuesday]",
        "Gym: due 2026-11-24, repeats FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
    ),
    (
        "Gym [every 2 weeks on tuesday and thursday]",
        "Gym: due 2026-11-19, repeats FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH",
    ),
    ("Gym [biweekly]", "Gym: due 2026-11-18, repeats FREQ=WEEKLY;INTERVAL=2"),
    ("Gym [fortnightly on friday]", "Gym: due 2026-11-20, repeats FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
    ("Rent [every month]", "Rent: due 2026-11-18, repeats FREQ=MONTHLY"),
    ("Rent [monthly]", "Rent: due 2026-11-18, repeats FREQ=MONTHLY"),
    ("Rent [every other month]", "Rent: due 2026-11-18, repeats FREQ=MONTHLY;INTERVAL=2"),
    ("Rent [every 6 months]", "Rent: due 2026-11-18, repeats FREQ=MONTHLY;INTERVAL=6"),
    ("Rent [every month on the 1st]", "Rent: due 2026-12-01, repeats FREQ=MONTHLY;BYMONTHDAY=1"),
    (
        "Rent [monthly on the 1st and 15th]",
        "Rent: due 2026-12-01, repeats FREQ=MONTHLY;BYMONTHDAY=1,15",
    ),
    ("Rent [every month on day 5]", "Rent: due 2026-12-05, repeats FREQ=MONTHLY;BYMONTHDAY=5"),
    (
        "Rent [every 3 months on the 15th]",
        "Rent: due 2026-12-15, repeats FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15",
    ),
    (
        "Rent [every month on the last day]",
        "Rent: due 2026-11-30, repeats FREQ=MONTHLY;BYMONTHDAY=-1",
    ),
    (
        "Rent [every month on the first monday]",
        "Rent: due 2026-12-07, repeats FREQ=MONTHLY;BYDAY=1MO",
    ),
    ("Rent [every 15th]", "Rent: due 2026-12-15, repeats FREQ=MONTHLY;BYMONTHDAY=15"),
    ("Rent [every 27]", "Rent: due 2026-11-27, repeats FREQ=MONTHLY;BYMONTHDAY=27"),
    ("Rent [every 1st and 15th]", "Rent: due 2026-12-01, repeats FREQ=MONTHLY;BYMONTHDAY=1,15"),
    ("Rent [every 2, 15, 27]", "Rent: due 2026-11-27, repeats FREQ=MONTHLY;BYMONTHDAY=2,15,27"),
    ("Rent [every last day]", "Rent: due 2026-11-30, repeats FREQ=MONTHLY;BYMONTHDAY=-1"),
    (
        "Rent [every last day of the month]",
        "Rent: due 2026-11-30, repeats FREQ=MONTHLY;BYMONTHDAY=-1",
    ),
    (
        "Rent [every 1st and last day of the month]",
        "Rent: due 2026-11-30, repeats FREQ=MONTHLY;BYMONTHDAY=1,-1",
    ),
    ("Rent [on the 1st of every month]", "Rent: due 2026-12-01, repeats FREQ=MONTHLY;BYMONTHDAY=1"),
    (
        "Rent [on the last friday of every 2 months]",
        "Rent: due 2026-11-27, repeats FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR",
    ),
    ("Rent [every 31st]", "Rent: due 2026-11-30, repeats FREQ=MONTHLY;BYMONTHDAY=-1"),
    (
        "Rent [every 30th]",
        "Rent: due 2026-11-30, repeats FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1",
    ),
    (
        "Rent [every 15th and 30th]",
        "Rent: due 2026-11-30, repeats "
        "RSCALE=GREGORIAN;FREQ=MONTHLY;BYMONTHDAY=15,30;SKIP=BACKWARD",
    ),
    ("Review [every last friday]", "Review: due 2026-11-27, repeats FREQ=MONTHLY;BYDAY=-1FR"),
    ("Review [every 3rd friday]", "Review: due 2026-11-20, repeats FREQ=MONTHLY;BYDAY=3FR"),
    (
        "Review [every first monday of the month]",
        "Review: due 2026-12-07, repeats FREQ=MONTHLY;BYDAY=1MO",
    ),
    (
        "Review [every 1st and 3rd monday]",
        "Review: due 2026-12-07, repeats FREQ=MONTHLY;BYDAY=1MO,3MO",
    ),
    (
        "Review [every 3rd tuesday jan, apr, jul]",
        "Review: due 2027-01-19, repeats FREQ=MONTHLY;BYMONTH=1,4,7;BYDAY=3TU",
    ),
    (
        "Review [every last friday of march and september]",
        "Review: due 2027-03-26, repeats FREQ=MONTHLY;BYMONTH=3,9;BYDAY=-1FR",
    ),
    (
        "Review [every first workday]",
        "Review: due 2026-12-01, repeats FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
    ),
    (
        "Review [every last workday of the month]",
        "Review: due 2026-11-30, repeats FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    ),
    ("Review [every quarter]", "Review: due 2026-11-18, repeats FREQ=MONTHLY;INTERVAL=3"),
    ("Review [quarterly]", "Review: due 2026-11-18, repeats FREQ=MONTHLY;INTERVAL=3"),
    ("Tax [every year]", "Tax: due 2026-11-18, repeats FREQ=YEARLY"),
    ("Tax [yearly]", "Tax: due 2026-11-18, repeats FREQ=YEARLY"),
    (
        "Tax [annually on apr 30]",
        "Tax: due 2027-04-30, repeats FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=30",
    ),
    (
        "Tax [every 2 years on the 5th of may]",
        "Tax: due 2027-05-05, repeats FREQ=YEARLY;INTERVAL=2;BYMONTH=5;BYMONTHDAY=5",
    ),
    ("Tax [every january]", "Tax: due 2027-01-01, repeats FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1"),
    (
        "Birthday [every jan 27]",
        "Birthday: due 2027-01-27, repeats FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=27",
    ),
    (
        "Birthday [every 27 jan]",
        "Birthday: due 2027-01-27, repeats FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=27",
    ),
    (
        "Birthday [every 27th of january]",
        "Birthday: due 2027-01-27, repeats FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=27",
    ),
    (
        "Birthday [every feb 29]",
        "Birthday: due 2027-02-28, repeats FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=-1",
    ),
    (
        "Feast [every 14 jan, 14 apr]",
        "Feast: due 2027-01-14, repeats FREQ=YEARLY;BYMONTH=1,4;BYMONTHDAY=14",
    ),
    (
        "Feast [every 14 jan, apr]",
        "Feast: due 2027-01-14, repeats FREQ=YEARLY;BYMONTH=1,4;BYMONTHDAY=14",
    ),
    ("Pills [every day at 9am]", "Pills: due 2026-11-19 09:00, repeats FREQ=DAILY"),
    ("Pills [9am every day]", "Pills: due 2026-11-19 09:00, repeats FREQ=DAILY"),
    ("Pills [at 9 every day]", "Pills: due 2026-11-19 09:00, repeats FREQ=DAILY"),
    ("Pills [every day 21:30]", "Pills: due 2026-11-18 21:30, repeats FREQ=DAILY"),
    (
        "Pills [every day at 9] with water",
        "Pills with water: due 2026-11-19 09:00, repeats FREQ=DAILY",
    ),
    ("[at 9am] take pills [every day]", "take pills: due 2026-11-19 09:00, repeats FREQ=DAILY"),
    ("Pills [every 12 hours]", "Pills: due 2026-11-18 22:15, repeats FREQ=HOURLY;INTERVAL=12"),
    (
        "Pills [every 12 hours starting at 7pm]",
        "Pills: due 2026-11-18 19:00, repeats FREQ=HOURLY;INTERVAL=12",
    ),
    ("Pills [every hour]", "Pills: due 2026-11-18 11:15, repeats FREQ=HOURLY"),
    ("Pills [every 30 minutes]", "Pills: due 2026-11-18 10:45, repeats FREQ=MINUTELY;INTERVAL=30"),
    (
        "Filter [every! 3 days]",
        "Filter: due 2026-11-18, repeats FREQ=DAILY;INTERVAL=3, from completion",
    ),
    ("Filter [every! month]", "Filter: due 2026-11-18, repeats FREQ=MONTHLY, from completion"),
    (
        "Filter [ev! other week]",
        "Filter: due 2026-11-18, repeats FREQ=WEEKLY;INTERVAL=2, from completion",
    ),
    (
        "Filter [after 10 days]",
        "Filter: due 2026-11-18, repeats FREQ=DAILY;INTERVAL=10, from completion",
    ),
    (
        "Practice [every day until dec 31]",
        "Practice: due 2026-11-18, repeats FREQ=DAILY;UNTIL=20261231",
    ),
    (
        "Practice [every day ending dec 31]",
        "Practice: due 2026-11-18, repeats FREQ=DAILY;UNTIL=20261231",
    ),
    (
        "Practice [every day til friday]",
        "Practice: due 2026-11-18, repeats FREQ=DAILY;UNTIL=20261120",
    ),
    (
        "Practice [every day for 3 weeks]",
        "Practice: due 2026-11-18, repeats FREQ=DAILY;UNTIL=20261208",
    ),
    (
        "Practice [every monday for 2 months]",
        "Practice: due 2026-11-23, repeats FREQ=WEEKLY;UNTIL=20270122;BYDAY=MO",
    ),
    ("Practice [every day for 5 times]", "Practice: due 2026-11-18, repeats FREQ=DAILY;COUNT=5"),
    (
        "Practice [every monday, 5 times]",
        "Practice: due 2026-11-23, repeats FREQ=WEEKLY;COUNT=5;BYDAY=MO",
    ),
    ("Practice [every day starting jan 5]", "Practice: due 2027-01-05, repeats FREQ=DAILY"),
    ("Practice [every day from jan 5]", "Practice: due 2027-01-05, repeats FREQ=DAILY"),
    (
        "Practice [every monday starting next week]",
        "Practice: due 2026-11-23, repeats FREQ=WEEKLY;BYDAY=MO",
    ),
    ("Practice [tomorrow every 3 days]", "Practice: due 2026-11-19, repeats FREQ=DAILY;INTERVAL=3"),
    (
        "Practice [every 3 days from tomorrow]",
        "Practice: due 2026-11-19, repeats FREQ=DAILY;INTERVAL=3",
    ),
    (
        "Practice [every 2 weeks starting next monday until mar 1 at 9am]",
        "Practice: due 2026-11-23 09:00, repeats FREQ=WEEKLY;INTERVAL=2;UNTIL=20270301",
    ),
    (
        "Practice [every other tues 7am starting 1 jan]",
        "Practice: due 2027-01-05 07:00, repeats FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
    ),
    (
        "Practice [every day at 10am starting Friday for 8 weeks]",
        "Practice: due 2026-11-20 10:00, repeats FREQ=DAILY;UNTIL=20270114",
    ),
    (
        "Practice [every day] 9am to 10am",
        "Practice 9am to 10am: due 2026-11-18, repeats FREQ=DAILY",
    ),
    ("Practice every day until 2020-01-01", "Practice every day until 2020-01-01"),
]


@pytest.mark.parametrize(("text", "expected"), REPEATS)
def test_a_repeat_is_understood(text: str, expected: str) -> None:
    check(text, expected)
