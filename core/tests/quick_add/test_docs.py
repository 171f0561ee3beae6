"""The page for users says what is so."""

import re
from pathlib import Path

import pytest

from core.tests.quick_add.reading import read

_PAGE = Path(__file__).parents[3] / "docs" / "quick-add.md"
_ROW = re.compile(r"\| `([^`|]+)`(?: \(or ([^|]+)\))? \| `([^`|]+)` \|")
ROWS = [found.groups() for found in map(_ROW.fullmatch, _PAGE.read_text().splitlines()) if found]


@pytest.mark.parametrize(("text", "others", "becomes"), ROWS)
def test_an_example_becomes_what_the_page_says(text: str, others: str, becomes: str) -> None:
    assert read(text) == becomes
    title = becomes.partition(":")[0]
    for other in re.findall("`([^`]+)`", others or ""):
        assert read(f"{title} {other}") == becomes


def test_the_page_has_no_other_rows() -> None:
    rows = [line for line in _PAGE.read_text().splitlines() if line.startswith("| ")]
    assert len(rows) - rows.count("| You write | It becomes |") == len(ROWS) > 80
