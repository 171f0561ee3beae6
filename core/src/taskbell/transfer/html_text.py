"""HTML descriptions as Markdown: what editors of rich text write, and nothing dangerous."""

import re
from html.parser import HTMLParser

_LOOKS_LIKE = re.compile(r"\s*<(?:p|div|ul|ol|h[1-6]|blockquote|pre|br|a|strong|em)[\s>/]", re.I)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | {"p", "div", "ul", "ol", "blockquote", "pre", "table", "tr", "hr"}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`", "s": "~~", "del": "~~"}
_UNSEEN = frozenset({"script", "style", "head", "title"})


def is_html(value: str) -> bool:
    """Tell whether a description begins as HTML does."""
    return _LOOKS_LIKE.match(value) is not None


def to_markdown(value: str) -> str:
    """Return the text of some HTML, with its emphasis, links, items and headings in Markdown."""
    reader = _Reader()
    reader.feed(value)
    reader.close()
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in "".join(reader.out).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._hrefs: list[str] = []
        self._unseen = 0
        self._in_item = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin what an element begins."""
        given = dict(attrs)
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self.out.append("\n")
        elif tag == "li":
            done = {"true": "[x] ", "false": "[ ] "}.get(given.get("data-checked") or "", "")
            self.out.append(f"\n- {done}")
            self._in_item += 1
        elif tag == "a":
            self._hrefs.append(given.get("href") or "")
            self.out.append("[")
        elif tag in _MARKS:
            self.out.append(_MARKS[tag])
        elif tag in _BLOCKS and not self._in_item:
            self.out.append(
                "\n\n" + ("#" * int(tag[1]) + " " if re.fullmatch("h[1-6]", tag) else "")
            )

    def handle_endtag(self, tag: str) -> None:
        """End what an element ends."""
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "li":
            self._in_item = max(0, self._in_item - 1)
        elif tag == "a" and self._hrefs:
            href = self._hrefs.pop()
            self.out.append(f"]({href})" if href else "]")
        elif tag in _MARKS:
            self.out.append(_MARKS[tag])
        elif tag in _BLOCKS and not self._in_item:
            self.out.append("\n\n")

    def handle_data(self, data: str) -> None:
        """Take text; where HTML breaks its lines means nothing."""
        if not self._unseen:
            self.out.append(re.sub(r"\s+", " ", data))
