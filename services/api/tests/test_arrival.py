"""Requests that were sent at once, and are not served at once."""

from datetime import timedelta
from typing import Any

import pytest

from taskbell.clock import now
from taskbell_api.arrival import HEADER

from .conftest import Person

DAILY = {"recurrence": {"rrule": "FREQ=DAILY"}}


async def complete(ada: Person, task: dict[str, Any], told: str | None = None) -> str:
    headers = {} if told is None else {HEADER: told}
    path = f"/tasks/{task['id']}/complete"
    answer = await ada.patch(path, json={"completed": True}, headers=headers)
    assert answer.status_code == 200, answer.text
    due: str = answer.json()["due_date"]
    return due


async def test_what_arrived_before_another_was_done_does_nothing(ada: Person) -> None:
    """Of twenty that complete one at once, the last may be read when the first is done."""
    task = await ada.task(**DAILY)
    told = f"{(now() - timedelta(milliseconds=5)).timestamp():.3f}"
    first = await complete(ada, task, told)
    assert await complete(ada, task, told) == first
    assert await complete(ada, task) > first, "one after the other are two"


@pytest.mark.parametrize(
    "told",
    [
        "",
        "soon",
        "0",
        "99999999999.000",
        "9999999999.000",
        "1000000000.000",
        "-1.000",
        "1e9",
        "NaN",
    ],
)
async def test_other_times_are_not_believed(ada: Person, told: str) -> None:
    task = await ada.task(**DAILY)
    first = await complete(ada, task, told)
    assert await complete(ada, task, told) > first
