"""What administrators can do with accounts and jobs, and that there is always one."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text

from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database
from taskbell.ids import new_id
from taskbell.jobs.models import Job
from taskbell_api.deps import Services

from .conftest import PASSWORD, NewPerson, Person, assert_problem, dead_job
from .mailbox import notices
from .operations import UNKNOWN_ID


async def change(admin: Person, person: Person, **body: Any) -> int:
    return (await admin.patch(f"/users/{person.id}", json=body)).status_code


async def log_in(person: Person) -> int:
    form = {"username": person.email, "password": PASSWORD}
    return (await person.api.post("/auth/login", data=form)).status_code


# --- users ----------------------------------------------------------------------------------------


async def test_a_user_as_administrators_see_them(admin: Person, ada: Person) -> None:
    await ada.get("/tasks")
    shown = (await admin.get(f"/users/{ada.id}")).json()
    own = (await ada.get("/users/me")).json()
    extra = {"is_active", "deletion_at", "last_seen_at"}
    assert {key: value for key, value in shown.items() if key not in extra} == own
    assert (shown["is_active"], shown["deletion_at"]) == (True, None)
    assert shown["last_seen_at"] is not None
    assert set(shown) == {*own, *extra}, "and nothing else"
    assert_problem(await admin.get(f"/users/{UNKNOWN_ID}"), 404, "user_not_found")


async def test_users_are_listed(admin: Person, new_person: NewPerson) -> None:
    mark = new_id().hex
    people = [await new_person(name=f"Ada {mark} {number}") for number in range(5)]
    await change(admin, people[1], is_active=False)
    await change(admin, people[2], role="admin")
    found = (await admin.get(f"/users?q={mark}&per_page=2")).json()
    assert [one["id"] for one in found["items"]] == [people[4].id, people[3].id]
    assert (found["total"], found["pages"]) == (5, 3)
    seen = [one["id"] for one in found["items"]]
    while found["next_cursor"]:
        url = f"/users?q={mark}&per_page=2&cursor={found['next_cursor']}"
        found = (await admin.get(url)).json()
        seen += [one["id"] for one in found["items"]]
    assert seen == [one.id for one in reversed(people)]
    for query, expected in {
        f"q={mark.upper()}%203": [people[3]],
        f"q={people[0].email}": [people[0]],
        f"q={mark}&role=admin": [people[2]],
        f"q={mark}&is_active=false": [people[1]],
        f"q={mark[:6]}%25": [],  # nobody has such a name: it is no pattern
        f"q={mark[:6]}_": [],
        "q=%5C": [],
        f"q={mark}&role=admin&is_active=false": [],
    }.items():
        items = (await admin.get(f"/users?{query}")).json()["items"]
        assert [one["id"] for one in items] == [one.id for one in expected], query


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("role=root", "validation_failed"),
        ("is_active=maybe", "validation_failed"),
        ("q=a%00b", "validation_failed"),
        ("per_page=101", "validation_failed"),
        ("cursor=x", "invalid_cursor"),
        ("cursor=WyJ4Il0", "invalid_cursor"),
        ("cursor=W251bGxd", "invalid_cursor"),
        ("page=1&cursor=x", "page_and_cursor"),
    ],
)
async def test_bad_queries(admin: Person, query: str, code: str) -> None:
    assert_problem(await admin.get(f"/users?{query}"), 422, code)
    jobs_query = query.replace("role=", "state=").replace("is_active=maybe", "page=0")
    jobs_query = jobs_query.replace("q=", "kind=")
    assert_problem(await admin.get(f"/admin/jobs?{jobs_query}"), 422, code)


async def test_a_role_counts_on_the_next_request(
    admin: Person, ada: Person, database: Database
) -> None:
    assert_problem(await ada.get("/users"), 403, "forbidden")
    assert await change(admin, ada, role="admin") == 200
    assert (await ada.get("/users")).status_code == 200
    assert (await ada.get("/users/me")).json()["role"] == "admin"
    assert await change(admin, ada, role="user") == 200
    assert_problem(await ada.get("/users"), 403, "forbidden")
    assert await notices(database, ada) == [("role_changed", ada.email)] * 2
    assert await change(admin, ada, role="user") == 200
    assert len(await notices(database, ada)) == 2, "nothing has changed"


async def test_a_disabled_account_is_refused_at_once(
    admin: Person, ada: Person, other_device: Person, database: Database
) -> None:
    program = await ada.program("tasks:read", "account:read")
    answer = await admin.patch(f"/users/{ada.id}", json={"is_active": False})
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    for former in (ada, other_device, program):
        for path in ("/tasks", "/users/me"):
            assert_problem(await former.get(path), 401, "invalid_token")
    old = {"refresh_token": ada.tokens["refresh_token"]}
    assert_problem(await ada.api.post("/auth/refresh", json=old), 401, "invalid_refresh_token")
    assert await log_in(ada) == 401
    assert await notices(database, ada) == [
        ("api_token_made", ada.email),
        ("account_disabled", ada.email),
    ]


async def test_enabling_brings_no_session_back(
    admin: Person, ada: Person, other_device: Person
) -> None:
    program = await ada.program("tasks:read")
    assert await change(admin, ada, is_active=False) == 200
    assert await change(admin, ada, is_active=True) == 200
    for former in (ada, other_device):
        assert_problem(await former.get("/tasks"), 401, "invalid_token")
    assert await log_in(ada) == 200
    assert (await program.get("/tasks")).status_code == 200, "API tokens were only refused"


async def test_administrators_sign_somebody_out(
    admin: Person, ada: Person, other_device: Person
) -> None:
    program = await ada.program("tasks:read")
    assert (await admin.delete(f"/users/{ada.id}/sessions")).status_code == 204
    for former in (ada, other_device):
        assert_problem(await former.get("/tasks"), 401, "invalid_token")
    assert (await program.get("/tasks")).status_code == 200
    assert (await admin.get("/tasks")).status_code == 200
    assert await log_in(ada) == 200
    answer = await admin.delete(f"/users/{UNKNOWN_ID}/sessions")
    assert_problem(answer, 404, "user_not_found")


@pytest.mark.parametrize(
    "field", sorted({*User.model_fields, "email_verified", "password"} - {"role", "is_active"})
)
async def test_only_role_and_state_can_be_set(admin: Person, ada: Person, field: str) -> None:
    before = (await admin.get(f"/users/{ada.id}")).json()
    answer = await admin.patch(f"/users/{ada.id}", json={"role": "admin", field: "x"})
    problem = assert_problem(answer, 422, "validation_failed")
    assert [one["type"] for one in problem["errors"]] == ["extra_forbidden"]
    assert (await admin.get(f"/users/{ada.id}")).json() == before


@pytest.mark.parametrize("body", [{"role": None}, {"is_active": None}, {"role": "root"}], ids=str)
async def test_there_is_always_a_role_and_a_state(
    admin: Person, ada: Person, body: dict[str, Any]
) -> None:
    answer = await admin.patch(f"/users/{ada.id}", json=body)
    assert answer.status_code == 422, answer.text
    assert (await ada.get("/users/me")).json()["role"] == "user"


# --- the last administrator -----------------------------------------------------------------------


async def test_the_last_administrator_stays(
    empty_database: Database, new_person: NewPerson
) -> None:
    admin = await new_person(role="admin")
    await new_person(role="admin", is_active=False)  # who can do nothing does not count
    leaving = await new_person(role="admin")
    proof = {"current_password": PASSWORD}
    assert (await leaving.request("DELETE", "/users/me", json=proof)).status_code == 204
    for body in ({"role": "user"}, {"is_active": False}, {"role": "user", "is_active": False}):
        answer = await admin.patch(f"/users/{admin.id}", json=body)
        assert_problem(answer, 409, "last_admin")
    answer = await admin.request("DELETE", "/users/me", json=proof)
    assert_problem(answer, 409, "last_admin")
    assert (await admin.get("/admin/stats")).json()["users"] == {
        "total": 3, "active": 1, "admins": 1, "disabled": 1, "leaving": 1,
    }  # fmt: skip
    other = await new_person()
    assert await change(admin, other, role="admin") == 200
    assert (await admin.request("DELETE", "/users/me", json=proof)).status_code == 204
    assert_problem(
        await other.patch(f"/users/{other.id}", json={"role": "user"}), 409, "last_admin"
    )


@pytest.mark.parametrize("attempt", range(5))
@pytest.mark.parametrize("how", ["demote", "disable", "leave"])
async def test_the_last_two_cannot_both_go(
    empty_database: Database, new_person: NewPerson, how: str, attempt: int
) -> None:
    one, other = await new_person(role="admin"), await new_person(role="admin")
    if how == "leave":
        proof = {"current_password": PASSWORD}
        requests = [who.request("DELETE", "/users/me", json=proof) for who in (one, other)]
    else:
        body = {"role": "user"} if how == "demote" else {"is_active": False}
        requests = [
            one.patch(f"/users/{other.id}", json=body),
            other.patch(f"/users/{one.id}", json=body),
        ]
    answers = await asyncio.gather(*requests)
    assert sum(answer.is_success for answer in answers) == 1, [one.text for one in answers]
    (refused,) = (answer for answer in answers if not answer.is_success)
    assert refused.status_code in {401, 403, 409}  # too late already, or the last one
    async with empty_database.transaction() as session:
        left = await session.scalar(
            text(
                "SELECT count(*) FROM user_account"
                " WHERE role = 'admin' AND is_active AND deletion_at IS NULL"
            )
        )
    assert left == 1


# --- jobs and figures -----------------------------------------------------------------------------


async def test_a_dead_job_is_tried_again(
    admin: Person, services: Services, database: Database
) -> None:
    job_id = await dead_job(services)
    listed = (await admin.get("/admin/jobs?kind=tests.dead")).json()["items"]
    (shown,) = (one for one in listed if one["id"] == job_id)
    assert (shown["state"], shown["last_error"]) == ("dead", "no luck")
    assert not {"payload", "lease_token", "lease_owner", "dedupe_key"} & set(shown)
    path = f"/admin/jobs/{job_id}/retry"
    answers = await asyncio.gather(*(admin.post(path) for _ in range(4)))
    assert Counter(one.status_code for one in answers) == {200: 1, 409: 3}
    for answer in answers:
        if answer.status_code == 409:
            assert_problem(answer, 409, "job_not_dead")
    (done,) = (answer.json() for answer in answers if answer.is_success)
    assert (done["state"], done["attempts"], done["finished_at"]) == ("ready", 0, None)
    assert_problem(await admin.post(f"/admin/jobs/{UNKNOWN_ID}/retry"), 404, "job_not_found")


async def test_dead_jobs_of_a_kind_are_tried_again(
    admin: Person, ada: Person, services: Services
) -> None:
    other = await dead_job(services)
    async with services.database.transaction() as session:
        for _ in range(3):
            session.add(
                Job(kind="tests.many", payload={}, state="dead", finished_at=now(), last_error="x")
            )
    assert (await admin.get("/admin/stats")).json()["dead_jobs"]["tests.many"] == 3
    body = {"kind": "tests.many"}
    assert (await ada.post("/admin/jobs/retry", json=body)).status_code == 403
    answers = await asyncio.gather(*(admin.post("/admin/jobs/retry", json=body) for _ in range(3)))
    assert sum(answer.json()["retried"] for answer in answers) == 3
    assert (await admin.post("/admin/jobs/retry", json=body)).json() == {"retried": 0, "left": 0}
    figures = (await admin.get("/admin/stats")).json()
    assert "tests.many" not in figures["dead_jobs"]
    assert figures["dead_jobs"]["tests.dead"] >= 1
    listed = (await admin.get("/admin/jobs?kind=tests.dead&per_page=100")).json()["items"]
    assert other in {one["id"] for one in listed}


async def test_jobs_are_listed_page_by_page(admin: Person, services: Services) -> None:
    made = [await dead_job(services) for _ in range(5)]
    page = (await admin.get("/admin/jobs?kind=tests.dead&per_page=2")).json()
    seen = [one["id"] for one in page["items"]]
    while page["next_cursor"]:
        url = f"/admin/jobs?kind=tests.dead&per_page=2&cursor={page['next_cursor']}"
        page = (await admin.get(url)).json()
        seen += [one["id"] for one in page["items"]]
    assert len(seen) == len(set(seen))
    assert [one for one in seen if one in made] == made[::-1]
    for state in ("ready", "running", "done", "cancelled"):
        answer = await admin.get(f"/admin/jobs?state={state}&per_page=1")
        assert {one["state"] for one in answer.json()["items"]} <= {state}


async def test_figures(empty_database: Database, new_person: NewPerson) -> None:
    admin = await new_person(role="admin")
    task = await admin.task(due_at="2030-01-31T09:00:00Z")
    await admin.post(f"/tasks/{task['id']}/reminders", json={"offset_minutes": 5})
    await admin.program("tasks:read")
    await admin.delete(f"/tasks/{(await admin.task())['id']}")
    figures = (await admin.get("/admin/stats")).json()
    assert figures["tasks"] == {"total": 2, "pending": 1, "completed": 0, "trashed": 1}
    assert (figures["sessions"], figures["api_tokens"]) == (1, 1)
    assert figures["reminders"]["scheduled"] == 1
    assert figures["jobs"]["ready"] >= 1
