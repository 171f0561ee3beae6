"""What keeps working while a part is away, and what comes back with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.e2e.client import API, User, instant, moment, ok, problem, soon
from tests.e2e.conftest import Measured
from tests.e2e.mailbox import Mailbox
from tests.e2e.stacks import RunningStack
from tests.e2e.waiting import until


def ready(http: httpx.Client) -> bool:
    answer = http.get(f"{API}/health/ready")
    return answer.status_code == 200 and answer.json()["status"] == "ready"


@pytest.fixture
def away(stack: RunningStack, http: httpx.Client, mailbox: Mailbox) -> Callable[..., Any]:
    """`with away("redis"):` it is not there."""

    @contextmanager
    def without(service: str) -> Iterator[None]:
        stack.kill(service)
        try:
            yield
        finally:
            stack.start(service)
            until(lambda: ready(http) and mailbox.answers(), "all is ready again", timeout=60)

    return without


def test_without_postgres(
    http: httpx.Client, user: User, mailbox: Mailbox, away: Callable[..., Any]
) -> None:
    before = user.add_task("Before")
    mailbox.wait(user.email, "")  # no job is cut off: it would be an error in the log
    with away("postgres"):
        for answer in (
            user.get("/tasks"),
            user.post("/tasks", {"title": "Meanwhile"}),
            http.post(f"{API}/auth/refresh", json={"refresh_token": user.tokens.refresh}),
            http.get(f"{API}/health/db"),
        ):
            body = problem(answer, 503, "database_unavailable")
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.elapsed.total_seconds() < 5, "2 s, and some for a busy machine"
            assert "sql" not in str(body).lower()
        waiting = http.get(f"{API}/health/ready")
        assert waiting.status_code == 503
        assert waiting.json()["checks"]["database"] == "unreachable"
        ok(http.get(f"{API}/health"))
    assert user.task(before["id"]) == before
    user.add_task("After")
    assert user.titles() == ["After", "Before"]


def test_without_redis(
    http: httpx.Client,
    user: User,
    mailbox: Mailbox,
    away: Callable[..., Any],
    new_user: Callable[..., User],
    measured: Measured,
) -> None:
    early = user.remind(user.add_task("Planned before"), at=instant(soon(4)))
    with away("redis"):
        degraded = ok(http.get(f"{API}/health/ready"))
        assert degraded["status"] == "degraded"
        assert degraded["checks"]["redis"] == "unreachable"
        newcomer = new_user()  # each of these writes is a 2xx
        task = user.add_task("Planned meanwhile")
        path = f"/tasks/{task['id']}"
        ok(user.patch(path, {"priority": "high"}))
        ok(user.put(path, {"title": "Planned meanwhile"}))
        ok(user.patch(f"{path}/complete"))
        ok(user.patch(f"{path}/complete"))
        ok(user.delete(path), 204)
        ok(user.post(f"{path}/restore"))
        ok(user.patch("/users/me", {"name": "Ada"}))
        late = user.remind(task, at=instant(soon(1)))
        # The workers notice after some seconds, and then go without Redis.
        mailbox.wait(user.email, "Planned before", timeout=40)
        mailbox.wait(user.email, "Planned meanwhile", timeout=40)
        mailbox.wait(newcomer.email, "", timeout=40)
    for name, reminder in (("before", early), ("meanwhile", late)):
        late_seconds = user.sent(reminder)["late_seconds"]
        measured(f"without Redis, a reminder planned {name} is sent {late_seconds} s late")
    assert len(mailbox.to(user.email, "Planned")) == 2, "each came once"


def test_without_the_mail_server(
    user: User, mailbox: Mailbox, away: Callable[..., Any], stack: RunningStack
) -> None:
    mailbox.wait(user.email, "")  # the welcome mail is through
    with away("mailbox"):
        reminder = user.remind(user.add_task("Held up"), at=instant(soon(1)))

        def attempts() -> list[dict[str, Any]]:
            found = user.deliveries(reminder)[::-1]
            return found if len(found) > 1 else []

        first, second = until(attempts, "one attempt has failed, and another one is planned")[:2]
        assert (first["attempt"], first["state"]) == (1, "failed")
        assert first["response"]
        assert (second["attempt"], second["state"]) == (2, "planned")
        wait = moment(second["planned_at"]) - moment(first["finished_at"])
        assert 2 <= wait.total_seconds() <= 10, "about 5 s"
    mailbox.wait(user.email, "Held up", timeout=60)
    delivery = user.sent(reminder)
    assert delivery["attempt"] >= 2
    assert delivery["late_seconds"] >= 3
    assert len(mailbox.to(user.email, "Held up")) == 1
    assert stack.accidents() == []


def test_without_a_worker(user: User, mailbox: Mailbox, stack: RunningStack) -> None:
    """What came due meanwhile goes out when it is back."""
    mailbox.wait(user.email, "")
    stack.stop("worker")
    try:
        reminder = user.remind(user.add_task("Slept over"), at=instant(soon(1)))
        fire_at = moment(reminder["next_fire_at"])
        until(lambda: soon(0) > fire_at, "it is due")
        assert user.reminder(reminder)["state"] == "scheduled"
    finally:
        stack.start("worker")
    mailbox.wait(user.email, "Slept over", timeout=60)
