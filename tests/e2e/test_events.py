"""`GET /events` through the gateway: soon, complete, to the right people, and not for ever."""

import threading
import time

import httpx

from tests.e2e.accounts import api_token, session_of, signed_in_again
from tests.e2e.client import User, instant, ok, problem, sign_up, soon
from tests.e2e.conftest import Measured
from tests.e2e.live import LivePage
from tests.e2e.waiting import until

ENDED_SECONDS = 30
WRITERS = 3
CHANGES = 67
"""Of each of them."""


def test_what_changes_is_told_at_once(user: User, measured: Measured) -> None:
    delays = []
    with LivePage(user) as page:
        assert page.lines[0].startswith("retry: ")
        for _ in range(10):
            task = user.add_task()
            began = time.monotonic()
            delays.append(page.saw(task) - began)
    measured(f"events: the slowest of 10 came {max(delays) * 1000:.0f} ms after the answer")
    assert sorted(delays)[5] < 1


def test_nobody_is_told_of_others(http: httpx.Client, user: User) -> None:
    other = sign_up(http)
    with LivePage(user) as mine, LivePage(other) as theirs:
        tasks = [user.add_task(), other.add_task()]
        mine.saw(tasks[0])
        theirs.saw(tasks[1])
        assert ("task", tasks[1]["id"]) not in mine.changes
        assert ("task", tasks[0]["id"]) not in theirs.changes


def test_a_page_that_is_cut_off_again_and_again_misses_nothing(user: User) -> None:
    made: list[str] = []

    def write(number: int) -> None:
        with httpx.Client(base_url=user.http.base_url, timeout=30) as http:
            mine = User(http, user.email, user.password, user.tokens)
            for count in range(CHANGES):
                made.append(mine.add_task(f"{number}.{count}")["id"])

    with LivePage(user, cut_after=25) as page:
        writers = [threading.Thread(target=write, args=[number]) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        wanted = {("task", one) for one in made}
        until(lambda: wanted <= set(page.changes), "every change is told", timeout=60)
    assert len(made) == WRITERS * CHANGES
    assert page.cuts > 5
    assert "reset" not in {event for event, _ in page.told}


def test_the_worker_is_heard_too(user: User) -> None:
    """A reminder is fired and delivered by another process."""
    task = user.add_task(due_at=instant(soon(3600)))
    with LivePage(user) as page:
        reminder = user.remind(task, at=instant(soon(2)))
        user.sent(reminder)
        until(lambda: "delivery" in {kind for kind, _ in page.changes}, "its delivery is told")


def test_it_ends_soon_after_the_session(user: User, measured: Measured) -> None:
    other = signed_in_again(user)
    program = api_token(user, "tasks:read")
    with (
        LivePage(other, retries=False) as page,
        LivePage(program, retries=False) as script,
        LivePage(user, retries=False) as staying,
    ):
        began = time.monotonic()
        ok(user.delete(f"/auth/sessions/{session_of(other)}"), 204)
        for token in ok(user.get("/tokens"))["items"]:
            ok(user.delete(f"/tokens/{token['id']}"), 204)
        until(lambda: page.has_ended and script.has_ended, "both end", timeout=ENDED_SECONDS)
        measured(f"events: ended {time.monotonic() - began:.0f} s after the session")
        staying.saw(user.add_task())
    problem(other.get("/events"), 401, "invalid_token")
    problem(program.get("/events"), 401, "invalid_token")


def test_it_shows_that_it_lives(user: User) -> None:
    with LivePage(user) as page:
        until(lambda: ": heartbeat" in page.lines, "a heartbeat", timeout=20)


def test_an_unknown_id_means_to_load_everything(user: User) -> None:
    with LivePage(user, last_id="made-up") as page:
        until(lambda: "reset" in {event for event, _ in page.told}, "a reset")
        assert page.told[0][0] == "ready"
