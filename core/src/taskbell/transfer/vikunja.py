"""Vikunja: the zip of its data export, or the `data.json` in it.

Projects become lists, related tasks of the kind "subtask" subtasks. Its ids count within one
installation: a task is known again by its id and the moment it was made.
"""

from typing import Any

from taskbell.transfer import values
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.html_text import MOST_HTML, is_html, to_markdown
from taskbell.transfer.items import (
    MOST_LIST_NAME,
    Context,
    ImportedFile,
    ImportedItem,
    ImportedLabel,
    ImportedList,
    ImportedRecurrence,
    ImportedReminder,
    PriorityName,
)
from taskbell.transfer.reading import is_zip, json_value, members
from taskbell.transfer.values import Object

EXPECTED = "Vikunja's data export was expected: its zip, or the data.json in it."
PRIORITIES: dict[int, PriorityName] = {
    0: "medium", 1: "low", 2: "medium", 3: "high", 4: "urgent", 5: "urgent"
}  # fmt: skip
MONTHLY, FROM_COMPLETION = 1, 2
"""Values of `repeat_mode`; any other repeats from the due date."""

_UNITS = ((365 * 86400, "YEARLY"), (7 * 86400, "WEEKLY"), (86400, "DAILY"), (3600, "HOURLY"))
_TREE = ("subtask", "parenttask")


def parse(data: bytes, context: Context) -> ImportedFile:
    """Read the file. Raises `UnreadableImportError`, `ImportTooLargeError`."""
    if is_zip(data):
        found = members(data, r"data\.json")
        if not found:
            raise UnreadableImportError(EXPECTED)
        data = found[0][1]
    projects = json_value(data)
    if not isinstance(projects, list) or not all(isinstance(one, dict) for one in projects):
        raise UnreadableImportError(EXPECTED)
    return _Export(context).read(projects)


def _known_by(value: Object) -> str:
    return f"{values.text(value, 'id')}:{values.text(value, 'created')}"


def _recurrence(task: Object, day: int) -> ImportedRecurrence | None:
    """Return how a task repeats that is due on this day of a month; None when it cannot be said."""
    mode, seconds = values.whole(task, "repeat_mode"), values.whole(task, "repeat_after") or 0
    if mode == MONTHLY:
        # in a short month its last day, where Vikunja would go on into the next
        late = day > 28
        return ImportedRecurrence(
            "RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=BACKWARD" if late else "FREQ=MONTHLY"
        )
    for unit, name in _UNITS:
        if seconds > 0 and seconds % unit == 0:
            every = seconds // unit
            rule = f"FREQ={name}" if every == 1 else f"FREQ={name};INTERVAL={every}"
            return ImportedRecurrence(rule, "completion" if mode == FROM_COMPLETION else "schedule")
    return None


def _readable(item: ImportedItem, value: str) -> str:
    if not is_html(value):
        return value
    if len(value) > MOST_HTML:
        item.say(f"A text of it is too long: what is after {MOST_HTML:,} characters is left out.")
    return to_markdown(value)


class _Export:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._file = ImportedFile()
        self._by_id: dict[str, ImportedItem] = {}
        self._colors: dict[str, str | None] = {}

    def read(self, projects: list[Object]) -> ImportedFile:
        flat = self._flatten(projects)
        self._read_lists(flat)
        tasks: list[tuple[Object, ImportedItem]] = []
        for project in flat:
            buckets = {
                values.text(one, "id"): values.text(one, "title")[:MOST_LIST_NAME]
                for one in values.objects(project, "buckets")
            }
            list_key = _known_by(project)
            for task in self._in_order(values.objects(project, "tasks")):
                item = self._task(task, list_key)
                tasks.append((task, item))
                item.keep("Bucket", buckets.get(values.text(task, "bucket_id"), ""))
        for task, item in tasks:  # grows: a subtask may stand with its parent only
            self._relate(task, item, tasks)
        self._file.labels = [ImportedLabel(*pair) for pair in self._colors.items()]
        return self._file

    @staticmethod
    def _flatten(projects: list[Object]) -> list[Object]:
        """Return projects and those below them; older exports nest them."""
        flat: list[Object] = []
        waiting = list(reversed(projects))
        while waiting:
            project = waiting.pop()
            flat.append(project)
            for child in reversed(values.objects(project, "child_projects")):
                child.setdefault("parent_project_id", project.get("id"))
                waiting.append(child)
        return flat

    def _read_lists(self, projects: list[Object]) -> None:
        by_id = {values.text(one, "id"): one for one in projects}
        for project in projects:
            pseudo = (values.whole(project, "id") or 0) < 1  # such as the favourites
            if pseudo and not values.objects(project, "tasks"):
                continue
            names, above = [values.text(project, "title")[:MOST_LIST_NAME]], project
            while len(names) < 10 and (
                parent := by_id.get(values.text(above, "parent_project_id"))
            ):
                names.append(values.text(parent, "title")[:MOST_LIST_NAME])
                above = parent
            self._file.lists.append(
                ImportedList(
                    _known_by(project),
                    " / ".join(reversed([name for name in names if name])),
                    color=values.color(project, "hex_color"),
                    archived=values.flag(project, "is_archived"),
                )
            )

    @staticmethod
    def _in_order(tasks: list[Object]) -> list[Object]:
        def place(task: Object) -> tuple[float, float]:
            return values.number(task, "position") or 0, values.number(task, "index") or 0

        return sorted(tasks, key=place)

    def _task(self, task: Object, list_key: str | None) -> ImportedItem:
        item = self._file.add(_known_by(task))
        item.list_key = list_key
        item.title = values.text(task, "title")
        if not values.text(task, "id"):
            item.key = f"number:{item.number}"
            item.leave("failed", "It has no id: this is no task of Vikunja.")
            return item
        self._by_id.setdefault(values.text(task, "id"), item)
        description = values.text(task, "description")
        item.description = _readable(item, description)
        item.created_at = values.instant(task, "created")
        if values.flag(task, "done"):
            item.completed_at = values.instant(task, "done_at") or values.instant(task, "updated")
            item.completed_at = item.completed_at or self._context.at
        self._priority(item, task)
        self._read_labels(item, task)
        self._times(item, task)
        self._rest(item, task)
        return item

    @staticmethod
    def _priority(item: ImportedItem, task: Object) -> None:
        given = values.whole(task, "priority") or 0
        item.priority = PRIORITIES.get(given, "urgent" if given > 5 else "low")
        if given not in PRIORITIES:
            item.say(f"Its priority {given} is taken for {item.priority}.")

    def _read_labels(self, item: ImportedItem, task: Object) -> None:
        for label in values.objects(task, "labels"):
            if title := values.text(label, "title"):
                item.labels.append(title)
                self._colors.setdefault(title, values.color(label, "hex_color"))

    def _times(self, item: ImportedItem, task: Object) -> None:
        zone = self._context.time_zone
        due = values.instant(task, "due_date")
        if due is not None and values.is_midnight(due, zone):
            item.due_date = values.local(due, zone).date()
        else:
            item.due_at = due
        if start := values.instant(task, "start_date"):
            item.start_date = values.local(start, zone).date()
        if end := values.instant(task, "end_date"):
            item.keep("End", values.local(end, zone).strftime("%Y-%m-%d %H:%M"))
        item.recurrence = _recurrence(task, values.local(due, zone).day if due else 1)
        seconds = values.whole(task, "repeat_after") or 0
        if item.recurrence is None and seconds > 0:
            item.say("Its repeat cannot be expressed here: it stands in the description.")
            item.keep("Repeats every", f"{seconds} seconds")
        elif item.recurrence is not None and item.recurrence.rrule.startswith("FREQ=YEARLY"):
            item.say("It was repeated every 365 days: here it is every year.")
        for reminder in values.objects(task, "reminders"):
            self._reminder(item, reminder)
        old: Any = task.get("reminder_dates")  # before version 0.21
        for moment in old if isinstance(old, list) else []:
            if at := values.to_instant(moment):
                item.reminders.append(ImportedReminder(at=at))

    @staticmethod
    def _reminder(item: ImportedItem, reminder: Object) -> None:
        seconds = values.whole(reminder, "relative_period") or 0
        if values.text(reminder, "relative_to") == "due_date" and seconds <= 0:
            item.reminders.append(ImportedReminder(offset_minutes=-seconds // 60))
        elif at := values.instant(reminder, "reminder"):
            item.reminders.append(ImportedReminder(at=at))
        else:
            item.say("One of its reminders cannot be read.")

    @staticmethod
    def _rest(item: ImportedItem, task: Object) -> None:
        done = values.number(task, "percent_done") or 0
        if 0 < done < 1:
            item.keep("Done", f"{done:.0%}")
        people = values.objects(task, "assignees")
        names = [values.text(one, "name") or values.text(one, "username") for one in people]
        item.keep("Assigned to", ", ".join(filter(None, names)))
        for comment in values.objects(task, "comments"):
            said, author = values.text(comment, "comment"), comment.get("author")
            by = author if isinstance(author, dict) else {}
            who = values.text(by, "name") or values.text(by, "username")
            on = values.text(comment, "created")[:10]
            name = ", ".join(filter(None, (who, on))) or "Comment"
            item.keep(name, _readable(item, said))
        attached = values.objects(task, "attachments")
        files = [one["file"] for one in attached if isinstance(one.get("file"), dict)]
        if attached:
            item.say("Its attachments are not imported.")
            item.keep("Attachments", ", ".join(values.text(one, "name") for one in files))

    def _relate(
        self, task: Object, item: ImportedItem, tasks: list[tuple[Object, ImportedItem]]
    ) -> None:
        related = task.get("related_tasks")
        if not isinstance(related, dict) or item.outcome is not None:
            return
        for parent in values.objects(related, "parenttask"):
            if (known := self._by_id.get(values.text(parent, "id"))) and item.parent_key is None:
                item.parent_key = known.key
        for child in values.objects(related, "subtask"):
            known = self._by_id.get(values.text(child, "id"))
            if known is None:
                known = self._task(child, item.list_key)
                tasks.append((child, known))
            if known.parent_key is None:
                known.parent_key = item.key
        for kind in sorted(set(related) - set(_TREE)):
            titles = [values.text(one, "title") for one in values.objects(related, kind)]
            item.keep(kind.capitalize(), ", ".join(filter(None, titles)))
