"""Files that are damaged, hostile or made by something else: refused, or read row by row."""

import io
import json
import time
import tracemalloc
import zipfile
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tests.transfer.sources import REAL, content, read
from taskbell.transfer.errors import ImportTooLargeError, UnreadableImportError
from taskbell.transfer.items import MOST_ITEMS, Source
from taskbell.transfer.parsers import SOURCES

JSON_SOURCES: list[Source] = [one for one in SOURCES if one != "todoist"]
REFUSED = (UnreadableImportError, ImportTooLargeError)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "data",
    [b"", b"  \n", b"\x00", b"\xff\xfe\x00", b"\x89PNG\r\n\x1a\n", b"<html></html>",
     b"{", b"[", b"]", b"PK\x03\x04", b"PK\x05\x06" + b"\x00" * 18, b"\xef\xbb\xbf",
     "\ud800".encode("utf-16", "surrogatepass")],
)  # fmt: skip
def test_what_is_no_file_of_the_source_is_refused(source: Source, data: bytes) -> None:
    with pytest.raises(UnreadableImportError):
        read(source, data)


@pytest.mark.parametrize("source", SOURCES)
def test_the_file_of_another_source_is_refused(source: Source) -> None:
    for other in SOURCES:
        if other != source:
            with pytest.raises(UnreadableImportError):
                read(source, content(REAL[other]))


@pytest.mark.parametrize("source", SOURCES)
def test_text_in_utf_8_or_16_with_a_mark_is_the_same(source: Source) -> None:
    text = content(REAL[source]).decode("utf-8-sig")
    plain = read(source, text)
    assert read(source, text.encode("utf-8-sig")) == plain
    assert read(source, text.encode("utf-16")) == plain
    assert read(source, b"\xfe\xff" + text.encode("utf-16-be")) == plain
    assert read(source, text.replace("\r\n", "\n").replace("\n", "\r\n")) == plain


@pytest.mark.parametrize("source", JSON_SOURCES)
def test_json_that_nests_too_deep_is_refused(source: Source) -> None:
    with pytest.raises(REFUSED):
        read(source, b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
    with pytest.raises(REFUSED):
        read(source, b"[" * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize("source", JSON_SOURCES)
def test_json_of_too_many_values_is_refused_before_it_is_read(source: Source) -> None:
    data = b"[" + b"[]," * 1_500_000 + b"[]]"
    tracemalloc.start()
    try:
        with pytest.raises(ImportTooLargeError, match="values"):
            read(source, data)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("source", JSON_SOURCES)
def test_numbers_that_are_too_long_are_refused(source: Source) -> None:
    with pytest.raises(UnreadableImportError):
        read(source, b"[" + b"9" * 10_000 + b"]")


def _zip(name: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return packed.getvalue()


ZIPPED: list[tuple[Source, str]] = [
    ("vikunja", "data.json"),
    ("google_tasks", "Takeout/Tasks/Tasks.json"),
    ("todoist", "Home.csv"),
]


@pytest.mark.parametrize(("source", "name"), ZIPPED)
def test_a_zip_bomb_is_refused_without_unpacking_it(source: Source, name: str) -> None:
    bomb = _zip(name, b" " * 200_000_000)
    assert len(bomb) < 300_000
    tracemalloc.start()
    try:
        with pytest.raises(ImportTooLargeError, match="50 MiB"):
            read(source, bomb)
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()


def test_several_files_of_a_zip_share_one_limit() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"{number}.csv", b"TYPE,CONTENT\n" + b"\n" * 20_000_000)
    with pytest.raises(ImportTooLargeError, match="50 MiB"):
        read("todoist", packed.getvalue())


@pytest.mark.parametrize(("source", "name"), ZIPPED)
def test_a_damaged_zip_is_refused(source: Source, name: str) -> None:
    good = _zip(name, content(REAL[source]))
    for broken in (good[:-30], good[: len(good) // 2], good.replace(b"\x08\x00", b"\x63\x00")):
        with pytest.raises(UnreadableImportError):
            read(source, broken)
    middle = len(good) // 3
    with pytest.raises(UnreadableImportError):
        read(source, good[:middle] + bytes(one ^ 255 for one in good[middle : middle + 20])
             + good[middle + 20 :])  # fmt: skip


def test_an_encrypted_zip_is_refused() -> None:
    data = bytearray(_zip("data.json", b"[]"))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableImportError, match="encrypted"):
        read("vikunja", bytes(data))


def _many(source: Source, count: int) -> bytes:
    tasks: list[dict[str, Any]] = [
        {"id": f"id{n}", "title": "T", "name": "T", "idList": "l"} for n in range(count)
    ]
    documents: dict[Source, Any] = {
        "trello": {"lists": [], "cards": tasks},
        "vikunja": [{"id": 1, "title": "P", "tasks": tasks}],
        "google_tasks": {"items": [{"id": "l", "items": tasks}]},
        "taskbell": {"format": "taskbell-tasks/1", "tasks": tasks},
    }
    if source == "todoist":
        return b"TYPE,CONTENT\n" + b"task,T\n" * count
    return json.dumps(documents[source]).encode()


@pytest.mark.parametrize("source", SOURCES)
def test_twenty_thousand_tasks_are_read_and_more_are_refused(source: Source) -> None:
    started = time.perf_counter()
    assert len(read(source, _many(source, MOST_ITEMS)).items) == MOST_ITEMS
    assert time.perf_counter() - started < 20
    with pytest.raises(ImportTooLargeError, match="20,000"):
        read(source, _many(source, 100_000))


STRANGE = ["2030-01-31T08:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31", "\x00", "-1", "\ud800"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
ANYTHING = st.recursive(
    SCALARS | st.sampled_from(STRANGE),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def _paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: Any = ()
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [here, *(path for key, one in inner for path in _paths(one, (*here, key)))]


@pytest.mark.parametrize("source", JSON_SOURCES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_value_of_any_type_at_any_place_is_survived(source: Source, data: Any) -> None:
    document = json.loads(content(REAL[source]))
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from([one for one in _paths(document) if one]))
        place = document
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = data.draw(ANYTHING)
    try:
        file = read(source, json.dumps(document))
    except REFUSED:
        return
    _check_fits(file)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=14), max_size=8))
def test_any_cells_are_survived(table: list[list[str]]) -> None:
    header = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE"
    lines = [header]
    for row in table:
        cells = [one.replace('"', '""').encode("utf-8", "replace").decode() for one in row]
        lines.append("task," + ",".join(f'"{one}"' for one in cells))
    try:
        file = read("todoist", "\n".join(lines))
    except REFUSED:
        return
    _check_fits(file)


@given(st.binary(max_size=300), st.sampled_from(SOURCES))
def test_any_bytes_are_read_or_refused(data: bytes, source: Source) -> None:
    with suppress(*REFUSED):
        read(source, data)


def _check_fits(file: Any) -> None:
    for item in file.items:
        item.title.encode(), item.description.encode()
        assert "\x00" not in item.title + item.description
        assert len(item.title) <= 200
        assert len(item.description) <= 10_000
        assert item.due_date is None or item.due_at is None
        assert item.key
        if item.outcome is None:
            assert item.title.strip()
        else:
            assert item.messages
    for one in file.lists:
        assert 1 <= len(one.name) <= 100
