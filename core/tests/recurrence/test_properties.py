"""What holds for every rule, start and zone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.tests.recurrence.made import rules
from core.tests.recurrence.series import one_by_one
from core.tests.recurrence.zones import ZONES, Change, changes
from taskbell.recurrence.rules import Rule
from taskbell.recurrence.series import next_from_completion, next_slot, upcoming
from taskbell.recurrence.slots import Slot, instant_of, today

DAY = timedelta(days=1)


@st.composite
def series(draw: st.DrawFn) -> tuple[Rule, Slot, str]:
    """A rule, a start that suits it, often near a change of the zone, and the zone."""
    zone = draw(st.sampled_from(ZONES))
    timed = draw(st.booleans())
    rule = Rule.parse(draw(rules(timed=timed)))
    day = draw(st.dates(date(2024, 1, 1), date(2030, 12, 31)))
    near = draw(st.booleans())
    if near and changes(zone):
        change: Change = draw(st.sampled_from(changes(zone)))
        day = change.wall.date() - draw(st.integers(0, 40)) * DAY
    if not timed:
        return rule, day, zone
    hour, minute = draw(st.integers(0, 23)), draw(st.sampled_from([0, 15, 30, 59]))
    return rule, datetime.combine(day, datetime.min.time()).replace(hour=hour, minute=minute), zone


def due(slot: Slot, zone: str) -> datetime:
    return instant_of(
        slot if isinstance(slot, datetime) else datetime.combine(slot, datetime.min.time()), zone
    )


@given(series(), st.data())
@settings(max_examples=150, deadline=None)
def test_the_next_is_later_and_nothing_lies_between(
    made: tuple[Rule, Slot, str], data: st.DataObject
) -> None:
    rule, start, zone = made
    slots = list(one_by_one(rule, start, 8, zone))
    assert all(sooner < later for sooner, later in pairwise(slots))
    sooner, later = data.draw(st.sampled_from(list(pairwise(slots)) or [(start, start)]))
    assume(sooner < later)
    step = timedelta(minutes=1) if isinstance(start, datetime) else DAY
    between = sooner + data.draw(st.integers(0, (later - sooner) // step - 1)) * step
    assert next_slot(rule, start=start, after=between, zone=zone) == later


@given(series(), st.integers(0, 7), st.integers(0, 10))
@settings(max_examples=150, deadline=None)
def test_a_series_resumed_anywhere_goes_on_the_same(
    made: tuple[Rule, Slot, str], left: int, limit: int
) -> None:
    rule, start, zone = made
    through = list(one_by_one(rule, start, 18, zone))
    current = through[min(left, len(through) - 1)]
    listed = upcoming(
        rule, start=start, current=current, zone=zone, anchor="schedule", limit=limit + 1
    )
    assert listed == through[through.index(current) :][: limit + 1]


@given(series(), st.integers(-3000, 200_000))
@settings(max_examples=150, deadline=None)
def test_what_comes_next_is_the_first_that_is_not_missed(
    made: tuple[Rule, Slot, str], minutes: int
) -> None:
    rule, start, zone = made
    if rule.within_day:
        minutes %= 3000
    at = due(start, zone) + timedelta(minutes=minutes, seconds=7)
    found = next_slot(rule, start=start, after=start, zone=zone, at=at)
    # the slow way: through all of them, up to 16 a day
    every = upcoming(rule, start=start, current=start, zone=zone, anchor="schedule", limit=3100)
    ahead = (
        slot
        for slot in every[1:]
        if (instant_of(slot, zone) > at if isinstance(slot, datetime) else slot >= today(at, zone))
    )
    assert found == next(ahead, None)


@given(series(), st.lists(st.integers(0, 200_000), min_size=2, max_size=5))
@settings(max_examples=150, deadline=None)
def test_later_questions_never_have_earlier_answers(
    made: tuple[Rule, Slot, str], minutes: list[int]
) -> None:
    rule, start, zone = made
    moments = [due(start, zone) + timedelta(minutes=some) for some in sorted(minutes)]
    answers = [next_slot(rule, start=start, after=start, zone=zone, at=at) for at in moments]
    for sooner, later in pairwise(answers):
        assert later is None or (sooner is not None and sooner <= later)


@given(series())
@settings(max_examples=150, deadline=None)
def test_instants_always_increase(made: tuple[Rule, Slot, str]) -> None:
    rule, start, zone = made
    # the start is what somebody chose: it stays, even in a gap and beside the next
    slots = list(one_by_one(rule, start, 40, zone))[1:]
    instants = [due(slot, zone) for slot in slots if isinstance(slot, datetime)]
    assert all(sooner < later for sooner, later in pairwise(instants))


@given(series(), st.integers(-20_000, 20_000))
@settings(max_examples=150, deadline=None)
def test_from_completion_it_is_always_later_than_the_day_of_it(
    made: tuple[Rule, Slot, str], minutes: int
) -> None:
    rule, slot, zone = made
    at = due(slot, zone) + timedelta(minutes=minutes, seconds=7)
    following = next_from_completion(rule, slot=slot, at=at, zone=zone, number=1)
    if following is None:
        assert rule.count or rule.until or rule.interval > 1 or rule.positions
        return
    assert following != slot
    assert type(following) is type(slot)
    if isinstance(following, datetime):
        assert instant_of(following, zone) > at
        if not rule.within_day:
            assert following.date() > today(at, zone)
            if isinstance(slot, datetime) and not (rule.hours or rule.minutes):
                assert following.time() == slot.time()
    else:
        assert following > today(at, zone)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)), st.sampled_from([28, 29, 30, 31]))  # noqa: DTZ001
def test_the_day_a_month_began_on_is_kept_in_mind(moment: datetime, day: int) -> None:
    start = moment.replace(month=1, day=day, second=0, microsecond=0)
    listed = upcoming(
        Rule.parse("FREQ=MONTHLY"),
        start=start,
        current=start,
        zone="UTC",
        anchor="schedule",
        limit=61,
    )
    for months, slot in enumerate(listed):
        assert (slot.year, slot.month) == (start.year + months // 12, months % 12 + 1)
        following = slot + DAY
        assert slot.day == day or (slot.day < day and following.day == 1)
    assert [slot for slot in listed if slot.month == 1] == [
        start.replace(year=start.year + years) for years in range(6)
    ]


def test_now_in_another_offset_is_the_same_now() -> None:
    at = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    for zone in ("UTC", "Asia/Tokyo"):
        found = next_slot(
            Rule.parse("FREQ=DAILY"),
            start=date(2026, 3, 1),
            after=date(2026, 3, 1),
            zone="Europe/Zurich",
            at=at.astimezone(ZoneInfo(zone)),
        )
        assert found == date(2026, 3, 29)
