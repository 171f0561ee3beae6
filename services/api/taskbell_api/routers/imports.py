"""Moving tasks in from other programs, and out."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from taskbell.clock import now
from taskbell.lists.errors import ListArchivedError, ListNotFoundError
from taskbell.paging import InvalidCursorError
from taskbell.text import Text
from taskbell.transfer import export, reports
from taskbell.transfer import service as imports
from taskbell.transfer.errors import (
    ImportNotFoundError,
    ImportRunningError,
    UnreadableImportError,
)
from taskbell.transfer.items import Source
from taskbell.transfer.schemas import ImportOut, ImportRowOut
from taskbell_api.access import ReadsTasks, WritesTasks
from taskbell_api.deps import BASE, DatabaseDep, SessionDep
from taskbell_api.idempotency import CreatesTasks, IdempotentRoute
from taskbell_api.openapi import errors
from taskbell_api.pages import PageAndCursorError, PageOut, PageQuery, PageQueryDep
from taskbell_api.problems import RequestTooLargeError, UnsupportedMediaTypeError
from taskbell_api.query_strings import parameters

router = APIRouter(prefix=f"{BASE}/imports", tags=["imports"], route_class=IdempotentRoute)
export_router = APIRouter(prefix=f"{BASE}/tasks", tags=["imports"])
"""Goes before the router of tasks: there `export` would be the id of a task."""

MEDIA_TYPES = (
    "text/csv",
    "application/json",
    "application/zip",
    "application/x-zip-compressed",
    "application/octet-stream",
)
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file as it is, at most 10 MiB.",
        "content": {
            name: {
                "schema": {"type": "string", "format": "binary"},
                "example": "TYPE,CONTENT,PRIORITY,DATE\ntask,Water the ferns,2,every monday\n"
                if name == "text/csv"
                else "(the bytes of the file)",
            }
            for name in MEDIA_TYPES
        },
    }
}
_EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The document.",
        "content": {
            "application/json": {
                "schema": {"type": "object"},
                "example": {"format": "taskbell-tasks/1", "lists": [], "labels": [], "tasks": []},
            },
            "text/csv": {"schema": {"type": "string"}, "example": "id,list,parent_id,title\r\n"},
        },
    }
}


class UnsupportedFileError(UnsupportedMediaTypeError):
    title = f"Send the file itself, as one of {', '.join(MEDIA_TYPES)}"


@router.post(
    "",
    status_code=202,
    summary="Import tasks from a file",
    responses=errors(
        UnreadableImportError,
        ImportRunningError,
        ListNotFoundError,
        ListArchivedError,
        UnsupportedFileError,
    ),
    openapi_extra=_FILE,
)
async def start_import(
    request: Request,
    session: SessionDep,
    caller: CreatesTasks,
    response: Response,
    source: Annotated[Source, Query(description="The program that wrote the file.")],
    dry_run: Annotated[bool, Query(description="Only tell what would be imported.")] = False,
    list_id: Annotated[
        UUID | None,
        Query(description="Puts everything into this list. Default: the lists of the file."),
    ] = None,
    filename: Annotated[
        Text, Query(max_length=255, description="What it is called: it names Todoist's projects.")
    ] = "",
) -> ImportOut:
    """Take a file and import it in the background; `GET /imports/{id}` tells how far it is.

    What was imported before is known again: the same file twice makes no doubles.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in MEDIA_TYPES:
        raise UnsupportedFileError
    data = await request.body()
    if len(data) > imports.MOST_BYTES:
        raise RequestTooLargeError
    started = await imports.start_import(
        session,
        owner_id=caller.user_id,
        source=source,
        data=data,
        filename=filename,
        list_id=list_id,
        dry_run=dry_run,
    )
    response.headers["Location"] = f"{BASE}/imports/{started.id}"
    return ImportOut.model_validate(started)


@router.get(
    "",
    summary="List my imports",
    responses=errors(InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_imports(
    session: SessionDep, caller: ReadsTasks, query: PageQueryDep
) -> PageOut[ImportOut]:
    """Return one's imports of the last 30 days, the newest first."""
    found = await reports.list_imports(
        session,
        owner_id=caller.user_id,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    items = [ImportOut.model_validate(one) for one in found.items]
    return PageOut[ImportOut].of(items, query, total=found.total, next_cursor=found.next_cursor)


@router.get("/{import_id}", summary="Get an import", responses=errors(ImportNotFoundError))
async def get_import(session: SessionDep, caller: ReadsTasks, import_id: UUID) -> ImportOut:
    """Return an import, and how far it is."""
    found = await reports.get_import(session, owner_id=caller.user_id, import_id=import_id)
    return ImportOut.model_validate(found)


@router.get(
    "/{import_id}/rows",
    summary="Get the report of an import",
    responses=errors(ImportNotFoundError, InvalidCursorError, PageAndCursorError),
    openapi_extra=parameters(PageQuery),
)
async def list_rows(
    session: SessionDep, caller: ReadsTasks, import_id: UUID, query: PageQueryDep
) -> PageOut[ImportRowOut]:
    """Return what became of each task of the file, in its order."""
    found = await reports.list_rows(
        session,
        owner_id=caller.user_id,
        import_id=import_id,
        page=query.number,
        per_page=query.per_page,
        cursor=query.cursor,
    )
    items = [ImportRowOut.model_validate(one) for one in found.items]
    return PageOut[ImportRowOut].of(items, query, total=found.total, next_cursor=found.next_cursor)


@router.delete(
    "/{import_id}",
    status_code=204,
    summary="Forget an import",
    responses=errors(ImportNotFoundError),
)
async def delete_import(session: SessionDep, caller: WritesTasks, import_id: UUID) -> None:
    """Delete the report; an import that is still running stops. Its tasks stay."""
    await reports.delete_import(session, owner_id=caller.user_id, import_id=import_id)


@export_router.get(
    "/export",
    summary="Take my tasks with me",
    response_model=None,
    responses=_EXPORTED,
)
async def export_tasks(
    database: DatabaseDep,
    caller: ReadsTasks,
    format: Annotated[  # noqa: A002 (its public name)
        Literal["json", "csv"],
        Query(description="`json` can be imported again; `csv` is for spreadsheets."),
    ] = "json",
    trashed: Annotated[bool, Query(description="With what lies in the trash.")] = False,
) -> Response:
    """Return all one's tasks as a file, with lists, labels and reminders, however many there are.

    In the table, texts that a spreadsheet would take for a formula begin with an apostrophe.
    """
    write = export.as_json if format == "json" else export.as_csv
    return StreamingResponse(
        write(database, owner_id=caller.user_id, trashed=trashed),
        media_type="application/json" if format == "json" else "text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="taskbell-{now():%Y-%m-%d}.{format}"'
        },
    )
