"""Google Tasks: `Tasks.json` of Google Takeout, or Takeout's zip.

Tasks are due on a date, written as its midnight in UTC: it stays that date in every zone.
"""

from taskbell.transfer import values
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import Context, ImportedFile, ImportedItem, ImportedList
from taskbell.transfer.reading import is_zip, json_value, members
from taskbell.transfer.values import Object

EXPECTED = 'Tasks.json of Google Takeout was expected, with task lists in "items".'


def parse(data: bytes, context: Context) -> ImportedFile:
    """Read the file. Raises `UnreadableImportError`, `ImportTooLargeError`."""
    documents = [data]
    if is_zip(data):
        documents = [content for _, content in members(data, r"tasks\.json")]
        if not documents:
            raise UnreadableImportError("The zip holds no Tasks.json.")
    file = ImportedFile()
    for document in documents:
        value = json_value(document)
        if not isinstance(value, dict) or not isinstance(value.get("items"), list):
            raise UnreadableImportError(EXPECTED)
        # one list alone is its own document
        if values.text(value, "kind") in {"tasks#tasks", "tasks#taskList"}:
            value = {"items": [value]}
        for place, listed in enumerate(values.objects(value, "items")):
            _read_list(file, listed, place, context)
    return file


def _read_list(file: ImportedFile, listed: Object, place: int, context: Context) -> None:
    key = values.text(listed, "id") or f"list:{place}"
    file.lists.append(ImportedList(key, values.text(listed, "title") or "Google Tasks"))
    found = values.objects(listed, "items")
    parents = {values.text(one, "parent") for one in found}
    # positions are numbers with leading zeros; sorting is stable where there are none
    for one in sorted(found, key=lambda one: values.text(one, "position")):
        item = file.add(values.text(one, "id"))
        item.list_key = key
        _read_task(item, one, is_parent=item.key in parents, context=context)


def _read_task(item: ImportedItem, one: Object, *, is_parent: bool, context: Context) -> None:
    item.title = values.text(one, "title")
    item.description = values.text(one, "notes")
    if not item.key:
        item.key = f"number:{item.number}"
        return item.leave("failed", "It has no id: this is no task of Google.")
    if values.flag(one, "deleted"):
        return item.leave("skipped", "It was deleted in Google Tasks.")
    item.parent_key = values.text(one, "parent") or None
    item.due_date = values.day(one, "due")
    if item.due_date is None and one.get("due"):
        item.say("Its due date cannot be read.")
        item.keep("Due", values.text(one, "due"))
    if not (item.title.strip() or item.description.strip() or item.due_date or is_parent):
        return item.leave("skipped", "It is empty.")
    updated = values.instant(one, "updated")
    item.created_at = values.instant(one, "created")
    if values.text(one, "status") == "completed" or values.flag(one, "hidden"):
        item.completed_at = values.instant(one, "completed") or updated or context.at
    for link in values.objects(one, "links"):
        url = values.text(link, "link")
        item.keep("Link", f"[{values.text(link, 'description') or url}]({url})" if url else "")
    return None
