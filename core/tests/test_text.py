from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from taskbell.text import Line, Text, TimeZone, storable

text: TypeAdapter[str] = TypeAdapter(Text)
line: TypeAdapter[str] = TypeAdapter(Line)
zone: TypeAdapter[str] = TypeAdapter(TimeZone)


@pytest.mark.parametrize(
    "value", ["", "two\nlines\ttab", "\u202eright to left", "💚 zürich", "'; --"]
)
def test_text_is_kept_as_written(value: str) -> None:
    assert text.validate_python(value) == value


@pytest.mark.parametrize("value", ["\x00", "a\x00b", "\ud800", "a\udfff", 1, None])
def test_text_that_cannot_be_stored(value: object) -> None:
    with pytest.raises(ValidationError):
        text.validate_python(value)


@pytest.mark.parametrize(
    ("value", "kept"), [("  a  b ", "a  b"), ("\ta\n", "a"), ("\u2003a\u00a0", "a"), ("ﷺ", "ﷺ")]
)
def test_a_line_is_trimmed(value: str, kept: str) -> None:
    assert line.validate_python(value) == kept


# U+0085, U+2028 and U+2029 end a line for e-mail headers and for str.splitlines
@pytest.mark.parametrize(
    "inner", ["\n", "\r", "\t", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]
)
def test_a_line_is_one_line(inner: str) -> None:
    with pytest.raises(ValidationError):
        line.validate_python(f"a{inner}b")


@given(st.text())
def test_no_line_has_a_line_end(value: str) -> None:
    try:
        kept = line.validate_python(value)
    except ValidationError:
        return
    assert len(kept.splitlines()) == 1
    assert kept == kept.strip()


@pytest.mark.parametrize("value", ["", " ", "\n\t ", "\u2003"])
def test_a_blank_line_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        line.validate_python(value)


@pytest.mark.parametrize("value", ["UTC", "Europe/Zurich", "America/Argentina/Buenos_Aires"])
def test_time_zones(value: str) -> None:
    assert zone.validate_python(value) == value


@pytest.mark.parametrize(
    "value", ["", "europe/zurich", "Mars/Base", "../UTC", "/etc/localtime", "localtime", "+02:00"]
)
def test_no_time_zones(value: str) -> None:
    with pytest.raises(ValidationError):
        zone.validate_python(value)


def test_every_accepted_zone_can_be_used() -> None:
    for name in available_timezones() - {"Factory", "localtime"}:
        assert ZoneInfo(zone.validate_python(name))


@given(st.text(st.characters()), st.integers(0, 50))
def test_foreign_text_becomes_storable(value: str, limit: int) -> None:
    kept = storable(value, limit)
    assert len(kept) <= limit
    assert "\x00" not in kept
    kept.encode()
