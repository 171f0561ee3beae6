"""What the API should do with tasks, in plain Python: no database, no requests, nothing at once.

The state machine in test_task_machine.py does the same things to this and to the API, and compares.
All dates are all-day dates of somebody who lives in UTC.
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

MOST_LEVELS = 5


class Refused(Exception):  # noqa: N818 (it is what should happen)
    """The status that the API should answer with, having changed nothing."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Repeat:
    """Every so many days, from the schedule or from the day it was done; `count` times at most."""

    days: int
    anchor: str
    start: date
    slot: date
    number: int = 1
    count: int | None = None


@dataclass
class ModelTask:
    """A task; `place` orders siblings. `trash`: the task or list whose deletion took it along."""

    id: str
    title: str
    list_id: str
    place: Fraction
    description: str = ""
    priority: str = "medium"
    labels: tuple[str, ...] = ()
    parent_id: str | None = None
    due: date | None = None
    repeat: Repeat | None = None
    completed: bool = False
    trash: str | None = None
    version: int = 1
    done: dict[date, str] = field(default_factory=dict)


class Model:
    """All tasks of one person."""

    def __init__(self, inbox: str) -> None:
        self.inbox = inbox
        self.lists: dict[str, bool] = {inbox: True}
        """Ids of lists, and whether they are live."""
        self.tasks: dict[str, ModelTask] = {}
        self.labels: dict[str, str] = {}
        self._last = 0

    # --- looking ----------------------------------------------------------------------------------

    def live(self) -> list[ModelTask]:
        return [one for one in self.tasks.values() if one.trash is None]

    def children(self, task_id: str, *, trash: str | None = None) -> list[ModelTask]:
        return [
            one for one in self.tasks.values() if one.parent_id == task_id and one.trash == trash
        ]

    def below(self, task_id: str, *, trash: str | None = None) -> list[ModelTask]:
        found = []
        for one in self.children(task_id, trash=trash):
            found += [one, *self.below(one.id, trash=trash)]
        return found

    def level(self, task: ModelTask) -> int:
        return 1 if task.parent_id is None else 1 + self.level(self.tasks[task.parent_id])

    def height(self, task: ModelTask) -> int:
        return 1 + max((self.height(one) for one in self.children(task.id)), default=0)

    def siblings(self, task: ModelTask) -> list[ModelTask]:
        same = [
            one
            for one in self.live()
            if (one.list_id, one.parent_id) == (task.list_id, task.parent_id) and one.id != task.id
        ]
        return sorted(same, key=lambda one: one.place)

    def get(self, task_id: str, *, version: int | None = None, trashed: bool = False) -> ModelTask:
        task = self.tasks.get(task_id)
        if task is None or (task.trash is not None and not trashed):
            raise Refused(404)
        if version is not None and version != task.version:
            raise Refused(412)
        return task

    # --- changing ---------------------------------------------------------------------------------

    def create(self, task_id: str, today: date, **fields: Any) -> None:
        if task_id in self.tasks:
            raise Refused(409)
        parent = self._parent(fields.get("parent_id"))
        list_id = parent.list_id if parent else fields.get("list_id") or self.inbox
        if not self.lists.get(list_id, False):
            raise Refused(404)
        task = ModelTask(task_id, fields["title"], list_id, self._end())
        task.parent_id = parent.id if parent else None
        self._set(task, fields)
        self._begin(task, fields.get("recurrence"), today)
        self.tasks[task_id] = task

    def update(self, task_id: str, today: date, version: int | None, **fields: Any) -> None:
        task = self.get(task_id, version=version)
        before = self._kept()
        self._set(task, fields)
        if "recurrence" in fields:
            task.repeat = None
            self._begin(task, fields["recurrence"], today)
        if task.repeat is not None and task.due is None:
            raise Refused(422)
        self._place(task, fields)
        self._count(before)

    def complete(
        self,
        task_id: str,
        today: date,
        completed: bool | None = None,
        occurrence: date | None = None,
        subtasks: str = "keep",
        version: int | None = None,
    ) -> None:
        task = self.get(task_id, version=version)
        if occurrence is not None and (not task.repeat or occurrence != task.repeat.slot):
            return self._past(task, occurrence)
        wanted = (not task.completed) if completed is None else completed
        before = self._kept()
        if wanted == task.completed:
            pass
        elif not wanted:
            task.completed = False
            if task.repeat:
                task.done.pop(task.repeat.slot, None)
        elif task.repeat is None:
            task.completed = True
        else:
            self._advance(task, "completed", today)
        if wanted and task.completed and subtasks == "complete":
            for one in self.below(task.id):
                one.completed = True
        return self._count(before)

    def skip(
        self, task_id: str, today: date, occurrence: date | None = None, version: int | None = None
    ) -> None:
        task = self.get(task_id, version=version)
        if task.repeat and occurrence is not None and occurrence != task.repeat.slot:
            return self._past(task, occurrence)
        if task.repeat is None or task.completed:
            raise Refused(409)
        before = self._kept()
        self._advance(task, "skipped", today)
        return self._count(before)

    def move(
        self,
        task_id: str,
        version: int | None,
        after_id: str | None = None,
        before_id: str | None = None,
        **to: Any,
    ) -> None:
        task = self.get(task_id, version=version)
        before = self._kept()
        self._place(task, to)
        siblings = self.siblings(task)
        ids = [one.id for one in siblings]
        if (after_id or before_id or task_id) not in [*ids, task_id] or task_id in (
            after_id,
            before_id,
        ):
            raise Refused(422)
        if after_id:
            at = ids.index(after_id) + 1
        else:
            at = ids.index(before_id) if before_id else len(ids)
        low, high = siblings[:at], siblings[at:]
        is_there = (not low or low[-1].place < task.place) and (
            not high or task.place < high[0].place
        )
        if not is_there:
            task.place = self._between(low, high)
        self._count(before)

    def trash(self, task_id: str, version: int | None = None) -> None:
        task = self.get(task_id, version=version, trashed=True)
        if task.trash is None:
            for one in (task, *self.below(task.id)):
                one.trash = task.id
                one.version += 1

    def restore(self, task_id: str, version: int | None = None) -> None:
        task = self.get(task_id, version=version, trashed=True)
        if task.trash is None:
            return
        group = [task, *self.below(task.id, trash=task.trash)]
        was = (task.list_id, task.parent_id)
        list_id = task.list_id if self.lists[task.list_id] else self.inbox
        for one in group:
            one.trash, one.list_id = None, list_id
            one.version += 1
        parent = self.tasks.get(task.parent_id) if task.parent_id else None
        fits = parent and parent.trash is None
        if parent and fits and self.level(parent) + self.height(task) <= MOST_LEVELS:
            for one in group:
                one.list_id = parent.list_id
        else:
            task.parent_id = None
        if task.parent_id != was[1] or (task.parent_id is None and task.list_id != was[0]):
            task.place = self._end()

    def delete(self, task_id: str, version: int | None = None) -> None:
        self.get(task_id, version=version, trashed=True)
        self._drop(task_id)

    def trash_list(self, list_id: str) -> None:
        if self.lists[list_id]:
            self.lists[list_id] = False
            for one in self.live():
                if one.list_id == list_id:
                    one.trash = list_id
                    one.version += 1

    def restore_list(self, list_id: str) -> None:
        self.lists[list_id] = True
        for one in self.tasks.values():
            if one.trash == list_id:
                one.trash = None
                one.version += 1

    def rename_label(self, key: str, name: str) -> None:
        old = self.labels.pop(key)
        self.labels[name.casefold()] = name
        for one in self.tasks.values():
            if old in one.labels:
                one.labels = tuple(name if label == old else label for label in one.labels)
                one.version += 1

    # --- how --------------------------------------------------------------------------------------

    def _set(self, task: ModelTask, fields: dict[str, Any]) -> None:
        for name in ("title", "description", "priority"):
            if name in fields:
                setattr(task, name, fields[name])
        if "due_date" in fields:
            task.due = fields["due_date"]
        if "labels" in fields:
            task.labels = tuple(dict.fromkeys(self._named(fields["labels"])))

    def _named(self, names: Iterable[str]) -> list[str]:
        return [self.labels.setdefault(name.casefold(), name) for name in names]

    def _begin(self, task: ModelTask, wanted: dict[str, Any] | None, today: date) -> None:
        if wanted is None:
            return
        task.due = task.due or today
        task.repeat = Repeat(
            wanted["days"], wanted["anchor"], task.due, task.due, count=wanted["count"]
        )

    def _advance(self, task: ModelTask, outcome: str, today: date) -> None:
        repeat = task.repeat
        assert repeat
        assert task.due
        task.done[repeat.slot] = outcome
        step = timedelta(days=repeat.days)
        if repeat.anchor == "completion":
            following = today + step
            while following == repeat.slot or following in task.done:  # done before its time
                following += step
            over = repeat.count is not None and repeat.number >= repeat.count
        else:
            following = repeat.start
            while following <= max(repeat.slot, task.due) or following < today:
                following += step
            last = None if repeat.count is None else repeat.start + step * (repeat.count - 1)
            over = last is not None and following > last
        if over:
            task.completed = True
            return
        task.due = repeat.slot = following
        repeat.number += 1
        for one in self.below(task.id):
            if one.completed and one.repeat is None:
                one.completed = False

    def _past(self, task: ModelTask, occurrence: date) -> None:
        if occurrence not in task.done:
            raise Refused(409)

    def _parent(self, parent_id: str | None, child: ModelTask | None = None) -> ModelTask | None:
        if parent_id is None:
            return None
        parent = self.tasks.get(parent_id)
        if parent is None or parent.trash is not None:
            raise Refused(422)
        if child and parent.id in {child.id, *(one.id for one in self.below(child.id))}:
            raise Refused(422)
        if self.level(parent) + (self.height(child) if child else 1) > MOST_LEVELS:
            raise Refused(422)
        return parent

    def _place(self, task: ModelTask, to: dict[str, Any]) -> None:
        before = (task.list_id, task.parent_id)
        if to.get("parent_id") is not None:
            parent = self._parent(to["parent_id"], task)
            assert parent
            if to.get("list_id") not in (None, parent.list_id):
                raise Refused(422)
            list_id, parent_id = parent.list_id, to["parent_id"]
        else:
            list_id = to.get("list_id") or task.list_id
            if list_id != task.list_id and not self.lists.get(list_id, False):
                raise Refused(404)
            stays = "parent_id" not in to and list_id == task.list_id
            parent_id = task.parent_id if stays else None
        if before == (list_id, parent_id):
            return
        for one in self.below(task.id):
            one.list_id = list_id
        task.list_id, task.parent_id, task.place = list_id, parent_id, self._end()

    def _drop(self, task_id: str) -> None:
        for one in [one for one in self.tasks.values() if one.parent_id == task_id]:
            self._drop(one.id)
        del self.tasks[task_id]

    def _end(self) -> Fraction:
        self._last += 1
        return Fraction(self._last)

    def _between(self, low: list[ModelTask], high: list[ModelTask]) -> Fraction:
        if not high:
            return self._end()
        if not low:
            return high[0].place - 1
        return (low[-1].place + high[0].place) / 2

    def _kept(self) -> dict[str, ModelTask]:
        return deepcopy(self.tasks)

    def _count(self, before: dict[str, ModelTask]) -> None:
        """Raise the version of every task that has changed."""
        for task_id, was in before.items():
            task = self.tasks[task_id]
            # what was done is told apart: it is no field of the task
            now, then = deepcopy(task), deepcopy(was)
            now.done = then.done = {}
            if now != then:
                task.version += 1
