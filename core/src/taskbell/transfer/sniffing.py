"""A first look at a file: whether it can be what it is said to be. Costs next to nothing."""

import codecs

from taskbell.transfer import google_tasks, taskbell, trello, vikunja
from taskbell.transfer.errors import UnreadableImportError
from taskbell.transfer.items import Source
from taskbell.transfer.reading import is_zip

_ZIPPED = frozenset({"todoist", "vikunja", "google_tasks"})
_SIGNS: dict[Source, tuple[str, str, str]] = {
    "trello": ("{", '"cards"', trello.EXPECTED),
    "vikunja": ("[", "", vikunja.EXPECTED),
    "google_tasks": ("{", '"items"', google_tasks.EXPECTED),
    "taskbell": ("{", f'"{taskbell.FORMAT}"', taskbell.EXPECTED),
}
"""How its JSON begins, what stands somewhere in it, and what was expected."""


def check(source: Source, data: bytes) -> None:
    """Raise `UnreadableImportError` for a file that is clearly something else."""
    if not data.strip():
        raise UnreadableImportError("The file is empty.")
    if is_zip(data):
        if source not in _ZIPPED:
            raise UnreadableImportError(_SIGNS[source][2])
        return
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = data.decode("utf-16", "replace") if wide else data.decode("utf-8-sig", "replace")
    if source == "todoist":
        header = text.split("\n", 1)[0].upper()
        if "TYPE" not in header or "CONTENT" not in header:
            raise UnreadableImportError(
                "Todoist's CSV was expected, whose first line names the columns TYPE and CONTENT."
            )
        return
    begins, holds, expected = _SIGNS[source]
    if not text.lstrip().startswith(begins) or holds not in text:
        raise UnreadableImportError(expected)
