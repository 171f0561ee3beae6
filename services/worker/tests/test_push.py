"""Push messages, from the job to what a real push service got and the owner sees."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from sqlmodel import col

from core.tests.make import a_reminder, a_session, a_task, a_user, make_due
from core.tests.push.push_service import DROP, HANG, Answer, Device, PushService, push_service
from taskbell.accounts.models import AuthSession, User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.jobs.models import Job
from taskbell.notifications.models import Notification, NotificationTest
from taskbell.outbound.client import Outbound
from taskbell.outbound.networks import parse_networks
from taskbell.push import vapid
from taskbell.push.models import PushSubscription
from taskbell.push.service import MOST_FAILURES
from taskbell.reminders.firing import fire_due
from taskbell.reminders.models import Delivery
from taskbell.tasks.models import Task
from taskbell_worker.fair_shares import MOST_AT_ONCE
from taskbell_worker.handlers import push as push_handler
from taskbell_worker.registry import registry
from taskbell_worker.runner import Runner
from taskbell_worker.testers import TESTERS

from .conftest import MakeRunner
from .waiting import until

LOOPBACK = Outbound(parse_networks(["127.0.0.0/8"]), seconds=1.5)


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service() as running:
        yield running


@pytest.fixture
def runner(make_runner: MakeRunner) -> Runner:
    return make_runner(registry=registry, outbound=LOOPBACK)


class Somebody:
    """A user with devices, in a database of their own."""

    def __init__(self, database: Database, user: User) -> None:
        self.database, self.user = database, user

    async def subscribe(self, device: Device, name: str = "Phone", **fields: Any) -> UUID:
        async with self.database.transaction() as session:
            added = PushSubscription(
                owner_id=self.user.id,
                endpoint=device.endpoint,
                p256dh=device.keys["p256dh"],
                auth=device.keys["auth"],
                name=name,
                **fields,
            )
            session.add(added)
        return added.id

    async def remind(
        self, *, late: float = 1, channels: tuple[str, ...] = ("push",), **task: Any
    ) -> None:
        """Fire a reminder."""
        async with self.database.transaction() as session:
            made = await a_task(session, self.user, **task)
            reminder = await a_reminder(session, made)
            reminder.channels = list(channels)
            await make_due(session, reminder, late=late)
            await fire_due(session)


@pytest.fixture
async def ada(empty_database: Database) -> Somebody:
    async with empty_database.transaction() as session:
        return Somebody(empty_database, await a_user(session, time_zone="Europe/Zurich"))


async def run(runner: Runner, database: Database, kind: str = "push.reminder") -> Job:
    """Run the job of a kind once, although it may be due later; return it."""
    async with database.connection() as connection:
        job_id = await connection.scalar(
            text("UPDATE job SET run_at = now() WHERE kind = :kind RETURNING id"), {"kind": kind}
        )
    await runner.take(job_id)

    async def ended() -> bool:
        return runner.running == 0

    await until(ended)
    async with database.transaction() as session:
        return await session.get_one(Job, job_id)


async def rows(database: Database, table: type[Any]) -> list[Any]:
    async with database.transaction() as session:
        return list(await session.scalars(select(table).order_by(col(table.id))))


async def deliveries(database: Database) -> list[tuple[str, int, str]]:
    found = await rows(database, Delivery)
    return [(one.channel, one.attempt, one.state) for one in found]


async def test_all_devices_get_a_reminder(
    ada: Somebody, runner: Runner, service: PushService
) -> None:
    async with ada.database.transaction() as session:
        service.key = (await vapid.signer(session)).public_key
    phone, laptop = service.device(), service.device()
    await ada.subscribe(phone, "Phone")
    await ada.subscribe(laptop, "Laptop")
    await ada.remind(title="Pay the rent 💚", due_at=now() + timedelta(hours=1))
    assert (await run(runner, ada.database)).state == "done"
    for device in (phone, laptop):
        (got,) = device.got
        assert got.payload["title"] == "Pay the rent 💚"
        assert got.payload["body"].startswith("Due ")
        assert got.payload["url"].startswith("/?task=")
        assert got.claims["sub"] == "mailto:bell@example.org"
    (delivery,) = await rows(ada.database, Delivery)
    assert (delivery.state, delivery.target) == ("sent", "Phone, Laptop")
    assert delivery.response == (
        "Phone: 127.0.0.1 answered 201 Created; Laptop: 127.0.0.1 answered 201 Created"
    )
    assert delivery.late_seconds < 30
    assert all(one.last_used_at for one in await rows(ada.database, PushSubscription))


async def test_a_late_one_says_so(ada: Somebody, runner: Runner, service: PushService) -> None:
    device = service.device()
    await ada.subscribe(device)
    await ada.remind(late=7300)
    await run(runner, ada.database)
    assert device.got[0].payload["late_seconds"] >= 7300
    assert "2 hours late" in device.got[0].payload["body"]


async def test_one_device_that_takes_it_is_enough(
    ada: Somebody, runner: Runner, service: PushService
) -> None:
    gone, broken, good = service.device(410), service.device(500), service.device()
    for name, device in (("Old", gone), ("Broken", broken), ("Good", good)):
        await ada.subscribe(device, name)
    await ada.remind()
    assert (await run(runner, ada.database)).state == "done"
    (delivery,) = await rows(ada.database, Delivery)
    assert (delivery.state, delivery.target) == ("sent", "Good")
    assert "Old: 127.0.0.1 answered 410" in delivery.response
    left = await rows(ada.database, PushSubscription)
    assert {one.name: one.failures for one in left} == {"Broken": 0, "Good": 0}
    assert await rows(ada.database, Notification) == []


async def test_without_a_device_it_goes_out_by_email(ada: Somebody, runner: Runner) -> None:
    await ada.remind()
    job = await run(runner, ada.database)
    assert (job.state, job.ambiguous) == ("dead", 0)
    assert await deliveries(ada.database) == [("push", 1, "failed"), ("email", 1, "planned")]
    assert (await rows(ada.database, Delivery))[0].response == push_handler.NO_DEVICE
    assert (await run(runner, ada.database, "mail.reminder")).state == "done"
    assert await deliveries(ada.database) == [("push", 1, "failed"), ("email", 1, "sent")]


async def test_an_email_that_is_planned_already_is_not_doubled(
    ada: Somebody, runner: Runner
) -> None:
    await ada.remind(channels=("email", "push"))
    await run(runner, ada.database)
    assert sorted(await deliveries(ada.database)) == [
        ("email", 1, "planned"),
        ("push", 1, "failed"),
    ]


@pytest.mark.parametrize("status", [404, 410])
async def test_the_last_device_that_is_gone_is_told_of(
    ada: Somebody, runner: Runner, service: PushService, status: int
) -> None:
    await ada.subscribe(service.device(status))
    await ada.remind()
    assert (await run(runner, ada.database)).state == "dead"
    assert await rows(ada.database, PushSubscription) == []
    (told,) = await rows(ada.database, Notification)
    assert (told.kind, told.owner_id) == ("push_gone", ada.user.id)
    assert await deliveries(ada.database) == [("push", 1, "failed"), ("email", 1, "planned")]
    response = (await rows(ada.database, Delivery))[0].response
    assert response.startswith(f"{push_handler.NO_DEVICE} (Phone: 127.0.0.1 answered {status}")


FAILURES: dict[str, tuple[int, int, str]] = {
    # the service's answer; whether it may have arrived; the state of the delivery
    "busy": (503, 0, "failed"),
    "too many": (429, 0, "failed"),
    "dropped": (DROP, 1, "unknown"),
    "silent": (HANG, 1, "unknown"),
}


@pytest.mark.parametrize(("status", "ambiguous", "state"), FAILURES.values(), ids=FAILURES)
async def test_what_fails_for_a_while_is_tried_again(
    ada: Somebody, runner: Runner, service: PushService, status: int, ambiguous: int, state: str
) -> None:
    device = service.device(status, 201)
    await ada.subscribe(device)
    await ada.remind()
    job = await run(runner, ada.database)
    assert (job.state, job.ambiguous) == ("ready", ambiguous)
    assert await deliveries(ada.database) == [("push", 1, state), ("push", 2, "planned")]
    assert (await run(runner, ada.database)).state == "done"
    assert await deliveries(ada.database) == [("push", 1, state), ("push", 2, "sent")]
    assert len(device.got) == 1


async def test_after_five_attempts_it_goes_out_by_email(
    ada: Somebody, runner: Runner, service: PushService
) -> None:
    await ada.subscribe(service.device(503))
    await ada.remind()
    for _ in range(5):
        job = await run(runner, ada.database)
    assert (job.state, job.attempts, service.requests) == ("dead", 5, 5)
    found = await deliveries(ada.database)
    assert found == [("push", n, "failed") for n in range(1, 6)] + [("email", 1, "planned")]
    assert len(await rows(ada.database, PushSubscription)) == 1, "it may be back tomorrow"


async def test_a_service_may_ask_to_wait(
    ada: Somebody, runner: Runner, service: PushService
) -> None:
    await ada.subscribe(service.device(Answer(429, headers={"Retry-After": "20"})))
    await ada.remind()
    job = await run(runner, ada.database)
    assert 15 < (job.run_at - now()).total_seconds() <= 20


async def test_a_device_that_refuses_too_often_is_removed(
    ada: Somebody, runner: Runner, service: PushService
) -> None:
    refusing, good = service.device(400), service.device()
    await ada.subscribe(refusing, "Refusing")
    await ada.subscribe(good, "Good")
    for count in range(1, MOST_FAILURES + 1):
        async with ada.database.transaction() as session:
            await session.execute(text("DELETE FROM job"))
        await ada.remind()
        assert (await run(runner, ada.database)).state == "done"
        left = {one.name: one.failures for one in await rows(ada.database, PushSubscription)}
        assert left == ({"Refusing": count, "Good": 0} if count < MOST_FAILURES else {"Good": 0})
    assert await rows(ada.database, Notification) == [], "one is left"


async def test_a_refusal_counts_once_for_a_message(
    ada: Somebody, runner: Runner, service: PushService
) -> None:
    await ada.subscribe(service.device(400), "Refusing")
    await ada.subscribe(service.device(503), "Busy")
    await ada.remind()
    for _ in range(5):
        await run(runner, ada.database)
    left = {one.name: one.failures for one in await rows(ada.database, PushSubscription)}
    assert left == {"Refusing": 1, "Busy": 0}


@pytest.mark.parametrize("end", ["ended", "expired"])
async def test_a_device_that_is_signed_out_gets_nothing(
    ada: Somebody, runner: Runner, service: PushService, end: str
) -> None:
    async with ada.database.transaction() as session:
        over, goes_on = [(await a_session(session, ada.user)).id for _ in range(2)]
    theirs, mine = service.device(), service.device()
    await ada.subscribe(theirs, "Lost phone", session_id=over)
    await ada.subscribe(mine, "Laptop", session_id=goes_on)
    past = now() - timedelta(minutes=1)
    ended: dict[str, Any] = (
        {"ended_at": past, "ended_reason": "revoked"} if end == "ended" else {"expires_at": past}
    )
    async with ada.database.transaction() as session:
        await session.execute(
            update(AuthSession).where(col(AuthSession.id) == over).values(**ended)
        )
    await ada.remind()
    assert (await run(runner, ada.database)).state == "done"
    assert (theirs.got, len(mine.got)) == ([], 1)
    assert [one.name for one in await rows(ada.database, PushSubscription)] == ["Laptop"]


UNWANTED = {
    "done": update(Task).values(completed_at=now()),
    "inactive": text("UPDATE user_account SET is_active = false"),
}


@pytest.mark.parametrize("change", UNWANTED.values(), ids=UNWANTED)
async def test_what_is_no_longer_wanted_is_not_sent(
    ada: Somebody, runner: Runner, service: PushService, change: Any
) -> None:
    device = service.device()
    await ada.subscribe(device)
    await ada.remind()
    async with ada.database.transaction() as session:
        await session.execute(change)
    assert (await run(runner, ada.database)).state == "done"
    assert service.requests == 0
    assert await deliveries(ada.database) == [("push", 1, "skipped")]


async def test_private_addresses_are_not_asked(
    ada: Somebody, make_runner: MakeRunner, service: PushService
) -> None:
    await ada.subscribe(service.device())
    await ada.remind()
    runner = make_runner(registry=registry, outbound=Outbound())
    assert (await run(runner, ada.database)).state == "dead"
    assert service.requests == 0
    assert await deliveries(ada.database) == [("push", 1, "failed"), ("email", 1, "planned")]


async def test_somebody_elses_devices_get_nothing(
    ada: Somebody, runner: Runner, service: PushService
) -> None:
    async with ada.database.transaction() as session:
        bob = Somebody(ada.database, await a_user(session))
    theirs = service.device()
    await bob.subscribe(theirs)
    await ada.remind()
    assert (await run(runner, ada.database)).state == "dead"
    assert theirs.got == []


# --- trying it out -------------------------------------------------------


async def try_out(ada: Somebody, runner: Runner, target: UUID | None = None) -> Any:
    """Have the tester send a test message, in a run as the engine makes them."""
    asked = NotificationTest(owner_id=ada.user.id, channel="push", target_id=target)
    resources = runner._resources

    class Run:
        database = ada.database

    Run.resources = resources  # type: ignore[attr-defined]
    return await TESTERS["push"](Run, asked)  # type: ignore[arg-type]


async def test_a_test_message_goes_to_all_devices_or_one(
    ada: Somebody, runner: Runner, service: PushService
) -> None:
    phone, laptop = service.device(), service.device()
    await ada.subscribe(phone, "Phone")
    laptop_id = await ada.subscribe(laptop, "Laptop")
    verdict = await try_out(ada, runner)
    assert verdict.accepted
    assert verdict.summary == (
        "Phone: 127.0.0.1 answered 201 Created. Laptop: 127.0.0.1 answered 201 Created."
    )
    assert phone.got[0].payload["title"] == "Test from Taskbell"
    assert (await try_out(ada, runner, laptop_id)).accepted
    assert (len(phone.got), len(laptop.got)) == (1, 2)


async def test_what_was_said_is_shown_without_secrets(
    ada: Somebody, runner: Runner, service: PushService
) -> None:
    device = service.device(410)
    await ada.subscribe(device)
    verdict = await try_out(ada, runner)
    assert not verdict.accepted
    assert verdict.transcript == (
        f"→ Phone: POST {service.origin}/…  TTL: 600  Urgency: high  "
        f"Topic: {verdict.transcript.split('Topic: ')[1].splitlines()[0]}\n"
        "← 127.0.0.1 answered 410 Gone: because"
    )
    for secret in (device.endpoint.rsplit("/", 1)[1], *device.keys.values()):
        assert secret not in verdict.transcript + verdict.summary
    assert await rows(ada.database, PushSubscription) == [], "gone is gone"


async def test_there_is_nothing_to_try_without_a_device(
    ada: Somebody, runner: Runner, service: PushService
) -> None:
    assert (await try_out(ada, runner)).summary == push_handler.NO_DEVICES
    async with ada.database.transaction() as session:
        bob = Somebody(ada.database, await a_user(session))
    theirs = await bob.subscribe(service.device())
    assert (await try_out(ada, runner, theirs)).summary == push_handler.UNKNOWN_DEVICE
    assert service.requests == 0


async def test_all_processes_sign_with_one_key(
    ada: Somebody, make_runner: MakeRunner, service: PushService
) -> None:
    device = service.device()
    await ada.subscribe(device)
    keys = set()
    for _ in range(2):
        await try_out(ada, make_runner(registry=registry, outbound=LOOPBACK))
        keys.add(device.got[-1].headers["authorization"].partition("k=")[2])
    assert len(keys) == 1
    async with ada.database.connection() as connection:
        assert await connection.scalar(
            select(func.count()).select_from(text("installation_secret"))
        )


async def test_one_users_hanging_devices_leave_room_for_others(
    ada: Somebody, make_runner: MakeRunner, service: PushService
) -> None:
    slow = Outbound(parse_networks(["127.0.0.0/8"]), seconds=10)
    runner = make_runner(registry=registry, outbound=slow, slots=6)
    await ada.subscribe(service.device(HANG))
    for _ in range(6):
        await ada.remind()
    async with ada.database.transaction() as session:
        jobs = list(
            await session.scalars(select(col(Job.id)).where(col(Job.kind) == "push.reminder"))
        )
    for job_id in jobs:
        await runner.take(job_id)

    async def hang() -> bool:
        return runner.running == service.requests == MOST_AT_ONCE

    await until(hang)
    waiting = [one for one in await rows(ada.database, Job) if one.state == "ready"]
    assert [one.attempts for one in waiting] == [0, 0], "as if they had not been tried"
    assert all(one.run_at > now() - timedelta(seconds=1) for one in waiting)
    planned = [one for one in await deliveries(ada.database) if one[2] == "planned"]
    assert len(planned) == 2
    service.closing.set()

    async def ended() -> bool:
        return runner.running == 0

    await until(ended)
