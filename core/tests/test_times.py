from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from taskbell.times import Instant, to_wire

adapter: TypeAdapter[datetime] = TypeAdapter(Instant)
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ("2026-11-20T09:30:00Z", "2026-11-20T09:30:00Z"),
        ("2026-11-20T09:30:00+01:00", "2026-11-20T08:30:00Z"),
        ("2026-11-20T09:30:00.123456-05:30", "2026-11-20T15:00:00.123456Z"),
        ("2026-11-20 09:30:00z", "2026-11-20T09:30:00Z"),
        ("1970-01-01T00:00:00+14:00", "1969-12-31T10:00:00Z"),
        ("2200-01-01T00:00:00-12:00", "2200-01-01T12:00:00Z"),
    ],
)
def test_instants(written: str, wire: str) -> None:
    value = adapter.validate_python(written)
    assert value.tzinfo is UTC
    assert adapter.dump_json(value).decode() == f'"{wire}"'


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-20T09:30:00", "2026-11-20", "1969-12-31T23:59:59Z", "2200-01-01T00:00:01Z",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30T00:00:00Z",
        "2026-11-20T24:00:00Z", "tomorrow", "", "1700000000", 1700000000, 1.5, True, None,
        date(2026, 11, 20), datetime(2026, 11, 20),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_what_is_no_instant(value: object) -> None:
    with pytest.raises(ValidationError):
        adapter.validate_python(value)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=OFFSETS))  # noqa: DTZ001
def test_the_wire_form_means_the_same_instant(value: datetime) -> None:
    assert adapter.validate_python(to_wire(value)) == value
