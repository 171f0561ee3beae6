"""The last step of every parser: texts that fit, and a tree that may exist here."""

import re

from taskbell.text import storable
from taskbell.transfer.items import MOST_LIST_NAME, ImportedFile, ImportedItem, ImportedLabel

MOST_TITLE = 200
MOST_DESCRIPTION = 10_000
MOST_LABEL = 60
MOST_LABELS = 50
MOST_DEPTH = 5
MOST_REMINDERS = 20

# controls (Cc), the separators of lines and paragraphs
_LINE_BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")


def one_line(value: str) -> str:
    """Return a text without controls and line breaks."""
    return _LINE_BREAKING.sub(" ", storable(value, len(value))).strip()


def paragraphs(value: str) -> str:
    """Return a text with plain line breaks and without other controls."""
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", storable(plain, len(plain))).strip()


def arrange(file: ImportedFile) -> ImportedFile:
    """Return the file with what may exist here: see the functions it calls.

    Parents come before their subtasks, siblings stay in their order.
    """
    first = {one.key: one for one in reversed(file.lists)}  # of those that share a key
    file.lists = [one for one in file.lists if first[one.key] is one]
    for listed in file.lists:
        listed.name = one_line(listed.name)[:MOST_LIST_NAME].strip() or "Imported"
    file.labels = [
        ImportedLabel(name, one.color)
        for one in file.labels
        if 0 < len(name := _label(one.name)) <= MOST_LABEL
    ]
    for item in file.items:
        _fit(item, verbatim=file.verbatim)
    depths = _Tree(file.items).settle()
    # sorting is stable
    file.items.sort(key=lambda item: depths.get(item.key, 1) if item.outcome is None else 0)
    return file


def _fit(item: ImportedItem, *, verbatim: bool) -> None:
    title = one_line(item.title)
    if item.outcome is not None:
        item.title = title[:MOST_TITLE]
        return
    raw = item.description
    body = [storable(raw, len(raw)) if verbatim else paragraphs(raw)]
    if not title:
        first = one_line(body[0].strip().split("\n", 1)[0])
        title = first[:MOST_TITLE] or "Untitled"
        item.say(
            "It has no title: the first words of its description are it."
            if first
            else "It has no title."
        )
    if len(title) > MOST_TITLE:
        body.insert(0, f"…{title[MOST_TITLE - 1 :]}")
        title = f"{title[: MOST_TITLE - 1]}…"
        item.say("Its title is too long: it goes on in the description.")
    item.title = title
    _fit_labels(item)
    if not verbatim:
        item.reminders = list(dict.fromkeys(item.reminders))
    _fit_reminders(item)
    body += [paragraphs(line) for line in item.kept]
    description = "\n\n".join(part for part in body if part)
    if len(description) > MOST_DESCRIPTION:
        over = len(description) - MOST_DESCRIPTION
        item.say(f"Its description is too long: the last {over:,} characters are left out.")
    item.description = description[:MOST_DESCRIPTION]
    item.kept = []


def _label(raw: str) -> str:
    return one_line(raw).lstrip("@# ")


def _fit_labels(item: ImportedItem) -> None:
    fitting: dict[str, str] = {}
    for raw in item.labels:
        name = _label(raw)
        if not name:
            continue
        known = name.casefold() in fitting
        if len(name) > MOST_LABEL or (len(fitting) >= MOST_LABELS and not known):
            item.keep("Label", name)
            item.say("A label is too long, or one too many: it stands in the description.")
        else:
            fitting.setdefault(name.casefold(), name)
    item.labels = list(fitting.values())


def _fit_reminders(item: ImportedItem) -> None:
    if len(item.reminders) > MOST_REMINDERS:
        item.say(f"It has more than {MOST_REMINDERS} reminders: the others are left out.")
        item.reminders = item.reminders[:MOST_REMINDERS]


class _Tree:
    """The tasks that are imported, by their keys."""

    def __init__(self, items: list[ImportedItem]) -> None:
        self._items: dict[str, ImportedItem] = {}
        for item in items:
            if item.outcome is not None:
                continue
            if item.key in self._items:
                item.leave("skipped", f"It stands in the file twice: see {item.title!r} above.")
            else:
                self._items[item.key] = item

    def settle(self) -> dict[str, int]:
        """Make it a tree at most `MOST_DEPTH` deep, in one list each; return depths from 1."""
        depths: dict[str, int] = {}
        for item in self._items.values():
            for one in reversed(self._way_up(item, depths)):
                self._settle_one(one, depths)
        return depths

    def _way_up(self, item: ImportedItem, depths: dict[str, int]) -> list[ImportedItem]:
        """Return the task and those above it that are not settled yet; cut a circle open."""
        way: dict[str, ImportedItem] = {}
        one: ImportedItem | None = item
        while one is not None and one.key not in depths:
            way[one.key] = one
            above = self._items.get(one.parent_key) if one.parent_key is not None else None
            if above is not None and above.key in way:
                one.say("It is a subtask of its own subtask: it stands at the top level.")
                one.parent_key = above = None
            one = above
        return list(way.values())

    def _settle_one(self, item: ImportedItem, depths: dict[str, int]) -> None:
        parent = self._items.get(item.parent_key) if item.parent_key is not None else None
        if item.parent_key is not None and parent is None:
            item.say("The task above it is not imported: it stands at the top level.")
        if parent is not None and parent.deleted_at is not None and item.deleted_at is None:
            item.say("The task above it is in the trash: it stands at the top level.")
            parent = None
        while parent is not None and depths[parent.key] >= MOST_DEPTH and parent.parent_key:
            item.say(f"It is nested more than {MOST_DEPTH} deep: it stands one level up.")
            parent = self._items[parent.parent_key]
        item.parent_key = parent.key if parent is not None else None
        depths[item.key] = depths[parent.key] + 1 if parent is not None else 1
        if parent is not None and parent.list_key != item.list_key:
            item.say("It is in another list than the task above it: it goes to that one's.")
            item.list_key = parent.list_key
