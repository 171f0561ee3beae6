"""Taskbell's own JSON, as `GET /tasks/export?format=json` writes it (see export.py).

What stands in it is as the API shows it, and what that leaves out but a task needs to be the same
again: its reminders, where its series began, and which of its occurrences are done.
"""

from typing import Any

from taskbell.transfer import values
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import (
    Context,
    ImportedCompletion,
    ImportedFile,
    ImportedItem,
    ImportedLabel,
    ImportedList,
    ImportedRecurrence,
    ImportedReminder,
    ImportedSeries,
    PriorityName,
)
from taskbell.transfer.reading import json_value
from taskbell.transfer.values import Object

FORMAT = "taskbell-tasks/1"
EXPECTED = f'The JSON of a Taskbell export was expected, with "format": "{FORMAT}".'
PRIORITIES: dict[str, PriorityName] = {
    "low": "low", "medium": "medium", "high": "high", "urgent": "urgent"
}  # fmt: skip


def parse(data: bytes, context: Context) -> ImportedFile:
    """Read the file. Raises `UnreadableImportError`, `ImportTooLargeError`."""
    document = json_value(data)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UnreadableImportError(EXPECTED)
    if not isinstance(document.get("tasks"), list):
        raise UnreadableImportError('"tasks" must be an array.')
    file = ImportedFile(verbatim=True)
    in_order = sorted(
        values.objects(document, "lists"), key=lambda one: values.text(one, "position")
    )
    for place, listed in enumerate(in_order):
        _read_list(file, listed, place)
    for label in values.objects(document, "labels"):
        file.labels.append(ImportedLabel(values.text(label, "name"), values.color(label, "color")))
    known = {one.key for one in file.lists}
    positions: dict[int, str] = {}
    for found in document["tasks"]:
        task = found if isinstance(found, dict) else {}
        item = file.add(values.text(task, "id").lower())
        positions[item.number] = values.text(task, "position")
        if not item.key:
            item.key = f"number:{item.number}"
            item.title = values.text(task, "title")
            item.leave("failed", "It has no id: this is no task of Taskbell.")
        else:
            _read_task(item, task, known, context)
    file.items.sort(key=lambda item: positions[item.number])
    return file


def _read_list(file: ImportedFile, listed: Object, place: int) -> None:
    file.lists.append(
        ImportedList(
            key=values.text(listed, "id").lower() or f"list:{place}",
            name=values.text(listed, "name"),
            color=values.color(listed, "color"),
            archived=values.flag(listed, "archived"),
            is_inbox=values.flag(listed, "is_inbox"),
            deleted_at=values.instant(listed, "deleted_at"),
        )
    )


def _read_task(item: ImportedItem, task: Object, lists: set[str], context: Context) -> None:
    item.title = values.text(task, "title")
    item.description = values.text(task, "description")
    list_key = values.text(task, "list_id").lower()
    if list_key in lists:
        item.list_key = list_key
    elif lists:
        item.say("Its list is not in the file.")
    item.parent_key = values.text(task, "parent_id").lower() or None
    labels: Any = task.get("labels")
    item.labels = (
        [one for one in labels if isinstance(one, str)] if isinstance(labels, list) else []
    )
    priority = values.text(task, "priority")
    item.priority = PRIORITIES.get(priority, "medium")
    if priority not in PRIORITIES and task.get("priority") is not None:
        item.say("Its priority cannot be read: it is medium.")
    _read_times(item, task, context)
    _read_recurrence(item, task)
    for reminder in values.objects(task, "reminders"):
        _read_reminder(item, reminder)


def _read_times(item: ImportedItem, task: Object, context: Context) -> None:
    item.due_at = values.instant(task, "due_at")
    item.due_date = values.day(task, "due_date") if item.due_at is None else None
    for name in ("due_at", "due_date"):
        if task.get(name) and item.due_at is None and item.due_date is None:
            item.say("Its due time cannot be read.")
            item.keep("Due", values.text(task, name))
    item.time_zone = values.text(task, "time_zone") or None
    item.start_date = values.day(task, "start_date")
    item.created_at = values.instant(task, "created_at")
    item.completed_at = values.instant(task, "completed_at")
    if values.flag(task, "completed") and item.completed_at is None:
        item.completed_at = context.at
    item.deleted_at = values.instant(task, "deleted_at")
    item.trash_key = values.text(task, "trash_id").lower() or None


def _read_recurrence(item: ImportedItem, task: Object) -> None:
    found = task.get("recurrence")
    if not isinstance(found, dict) or not values.text(found, "rrule"):
        return
    by_completion = values.text(found, "anchor") == "completion"
    item.recurrence = ImportedRecurrence(
        values.text(found, "rrule"), "completion" if by_completion else "schedule"
    )
    series, number = task.get("series"), None
    if isinstance(series, dict):
        number = values.whole(series, "number")
    if isinstance(series, dict) and number is not None and 0 < number < 1_000_000:
        item.series = ImportedSeries(
            values.text(series, "start"), values.text(task, "occurrence"), number
        )
    for one in values.objects(task, "completions"):
        at = values.instant(one, "at")
        if at is not None and values.text(one, "occurrence"):
            item.completions.append(
                ImportedCompletion(
                    values.text(one, "occurrence")[:40],
                    "skipped" if values.text(one, "outcome") == "skipped" else "completed",
                    values.day(one, "due_date"),
                    values.instant(one, "due_at"),
                    at,
                )
            )


def _read_reminder(item: ImportedItem, reminder: Object) -> None:
    minutes, at = values.whole(reminder, "offset_minutes"), values.instant(reminder, "at")
    if minutes is not None and minutes >= 0:
        item.reminders.append(ImportedReminder(offset_minutes=minutes))
    elif at is not None:
        item.reminders.append(ImportedReminder(at=at))
    else:
        item.say("One of its reminders cannot be read.")
