"""The files of this folder, read as an import reads them."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from taskbell.transfer.items import Context, ImportedFile, ImportedItem, Source
from taskbell.transfer.parsers import parse

FILES = Path(__file__).parent / "files"
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONTEXT = Context(AT, "Europe/Zurich")

REAL: dict[Source, str] = {
    "todoist": "Household [2203306141].csv",
    "trello": "trello-board.json",
    "vikunja": "vikunja-data.json",
    "google_tasks": "google-tasks.json",
    "taskbell": "taskbell.json",
}
"""One file of each source, as its program writes it."""


def content(name: str) -> bytes:
    """Return the bytes of a file."""
    return (FILES / name).read_bytes()


def read(source: Source, data: bytes | str, **context: Any) -> ImportedFile:
    """Parse some bytes, or a text in UTF-8."""
    raw = data.encode() if isinstance(data, str) else data
    return parse(source, raw, replace(CONTEXT, **context))


def read_real(source: Source) -> ImportedFile:
    """Parse the real file of a source."""
    return read(source, content(REAL[source]), filename=REAL[source])


def by_title(file: ImportedFile) -> dict[str, ImportedItem]:
    """Return the items that are imported, by their titles."""
    return {item.title: item for item in file.items if item.outcome is None}
