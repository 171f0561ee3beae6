"""HTML as Markdown, well-formed or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.transfer.sources import read
from taskbell.transfer.html_text import MOST_HTML, to_markdown


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One <strong>two</strong> <em>3</em></p><p>Four</p>", "One **two** *3*\n\nFour"),
        ("<h2>Title</h2><p>a<br>b<br/>c</p>", "## Title\n\na\nb\nc"),
        ("<ul><li><p>One</p></li><li>Two</li></ul>", "- One\n- Two"),
        ('<ul><li data-checked="true">Done</li><li data-checked="false">Not</li></ul>',
         "- [x] Done\n- [ ] Not"),
        ('<p><a class="x" href="https://a.example/?b&amp;c">Here</a></p>',
         "[Here](https://a.example/?b&c)"),
        ("<p><A HREF='https://a.example'>Here</A> <a href=x>y</a> <a>z</a></p>",
         "[Here](https://a.example) [y](x) [z]"),
        ("<p>a &lt;b&gt; &amp;amp; &#8364; &nonsense;</p>", "a <b> &amp; € &nonsense;"),
        ("<p>3 < 4 <5 > 2</p>", "3 < 4 <5 > 2"),
        ("<p>a<!-- <b>no</b> > -->b</p>", "ab"),
        ("<p>a<!-- never ends", "a<!-- never ends"),
        ("<p>a<![CDATA[x]]>b<!DOCTYPE html><?xml?></p>", "ab"),
        ("<p>a</p><script>if (1<b) '<p>no</p>'</script><p>b</p>", "a\n\nb"),
        ("<p>a</p><STYLE>b > c</style ><p>b</p>", "a\n\nb"),
        ("<p>a</p><script>never ends", "a"),
        ("<p>a</p><title>no</title>b", "a\n\nb"),
        ("<p>a <b never ends", "a <b never ends"),
        ("<p>a  \n b</p>", "a b"),
        ("</a></li></p></b>", "**"),
        ("<p>&#" + "9" * 5_000 + ";</p>", "&#" + "9" * 5_000 + ";"),
        ("<p>" + "<b " + "x" * 2_000 + ">", "<b " + "x" * 2_000 + ">"),
    ],
)  # fmt: skip
def test_html_becomes_markdown(html: str, expected: str) -> None:
    assert to_markdown(html) == expected


_PIECES = st.sampled_from(
    ["<", ">", "<!--", "-->", "<![", "<!", "</", "<a ", "href=", "'", '"', "<li>", "&#", ";", "<p>",
     "<script>", "</script", "=", "/", " ", "\n", "text"]
)  # fmt: skip


@given(st.lists(_PIECES | st.text(max_size=5), max_size=30))
def test_any_html_is_survived(pieces: list[str]) -> None:
    to_markdown("".join(pieces))


def test_a_text_that_is_cut_is_told_of() -> None:
    long = "<p>" + " " * MOST_HTML
    file = read("vikunja", f'[{{"id":1,"tasks":[{{"id":1,"title":"T","description":"{long}"}}]}}]')
    assert file.items[0].messages == [
        "A text of it is too long: what is after 200,000 characters is left out."
    ]
