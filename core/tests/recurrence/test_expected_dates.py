"""Rules and the dates that a calendar on the wall gives for them.

Those from 1997 and 1998 are the examples of RFC 5545, §3.8.5.3, as it answers them.
"""

import pytest

from core.tests.recurrence.series import first, one_by_one, slot, written
from taskbell.recurrence.rules import Rule

# rule, start, the slots that follow it; "." ends a series that is over
CASES = {
    # days
    "every day": ("FREQ=DAILY", "2026-12-30", "2026-12-31 2027-01-01 2027-01-02"),
    "every day over a leap day": ("FREQ=DAILY", "2028-02-27", "2028-02-28 2028-02-29 2028-03-01"),
    "every other day": ("FREQ=DAILY;INTERVAL=2", "2026-02-26", "2026-02-28 2026-03-02"),
    "every 10 days, 5 times": (
        "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02",
        "1997-09-12 1997-09-22 1997-10-02 1997-10-12 .",
    ),
    "every 100 days": ("FREQ=DAILY;INTERVAL=100", "2026-01-01", "2026-04-11 2026-07-20 2026-10-28"),
    "every day in January": (
        "FREQ=DAILY;BYMONTH=1", "2026-01-30", "2026-01-31 2027-01-01 2027-01-02",
    ),
    "working days": (
        "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "2026-11-19", "2026-11-20 2026-11-23 2026-11-24",
    ),
    "every third day, where it is a Monday": (
        "FREQ=DAILY;INTERVAL=3;BYDAY=MO", "2026-01-05", "2026-01-26 2026-02-16 2026-03-09",
    ),
    "every Friday the 13th, by the day": (
        "FREQ=DAILY;BYDAY=FR;BYMONTHDAY=13", "2026-02-13", "2026-03-13 2026-11-13 2027-08-13",
    ),
    # weeks
    "every week": ("FREQ=WEEKLY", "2026-12-24", "2026-12-31 2027-01-07"),
    "weekdays of the week": (
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-11-19", "2026-11-20 2026-11-23",
    ),
    "weekends": ("FREQ=WEEKLY;BYDAY=SA,SU", "2026-11-21", "2026-11-22 2026-11-28 2026-11-29"),
    "Tuesday and Thursday for five weeks": (
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "1997-09-02 09:00",
        "1997-09-04 09:00 1997-09-09 09:00 1997-09-11 09:00 1997-09-16 09:00 1997-09-18 09:00 "
        "1997-09-23 09:00 1997-09-25 09:00 1997-09-30 09:00 1997-10-02 09:00 .",
    ),
    "every 2 weeks on Monday and Wednesday": (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "2026-01-05",
        "2026-01-07 2026-01-19 2026-01-21 2026-02-02",
    ),
    "every 2 weeks on Monday and Wednesday, from a Wednesday": (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "2026-01-07", "2026-01-19 2026-01-21 2026-02-02",
    ),
    "every other week on Monday, Wednesday and Friday": (
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR", "1997-09-01",
        "1997-09-03 1997-09-05 1997-09-15 1997-09-17 1997-09-19 1997-09-29 1997-10-01 1997-10-03",
    ),
    "every other week on Tuesday and Thursday, 8 times": (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997-09-02",
        "1997-09-04 1997-09-16 1997-09-18 1997-09-30 1997-10-02 1997-10-14 1997-10-16 .",
    ),
    "weeks that begin on Monday": (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05",
        "1997-08-10 1997-08-19 1997-08-24 .",
    ),
    "weeks that begin on Sunday": (
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05",
        "1997-08-17 1997-08-19 1997-08-31 .",
    ),
    "the last weekday of a set in each week": (
        "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1", "2026-01-09", "2026-01-16 2026-01-23",
    ),
    "the first of a set, from the middle of a week": (
        "FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=1;WKST=WE", "2024-11-13", "2024-11-20 2024-11-27",
    ),
    "every week of March": (
        "FREQ=WEEKLY;BYMONTH=3;BYDAY=MO", "2026-03-23", "2026-03-30 2027-03-01 2027-03-08",
    ),
    # months
    "every month": ("FREQ=MONTHLY", "2026-11-15", "2026-12-15 2027-01-15 2027-02-15"),
    "every month on the 31st it began on": (
        "FREQ=MONTHLY", "2026-01-31",
        "2026-02-28 2026-03-31 2026-04-30 2026-05-31 2026-06-30 2026-07-31",
    ),
    "every month from the 30th": (
        "FREQ=MONTHLY", "2026-01-30", "2026-02-28 2026-03-30 2026-04-30",
    ),
    "every month from the 29th over a leap year": (
        "FREQ=MONTHLY", "2027-12-29", "2028-01-29 2028-02-29 2028-03-29",
    ),
    "every month from the 29th": ("FREQ=MONTHLY", "2026-12-29", "2027-01-29 2027-02-28 2027-03-29"),
    "every quarter from the 31st": (
        "FREQ=MONTHLY;INTERVAL=3", "2026-01-31", "2026-04-30 2026-07-31 2026-10-31 2027-01-31",
    ),
    "from 28 February stays on the 28th": ("FREQ=MONTHLY", "2026-02-28", "2026-03-28 2026-04-28"),
    "on the 31st where it is written": (
        "FREQ=MONTHLY;BYMONTHDAY=31", "2026-01-31", "2026-03-31 2026-05-31 2026-07-31 2026-08-31",
    ),
    "on the 31st or the last day": (
        "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD", "2026-01-31",
        "2026-02-28 2026-03-31 2026-04-30",
    ),
    "on the 31st or the day after": (
        "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=FORWARD", "2026-01-31",
        "2026-03-01 2026-03-31 2026-05-01 2026-05-31",
    ),
    "on the 1st and the 31st or the day after": (
        "FREQ=MONTHLY;BYMONTHDAY=1,31;SKIP=FORWARD", "2026-03-31",
        "2026-04-01 2026-05-01 2026-05-31 2026-06-01 2026-07-01",
    ),
    "the 29th, 30th and 31st or the last day are one in February": (
        "FREQ=MONTHLY;BYMONTHDAY=29,30,31;SKIP=BACKWARD", "2026-01-31",
        "2026-02-28 2026-03-29 2026-03-30 2026-03-31 2026-04-29 2026-04-30",
    ),
    "from the 31st, short months left out": (
        "FREQ=MONTHLY;SKIP=OMIT", "2026-01-31", "2026-03-31 2026-05-31",
    ),
    "the last day": (
        "FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", "2026-02-28 2026-03-31 2026-04-30",
    ),
    "the third last day": (
        "FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28",
        "1997-10-29 1997-11-28 1997-12-29 1998-01-29 1998-02-26",
    ),
    "the 1st and the last": (
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "1997-09-30",
        "1997-10-01 1997-10-31 1997-11-01 1997-11-30 1997-12-01 1997-12-31 1998-01-01 1998-01-31 "
        "1998-02-01 .",
    ),
    "the 10th to 15th, every 18 months": (
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "1997-09-10",
        "1997-09-11 1997-09-12 1997-09-13 1997-09-14 1997-09-15 1999-03-10 1999-03-11 1999-03-12 "
        "1999-03-13 .",
    ),
    "last Friday": (
        "FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30", "2026-02-27 2026-03-27 2026-04-24 2026-05-29",
    ),
    "first Friday, 10 times": (
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", "1997-09-05",
        "1997-10-03 1997-11-07 1997-12-05 1998-01-02 1998-02-06 1998-03-06 1998-04-03 1998-05-01 "
        "1998-06-05 .",
    ),
    "first and last Sunday of every other month": (
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "1997-09-07",
        "1997-09-28 1997-11-02 1997-11-30 1998-01-04 1998-01-25 1998-03-01 1998-03-29 1998-05-03 "
        "1998-05-31 .",
    ),
    "second last Monday": (
        "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997-09-22",
        "1997-10-20 1997-11-17 1997-12-22 1998-01-19 1998-02-16 .",
    ),
    "fifth Friday": ("FREQ=MONTHLY;BYDAY=5FR", "2026-01-30", "2026-05-29 2026-07-31 2026-10-30"),
    "all Tuesdays of every other month": (
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "1997-09-02",
        "1997-09-09 1997-09-16 1997-09-23 1997-09-30 1997-11-04 1997-11-11 1997-11-18 1997-11-25 "
        "1998-01-06",
    ),
    "Mondays and the last Friday": (
        "FREQ=MONTHLY;BYDAY=MO,-1FR", "2026-01-26", "2026-01-30 2026-02-02 2026-02-09 2026-02-16",
    ),
    "Friday the 13th": (
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998-02-13",
        "1998-03-13 1998-11-13 1999-08-13 2000-10-13",
    ),
    "the first Saturday after the first Sunday": (
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997-09-13",
        "1997-10-11 1997-11-08 1997-12-13 1998-01-10 1998-02-07 1998-03-07 1998-04-11 1998-05-09",
    ),
    "last working day": (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-01-30",
        "2026-02-27 2026-03-31 2026-04-30 2026-05-29",
    ),
    "second last working day": (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29",
        "1997-10-30 1997-11-27 1997-12-30 1998-01-29 1998-02-26 1998-03-30",
    ),
    "the third of Tuesday, Wednesday and Thursday": (
        "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04", "1997-10-07 1997-11-06 .",
    ),
    "the first and the last working day": (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1", "2026-01-30",
        "2026-02-02 2026-02-27 2026-03-02 2026-03-31",
    ),
    "every month of the summer": (
        "FREQ=MONTHLY;BYMONTH=6,7,8", "2026-07-31", "2026-08-31 2027-06-30 2027-07-31",
    ),
    # years
    "every year": ("FREQ=YEARLY", "2026-11-20", "2027-11-20 2028-11-20"),
    "29 February every year": (
        "FREQ=YEARLY", "2024-02-29", "2025-02-28 2026-02-28 2027-02-28 2028-02-29",
    ),
    "29 February where there is one": (
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2024-02-29", "2028-02-29 2032-02-29",
    ),
    "29 February where there is one, over 2100": (
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2096-02-29", "2104-02-29",
    ),
    "29 February or 1 March": (
        "FREQ=YEARLY;SKIP=FORWARD", "2024-02-29", "2025-03-01 2026-03-01 2027-03-01 2028-02-29",
    ),
    "every year in June and July": (
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997-06-10",
        "1997-07-10 1998-06-10 1998-07-10 1999-06-10 1999-07-10 2000-06-10 2000-07-10 2001-06-10 "
        "2001-07-10 .",
    ),
    "the last day of each quarter": (
        "FREQ=YEARLY;BYMONTH=3,6,9,12", "2026-03-31", "2026-06-30 2026-09-30 2026-12-31 2027-03-31",
    ),
    "every other year in the first months": (
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "1997-03-10",
        "1999-01-10 1999-02-10 1999-03-10 2001-01-10 2001-02-10 2001-03-10 2003-01-10 2003-02-10 "
        "2003-03-10 .",
    ),
    "days by number, every third year": (
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "1997-01-01",
        "1997-04-10 1997-07-19 2000-01-01 2000-04-09 2000-07-18 2003-01-01 2003-04-10 2003-07-19 "
        "2006-01-01 .",
    ),
    "the last day by number": (
        "FREQ=YEARLY;BYYEARDAY=-1", "2026-12-31", "2027-12-31 2028-12-31",
    ),
    "day 366": ("FREQ=YEARLY;BYYEARDAY=366", "2024-12-31", "2028-12-31 2032-12-31"),
    "the 20th Monday of the year": (
        "FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "1998-05-18 1999-05-17",
    ),
    "Monday of week 20": (
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12", "1998-05-11 1999-05-17",
    ),
    "week 20 on the weekday it began on": (
        "FREQ=YEARLY;BYWEEKNO=20", "1997-05-12", "1998-05-11 1999-05-17",
    ),
    "Monday of week 1 is before New Year": (
        "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "2024-01-01", "2024-12-30 2025-12-29 2027-01-04",
    ),
    "week 53": (
        "FREQ=YEARLY;BYWEEKNO=53;BYDAY=SA", "2021-01-02", "2027-01-02 2033-01-01 2038-01-02",
    ),
    "the last week, the weekend of it": (
        "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU", "2026-01-04", "2027-01-03 2028-01-02 2028-12-31",
    ),
    "week 52 in a January": (
        "FREQ=YEARLY;BYWEEKNO=52;BYDAY=SA,SU", "2010-12-26", "2011-01-01 2011-01-02 2011-12-31",
    ),
    "every other year of weeks": (
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO", "2024-12-30", "2027-01-04 2029-01-01",
    ),
    "Thursdays in March": (
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13", "1997-03-20 1997-03-27 1998-03-05",
    ),
    "fourth Thursday of November": (
        "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2025-11-27", "2026-11-26 2027-11-25",
    ),
    "election day": (
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996-11-05",
        "2000-11-07 2004-11-02 2008-11-04",
    ),
    "the last working day of the year": (
        "FREQ=YEARLY;BYMONTH=12;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-12-31",
        "2027-12-31 2028-12-29",
    ),
    "the second Sunday of May": (
        "FREQ=YEARLY;BYMONTH=5;BYDAY=2SU", "2026-05-10", "2027-05-09 2028-05-14",
    ),
    "every 1st and 15th, by the year": (
        "FREQ=YEARLY;BYMONTHDAY=1,15", "2026-11-15", "2026-12-01 2026-12-15 2027-01-01",
    ),
    "a day that two parts of a year lead to is one of its days": (
        "FREQ=YEARLY;BYMONTH=2,3;BYMONTHDAY=1,30;SKIP=FORWARD;BYSETPOS=2,3", "2026-03-01",
        "2026-03-30 2027-03-01 2027-03-30",
    ),
    # times
    "every day at a time": ("FREQ=DAILY", "2026-11-20 09:00", "2026-11-21 09:00 2026-11-22 09:00"),
    "twice a day": (
        "FREQ=DAILY;BYHOUR=8,20", "2026-11-20 08:30",
        "2026-11-20 20:30 2026-11-21 08:30 2026-11-21 20:30",
    ),
    "weekly at other minutes": (
        "FREQ=WEEKLY;BYDAY=FR;BYHOUR=9;BYMINUTE=0,40", "2026-11-20 09:00",
        "2026-11-20 09:40 2026-11-27 09:00",
    ),
    "the last time of a day": (
        "FREQ=DAILY;BYHOUR=8,12,20;BYSETPOS=-1", "2026-11-20 20:00", "2026-11-21 20:00",
    ),
    "the last moment of a month": (
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=8,16;BYSETPOS=-1", "2026-10-30 16:00",
        "2026-11-30 16:00 2026-12-31 16:00",
    ),
    "every 3 hours until five": (
        "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000", "1997-09-02 09:00",
        "1997-09-02 12:00 1997-09-02 15:00 .",
    ),
    "every 5 hours over midnight": (
        "FREQ=HOURLY;INTERVAL=5", "2026-11-20 17:45", "2026-11-20 22:45 2026-11-21 03:45",
    ),
    "every hour of office days": (
        "FREQ=HOURLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9,10,11", "2026-11-20 10:00",
        "2026-11-20 11:00 2026-11-23 09:00",
    ),
    "every hour at two minutes": (
        "FREQ=HOURLY;BYMINUTE=0,30", "2026-11-20 22:30",
        "2026-11-20 23:00 2026-11-20 23:30 2026-11-21 00:00",
    ),
    "every 15 minutes, 6 times": (
        "FREQ=MINUTELY;INTERVAL=15;COUNT=6", "1997-09-02 09:00",
        "1997-09-02 09:15 1997-09-02 09:30 1997-09-02 09:45 1997-09-02 10:00 1997-09-02 10:15 .",
    ),
    "every hour and a half, 4 times": (
        "FREQ=MINUTELY;INTERVAL=90;COUNT=4", "1997-09-02 09:00",
        "1997-09-02 10:30 1997-09-02 12:00 1997-09-02 13:30 .",
    ),
    "every 20 minutes by day": (
        "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10", "1997-09-02 10:20",
        "1997-09-02 10:40 1997-09-03 09:00 1997-09-03 09:20",
    ),
    "every 1441 minutes": (
        "FREQ=MINUTELY;INTERVAL=1441", "2026-11-20 23:58",
        "2026-11-21 23:59 2026-11-23 00:00 2026-11-24 00:01",
    ),
    # ends
    "until a date, that day too": (
        "FREQ=DAILY;UNTIL=20261122", "2026-11-20", "2026-11-21 2026-11-22 .",
    ),
    "until a date, late on that day": (
        "FREQ=DAILY;UNTIL=20261122", "2026-11-20 23:59", "2026-11-21 23:59 2026-11-22 23:59 .",
    ),
    "until a local time, that moment too": (
        "FREQ=DAILY;UNTIL=20261122T090000", "2026-11-20 09:00",
        "2026-11-21 09:00 2026-11-22 09:00 .",
    ),
    "until before that moment": (
        "FREQ=DAILY;UNTIL=20261122T085959", "2026-11-20 09:00", "2026-11-21 09:00 .",
    ),
    "dates until a local time": (
        "FREQ=DAILY;UNTIL=20261122T000000", "2026-11-20", "2026-11-21 2026-11-22 .",
    ),
    "once": ("FREQ=DAILY;COUNT=1", "2026-11-20", "."),
    "until the day it begins": ("FREQ=DAILY;UNTIL=20261120", "2026-11-20", "."),
    "a start that does not match is the first of its count": (
        "FREQ=WEEKLY;BYDAY=MO;COUNT=3", "2026-11-18", "2026-11-23 2026-11-30 .",
    ),
    "the end of time": ("FREQ=DAILY", "2199-12-30", "2199-12-31 ."),
}  # fmt: skip


@pytest.mark.parametrize(("rule", "start", "following"), CASES.values(), ids=CASES)
def test_a_rule_gives_the_dates_of_the_calendar(rule: str, start: str, following: str) -> None:
    over = following.endswith(".")
    words = following.rstrip(" .").split(" ") if following != "." else []
    if ":" in start:
        words = [" ".join(pair) for pair in zip(words[::2], words[1::2], strict=True)]
    expected = [start, *words]
    # one more than expected, where nothing may follow
    assert first(len(expected) + over, rule, start) == expected


@pytest.mark.parametrize(("rule", "start", "following"), CASES.values(), ids=CASES)
def test_each_next_one_asked_for_alone_is_the_same(rule: str, start: str, following: str) -> None:
    number = following.count("-") // 2 + 1
    alone = list(one_by_one(Rule.parse(rule), slot(start), number))
    assert written(alone) == first(number, rule, start)
