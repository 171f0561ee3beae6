"""Keeps docs/security.md honest: what it names must exist, and nothing may be left out."""

import ast
import re
from datetime import timedelta
from functools import cache
from pathlib import Path

from taskbell.accounts import links, passwords, sessions
from taskbell.accounts.api_tokens import MOST_TOKENS
from taskbell.accounts.callers import RECENT, ROLES, Permission
from taskbell.accounts.tokens import ACCESS_TTL
from taskbell.feeds import reading
from taskbell.feeds.service import MOST_FEEDS
from taskbell.idempotency import service as idempotency
from taskbell.lists import service as lists
from taskbell.tasks import activity, trash
from taskbell.transfer import items, reports
from taskbell.transfer import reading as files
from taskbell.transfer import service as imports
from taskbell_api.app import MOST_BODY_BYTES, OTHER_BODY_BYTES

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs/security.md").read_text()

TEST_FOLDERS = {
    "core": "core/tests",
    "api": "services/api/tests",
    "worker": "services/worker/tests",
    "migrate": "services/migrate/tests",
    "local": "local/tests",
    "e2e": "tests/e2e",
}
"""What the first part of `api/test_auth.py::test_log_in` stands for."""

# OWASP ASVS 5.0.0: section, and the levels of its requirements 1, 2, 3 … in order
LEVELS = {
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233",
    "6.5": "22222333", "6.6": "2223", "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333",
    "10.5": "22222", "10.6": "22", "10.7": "222",
}  # fmt: skip
WANTED = {
    f"{section}.{number}": int(level)
    for section, levels in LEVELS.items()
    for number, level in enumerate(levels, 1)
    if level in "12"
}
RISKS = [f"API{number}:2023" for number in range(1, 11)]
UNPROVEN = ("Not met", "Not applicable")
EXCUSES = (*UNPROVEN, "Partly")


def rows(first_cell: str, text: str = DOCUMENT) -> list[list[str]]:
    """Return the cells of each table row whose first cell matches."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [cells for cells in found if re.fullmatch(first_cell, cells[0])]


REQUIREMENTS = rows(r"\d+\.\d+\.\d+")
RISK_ROWS = rows(r"API\d+:2023.*")
CHECKED = [*REQUIREMENTS, *RISK_ROWS]


def section(heading: str) -> str:
    """Return the text below a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", DOCUMENT, re.M | re.S)
    assert found is not None, f"there is no section {heading}"
    return found[1]


def named_tests(text: str) -> list[str]:
    return re.findall(r"`([^`\s]+\.py::[^`\s]+)`", text)


@cache
def functions(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text())
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, kinds))


def missing(name: str) -> str | None:
    """Return what is wrong with the name of a test."""
    path, _, function = name.partition("::")
    folder, _, rest = path.partition("/")
    if folder not in TEST_FOLDERS:
        return f"{name}: tests are in {', '.join(TEST_FOLDERS)}"
    file = ROOT / TEST_FOLDERS[folder] / rest
    if not file.is_file():
        return f"{name}: there is no such file"
    return None if function in functions(file) else f"{name}: there is no such test"


def test_every_requirement_is_there_once_with_its_level() -> None:
    assert len(WANTED) == 96
    assert [cells[0] for cells in REQUIREMENTS] == list(WANTED), "in the order of the standard"
    assert {cells[0]: int(cells[1]) for cells in REQUIREMENTS} == WANTED


def test_every_risk_is_there_once() -> None:
    assert [cells[0].split()[0] for cells in RISK_ROWS] == RISKS


def test_each_row_is_proven_or_says_why_not() -> None:
    for cells in CHECKED:
        how, proof = cells[-2:]
        assert len(cells) == (5 if cells in REQUIREMENTS else 3), cells
        reason = re.sub(rf"^({'|'.join(EXCUSES)})\W+(because )?", "", how)
        assert len(reason) >= (15 if how.startswith(EXCUSES) else 2), f"{cells[0]} says why"
        # a document is proven by itself: then the cell links to its section
        proven = named_tests(proof) or re.search(r"\]\([^)]+\)", proof)
        assert proven or how.startswith(UNPROVEN), f"{cells[0]} names no test"


def test_every_test_it_names_exists() -> None:
    wrong = [problem for name in named_tests(DOCUMENT) if (problem := missing(name))]
    assert wrong == []


def test_no_test_is_still_to_be_written() -> None:
    assert [cells[0] for cells in CHECKED if "TODO" in cells[-1]] == []
    assert "TODO" not in DOCUMENT


def test_every_link_leads_somewhere() -> None:
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", DOCUMENT, re.M)
    }
    for target in re.findall(r"\]\(([^)\s]+)\)", DOCUMENT):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        if path:
            assert (ROOT / "docs" / path).exists(), target
        else:
            assert anchor in anchors, target


def test_lifetimes_are_those_of_the_code() -> None:
    text = section("Lifetimes")
    minutes = int(ACCESS_TTL.total_seconds() // 60)
    assert f"{minutes} minutes" in text
    assert f"{sessions.IDLE_TTL.days} days without" in text
    assert f"{sessions.ABSOLUTE_TTL.days} days in all" in text
    assert f"{int(sessions.REUSE_GRACE.total_seconds())} seconds" in text
    assert f"may have {sessions.MOST_SESSIONS} sessions" in text
    assert f"at most {MOST_TOKENS} an account" in text
    assert f"given lately | {in_words(RECENT)}" in text
    for purpose, ttl in links.TTL.items():
        assert re.search(rf"^\| .*`{purpose}`.* \| {in_words(ttl)}\b", text, re.M), purpose


def in_words(time: timedelta) -> str:
    hours = int(time.total_seconds() // 3600)
    if hours == 1:
        return "1 hour"
    return f"{hours} hours" if hours < 48 else f"{time.days} days"


def test_times_are_those_of_the_code() -> None:
    kept = {cells[0]: cells[2] for cells in rows(r"[a-z].*", section("Kept for a time"))}
    assert lists.TRASH_TTL == trash.TRASH_TTL
    for what, time in {
        "tasks and lists in the trash": trash.TRASH_TTL,
        "what happened to a task": activity.KEPT,
        "answers for an `Idempotency-Key`": idempotency.KEPT,
        "the report of an import": reports.KEPT,
    }.items():
        (until,) = [cell for name, cell in kept.items() if name.startswith(what)]
        assert until.startswith(in_words(time)), what
    minutes = int(reading.USE_NOTED_EVERY.total_seconds() // 60)
    assert minutes == 10, "the document says: to ten minutes"


def test_bounds_are_those_of_the_code() -> None:
    feeds, sent = section("Calendar feeds"), section("Files that people send")
    assert f"{reading.MOST_TASKS:,} at most" in feeds
    assert f"has {MOST_FEEDS} feeds at most" in feeds
    assert f"up to {mebibytes(imports.MOST_BYTES)}," in sent
    assert OTHER_BODY_BYTES["/api/v1/imports"] == imports.MOST_BYTES
    assert f"stay at {mebibytes(MOST_BODY_BYTES)}" in sent
    assert f"has {imports.MOST_RUNNING} imports under way at most" in sent
    assert f"at most {items.MOST_ITEMS:,} tasks" in sent
    assert f"{files.MOST_VALUES:,} values" in sent
    assert f"{mebibytes(files.MOST_UNPACKED)} unpacked" in sent
    assert f"{files.MOST_MEMBERS:,} members" in sent
    gateway = (ROOT / "deploy/nginx.conf").read_text()
    assert "zone=feeds:5m rate=5r/s" in gateway
    assert "zone=feeds burst=40 " in gateway
    assert f"{mebibytes(imports.MOST_BYTES).split()[0]}m;" in gateway


def mebibytes(number: int) -> str:
    return f"{number // 1024 // 1024} MiB"


def test_permissions_are_those_of_the_code() -> None:
    table = section("Who may do what")
    written = {cells[0].strip("`"): cells for cells in rows(r"`[a-z:]+`", table)}
    assert set(written) == set(Permission)
    for permission, (_, _operations, user, admin, token) in written.items():
        assert (user == "yes") == (permission in ROLES["user"]), permission
        assert (admin == "yes") == (permission in ROLES["admin"]), permission
        assert (token == "never") == (permission == Permission.SECURITY), permission


def test_rules_for_passwords_are_those_of_the_code() -> None:
    text = section("Passwords")
    assert f"{passwords.MIN_LENGTH} to {passwords.MAX_LENGTH} characters" in text
    assert f"fewer than {passwords.LEAST_OWN} characters left" in text
    assert [word for word in passwords.CONTEXT_WORDS if f"`{word}`" not in text] == []
    assert f"with {passwords.MOST_WAITING} waiting" in text


def test_events_are_those_of_the_code() -> None:
    listed = rows(r"`[a-z_]+`(, `[a-z_]+`)*", section("Events"))
    written = {name for cells in listed for name in cells[0].split("`")[1::2]}
    sources = [*ROOT.glob("core/src/**/*.py"), *ROOT.glob("services/*/taskbell_*/**/*.py")]
    texts = {file: file.read_text() for file in sources}
    unknown = [name for name in written if not any(f'"{name}"' in one for one in texts.values())]
    assert unknown == [], "no code logs these"
    calls = re.compile(r"\blog\.(?:info|warning|error|exception)\(\s*\"([a-z_]+)\"")
    ways_in = (text for file, text in texts.items() if {"accounts", "feeds"} & set(file.parts))
    told = {name for text in ways_in for name in calls.findall(text)}
    assert told - written == set(), "the document leaves these out"
