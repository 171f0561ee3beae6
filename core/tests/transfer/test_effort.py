"""How much work the text of a file is: twice as much of it is twice the work."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, SupportsIndex

import pytest

from core.tests.transfer.sources import read
from taskbell.transfer.html_text import MOST_HTML, to_markdown
from taskbell.transfer.todoist import _project_name, _with_links

PARTS_OF_HTML = [
    "<", "<a ", "<a b='", '<a x="', "<a x=", "<!--", "<![", "<!", "<?", "</", "</a", "<a/", "<3 ",
    "<script", "<script>", "<style></sc", "<title>", "&", "&#", "&#9", "&lt", "-->", ">", "<li>",
    "<a href='", "<a href=x>", "</a>", "<b>", "</p>", " ", "\n", "<!-- -->", "<a href=\">\"", "<p>",
]  # fmt: skip


class Searched(str):
    """A text that counts how many of its characters are searched."""

    __slots__ = ("characters",)

    def find(
        self, sub: str, start: SupportsIndex | None = 0, end: SupportsIndex | None = None, /
    ) -> int:
        found = super().find(sub, start, end)
        stop = found + len(sub) if found >= 0 else len(self)
        self.characters = getattr(self, "characters", 0) + stop - int(start or 0)
        return found


def _effort(understand: Callable[[str], Any], text: str) -> int:
    """Return how many calls are made, in Python and in C, and how many characters searched."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    searched = Searched(text)
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        understand(searched)
    finally:
        sys.setprofile(before)
    return calls + int(getattr(searched, "characters", 0))


@pytest.mark.parametrize("part", PARTS_OF_HTML)
def test_twice_the_html_is_twice_the_work(part: str) -> None:
    few, many = "<p>" + part * 2_000, "<p>" + part * 4_000
    assert _effort(to_markdown, many) < 2.1 * _effort(to_markdown, few) + 100


@pytest.mark.parametrize("part", ["[[file {", '[[file {"', "[[file ", "}]]", "[[file {}]]", "[["])
def test_twice_the_note_is_twice_the_work(part: str) -> None:
    few, many = part * 2_000, part * 4_000
    assert _effort(_with_links, many) < 2.1 * _effort(_with_links, few) + 100


@pytest.mark.parametrize("part", [" ", "(", "(1", "[a", "[", ")", ".csv", "/", "\\", " (1)"])
def test_a_long_name_of_a_file_takes_no_longer_for_being_strange(part: str) -> None:
    assert _effort(_project_name, part * 20_000) < _effort(_project_name, part) + 5 * 20_000 * 5


def test_html_is_cut_before_it_is_read() -> None:
    kept = "<p>" + "a" * (MOST_HTML - 3)
    assert to_markdown(kept + "b" * 100) == kept[3:]


@pytest.mark.parametrize("size", [1, 20])
def test_what_is_above_many_tasks_stands_in_memory_once(size: int) -> None:
    long = "x" * (100_000 * size)
    lines = [f"section,{long},", f"task,{long},1", *(f"task,T{n},2" for n in range(2_000))]
    file = read("todoist", "TYPE,CONTENT,INDENT\n" + "\n".join(lines))
    assert len({id(item.list_key) for item in file.items}) == 1
    assert len({item.key for item in file.items}) == 2_001
    assert max(len(item.key) for item in file.items) < 100
