"""What is left of a text as a title when the parts that were understood are cut out."""

from collections.abc import Iterable
from unicodedata import category

from taskbell.quick_add.model import Span

_AFTER = ",.;:!?…)]"
_SEPARATORS = ",;:-–— "
_PAIRS = {"(": ")", "[": "]"}


def tidied(text: str) -> str:
    """Return a text with one space where there is white space, and none at its ends."""
    return " ".join(text.split())


def title_of(text: str, spans: Iterable[Span]) -> str:
    """Return what stands outside the spans, empty when that is nothing but punctuation.

    Where a span is cut, what only separated it goes too: the comma of `Pay rent, tomorrow`, the
    brackets of `Call mum (tomorrow)`.
    """
    title, at = "", 0
    for number, span in enumerate(spans):
        piece = text[at : span.start]
        title = _joined(title, piece) if number else tidied(piece)
        at = span.end
    title = _joined(title, text[at:]) if at else tidied(text)
    return title if any(category(one)[0] not in "PZC" for one in title) else ""


def _joined(left: str, piece: str) -> str:
    right = tidied(piece)
    attached = piece[:1] in set(_AFTER)
    while left and right and _PAIRS.get(left[-1]) == right[0]:
        left, right = left[:-1].rstrip(), right[1:].lstrip()
    if not right or attached:
        left = left.rstrip(_SEPARATORS)
    if not left:
        return right.lstrip(_AFTER.replace(")", "").replace("]", "") + " ") if right else ""
    return left + right if attached else f"{left} {right}".strip()
