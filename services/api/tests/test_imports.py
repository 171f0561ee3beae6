"""Imports and exports through the API."""

import csv
import io
import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from core.tests.transfer.sources import REAL, content
from taskbell.jobs.models import Job
from taskbell.transfer import service as imports
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import Source
from taskbell.transfer.jobs import IMPORT
from taskbell.transfer.parsers import SOURCES
from taskbell_api.deps import Services

from .conftest import NewPerson, Person
from .operations import UNKNOWN_ID

CSV = b"TYPE,CONTENT,PRIORITY\ntask,Water the ferns,1\nnote,Rain water only,\ntask,Sing,4\n"


async def send(
    who: Person,
    data: bytes = CSV,
    *,
    content_type: str = "text/csv",
    key: str | None = None,
    query: dict[str, str] | None = None,
    **more: Any,
) -> httpx.Response:
    params = {"source": "todoist", "filename": "Home.csv"} | (query or {}) | more
    headers = {"Content-Type": content_type}
    if key is not None:
        headers["Idempotency-Key"] = key
    return await who.post("/imports", params=params, content=data, headers=headers)


async def finish(services: Services, import_id: str) -> None:
    """Import what was sent, as the worker does."""
    async with services.database.transaction() as session:
        work = await imports.begin(session, import_id=UUID(import_id))
    assert work is not None
    ready, left = imports.read(work), True
    while left:
        async with services.database.transaction() as session:
            left = await imports.import_part(session, import_id=UUID(import_id), ready=ready)


async def test_a_file_is_taken_and_a_job_imports_it(ada: Person, services: Services) -> None:
    answer = await send(ada)
    assert answer.status_code == 202
    started = answer.json()
    assert answer.headers["location"] == f"/api/v1/imports/{started['id']}"
    assert started == {
        "id": started["id"],
        "source": "todoist",
        "filename": "Home.csv",
        "dry_run": False,
        "list_id": None,
        "state": "queued",
        "total": None,
        "done": 0,
        "created": 0,
        "duplicates": 0,
        "skipped": 0,
        "failed": 0,
        "error": None,
        "created_at": started["created_at"],
        "finished_at": None,
    }
    async with services.database.transaction() as session:
        kind = await session.scalar(
            select(col(Job.kind)).where(col(Job.dedupe_key) == started["id"])
        )
    assert kind == IMPORT.name
    await finish(services, started["id"])
    done = (await ada.get(f"/imports/{started['id']}")).json()
    assert (done["state"], done["created"], done["total"]) == ("done", 2, 2)
    assert done["finished_at"].endswith("Z")
    tasks = (await ada.get("/tasks", params={"sort": "position"})).json()["items"]
    assert [(one["title"], one["priority"]) for one in tasks] == [
        ("Water the ferns", "urgent"),
        ("Sing", "low"),
    ]
    assert tasks[0]["description"] == "Rain water only"


@pytest.mark.parametrize("source", SOURCES)
async def test_every_source_comes_in_twice_without_doubles(
    ada: Person, services: Services, source: Source
) -> None:
    kind = "text/csv" if source == "todoist" else "application/json"
    done = []
    for _ in range(2):
        answer = await send(
            ada, content(REAL[source]), content_type=kind, source=source, filename=REAL[source]
        )
        await finish(services, answer.json()["id"])
        done.append((await ada.get(f"/imports/{answer.json()['id']}")).json())
    assert done[0]["created"] == done[1]["duplicates"] > 0
    assert done[1]["created"] == 0


async def test_a_dry_run_makes_nothing(ada: Person, services: Services) -> None:
    started = (await send(ada, dry_run=True)).json()
    await finish(services, started["id"])
    done = (await ada.get(f"/imports/{started['id']}")).json()
    assert (done["dry_run"], done["created"]) == (True, 2)
    rows = (await ada.get(f"/imports/{started['id']}/rows")).json()["items"]
    assert [(row["outcome"], row["task_id"]) for row in rows] == [("created", None)] * 2
    assert (await ada.get("/tasks")).json()["total"] == 0
    assert len((await ada.get("/lists")).json()["items"]) == 1


async def test_the_report_tells_each_row(ada: Person, services: Services) -> None:
    data = b"TYPE,CONTENT,DATE\ntask,Water the ferns,when it is dry\nnonsense,Sing,\n"
    started = (await send(ada, data)).json()
    await finish(services, started["id"])
    page = (await ada.get(f"/imports/{started['id']}/rows", params={"per_page": 1})).json()
    task = (await ada.get("/tasks")).json()["items"][0]
    assert page["items"] == [
        {
            "number": 1,
            "title": "Water the ferns",
            "outcome": "created",
            "task_id": task["id"],
            "messages": ["Its date is not understood: it stands in the description."],
        }
    ]
    assert (page["total"], page["pages"]) == (2, 2)
    cursor = page["next_cursor"]
    rest = (await ada.get(f"/imports/{started['id']}/rows", params={"cursor": cursor})).json()
    assert [(row["number"], row["outcome"]) for row in rest["items"]] == [(2, "skipped")]
    assert rest["next_cursor"] is None
    bad = await ada.get(f"/imports/{started['id']}/rows", params={"cursor": "x"})
    assert bad.json()["code"] == "invalid_cursor"


@pytest.mark.parametrize(
    "content_type",
    ["text/csv; charset=utf-8", "application/octet-stream", "Application/ZIP", "application/json"],
)
async def test_these_content_types_are_taken(ada: Person, content_type: str) -> None:
    assert (await send(ada, content_type=content_type)).status_code == 202


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "multipart/form-data; boundary=x", "text/html", "text/csvx"]
)
async def test_other_content_types_are_refused(ada: Person, content_type: str) -> None:
    answer = await send(ada, content_type=content_type)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_ten_mebibytes_are_taken_and_more_are_not(ada: Person) -> None:
    line = b"task,Water the ferns,4\n"
    most = b"TYPE,CONTENT,PRIORITY\n" + line * (10 * 1024 * 1024 // len(line) - 1)
    exactly = most + b"\n" * (10 * 1024 * 1024 - len(most))
    assert (await send(ada, exactly)).status_code == 202
    answer = await send(ada, exactly + b"\n")
    assert (answer.status_code, answer.json()["code"]) == (413, "request_too_large")


@pytest.mark.parametrize("data", [b"", b"title,due\nA,B\n", b'{"cards":[]}', b"\x00\x01"])
async def test_a_file_of_another_kind_is_refused_at_once(ada: Person, data: bytes) -> None:
    answer = await send(ada, data)
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_import")
    assert (await ada.get("/imports")).json()["total"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"source": "wunderlist"}, "query.source"),
        ({"source": ""}, "query.source"),
        ({"list_id": "home"}, "query.list_id"),
        ({"dry_run": "perhaps"}, "query.dry_run"),
        ({"filename": "x" * 256}, "query.filename"),
        ({"filename": "\x00"}, "query.filename"),
    ],
)
async def test_wrong_parameters_are_named(ada: Person, query: dict[str, str], field: str) -> None:
    answer = await send(ada, query=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_everything_goes_to_the_list_that_is_named(
    ada: Person, bob: Person, services: Services
) -> None:
    home = await ada.task_list("Home")
    started = (await send(ada, list_id=home["id"])).json()
    assert started["list_id"] == home["id"]
    await finish(services, started["id"])
    tasks = (await ada.get("/tasks")).json()["items"]
    assert {one["list_id"] for one in tasks} == {home["id"]}
    for who, list_id in ((bob, home["id"]), (ada, UNKNOWN_ID)):
        answer = await send(who, list_id=list_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "list_not_found")
    await ada.patch(f"/lists/{home['id']}", json={"archived": True})
    answer = await send(ada, list_id=home["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "list_archived")


async def test_a_fourth_import_has_to_wait(ada: Person, bob: Person, services: Services) -> None:
    started = [(await send(ada)).json()["id"] for _ in range(3)]
    answer = await send(ada)
    assert (answer.status_code, answer.json()["code"]) == (409, "import_running")
    assert (await send(bob)).status_code == 202
    await finish(services, started[0])
    assert (await send(ada)).status_code == 202


async def test_a_repeated_request_with_a_key_starts_one_import(ada: Person) -> None:
    first, again = await send(ada, key="import-1"), await send(ada, key="import-1")
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert (await ada.get("/imports")).json()["total"] == 1
    other = await send(ada, CSV + b"task,More,\n", key="import-1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_imports_are_ones_own(ada: Person, bob: Person) -> None:
    import_id = (await send(ada)).json()["id"]
    for method, path in (("GET", ""), ("GET", "/rows"), ("DELETE", "")):
        answer = await bob.request(method, f"/imports/{import_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "import_not_found")
    assert (await bob.get("/imports")).json()["items"] == []
    assert (await ada.delete(f"/imports/{import_id}")).status_code == 204
    assert (await ada.get(f"/imports/{import_id}")).status_code == 404


async def test_imports_are_listed_the_newest_first(ada: Person) -> None:
    ids = [(await send(ada)).json()["id"] for _ in range(3)]
    page = (await ada.get("/imports", params={"per_page": 2})).json()
    assert [one["id"] for one in page["items"]] == [ids[2], ids[1]]
    rest = (await ada.get("/imports", params={"cursor": page["next_cursor"]})).json()
    assert [one["id"] for one in rest["items"]] == [ids[0]]


async def test_programs_need_the_right_scope(ada: Person) -> None:
    reads, writes = await ada.program("tasks:read"), await ada.program("tasks:write")
    assert (await send(reads)).status_code == 403
    assert (await send(writes)).status_code == 202
    assert (await writes.get("/imports")).status_code == 403
    assert (await reads.get("/imports")).status_code == 200
    assert (await reads.get("/tasks/export")).status_code == 200
    assert (await writes.get("/tasks/export")).status_code == 403


async def test_an_export_is_a_file_that_is_known_again(
    ada: Person, bob: Person, services: Services
) -> None:
    home = await ada.task_list("Home", color="#4bce97")
    parent = await ada.task(title="Parent", list_id=home["id"], labels=["big"])
    await ada.task(title="Child", parent_id=parent["id"])
    await ada.post(f"/tasks/{parent['id']}/reminders", json={"at": "2030-01-01T00:00:00Z"})
    answer = await ada.get("/tasks/export")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith('attachment; filename="taskbell-')
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    assert document["format"] == "taskbell-tasks/1"
    assert [one["name"] for one in document["lists"]] == ["Inbox", "Home"]
    exported = {one["title"]: one for one in document["tasks"]}
    shown = (await ada.get(f"/tasks/{parent['id']}")).json()
    assert {name: exported["Parent"][name] for name in shown} == shown
    assert exported["Parent"]["reminders"][0]["at"] == "2030-01-01T00:00:00Z"
    for who, created, duplicates in ((ada, 0, 2), (bob, 2, 0)):
        started = await send(
            who, answer.content, content_type="application/json", source="taskbell"
        )
        await finish(services, started.json()["id"])
        done = (await who.get(f"/imports/{started.json()['id']}")).json()
        assert (done["created"], done["duplicates"]) == (created, duplicates)
    theirs = (await bob.get("/tasks", params={"label": "big"})).json()["items"]
    assert [one["title"] for one in theirs] == ["Parent"]
    assert (await bob.get("/labels")).json()["items"][0]["tasks_count"] == 1


async def test_an_export_as_a_table(ada: Person) -> None:
    await ada.task(title="=1+1")
    gone = await ada.task(title="Gone")
    await ada.delete(f"/tasks/{gone['id']}")
    answer = await ada.get("/tasks/export", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].endswith('.csv"')
    table = io.StringIO(answer.content.decode("utf-8-sig"), newline="")
    assert [row["title"] for row in csv.DictReader(table)] == ["'=1+1"]
    answer = await ada.get("/tasks/export", params={"format": "csv", "trashed": True})
    table = io.StringIO(answer.content.decode("utf-8-sig"), newline="")
    assert [row["title"] for row in csv.DictReader(table)] == ["'=1+1", "Gone"]


async def test_an_unknown_format_is_refused(ada: Person) -> None:
    answer = await ada.get("/tasks/export", params={"format": "xml"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.format")


async def test_an_export_is_of_ones_own_tasks_only(ada: Person, new_person: NewPerson) -> None:
    await ada.task(title="Secret")
    other = await new_person()
    assert (await other.get("/tasks/export")).json()["tasks"] == []
    assert b"Secret" not in (await other.get("/tasks/export?format=csv")).content
    assert (await ada.api.get("/tasks/export")).status_code == 401


async def test_a_document_that_nests_deep_does_no_harm(ada: Person, services: Services) -> None:
    deep = b'{"format":"taskbell-tasks/1","tasks":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    started = await send(ada, deep, content_type="application/json", source="taskbell")
    assert started.status_code == 202
    async with services.database.transaction() as session:
        work = await imports.begin(session, import_id=UUID(started.json()["id"]))
    assert work is not None
    with pytest.raises(UnreadableImportError):
        imports.read(work)


async def test_the_document_of_the_api_names_the_content_types(ada: Person) -> None:
    document = json.loads((await ada.api.get("http://testserver/api/openapi.json")).content)
    operation = document["paths"]["/api/v1/imports"]["post"]
    assert set(operation["requestBody"]["content"]) >= {"text/csv", "application/zip"}
    assert "/api/v1/tasks/export" in document["paths"]
