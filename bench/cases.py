"""The cases as data: what is sent, and how near the limit the answer has to be."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from bench.load import COUNTER, Request

TASKS = "/api/v1/tasks"
PRIORITIES = ("low", "medium", "high", "urgent")
MOST_REQUESTS = 2000
"""Prepared for a case; the load generator picks one at random each time."""


@dataclass(frozen=True)
class Person:
    """Somebody who sends requests. `pages` are lists by cursor, from the middle of the list."""

    id: UUID
    token: str
    tasks: Sequence[UUID]
    pages: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """One kind of request. `at_least`: the share of the limit's requests a second, if any."""

    key: str
    name: str
    build: Callable[[Sequence[Person], random.Random], list[Request]]
    at_least: float | None = None
    writes: bool = False


def _tasks_of(people: Sequence[Person], chance: random.Random) -> list[tuple[Person, UUID]]:
    pairs = [(person, task) for person in people for task in person.tasks]
    return chance.sample(pairs, min(MOST_REQUESTS, len(pairs)))


def _get(people: Sequence[Person], chance: random.Random) -> list[Request]:
    return [Request("GET", f"{TASKS}/{t}", p.token) for p, t in _tasks_of(people, chance)]


def _list(people: Sequence[Person], _: random.Random) -> list[Request]:
    return [Request("GET", TASKS, person.token) for person in people]


def _list_by_cursor(people: Sequence[Person], _: random.Random) -> list[Request]:
    return [Request("GET", page, person.token) for person in people for page in person.pages]


def _create(people: Sequence[Person], chance: random.Random) -> list[Request]:
    return [
        Request("POST", TASKS, person.token, _body(chance, description="Standing order, receipt"))
        for person in people
        for _ in range(50)
    ]


def _update(people: Sequence[Person], chance: random.Random) -> list[Request]:
    return [
        Request("PATCH", f"{TASKS}/{task}", person.token, _body(chance))
        for person, task in _tasks_of(people, chance)
    ]


def _complete(people: Sequence[Person], chance: random.Random) -> list[Request]:
    return [
        Request("PATCH", f"{TASKS}/{task}/complete", person.token)
        for person, task in _tasks_of(people, chance)
    ]


def _me(people: Sequence[Person], _: random.Random) -> list[Request]:
    return [Request("GET", "/api/v1/users/me", person.token) for person in people]


def _hello(_people: Sequence[Person], _: random.Random) -> list[Request]:
    return [Request("GET", "/hello")]


def _hello_caller(people: Sequence[Person], _: random.Random) -> list[Request]:
    return [Request("GET", "/hello/caller", person.token) for person in people]


def _body(chance: random.Random, **more: str) -> str:
    title = f"Water the plants on the balcony {COUNTER}"
    return json.dumps({"title": title, "priority": chance.choice(PRIORITIES), **more})


GET = Case("get", "get one", _get, 0.75)
LIST = Case("list", "list 20 of 1,000, with total", _list, 0.70)
CURSOR = Case("cursor", "list by cursor, filtered", _list_by_cursor, 0.60)
CREATE = Case("create", "create", _create, 0.50, writes=True)
UPDATE = Case("update", "update title and priority", _update, 0.50, writes=True)
COMPLETE = Case("complete", "complete", _complete, 0.50, writes=True)
ME = Case("me", "who am I", _me)
API = (GET, LIST, CURSOR, CREATE, UPDATE, COMPLETE, ME)
NO_MEMORY = (GET, LIST, UPDATE)
"""Also measured of ours without its memory of tokens."""

HELLO = Case("hello", "hello", _hello)
HELLO_JWT = Case("hello_jwt", "hello with JWT", _hello_caller)
CEILINGS = (HELLO, HELLO_JWT)
