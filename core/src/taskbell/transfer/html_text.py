"""HTML descriptions as Markdown: what editors of rich text write, and nothing dangerous.

It is read once from left to right, and nothing is looked at twice: whatever stands in it, the work
grows as its length does.
"""

import re
from html import unescape

MOST_HTML = 200_000
"""Characters that are read."""

_MOST_TAG = 2_000
_LOOKS_LIKE = re.compile(r"\s*<(?:p|div|ul|ol|h[1-6]|blockquote|pre|br|a|strong|em)[\s>/]", re.I)
_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9]*+")
# possessive: what one part of it has taken is not tried again
_ATTRIBUTE = re.compile(
    r"""([^\s=/"'>]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"']++))""",
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = _HEADINGS | {"p", "div", "ul", "ol", "blockquote", "pre", "table", "tr", "hr"}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`", "s": "~~", "del": "~~"}
_UNSEEN = frozenset({"script", "style", "head", "title"})
_RAW_ENDS = {name: re.compile(f"</{name}", re.I) for name in ("script", "style")}


def is_html(value: str) -> bool:
    """Tell whether a description begins as HTML does."""
    return _LOOKS_LIKE.match(value) is not None


def to_markdown(value: str) -> str:
    """Return the text of some HTML, with its emphasis, links, items and headings in Markdown.

    What stands after its first `MOST_HTML` characters is left out.
    """
    if len(value) > MOST_HTML:
        value = value[:MOST_HTML]
    reader = _Reader(value)
    reader.read()
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in "".join(reader.out).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Finder:
    """Finds the next of some text from places that only grow: no part of it is searched twice."""

    def __init__(self, value: str, wanted: str) -> None:
        self._value = value
        self._wanted = wanted
        self._found = -1

    def after(self, start: int) -> int:
        """Return where it stands next; the length of all the text when nowhere."""
        if self._found < start:
            found = self._value.find(self._wanted, start)
            self._found = found if found >= 0 else len(self._value)
        return self._found


class _Reader:
    def __init__(self, value: str) -> None:
        self.out: list[str] = []
        self._value = value
        self._tag_ends = _Finder(value, ">")
        self._comment_ends = _Finder(value, "-->")
        self._hrefs: list[str] = []
        self._unseen = 0
        self._in_item = 0

    def read(self) -> None:
        """Read it to its end."""
        value, position = self._value, 0
        while (start := value.find("<", position)) >= 0:
            self._text(value[position:start])
            position = self._markup(start)
        self._text(value[position:])

    def _markup(self, start: int) -> int:
        """Take what begins with the `<` there; return where it ends."""
        value, length = self._value, len(self._value)
        if value.startswith("<!--", start):
            end = self._comment_ends.after(start + 4)
            if end < length:
                return end + 3
        end = self._tag_ends.after(start)
        named = _NAME.match(value, start + 1)
        is_declared = value.startswith(("!", "?"), start + 1)
        if end >= length or end - start > _MOST_TAG or not (named or is_declared):
            self._text("<")
            return start + 1
        if named is None:
            return end + 1
        name = named[0].lower()
        if name.startswith("/"):
            self._end(name[1:])
            return end + 1
        self._start(name, value[named.end() : end])
        if name not in _RAW_ENDS:
            return end + 1
        # what looks like a tag in a program is none
        closed = _RAW_ENDS[name].search(value, end)
        return closed.start() if closed else length

    def _start(self, tag: str, rest: str) -> None:
        """Begin what an element begins; `rest` holds its attributes."""
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "br":
            self.out.append("\n")
        elif tag == "li":
            done = {"true": "[x] ", "false": "[ ] "}.get(_attribute(rest, "data-checked"), "")
            self.out.append(f"\n- {done}")
            self._in_item += 1
        elif tag == "a":
            self._hrefs.append(_attribute(rest, "href"))
            self.out.append("[")
        elif tag in _MARKS:
            self.out.append(_MARKS[tag])
        elif tag in _BLOCKS and not self._in_item:
            self.out.append("\n\n" + ("#" * int(tag[1]) + " " if tag in _HEADINGS else ""))

    def _end(self, tag: str) -> None:
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

    def _text(self, data: str) -> None:
        """Take text; where HTML breaks its lines means nothing."""
        if data and not self._unseen:
            self.out.append(re.sub(r"\s+", " ", _unescaped(data)))


def _attribute(rest: str, wanted: str) -> str:
    """Return the value of an attribute, empty when it has none."""
    for found in _ATTRIBUTE.finditer(rest):
        if found[1].lower() == wanted:
            return _unescaped(found[2] or found[3] or found[4] or "")
    return ""


def _unescaped(data: str) -> str:
    try:
        return unescape(data)
    except ValueError:  # a character by a number of thousands of digits
        return data
