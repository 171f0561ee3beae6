"""Headers and bodies as they travel: what `email` reads is what was written."""

from email import message_from_string
from email.headerregistry import Address
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskbell.mail import wire

WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=300)
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300)


def one_line(text: str) -> str:
    return " ".join(text.split())


def is_fit(line: str, *, most: int = 998) -> bool:
    return line.isascii() and line.endswith("\r\n") and max(map(len, line.split("\r\n"))) <= most


@given(st.one_of(WORDS, PLAIN).map(one_line))
def test_a_subject_arrives_as_written(value: str) -> None:
    line = wire.header("Subject", value)
    assert is_fit(line, most=78)
    read = message_from_string(line, policy=default)
    assert list(read.keys()) == ["Subject"]
    assert read["Subject"] == value


@given(st.one_of(WORDS, PLAIN).map(lambda text: one_line(text)[:100].strip()))
def test_a_name_arrives_as_written_beside_its_one_address(name: str) -> None:
    line = wire.address_header("To", Address(name, "ada+x", "example.com"))
    assert is_fit(line)
    read = message_from_string(line, policy=default)
    (address,) = read["To"].addresses
    assert address.addr_spec == "ada+x@example.com"
    # in names, `email` reads a space between two encoded words, against RFC 2047 §6.2
    assert address.display_name.replace(" ", "") == name.replace(" ", "")
    assert list(read.keys()) == ["To"]


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=999)
)
def test_a_body_arrives_as_written(text: str) -> None:
    whole = wire.alternatives(("plain", text), ("html", text), boundary="=_x")
    assert is_fit(whole)
    for part in message_from_string(whole, policy=default).iter_parts():
        assert not part.defects
        assert part.get_content().replace("\r\n", "\n").removesuffix("\n") == text.removesuffix(
            "\n"
        )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain words\n" * 9, "7bit"),
        ("x" * 2000, "quoted-printable"),
        ("Zähne putzen, den Müll hinausbringen", "quoted-printable"),
        ("日本語を勉強する", "base64"),
        ("a =_ that could be a boundary", "quoted-printable"),
    ],
)
def test_the_shortest_safe_encoding_is_chosen(text: str, encoding: str) -> None:
    whole = wire.alternatives(("plain", text), boundary="=_x")
    (part,) = message_from_string(whole, policy=default).iter_parts()
    assert part["Content-Transfer-Encoding"] == encoding


def test_a_link_is_never_folded() -> None:
    url = "https://tasks.example.com/" + "x" * 500
    assert wire.link_header("List-Unsubscribe", url) == f"List-Unsubscribe: <{url}>\r\n"


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "https://x/ y", "https://x/>\r\nBcc: y", "https://x/" + "x" * 999],
)
def test_what_is_no_link_gets_no_header(url: str) -> None:
    with pytest.raises(ValueError, match="List-Unsubscribe"):
        wire.link_header("List-Unsubscribe", url)
