"""Todoist: the CSV file of a project ("Export as CSV"), or a backup, which is a zip of them.

Rows are tasks, sections, and notes on the row above; `INDENT` makes the tree. There are no ids: a
task is known again by its project, its section, the titles above it and its own.
"""

import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from taskbell.transfer.dates import Dates
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import (
    Context,
    ImportedFile,
    ImportedItem,
    ImportedList,
    PriorityName,
)
from taskbell.transfer.reading import Row, is_zip, members, rows
from taskbell.transfer.values import text as text_of

NEEDED = frozenset({"TYPE", "CONTENT"})
PRIORITIES: dict[str, PriorityName] = {"1": "urgent", "2": "high", "3": "medium", "4": "low"}
"""In these files 1 is the most urgent; Todoist's API counts the other way round."""

_LABEL = re.compile(r"(?:^|(?<=\s))@(\S+)")
_OPENS, _CLOSES = "[[file ", "]]"
_MOST_NAME = 1_000
"""Characters of a project's name: it stands before that of each of its sections."""


def parse(data: bytes, context: Context) -> ImportedFile:
    """Read the file. Raises `UnreadableImportError`, `ImportTooLargeError`."""
    if is_zip(data):
        files = members(data, r"[^/]*\.csv")
        if not files:
            raise UnreadableImportError("The zip holds no CSV file: a Todoist backup does.")
    else:
        files = [(context.filename, data)]
    read = _Reading(ImportedFile(), Dates(context))
    for name, content in files:
        project = _Project(_project_name(name), read)
        for row in rows(content, needed=NEEDED):
            project.take(row)
    return read.file


def _project_name(path: str) -> str:
    """Return the name in "Home [2203306141].csv", as backups are named, or "Home (1).csv"."""
    name = path.replace("\\", "/").rsplit("/", 1)[-1]
    if name.lower().endswith(".csv"):
        name = name[: -len(".csv")]
    for opens, closes in ("()", "[]"):
        name = name.rstrip()
        begun = name.rfind(opens)
        inside = name[begun + 1 : -1]
        is_counted = inside.isdecimal() if opens == "(" else inside.replace("_", "a").isalnum()
        if begun >= 0 and name.endswith(closes) and is_counted:
            name = name[:begun]
    return name.strip()[:_MOST_NAME] or "Todoist"


@dataclass
class _Reading:
    """What is common to the projects of a backup. `seen` counts tasks that look the same."""

    file: ImportedFile
    dates: Dates
    seen: dict[str, int] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)


@dataclass
class _Project:
    """One CSV file while it is read: where in it we are.

    `above`: the last row and those it stands below. `paths`: the hashes of their titles with all
    that is above them; a long title is hashed once, not for each task below it.
    """

    name: str
    read: _Reading
    list_key: str = ""
    top: Any = None
    above: list[ImportedItem] = field(default_factory=list)
    paths: list[Any] = field(default_factory=list)
    last: ImportedItem | None = None

    def __post_init__(self) -> None:
        self._begin("")

    def _begin(self, section: str) -> None:
        """Begin a section; what stands before the first one is in none."""
        self.list_key = f"{self.name} / {section}" if section else self.name
        self.top = sha256(_bytes(f"{self.name}\x00{section}"))
        self.above, self.paths, self.last = [], [], None

    def take(self, row: Row) -> None:
        """Take the next row."""
        kind = row.cells.get("TYPE", "").strip().lower()
        content = row.cells.get("CONTENT", "").strip()
        if kind == "task":
            self._task(row, content)
        elif kind == "section":
            self._begin(content)
        elif kind == "note":
            self._note(row, content)
        elif kind != "meta" and (kind or content):
            self._leave(row, content, f"It is of a type that is not known: {kind!r}.")

    def _leave(self, row: Row, content: str, why: str) -> None:
        item = self.read.file.add(f"line:{self.name}:{row.line}")
        item.title = content
        item.leave("skipped", why)

    def _note(self, row: Row, content: str) -> None:
        if self.last is None:
            self._leave(row, content, "It is a note on no task.")
        else:
            self.last.kept.append(_with_links(content))

    def _task(self, row: Row, content: str) -> None:
        item = self.read.file.add("")
        title, item.labels = _split_labels(content)
        item.title = title
        item.description = row.cells.get("DESCRIPTION", "")
        level = self._level(item, row)
        del self.above[level - 1 :], self.paths[level - 1 :]
        item.parent_key = self.above[-1].key if self.above else None
        item.key = self._key(title)
        item.list_key = self._list()
        self._priority(item, row)
        self._times(item, row)
        item.keep("Responsible", row.cells.get("RESPONSIBLE", ""))
        self.above.append(item)
        self.last = item

    def _level(self, item: ImportedItem, row: Row) -> int:
        """Return how deep it is, from 1: one deeper than the row above at most."""
        raw = row.cells.get("INDENT", "").strip()
        most = len(self.above) + 1
        if not raw.isdecimal():
            if raw:
                item.say(f"Its indent is no number: {raw[:20]!r}.")
            return 1
        level = max(1, int(raw[:6]))
        if level > most:
            item.say("It is indented deeper than a subtask of the row above.")
        return min(level, most)

    def _key(self, title: str) -> str:
        """Return a key that stays when rows are added, moved within the section or dated anew."""
        path = (self.paths[-1] if self.paths else self.top).copy()
        path.update(_bytes(f"\x00{title}"))
        self.paths.append(path)
        digest = path.hexdigest()
        self.read.seen[digest] = nth = self.read.seen.get(digest, 0) + 1
        return f"{digest}:{nth}"

    def _list(self) -> str:
        if self.list_key not in self.read.listed:
            self.read.listed.add(self.list_key)
            self.read.file.lists.append(ImportedList(key=self.list_key, name=self.list_key))
        return self.list_key

    @staticmethod
    def _priority(item: ImportedItem, row: Row) -> None:
        raw = row.cells.get("PRIORITY", "").strip()
        if raw in PRIORITIES:
            item.priority = PRIORITIES[raw]
        elif raw:
            item.say(f"Its priority is none from 1 to 4: {raw[:20]!r}.")

    def _times(self, item: ImportedItem, row: Row) -> None:
        cells = row.cells
        language, zone = cells.get("DATE_LANG", ""), cells.get("TIMEZONE", "").strip()
        self.read.dates.put(item, cells.get("DATE", ""), zone=zone, language=language)
        length = cells.get("DURATION", "").strip()
        if length and length.lower() != "none":
            item.keep("Duration", f"{length} {cells.get('DURATION_UNIT', '')}")
        deadline = cells.get("DEADLINE", "").strip()
        if not deadline:
            return
        if item.due_date is None and item.due_at is None and not cells.get("DATE", "").strip():
            item.say("It has a deadline only: that is its due date.")
            language = cells.get("DEADLINE_LANG", "")
            self.read.dates.put(item, deadline, zone=zone, language=language)
        else:
            item.keep("Deadline", deadline)


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _split_labels(content: str) -> tuple[str, list[str]]:
    """Return a title without its `@label` words, and those; all of it where nothing is left."""
    labels = _LABEL.findall(content)
    title = re.sub(r"\s{2,}", " ", _LABEL.sub("", content)).strip()
    return (title, labels) if title else (content, labels)


def _with_links(content: str) -> str:
    """Return a note with the files attached to it, `[[file {JSON}]]`, as Markdown links."""
    out, position = [], 0
    while (start := content.find(_OPENS + "{", position)) >= 0:
        end = content.find("}" + _CLOSES, start) + 1
        if not end:
            break
        after = end + len(_CLOSES)
        found = _link(content[start + len(_OPENS) : end])
        out += [content[position:start], found or content[start:after]]
        position = after
    return "".join([*out, content[position:]])


def _link(described: str) -> str | None:
    """Return a Markdown link for a file attached to a note; None where it cannot be read."""
    try:
        attached: Any = json.loads(described)
    except (ValueError, RecursionError):
        return None
    name, url = text_of(attached, "file_name"), text_of(attached, "file_url")
    return f"[{name or url}]({url})" if url else None
