"""What has a sign of its own: `#List`, `@label`; and what quotation marks protect."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from unicodedata import category
from uuid import UUID

from taskbell.quick_add.model import Span

MOST_LABELS = 50
LONGEST_LABEL = 60

_QUOTED = re.compile(r'(?<![^\s(\[{])(?:"[^"]+"|“[^“”]+”|«[^«»]+»)(?![^\s.,;:!?)\]}…])')
_SIGN = re.compile(r"(?<![^\s(\[{])[#@](?=\S)")
_BOUNDARY = frozenset(".,;:!?…)]}»”\"'")
_JOINERS = frozenset("-_\u200d\ufe0f")


def quotations(text: str) -> list[tuple[int, int]]:
    """Return where text stands in quotation marks, in order."""
    return [found.span() for found in _QUOTED.finditer(text)]


def signed(text: str, lists: Mapping[str, UUID], quoted: list[tuple[int, int]]) -> list[Span]:
    """Return the lists and labels named in a text, in order.

    A task has one list: the last one named. An unknown list is no list.
    """
    names = _Names(text, lists)
    begins = [start for start, _ in quoted]
    spans: list[Span] = []
    for sign in _SIGN.finditer(text):
        at = sign.start()
        before = bisect_right(begins, at) - 1
        if before >= 0 and at < quoted[before][1]:
            continue
        span = names.span(at) if text[at] == "#" else _label(text, at)
        if span and (not spans or at >= spans[-1].end):
            spans.append(span)
    last = max((span.start for span in spans if span.kind == "list"), default=0)
    chosen = [span for span in spans if span.kind == "label" or span.start == last]
    return list(_without_surplus(chosen))


def _without_surplus(spans: list[Span]) -> Iterator[Span]:
    labels: set[str] = set()
    for span in spans:
        if span.kind == "label":
            labels.add(span.value.casefold())
        if len(labels) <= MOST_LABELS:
            yield span


class _Names:
    """The names of lists, looked up in a text whatever their case; the longest goes first."""

    def __init__(self, text: str, lists: Mapping[str, UUID]) -> None:
        self._text = text
        self._lists = {name.casefold(): list_id for name, list_id in lists.items() if name}
        self._lengths = sorted({len(name) for name in self._lists}, reverse=True)
        # folding may make one character two (ß): each place in the text has one in the folded text
        self._folded = text.casefold()
        self._places = [0]
        for character in text:
            self._places.append(self._places[-1] + len(character.casefold()))

    def span(self, at: int) -> Span | None:
        """Return the list whose name follows the sign at a place."""
        begin = self._places[at + 1]
        for length in self._lengths:
            list_id = self._lists.get(self._folded[begin : begin + length])
            if not list_id:
                continue
            end = bisect_right(self._places, begin + length) - 1
            if self._places[end] == begin + length and _bounded(self._text, end):
                return Span(at, end, self._text[at:end], "list", str(list_id))
        return None


def _label(text: str, at: int) -> Span | None:
    end = at + 1
    while end < len(text) and _of_label(text[end]):
        end += 1
    name = text[at + 1 : end]
    if not name.strip("-_\u200d\ufe0f") or len(name) > LONGEST_LABEL or not _bounded(text, end):
        return None
    return Span(at, end, text[at:end], "label", name)


def _of_label(character: str) -> bool:
    """Tell whether a label may have this character: letters, digits, emoji, `-` and `_`."""
    return character in _JOINERS or (
        category(character)[0] in "LNM" or category(character) in {"So", "Sk"}
    )


def _bounded(text: str, at: int) -> bool:
    """Tell whether a name may end here: at a space, or at marks with a space behind them."""
    while at < len(text) and text[at] in _BOUNDARY:
        at += 1
    return at >= len(text) or text[at].isspace()
