"""What looks like something and is not: it stays in the title."""

import pytest

from core.tests.quick_add.reading import context
from taskbell.quick_add import Parsed, parse
from taskbell.quick_add.titles import tidied

TEXTS = """
    Buy 2 apples
    Buy 5 kg of flour
    Read 1984
    Read 1984 by George Orwell
    May I come in
    Things that may or may not happen
    Invite 20 as 10 may come
    Buy sun cream
    Sit in the sun
    Call mon ami
    Look where he sat
    Fix sat nav
    We march on
    march 10 miles
    Call Jan 5 times
    Ask April about money
    Write a second draft
    Wait a second
    Give 5 to 7 people a call
    Watch High Noon
    Go to midnight mass
    Write morning pages
    Sort the evening photos
    Prepare the 9am meeting
    Call Tom
    call tom
    Mail tom about it
    email a@b.c about C#
    Learn C# and F#
    See https://example.org/x#frag now
    See https://example.org/2027-01-27,tomorrow
    See www.example.org/today
    Look into C:\\today
    Fix issue #42
    #1 thing to do
    Sort #unknown things
    Deploy p2p network
    Read p5 and p11
    Wow!
    Wow !!! great
    Read a ! b
    This is !important
    Read The 5th Wave
    Read The 9/11 Report
    Renovation - 2nd Floor Bath
    Delete mails up to january 30th
    Buy 1/2 cup of sugar
    Eat 1/2 and share
    Read chapter 3/4
    Do step 1/2
    Install version 2.1.
    Offer support 24/7
    Set ratio 16:9
    Prepare Monday's agenda
    Read today's news
    Hunt Black Friday deals
    Plan Good Friday lunch
    Watch Super Bowl at TGI Fridays
    Review "Next Friday" tonight's film
    Read “every day” again
    Gym monday or friday
    Gym tomorrow or friday
    Trip monday to friday
    Off jan 27 and 28
    Meeting 2pm-3pm
    Meeting 9am to 10am
    Meeting 9-10am
    Sort mails since monday 9am
    Write up the notes of monday at 9am
    Sort last friday's notes
    Sort notes of last friday
    Log what happened 3 days ago
    Log yesterday
    Holiday for 3 weeks
    Pause until dec 31
    Photos from 27 jan
    Reply to monday email
    Move it to friday
    Party fri 28 nov
    Party friday, 28 nov
    Go in january
    Visit Paris in spring
    Meet at 9 Downing Street
    Look at 3 flats
    Wait 5 days
    Run 5k 3 times
    Take twice daily pills
    Read the daily
    Create monthly report
    Weekly review
    Meds daily morning and evening
    Read daily mail
    Study 2h
    Lunch 1h
    Ping Joe 1h
    Sleep for 8h
    Run every day except when it rains at 9am
    Run every day except sunday and holidays tomorrow
    Run 6am every day except xmas !30m
    Run every day in the park at 9am except sundays
    Run every day (except sunday)
    Run, not on mondays, every week
    Except on sundays, run every day
    Run every day except sunday morning
    Run every day except friday 27 nov
    Run every! day except sunday
    Run every monday except monday
    Run every 2 days but not on sunday
    Pay every month but december
    Report every year on the last friday
    Backup end of every quarter on friday
    Ping in a day and a half
    Ping in 2 weeks and 3 days
    Close by end of week
    Close eow
    Prepare weekly review
    Plan weekend trip
    Prepare end of month report
    Leaders of tomorrow
    Thesis starting monday 9am
    Read mid week
    Pay by the end of the day
    Meet the first monday of may
    Feast every 7th monday
    Feast every 30 feb
    Upgrade to 2.1
    Upgrade 2.1
    Practice every day until 2020-01-01, not more
    Practice every 500 years
    everyone is here
    Tell everybody
    Check every single thing
    Ask every one of them
    Eat every 5th apple
    Give every 2 children a cake
    Love each other
    Enjoy every minute
    Pay 31/2
    Pay on 30 feb
    Pay jan 32
    Pay 2027-02-30
    Pay 13/14/2027
    Come at 25:00
    Come at 24
    Come 13pm
    Come 0am
    Come in 9999 years
    Come 99th
    Do it in 0 days
    Call +41 44 123 45 67
    Order item 12-11
    Email bob@home.example about @
    Practice every day until 2020-01-01
    Dentist !30m
    Label @home/garden
    Label @-
""".strip().splitlines()
ALONE = [
    "tomorrow",
    "tomorrow!",
    "every day at 9",
    "p1",
    "#Home",
    "@home",
    "#Home @home p1 today",
    "",
]


@pytest.mark.parametrize("text", [line.strip() for line in TEXTS])
def test_what_only_looks_like_something_stays_text(text: str) -> None:
    assert parse(text, context()) == Parsed(title=text)


@pytest.mark.parametrize("text", ALONE)
def test_a_text_that_would_leave_no_title_is_the_title(text: str) -> None:
    assert parse(text, context()) == Parsed(title=text)


def test_white_space_is_tidied_in_any_case() -> None:
    assert parse("  Buy \t milk\n", context()) == Parsed(title="Buy milk")
    assert parse("Buy   milk  tomorrow  please ", context()).title == "Buy milk please"
    assert tidied("\n") == ""
