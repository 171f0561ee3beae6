"""Calendar feeds through the gateway: what a calendar program gets, and what is logged of it."""

from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
from icalendar import Calendar

from tests.e2e.client import User, ok, problem, secret
from tests.e2e.stacks import RunningStack, json_lines
from tests.e2e.waiting import until


def make_feed(user: User, **fields: Any) -> str:
    """Make a feed, and return its address."""
    made = ok(user.post("/feeds", {"name": "Phone", **fields}), 201)
    url: str = made["url"]
    secret(secret_of(url))
    return url


def secret_of(url: str) -> str:
    """What nobody may know of a feed's address."""
    return url.rpartition("/")[2].removesuffix(".ics")


def misspelt(url: str) -> list[str]:
    """Addresses that people make of one, with all of its secret in them."""
    name = secret_of(url)
    bare = name.removeprefix("tbf_")
    return [
        f"/feeds/{name}", f"/feeds/{name}.ics/", f"/feeds/{name}.html", f"//feeds/{name}.ics",
        f"/feeds//{name}.ics", f"/Feeds/{name}.ics", f"/%66eeds/{name}.ics", f"/{name}.ics",
        f"/feeds/{bare}.ics", f"/FEEDS/{bare}.ics", f"/%46eeds/{bare}.ics", f"/x/feeds/{bare}",
        f"/feeds/{name}.ics?x={name}", f"/api/v1/feeds/{name}.ics", f"/./feeds/{bare}.ics",
    ]  # fmt: skip


def test_a_calendar_program_gets_the_tasks(http: httpx.Client, user: User) -> None:
    user.add_task("Pay the rent", due_at="2030-01-31T09:00:00Z")
    url = make_feed(user)
    answer = http.get(url)
    assert answer.status_code == 200
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert event["summary"] == "Pay the rent"
    headers = answer.headers
    assert headers["content-type"] == "text/calendar; charset=utf-8"
    assert headers.get_list("cache-control") == ["private, max-age=300"]
    assert headers.get_list("referrer-policy") == ["no-referrer"]
    assert headers["x-robots-tag"] == "noindex"
    assert "sandbox" in headers["content-security-policy"]
    again = http.get(url, headers={"If-None-Match": headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert http.head(url).status_code == 200


def test_a_large_one_is_compressed_and_still_known(http: httpx.Client, user: User) -> None:
    for number in range(20):
        user.add_task(f"Task {number}", due_at="2030-01-31T09:00:00Z", description="much " * 50)
    url = make_feed(user)
    answer = http.get(url)
    assert answer.headers["content-encoding"] == "gzip"
    etag = answer.headers["etag"]
    assert etag.startswith("W/")
    assert http.get(url, headers={"If-None-Match": etag}).status_code == 304


def test_what_is_revoked_is_gone(http: httpx.Client, user: User) -> None:
    url = make_feed(user)
    (feed,) = ok(user.get("/feeds"))["items"]
    ok(user.delete(f"/feeds/{feed['id']}"), 204)
    problem(http.get(url), 404, "path_not_found")


def test_lines_are_written_without_the_secret(
    http: httpx.Client, user: User, stack: RunningStack
) -> None:
    request_id = f"e2e-{uuid4()}"
    url = make_feed(user)
    http.get(url, headers={"X-Request-ID": request_id})

    def lines(service: str) -> list[dict[str, Any]]:
        found = json_lines(stack.log(service))
        return [one for one in found if one.get("request_id") == request_id]

    (gateway,) = until(lambda: lines("gateway"), "the gateway logs it")
    assert (gateway["path"], gateway["status"]) == ("/feeds/tbf_…", 200)
    (api,) = until(lambda: lines("api"), "the API logs it")
    assert api["path"] == "/feeds/{secret}.ics"
    for path in misspelt(url):
        http.get(path, headers={"X-Request-ID": f"e2e-{uuid4()}"})
    last = f"e2e-{uuid4()}"
    http.get(urlsplit(url).path, headers={"X-Request-ID": last})
    until(lambda: last in stack.log("gateway") and last in stack.log("api"), "all is logged")
    bare = secret_of(url).removeprefix("tbf_")
    for service in ("gateway", "api", "worker", "postgres"):
        assert bare not in stack.log(service), service
