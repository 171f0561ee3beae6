import base64
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbell.paging import InvalidCursorError, decode_cursor, encode_cursor


@given(st.lists(st.text() | st.integers() | st.none() | st.booleans(), min_size=1, max_size=4))
def test_a_cursor_comes_back(parts: list[object]) -> None:
    cursor = encode_cursor(*parts)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert decode_cursor(cursor, length=len(parts)) == parts


def forged(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "ü", "!!!!", "=", forged(None), forged({}), forged([1]), forged([1, 2, 3]),
     forged("ab"), "W" * 5000, base64.urlsafe_b64encode(b"[" * 100_000).decode()],
)  # fmt: skip
def test_others_are_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursorError):
        decode_cursor(cursor, length=2)


@given(st.text())
def test_no_word_breaks_it(cursor: str) -> None:
    with contextlib.suppress(InvalidCursorError):
        assert len(decode_cursor(cursor, length=2)) == 2


def test_a_cursor_of_a_long_title_still_fits_into_an_address() -> None:
    assert len(encode_cursor("title", "💚" * 200, "0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a001")) < 2000
