"""Which parser reads which source."""

from collections.abc import Callable, Mapping
from typing import get_args

from taskbell.transfer import google_tasks, taskbell, todoist, trello, vikunja
from taskbell.transfer.arrange import arrange
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import Context, ImportedFile, Source

Parser = Callable[[bytes, Context], ImportedFile]
PARSERS: Mapping[Source, Parser] = {
    "todoist": todoist.parse,
    "trello": trello.parse,
    "vikunja": vikunja.parse,
    "google_tasks": google_tasks.parse,
    "taskbell": taskbell.parse,
}
SOURCES: tuple[Source, ...] = get_args(Source)


def parse(source: Source, data: bytes, context: Context) -> ImportedFile:
    """Read a file: its tasks fit what a task may be here, parents come before their subtasks.

    What is wrong with a row is said in its messages. Raises `UnreadableImportError` when it is no
    file of this source at all, `ImportTooLargeError` when there is too much in it.
    """
    if not data.strip():
        raise UnreadableImportError("The file is empty.")
    return arrange(PARSERS[source](data, context))
