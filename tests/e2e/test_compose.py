"""What only the containers have: hardening, networks, replicas, volumes.

After the others: these tests replace containers, and the logs go with them.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.client import API, User, instant, ok, soon
from tests.e2e.conftest import Measured
from tests.e2e.mailbox import Mailbox
from tests.e2e.stacks import Compose, docker, json_lines
from tests.e2e.waiting import until

pytestmark = [pytest.mark.compose, pytest.mark.order(2)]

APIS, WORKERS = 3, 2


@pytest.fixture(scope="module")
def compose(stack: Compose) -> Compose:
    return stack


@pytest.fixture(scope="module")
def scaled(compose: Compose) -> Compose:
    """With replicas, until the last test here starts everything anew."""
    compose.scale(api=APIS, worker=WORKERS)
    return compose


def inspected(compose: Compose) -> dict[str, dict[str, Any]]:
    """What Docker says about each container, by its service."""
    found = json.loads(docker("inspect", *compose.all_containers()))
    return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in found}


def test_containers_are_hardened(compose: Compose) -> None:
    containers = inspected(compose)
    services = {"api", "worker", "gateway", "db", "redis", "mailbox", "migrate", "secrets"}
    assert set(containers) == services
    for service, container in containers.items():
        host = container["HostConfig"]
        assert container["Config"]["User"].split(":")[0] not in {"", "0", "root"}, service
        assert host["ReadonlyRootfs"] is True, service
        assert host["CapDrop"] == ["ALL"], service
        assert not host["CapAdd"], service
        assert host["Privileged"] is False, service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        assert host["Memory"] > 0, service
        assert 0 < host["PidsLimit"] <= 256, service
        assert host["LogConfig"]["Config"]["max-size"], service


@pytest.mark.parametrize("service", ["api", "worker", "gateway", "db", "redis", "mailbox"])
def test_processes_have_no_power(compose: Compose, service: str) -> None:
    inside = "id -u; touch /usr/x 2>/dev/null && echo written; grep CapEff /proc/self/status"
    uid, capabilities = compose.run("exec", "-T", service, "sh", "-c", inside).splitlines()
    assert int(uid) > 0
    assert int(capabilities.split()[1], 16) == 0


def test_secrets_are_in_files_only(compose: Compose) -> None:
    inside = "for file in /run/secrets/*; do cat $file; echo; done"
    jwt_or_url = compose.run("exec", "-T", "api", "sh", "-c", inside).split()
    stored = {urlsplit(one).password or one for one in jwt_or_url}
    assert len(stored) >= 2
    shown = docker("inspect", *compose.all_containers())
    logs = compose.run("logs", "--no-color")
    for value in stored:
        assert value not in shown
        assert value not in logs


def test_the_gateway_cannot_reach_data(compose: Compose) -> None:
    for service in ("db", "redis", "mailbox"):
        asked = f"getent hosts {service} || echo unknown"
        assert compose.run("exec", "-T", "gateway", "sh", "-c", asked).strip() == "unknown"
    asked = "getent hosts api || echo unknown"
    assert compose.run("exec", "-T", "gateway", "sh", "-c", asked).strip() != "unknown"


def test_published_ports(compose: Compose) -> None:
    published = {
        service: [port for port, hosts in one["NetworkSettings"]["Ports"].items() if hosts]
        for service, one in inspected(compose).items()
    }
    assert {service for service, ports in published.items() if ports} == {"gateway", "mailbox"}


def test_replicas_share_the_work(
    scaled: Compose, user: User, mailbox: Mailbox, http: httpx.Client
) -> None:
    def upstreams() -> set[str]:
        ok(http.get(f"{API}/health"))
        lines = json_lines(scaled.log("gateway"))
        return {line["upstream"].split(",")[0] for line in lines[-30:]}

    until(lambda: len(upstreams()) >= APIS, "each replica of the API has answered", poll=0.02)
    reminders = [user.remind(user.add_task(f"Shared {n}"), at=instant(soon(3))) for n in range(12)]
    until(lambda: len(mailbox.to(user.email, "Shared")) >= len(reminders), "all mails")
    for reminder in reminders:
        user.sent(reminder)
    titles = Counter(mail.subject for mail in mailbox.to(user.email, "Shared"))
    assert set(titles.values()) == {1}, "each came once"


def test_replacing_a_replica_is_not_noticed(
    scaled: Compose, user: User, measured: Measured
) -> None:
    old = scaled.containers("api")[0]
    with steady(lambda: user.get("/tasks"), lambda: user.post("/tasks", {"title": "x"})) as seen:
        docker("stop", old)
        docker("rm", old)
        scaled.scale(api=APIS)
        replaced = seen.total()
        until(lambda: seen.total() > replaced + 50, "requests after the change")
    assert old not in scaled.containers("api")
    assert len(scaled.containers("api")) == APIS
    measured(f"answers while a replica was replaced: {dict(seen)}")
    assert set(seen) == {"200", "201"}, seen


def test_reading_goes_on_when_a_replica_vanishes(scaled: Compose, user: User) -> None:
    with steady(lambda: user.get("/tasks")) as seen:
        docker("kill", scaled.containers("api")[0])
        killed = seen.total()
        until(lambda: seen.total() > killed + 50, "requests after the end")
    assert set(seen) == {"200"}, seen


@contextmanager
def steady(*requests: Callable[[], httpx.Response]) -> Iterator[Counter[str]]:
    """Send each request over and over, and count the statuses (or errors) they get."""
    seen: Counter[str] = Counter()
    stopping = threading.Event()

    def send(request: Callable[[], httpx.Response]) -> None:
        while not stopping.wait(0.02):
            try:
                seen[str(request().status_code)] += 1
            except httpx.HTTPError as error:
                seen[type(error).__name__] += 1

    threads = [threading.Thread(target=send, args=(request,)) for request in requests]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def test_everything_survives_down_and_up(
    compose: Compose, user: User, mailbox: Mailbox, http: httpx.Client, measured: Measured
) -> None:
    """Also the keys: whoever is signed in stays so. A reminder of the time between arrives."""
    task = user.add_task("Still here")
    reminder = user.remind(task, at=instant(soon(5)))
    compose.run("down")
    began = time.monotonic()
    compose.run("up", "--detach", "--no-build", "--wait")
    measured(f"down to up, with nothing to build: {time.monotonic() - began:.1f} s")
    until(lambda: http.get("/health/ready").is_success, "ready", timeout=60)
    assert user.task(task["id"])["title"] == "Still here"
    mailbox.wait(user.email, "Still here", timeout=60)
    user.sent(reminder)
