"""What holds for any text."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from core.tests.quick_add.reading import context
from core.tests.quick_add.words import TEXTS, WORDS
from taskbell.quick_add import Context, Parsed, parse
from taskbell.quick_add.titles import tidied
from taskbell.recurrence.rules import Rule, check
from taskbell.recurrence.slots import slot_of

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=500)
PRESENTS = st.builds(
    context,
    at=st.datetimes(datetime(1980, 1, 1), datetime(2190, 1, 1)).map(  # noqa: DTZ001
        lambda at: at.replace(tzinfo=UTC)
    ),
    zone=st.sampled_from(["Europe/Zurich", "America/New_York", "Pacific/Apia", "Asia/Kathmandu"]),
    week_start=st.sampled_from(["monday", "saturday", "sunday"]),
    locale=st.sampled_from(["en-GB", "en-US", "de-CH", "zz"]),
)


@settings(deadline=None, max_examples=300)
@given(ANYTHING | TEXTS, PRESENTS)
def test_any_text_is_understood_in_order(text: str, where: Context) -> None:
    parsed = parse(text, where)
    ends = 0
    for span in parsed.spans:
        assert ends <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == span.text == span.text.strip()
        assert span.value
        ends = span.end
    if parsed.spans:
        rest = [text[start:end] for start, end in _rests(text, parsed)]
        assert _letters(parsed.title) == _letters("".join(rest))
    else:
        assert parsed == Parsed(title=tidied(text))
    assert parsed.title == tidied(parsed.title)


@settings(deadline=None, max_examples=300)
@given(TEXTS, PRESENTS)
def test_what_is_understood_agrees_with_itself(text: str, where: Context) -> None:
    parsed = parse(text, where)
    kinds = [span.kind for span in parsed.spans]
    assert ("due" in kinds or "recurrence" in kinds) == bool(parsed.due_date or parsed.due_at)
    assert not (parsed.due_date and parsed.due_at)
    assert parsed.due_at is None or parsed.due_at > where.at - timedelta(minutes=1)
    assert ("recurrence" in kinds) == (parsed.rrule is not None)
    starts = "start" in kinds and parsed.rrule is None  # a repeat takes it for its first day
    assert starts == (parsed.start_date is not None)
    assert ("list" in kinds) == (parsed.list_id is not None)
    assert len(parsed.labels) <= kinds.count("label")
    assert len(parsed.reminders) <= kinds.count("reminder")
    assert all(isinstance(one, int) or one > where.at for one in parsed.reminders)
    if parsed.rrule:
        rule = Rule.parse(parsed.rrule)
        assert rule.text == parsed.rrule
        check(rule, parsed.due_date or slot_of(parsed.due_at or where.at, where.zone))


@settings(deadline=None, max_examples=300)
@given(TEXTS, PRESENTS)
def test_taken_back_as_a_whole_a_text_is_a_title(text: str, where: Context) -> None:
    spans = [(span.start, span.end) for span in parse(text, where).spans]
    assert parse(text, where, ignore=spans) == Parsed(title=tidied(text))


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.data())
def test_taken_back_in_part_the_rest_stays_as_it_was(text: str, data: st.DataObject) -> None:
    before = parse(text, context())
    ignored = data.draw(st.sets(st.sampled_from(before.spans))) if before.spans else set()
    after = parse(text, context(), ignore=[(one.start, one.end) for one in ignored])
    kept = {(one.start, one.end, one.kind) for one in before.spans if one not in ignored}
    assert {(one.start, one.end, one.kind) for one in after.spans} <= kept
    signs = {one for one in before.spans if one.kind in {"list", "label", "priority"}}
    repeats = {(one.start, one.end, one.kind) for one in before.spans if one.kind == "recurrence"}
    if after.spans:
        assert signs - ignored <= set(after.spans)
        assert repeats & kept <= {(one.start, one.end, one.kind) for one in after.spans}


@given(TEXTS, st.lists(st.tuples(st.integers(-9, 600), st.integers(-9, 600))))
@settings(deadline=None)
def test_nothing_is_understood_where_it_was_taken_back(
    text: str, ranges: list[tuple[int, int]]
) -> None:
    for span in parse(text, context(), ignore=ranges).spans:
        assert not any(max(start, span.start) < min(end, span.end) for start, end in ranges)


def test_the_made_up_texts_are_worth_reading() -> None:
    assert sum(bool(parse(f"x {word}", context()).spans) for word in WORDS) > 20


def _rests(text: str, parsed: Parsed) -> list[tuple[int, int]]:
    ends = [0, *(span.end for span in parsed.spans)]
    starts = [*(span.start for span in parsed.spans), len(text)]
    return list(zip(ends, starts, strict=True))


def _letters(text: str) -> str:
    return "".join(one for one in text if one.isalnum())
