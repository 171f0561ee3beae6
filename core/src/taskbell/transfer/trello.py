"""Trello: a board as JSON ("Export as JSON").

Lists become lists, cards tasks, the items of their checklists subtasks. What is archived stays
findable: a list as an archived list, a card as completed.
"""

from collections.abc import Container
from datetime import UTC, datetime

from taskbell.times import EARLIEST, LATEST
from taskbell.transfer import values
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import (
    MOST_LIST_NAME,
    Context,
    ImportedFile,
    ImportedItem,
    ImportedLabel,
    ImportedList,
    ImportedReminder,
)
from taskbell.transfer.reading import json_value
from taskbell.transfer.values import Object

EXPECTED = 'The JSON of a Trello board was expected, with "cards" and "lists".'
COLORS = {
    "green": "#4bce97", "yellow": "#f5cd47", "orange": "#fea362", "red": "#f87168",
    "purple": "#9f8fef", "blue": "#579dff", "sky": "#6cc3e0", "lime": "#94c748",
    "pink": "#e774bb", "black": "#8590a2",
}  # fmt: skip
"""Trello's own; its `_dark` and `_light` ones are taken for these."""

_MOST_ID = 100
"""Characters of an id that stand in others: Trello's have 24."""


def parse(data: bytes, context: Context) -> ImportedFile:
    """Read the file. Raises `UnreadableImportError`, `ImportTooLargeError`."""
    board = json_value(data)
    if not isinstance(board, dict) or not all(
        isinstance(board.get(name), list) for name in ("cards", "lists")
    ):
        raise UnreadableImportError(EXPECTED)
    return _Board(board, context).read()


def _by_pos(found: list[Object]) -> list[Object]:
    """Return objects in Trello's order; those without a place come last, as they stand."""

    def place(one: Object) -> float:
        pos = values.number(one, "pos")
        return float("inf") if pos is None else pos

    return sorted(found, key=place)


def _made_at(card_id: str) -> datetime | None:
    """Return when something was made: its id begins with the second, in hexadecimal."""
    try:
        moment = datetime.fromtimestamp(int(card_id[:8], 16), UTC)
    except (ValueError, OverflowError):
        return None
    return moment if len(card_id) == 24 and EARLIEST < moment < LATEST else None


class _Board:
    def __init__(self, board: Object, context: Context) -> None:
        self._board = board
        self._context = context
        self._file = ImportedFile()
        self._checklists: dict[str, list[Object]] = {}
        self._comments: dict[str, list[str]] = {}

    def read(self) -> ImportedFile:
        cards = values.objects(self._board, "cards")
        self._read_lists({values.text(card, "idList") for card in cards})
        self._read_labels()
        for checklist in _by_pos(values.objects(self._board, "checklists")):
            self._checklists.setdefault(values.text(checklist, "idCard"), []).append(checklist)
        self._read_comments()
        order = {one.key: place for place, one in enumerate(self._file.lists)}
        placed = sorted(  # stable: within a list, by place
            _by_pos(cards), key=lambda card: order.get(values.text(card, "idList"), len(order))
        )
        for card in placed:
            self._card(card, order)
        return self._file

    def _read_lists(self, used: set[str]) -> None:
        # what is longer is cut, but only once it stands before the name of each list
        name = values.text(self._board, "name")[:MOST_LIST_NAME]
        for one in _by_pos(values.objects(self._board, "lists")):
            key, closed = values.text(one, "id"), values.flag(one, "closed")
            if not key or (closed and key not in used):
                continue
            title = values.text(one, "name")
            listed = ImportedList(key, f"{name} / {title}" if name else title, archived=closed)
            self._file.lists.append(listed)

    def _read_labels(self) -> None:
        for one in values.objects(self._board, "labels"):
            if name := values.text(one, "name"):
                color = COLORS.get(values.text(one, "color").split("_")[0])
                self._file.labels.append(ImportedLabel(name, color))

    def _read_comments(self) -> None:
        # the newest come first
        for action in reversed(values.objects(self._board, "actions")):
            data = action.get("data")
            if values.text(action, "type") != "commentCard" or not isinstance(data, dict):
                continue
            card, by = data.get("card"), action.get("memberCreator")
            if isinstance(card, dict) and values.text(data, "text"):
                who = values.text(by, "fullName") if isinstance(by, dict) else ""
                on = values.text(action, "date")[:10]
                by_whom = ", ".join(filter(None, (who, on))) or "Comment"
                comments = self._comments.setdefault(values.text(card, "id"), [])
                comments.append(f"{by_whom}: {values.text(data, 'text')}")

    def _card(self, card: Object, lists: Container[str]) -> None:
        key = values.text(card, "id")
        item = self._file.add(key)
        item.title = values.text(card, "name")
        if not key:
            item.key = f"number:{item.number}"
            return item.leave("failed", "It has no id: this is no card of Trello.")
        item.description = values.text(card, "desc")
        item.created_at = _made_at(key)
        item.list_key = values.text(card, "idList")
        if item.list_key not in lists:
            item.list_key = None
            item.say("It is in no list of the board.")
        self._read_card_labels(item, card)
        self._times(item, card)
        if values.flag(card, "closed") and item.completed_at is None:
            item.completed_at = self._done_at(card)
            item.say("It was archived in Trello: it is completed here.")
        item.kept += self._comments.get(key, [])
        for attached in values.objects(card, "attachments"):
            url = values.text(attached, "url")
            name = values.text(attached, "name") or url
            item.keep("Attachment", f"[{name}]({url})" if url else name)
        for checklist in self._checklists.get(key, []):
            self._checklist(item, checklist)
        return None

    @staticmethod
    def _read_card_labels(item: ImportedItem, card: Object) -> None:
        for label in values.objects(card, "labels"):
            # a label without a name is its colour
            item.labels.append(values.text(label, "name") or values.text(label, "color"))

    def _times(self, item: ImportedItem, card: Object) -> None:
        item.due_at = values.instant(card, "due")
        if item.due_at is None and card.get("due"):
            item.say("Its due time cannot be read.")
            item.keep("Due", values.text(card, "due"))
        if start := values.instant(card, "start"):
            item.start_date = values.local(start, self._context.time_zone).date()
        before = values.whole(card, "dueReminder")
        if item.due_at is not None and before is not None and before >= 0:
            item.reminders.append(ImportedReminder(offset_minutes=before))
        if values.flag(card, "dueComplete"):
            item.completed_at = self._done_at(card)

    def _done_at(self, card: Object) -> datetime:
        found = values.instant(card, "dateCompleted") or values.instant(card, "dateLastActivity")
        return found or self._context.at

    def _checklist(self, card: ImportedItem, checklist: Object) -> None:
        """Add the items of a checklist; one of several checklists is a subtask of its own."""
        parent = card
        name = values.text(checklist, "name")
        if len(self._checklists[card.key]) > 1:
            parent = self._subtask(card, values.text(checklist, "id"), name or "Checklist")
        for one in _by_pos(values.objects(checklist, "checkItems")):
            item = self._subtask(parent, values.text(one, "id"), values.text(one, "name"))
            item.due_at = values.instant(one, "due")
            before = values.whole(one, "dueReminder")
            if item.due_at is not None and before is not None and before >= 0:
                item.reminders.append(ImportedReminder(offset_minutes=before))
            if values.text(one, "state") == "complete":
                item.completed_at = card.completed_at or self._context.at

    def _subtask(self, parent: ImportedItem, key: str, title: str) -> ImportedItem:
        item = self._file.add(key)
        if not key:  # known again by where it is
            item.key = f"{parent.key[:_MOST_ID]}:{title}"
        item.title, item.parent_key, item.list_key = title, parent.key, parent.list_key
        item.created_at = _made_at(key)
        return item
