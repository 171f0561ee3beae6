"""From bytes to text, rows and JSON values, within limits.

Whatever a file is, it costs no more than its size lets expect: what unpacks to too much, nests too
deep or cannot be decoded raises `UnreadableImportError` or `ImportTooLargeError`.
"""

import codecs
import csv
import json
import re
from collections.abc import Iterator
from io import BytesIO, StringIO
from typing import Any, NamedTuple
from zipfile import ZipFile

from taskbell.transfer.errors import ImportTooLargeError, UnreadableImportError

MOST_UNPACKED = 50 * 1024 * 1024
"""Bytes of a file in a zip, or of several together."""

MOST_VALUES = 2_000_000
"""Values of a JSON document: each costs some hundred bytes of memory."""

MOST_MEMBERS = 20_000
"""Files in a zip; what they are called is read before any of them is."""

_UNPACKED = f"The zip holds more than {MOST_UNPACKED // 1024 // 1024} MiB."
# one cell may be as large as its file: what is too long is cut, with a message
csv.field_size_limit(MOST_UNPACKED)


class Row(NamedTuple):
    """A row of a CSV file: the line it ends on, and its cells by the names of their columns."""

    line: int
    cells: dict[str, str]


def is_zip(data: bytes) -> bool:
    """Tell whether `data` begins as zip files do."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def members(data: bytes, pattern: str) -> list[tuple[str, bytes]]:
    """Return the names and contents of the files in a zip whose path ends in `pattern` (a regex).

    They are sorted by name.
    """
    if data.count(b"PK\x01\x02") > MOST_MEMBERS:
        raise ImportTooLargeError(f"The zip holds more than {MOST_MEMBERS:,} files.")
    wanted = re.compile(rf"(?:.*/)?{pattern}", re.IGNORECASE | re.DOTALL)
    found: list[tuple[str, bytes]] = []
    room = MOST_UNPACKED
    try:
        with ZipFile(BytesIO(data)) as archive:
            names = sorted({name for name in archive.namelist() if wanted.fullmatch(name)})
            for name in names:
                with archive.open(name) as member:
                    content = member.read(room + 1)  # whatever size the zip claims it to have
                room -= len(content)
                if room < 0:
                    raise ImportTooLargeError(_UNPACKED)
                found.append((name, content))
    except ImportTooLargeError:
        raise
    # damaged, encrypted, packed in a way that is not known: what packing raises has no common base
    except Exception as error:
        raise UnreadableImportError("The zip is damaged or encrypted.") from error
    return found


def text(data: bytes) -> str:
    """Decode UTF-8, or UTF-16 with a byte order mark."""
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        decoded = data.decode("utf-16" if marked else "utf-8")
    except UnicodeDecodeError:
        raise UnreadableImportError("It is not text in UTF-8 (nor UTF-16 with a mark).") from None
    return decoded.removeprefix("\ufeff")


def rows(data: bytes, *, needed: frozenset[str]) -> Iterator[Row]:
    """Yield the rows of a CSV file that have a value; columns are named in capitals.

    Raises `UnreadableImportError` when a column of `needed` is missing or the quotes do not match.
    """
    content = text(data)
    first = content.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)  # spreadsheets of some countries write others
    reader = csv.reader(StringIO(content, newline=""), delimiter=separator, strict=True)
    try:
        header = [name.strip().upper() for name in next(reader, [])]
        if not needed <= set(header):
            raise UnreadableImportError(
                "A CSV file was expected whose first line names the columns "
                f"{', '.join(sorted(needed))}."
            )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(reader.line_num, dict(zip(header, cells, strict=False)))
    except csv.Error as error:
        raise UnreadableImportError(f"Line {reader.line_num} of the CSV file: {error}.") from None


def json_value(data: bytes) -> Any:
    """Return what a JSON document says; of a key that stands twice, the last one counts."""
    content = text(data)
    if content.count(",") + content.count("[") + content.count("{") > MOST_VALUES:
        raise ImportTooLargeError(f"The JSON holds more than {MOST_VALUES:,} values.")
    try:
        return json.loads(content)
    except RecursionError:
        raise UnreadableImportError("The JSON is nested too deep.") from None
    except ValueError as error:
        where = f": line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableImportError(f"It is not JSON{where}.") from None
