"""A state machine does thousands of things to tasks, through the API and to a plain model of it.

Whatever it does, in whatever order, by two devices, with old versions and with requests sent twice:
both must agree on every field of every task, on their order, and on what lies in the trash.
"""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from taskbell.clock import now
from taskbell.ids import new_id
from taskbell_api.deps import Services

from .conftest import NewPerson, Person, signed_in_again
from .task_model import Model, ModelTask, Refused

RUNS, STEPS = 40, 50
TITLES = st.sampled_from(["Milk", "Ünïcödé 🥛", "a" * 200, "'; DROP TABLE task; --"])
LABELS = st.lists(st.sampled_from(["home", "HOME", "Straße", "errands", "🏠"]), max_size=3)
PRIORITIES = st.sampled_from(["low", "medium", "high", "urgent"])
DAYS = st.integers(-3, 12)
REPEATS = st.fixed_dictionaries(
    {
        "days": st.integers(1, 9),
        "anchor": st.sampled_from(["schedule", "completion"]),
        "count": st.none() | st.integers(1, 4),
    }
)

Await = Callable[[Awaitable[Any]], Any]


class Tasks(RuleBasedStateMachine):
    """One person with two devices; `wait` runs a coroutine in the loop of the application."""

    wait: Await
    new_person: NewPerson
    services: Services

    @initialize()
    def begin(self) -> None:
        self.today = now().date()
        person: Person = self.wait(self.new_person())
        self.devices = [person, self.wait(signed_in_again(self.services, person))]
        lists = self._ask("GET", "/lists", device=0).json()["items"]
        self.model = Model(lists[0]["id"])
        self.gone: list[str] = []

    # --- rules ------------------------------------------------------------------------------------

    @rule(data=st.data())
    def create(self, data: st.DataObject) -> None:
        task_id, fields = self._new_task(data)
        headers = {"Idempotency-Key": task_id} if data.draw(st.booleans(), "keyed") else {}
        send: dict[str, Any] = {"json": {"id": task_id, **_wire(fields)}, "headers": headers}
        answer = self._do(
            "POST", "/tasks", send, lambda model: model.create(task_id, self.today, **fields)
        )
        if headers:  # sent again: the same answer, and no second task
            again = self._ask("POST", "/tasks", **send)
            assert again.status_code == answer.status_code
            if answer.status_code == 201:
                assert again.json() == answer.json()
        elif answer.status_code == 201:
            assert self._ask("POST", "/tasks", **send).status_code == 409

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def update(self, data: st.DataObject) -> None:
        task, version = self._task(data)
        fields = data.draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "title": TITLES,
                    "description": st.sampled_from(["", "x" * 10_000]),
                    "priority": PRIORITIES,
                    "labels": LABELS,
                    "due_date": st.none() | DAYS.map(self._day),
                    "recurrence": st.none() | REPEATS,
                    "list_id": st.sampled_from(sorted(self.model.lists)),
                    "parent_id": st.none() | st.sampled_from(sorted(self.model.tasks)),
                },
            ),
            "fields",
        )
        if fields.get("parent_id"):
            fields.pop("list_id", None)
        self._do(
            "PATCH",
            f"/tasks/{task.id}",
            {"json": _wire(fields), **_if_match(version)},
            lambda model: model.update(task.id, self.today, version, **fields),
        )

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def complete(self, data: st.DataObject) -> None:
        task, version = self._task(data)
        body, how = self._completion(data, task)
        subtasks = data.draw(st.sampled_from(["keep", "keep", "complete"]), "subtasks")
        self._do(
            "PATCH",
            f"/tasks/{task.id}/complete?subtasks={subtasks}",
            {"json": body, **_if_match(version)} if body else _if_match(version),
            lambda model: model.complete(
                task.id, self.today, subtasks=subtasks, version=version, **how
            ),
        )

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def skip(self, data: st.DataObject) -> None:
        task, version = self._task(data)
        occurrence = self._occurrence(data, task)
        body = {} if occurrence is None else {"json": {"occurrence": occurrence.isoformat()}}
        self._do(
            "POST",
            f"/tasks/{task.id}/skip",
            body | _if_match(version),
            lambda model: model.skip(task.id, self.today, occurrence, version),
        )

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        task, version = self._task(data)
        body = self._destination(data, task)
        self._do(
            "POST",
            f"/tasks/{task.id}/move",
            {"json": body, **_if_match(version)},
            lambda model: model.move(task.id, version, **body),
        )

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def trash(self, data: st.DataObject) -> None:
        task, version = self._task(data)
        self._do(
            "DELETE",
            f"/tasks/{task.id}",
            _if_match(version),
            lambda model: model.trash(task.id, version),
        )

    @precondition(lambda self: self.model.tasks)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        task, version = self._task(data)
        self._do(
            "POST",
            f"/tasks/{task.id}/restore",
            _if_match(version),
            lambda model: model.restore(task.id, version),
        )

    @precondition(lambda self: len(self.model.tasks) > 3)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        task, version = self._task(data)
        self._do(
            "DELETE",
            f"/tasks/{task.id}?permanent=true",
            _if_match(version),
            lambda model: model.delete(task.id, version),
        )
        assert (
            task.id in self.model.tasks or self._ask("GET", f"/tasks/{task.id}").status_code == 404
        )

    @precondition(lambda self: len(self.model.lists) < 4)
    @rule()
    def create_list(self) -> None:
        made = self._ask("POST", "/lists", json={"name": "Home"})
        assert made.status_code == 201, made.text
        self.model.lists[made.json()["id"]] = True

    @precondition(lambda self: len(self.model.lists) > 1)
    @rule(data=st.data())
    def trash_or_restore_list(self, data: st.DataObject) -> None:
        others = sorted(set(self.model.lists) - {self.model.inbox})
        list_id = data.draw(st.sampled_from(others), "list")
        if self.model.lists[list_id]:
            self._do("DELETE", f"/lists/{list_id}", {}, lambda model: model.trash_list(list_id))
        else:
            path = f"/lists/{list_id}/restore"
            self._do("POST", path, {}, lambda model: model.restore_list(list_id))

    @precondition(lambda self: self.model.labels)
    @rule(data=st.data())
    def rename_label(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model.labels)), "label")
        there = {one["name"]: one for one in self._ask("GET", "/labels").json()["items"]}
        name = f"renamed {len(self.model.labels)} {new_id()}"
        path = f"/labels/{there[self.model.labels[key]]['id']}"
        self._do(
            "PATCH", path, {"json": {"name": name}}, lambda model: model.rename_label(key, name)
        )

    @rule(data=st.data())
    def batch(self, data: st.DataObject) -> None:
        """Several at once: all of it, or, where one is refused, nothing."""
        operations, changes = [], []
        for _ in range(data.draw(st.integers(1, 4), "operations")):
            operation, change = self._operation(data)
            operations.append(operation)
            changes.append(change)

        def all_of(model: Model) -> None:
            for change in changes:
                change(model)

        self._do("POST", "/tasks/batch", {"json": {"operations": operations}}, all_of)

    # --- what both agree on -----------------------------------------------------------------------

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "model"):
            return
        in_order = self._all("/tasks?sort=position&")
        live = {one["id"]: one for one in in_order}
        trashed = {one["id"]: one for one in self._all("/tasks?trashed=true&")}
        there = self.model.tasks
        assert live.keys() == {one.id for one in self.model.live()}
        assert trashed.keys() == there.keys() - live.keys()
        for task_id, shown in (live | trashed).items():
            assert _shown(shown) == self._expected(there[task_id]), there[task_id]
        for list_id, is_live in self.model.lists.items():
            if is_live:
                first = [one["id"] for one in in_order if _is_first(one, list_id)]
                assert first == self._order(list_id)

    def _expected(self, task: ModelTask) -> dict[str, Any]:
        return {
            "title": task.title,
            "description": task.description,
            "priority": task.priority,
            "labels": list(task.labels),
            "list_id": task.list_id,
            "parent_id": task.parent_id,
            "due_date": task.due and task.due.isoformat(),
            "occurrence": task.repeat and task.repeat.slot.isoformat(),
            "completed": task.completed,
            "version": task.version,
            "trashed": task.trash is not None,
            "subtasks_count": len(self.model.children(task.id)),
            "overdue": bool(
                task.due and task.due < self.today and not task.completed and not task.trash
            ),
        }

    def _order(self, list_id: str) -> list[str]:
        first = [
            one for one in self.model.live() if one.list_id == list_id and one.parent_id is None
        ]
        return [one.id for one in sorted(first, key=lambda one: one.place)]

    # --- how --------------------------------------------------------------------------------------

    def _do(
        self, method: str, path: str, send: dict[str, Any], change: Callable[[Model], None]
    ) -> httpx.Response:
        """Do the same to both; where the model refuses, the API must too, and nothing changes."""
        wanted = deepcopy(self.model)
        status = None
        try:
            change(wanted)
        except Refused as refused:
            status = refused.status
        answer = self._ask(method, path, **send)
        if status is None:
            assert answer.is_success, (method, path, send, answer.text)
            self.model = wanted
        else:
            assert answer.status_code == status, (method, path, send, answer.text)
        return answer

    def _ask(
        self, method: str, path: str, *, device: int | None = None, **send: Any
    ) -> httpx.Response:
        self.turn = getattr(self, "turn", 0) + 1
        person = self.devices[self.turn % 2 if device is None else device]
        answer: httpx.Response = self.wait(person.request(method, path, **send))
        return answer

    def _all(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self._ask("GET", f"{path}per_page=40{cursor}").json()
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def _day(self, days: int) -> Any:
        return self.today + timedelta(days=days)

    def _task(self, data: st.DataObject) -> tuple[ModelTask, int | None]:
        task = self.model.tasks[data.draw(st.sampled_from(sorted(self.model.tasks)), "task")]
        versions = st.sampled_from([None, None, task.version, task.version, task.version + 1, 1])
        return task, data.draw(versions, "version")

    def _new_task(self, data: st.DataObject) -> tuple[str, dict[str, Any]]:
        fields = data.draw(
            st.fixed_dictionaries(
                {"title": TITLES},
                optional={
                    "priority": PRIORITIES,
                    "labels": LABELS,
                    "due_date": DAYS.map(self._day),
                    "recurrence": REPEATS,
                },
            ),
            "fields",
        )
        parents: list[str | None] = [None, *sorted(self.model.tasks)]
        parent_id = data.draw(st.sampled_from(parents), "parent")
        if parent_id is not None:
            fields["parent_id"] = parent_id
        elif data.draw(st.booleans(), "in a list"):
            fields["list_id"] = data.draw(st.sampled_from(sorted(self.model.lists)), "list")
        return str(new_id()), fields

    def _completion(
        self, data: st.DataObject, task: ModelTask
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        completed = data.draw(st.sampled_from([None, True, False]), "completed")
        occurrence = self._occurrence(data, task)
        how = {"completed": completed, "occurrence": occurrence}
        body = {name: value for name, value in how.items() if value is not None}
        return _wire(body), how

    def _occurrence(self, data: st.DataObject, task: ModelTask) -> Any:
        if task.repeat is None:
            return None
        known = [None, task.repeat.slot, *sorted(task.done), self._day(400)]
        return data.draw(st.sampled_from(known), "occurrence")

    def _destination(self, data: st.DataObject, task: ModelTask) -> dict[str, Any]:
        body: dict[str, Any] = {}
        where = data.draw(st.sampled_from(["stay", "list", "parent", "top"]), "where")
        if where == "list":
            body["list_id"] = data.draw(st.sampled_from(sorted(self.model.lists)), "list")
        elif where == "parent":
            body["parent_id"] = data.draw(st.sampled_from(sorted(self.model.tasks)), "parent")
        elif where == "top":
            body["parent_id"] = None
        wanted = deepcopy(self.model)
        target = wanted.tasks[task.id]
        neighbours = data.draw(st.sampled_from(["end", "after_id", "before_id"]), "next to")
        if neighbours != "end" and target.trash is None:
            try:
                wanted.move(task.id, None, **body)
            except Refused:
                return body
            some = [one.id for one in wanted.siblings(target)] or sorted(self.model.tasks)
            body[neighbours] = data.draw(st.sampled_from(some), "neighbour")
        return body

    def _operation(self, data: st.DataObject) -> tuple[dict[str, Any], Callable[[Model], None]]:
        kinds = ["create", "update", "complete", "delete", "restore", "move"]
        kind = data.draw(st.sampled_from(kinds if self.model.tasks else ["create"]), "op")
        if kind == "create":
            task_id, fields = self._new_task(data)
            body = {"op": kind, "task": {"id": task_id, **_wire(fields)}}
            return body, lambda model: model.create(task_id, self.today, **fields)
        task, _ = self._task(data)
        operation: dict[str, Any] = {"op": kind, "id": task.id}
        match kind:
            case "update":
                title = data.draw(TITLES, "title")
                return operation | {"patch": {"title": title}}, lambda model: model.update(
                    task.id, self.today, None, title=title
                )
            case "complete":
                return operation, lambda model: model.complete(
                    task.id,
                    self.today,
                    completed=True,
                    occurrence=None,
                )
            case "delete":
                return operation, lambda model: model.trash(task.id)
            case "restore":
                return operation, lambda model: model.restore(task.id)
        return operation, lambda model: model.move(task.id, None)


def _wire(fields: dict[str, Any]) -> dict[str, Any]:
    """Return fields as they are sent."""
    sent = dict(fields)
    for name in ("due_date", "occurrence"):
        if sent.get(name) is not None:
            sent[name] = sent[name].isoformat()
    repeat = sent.get("recurrence")
    if repeat is not None:
        count = "" if repeat["count"] is None else f";COUNT={repeat['count']}"
        rrule = f"FREQ=DAILY;INTERVAL={repeat['days']}{count}"
        sent["recurrence"] = {"rrule": rrule, "anchor": repeat["anchor"]}
    return sent


def _is_first(task: dict[str, Any], list_id: str) -> bool:
    return task["list_id"] == list_id and task["parent_id"] is None


def _if_match(version: int | None) -> dict[str, Any]:
    return {} if version is None else {"headers": {"If-Match": f'"{version}"'}}


def _shown(task: dict[str, Any]) -> dict[str, Any]:
    names = (
        "title", "description", "priority", "labels", "list_id", "parent_id", "due_date",
        "occurrence", "completed", "version", "subtasks_count", "overdue",
    )  # fmt: skip
    return {name: task[name] for name in names} | {"trashed": task["deleted_at"] is not None}


async def test_the_api_and_a_plain_model_agree(services: Services, new_person: NewPerson) -> None:
    loop = asyncio.get_running_loop()

    async def run(wanted: Awaitable[Any]) -> Any:
        return await wanted

    def wait(wanted: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(run(wanted), loop).result(60)

    class Machine(Tasks):
        pass

    Machine.wait = staticmethod(wait)
    Machine.new_person = staticmethod(new_person)
    Machine.services = services
    some = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        # to shorten what failed takes many minutes: do it by hand
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
    )
    await asyncio.to_thread(run_state_machine_as_test, Machine, settings=some)
