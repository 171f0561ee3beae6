"""When two names of labels are the same."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbell.labels.names import name_key

names = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("ßẞſİıi\u0307ΆάΣσςǰﬃÅé\u0301\u0345\u1e9e①㌖ﷺ\u00a0 \u3000"),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Home", "hOME"),
        ("Straße", "STRASSE"),
        ("Straße", "STRAẞE"),
        ("café", "cafe\u0301"),
        ("CAFÉ", "cafe\u0301"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("İzmir", "i\u0307zmir"),
        ("ﬁne", "FINE"),
        ("ｆｕｌｌ", "full"),
        ("a  b", "A\u00a0b"),
        ("a\u3000b", "a b"),
        ("가", "\u1100\u1161"),
        ("👩‍🌾 work", "👩‍🌾 WORK"),
    ],
)
def test_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cafe", "café"),
        ("ab", "a b"),
        ("izmir", "ızmir"),
        ("👩🏽", "👩"),
        ("家", "屋"),
        ("a-b", "a_b"),
        ("x", "х"),  # Latin and Cyrillic
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(names)
def test_however_a_name_is_encoded_its_key_is_the_same(name: str) -> None:
    key = name_key(name)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert name_key(unicodedata.normalize(form, name)) == key
    assert name_key(name.casefold()) == key
    assert name_key(key) == key


def test_every_character_that_can_be_seen_has_a_key() -> None:
    """And one that the index has room for."""
    blank = {"Cc", "Cs", "Zl", "Zp", "Zs"}
    for character in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(character) not in blank:
            key = name_key(character)
            assert key
            assert len(key.encode()) <= 33
