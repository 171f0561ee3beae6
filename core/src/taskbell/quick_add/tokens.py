"""Quick-add text as words and marks. Every function here is linear in the text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from taskbell.quick_add.vocabulary import PRIORITIES, lexicon

_CHUNK = re.compile(r"\S+")
_PIECE = re.compile(r"[,;]|[^,;]+")
_OPENERS = frozenset("([{«“„")
_CLOSERS = frozenset(".,;:!?…)]}»”")

FOLLOWERS = lexicon(
    "about after and as at because before but by due each ev every for from if in on or re so "
    "starting then to until till via when while with @ & - – — |"
)
"""Words that begin a new part of a sentence: what stands before them is complete."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a punctuation mark, or the `!` that begins a reminder, by its place in the text.

    `text` is something to be left alone (an address, a quotation), `cut` something that is
    understood already (a list, a label).
    """

    start: int
    end: int
    word: str
    kind: Literal["word", "mark", "bang", "text", "cut"]
    capital: bool = False


class Tokens:
    """The tokens of a text, which may be asked for beyond both ends."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens

    def __len__(self) -> int:
        return len(self._tokens)

    def __getitem__(self, index: int) -> Token:
        return self._tokens[index]

    def word(self, index: int) -> str:
        """Return the word at `index` in lower case, empty when something else is there."""
        if 0 <= index < len(self._tokens):
            token = self[index]
            return token.word if token.kind == "word" else ""
        return ""

    def capital(self, index: int) -> bool:
        """Tell whether the word at `index` begins with a capital letter."""
        return bool(self.word(index)) and self[index].capital

    def words(self, index: int, expected: str) -> bool:
        """Tell whether the words `expected` (separated by spaces) stand at `index`."""
        return all(self.word(index + n) == word for n, word in enumerate(expected.split()))

    def is_mark(self, index: int, marks: str) -> bool:
        """Tell whether one of the characters `marks` stands at `index`."""
        return 0 <= index < len(self._tokens) and (
            self[index].kind == "mark" and self[index].word in marks
        )

    def touches(self, index: int) -> bool:
        """Tell whether no space is between the token at `index` and the one before it."""
        return 0 < index < len(self._tokens) and self[index - 1].end == self[index].start

    def after_comma(self, index: int) -> int:
        """Return the index behind a comma at `index`, or `index`."""
        return index + 1 if self.is_mark(index, ",") else index

    def ends(self, index: int) -> bool:
        """Tell whether no further word stands at `index`: the end, a mark, something understood."""
        if index >= len(self._tokens) or self[index].kind in {"mark", "bang", "cut"}:
            return True
        return self.word(index) in PRIORITIES

    def pauses(self, index: int) -> bool:
        """Tell whether the text ends at `index` or goes on with a new part of the sentence."""
        return self.ends(index) or self.word(index) in FOLLOWERS


def tokenize(text: str, regions: Iterable[tuple[int, int, Literal["text", "cut"]]]) -> Tokens:
    """Split a text; `regions` (in order, not overlapping) become one token each."""
    tokens: list[Token] = []
    at = 0
    for start, end, kind in regions:
        tokens += _plain(text, at, start)
        tokens.append(Token(start, end, "", kind))
        at = end
    tokens += _plain(text, at, len(text))
    return Tokens(tokens)


def _plain(text: str, start: int, end: int) -> Iterator[Token]:
    for chunk in _CHUNK.finditer(text, start, end):
        yield from _chunk(text, chunk.start(), chunk.end())


def _chunk(text: str, start: int, end: int) -> Iterator[Token]:
    chunk = text[start:end]
    if is_address(chunk):
        yield Token(start, end, "", "text")
        return
    while start < end and text[start] in _OPENERS:
        yield Token(start, start + 1, text[start], "mark")
        start += 1
    if end - start > 1 and text[start] == "!" and text[start + 1] not in _CLOSERS:
        yield Token(start, start + 1, "!", "bang")
        start += 1
    core = end
    while core > start and text[core - 1] in _CLOSERS:
        core -= 1
    for piece in _PIECE.finditer(text, start, core):
        written = piece.group()
        kind: Literal["mark", "word"] = "mark" if written in {",", ";"} else "word"
        yield Token(*piece.span(), written.lower(), kind, written[0].isupper())
    for index in range(core, end):
        yield Token(index, index + 1, text[index], "mark")


def is_address(chunk: str) -> bool:
    """Tell whether text without spaces is an address: of the web, of mail, or of a file."""
    return "://" in chunk or "@" in chunk[1:] or "\\" in chunk or chunk[:4].lower() == "www."
