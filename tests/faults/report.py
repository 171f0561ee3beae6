"""The table of `docs/reliability.md`, written by `make faults` itself.

Each fault on the reminder path leaves a row in `test-results/faults.json`. With FAULTS_REPORT set,
as `make faults` does for anything but a short run, the table is written anew as soon as there is a
row for each fault of the catalogue: at the end of a full run, or of the last of its parts.
"""

import json
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

from taskbell.clock import now
from tests.faults.outcomes import Tally

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "test-results/faults.json"
BEGIN, END = "<!-- figures: written by `make faults` -->", "<!-- end of figures -->"

EMBEDDED = (
    "worker killed",
    "both workers killed",
    "worker frozen past its lease",
    "Redis killed",
    "Redis frozen",
    "Redis cut off",
    "Redis flushed (FLUSHALL)",
    "Postgres killed",
    "Postgres stopped at once",
    "Postgres frozen",
    "Postgres cut off",
    "Postgres refuses connections",
    "failover to a promoted replica",
    "disk of Postgres full",
    "API replica killed",
    "API replica frozen",
    "all API replicas killed",
    "gateway killed",
    "gateway frozen",
    "mail server killed",
    "mail server cut off",
    "SMTP 4xx to each mail",
    "SMTP 5xx to each mail",
    "SMTP breaks off before the message",
    "SMTP breaks off after the dot, mail lost",
    "SMTP breaks off after the dot, mail taken",
    "SMTP hangs for 120 s at the greeting",
    "SMTP hangs for 120 s after the dot",
    "worker's clock an hour ahead, the other's an hour behind",
    "clocks of the workers set back",
    "clock of the machine an hour ahead",
    "clock of the machine set back an hour",
    "DST nights in five zones",
    "rolling restart under load",
)
COMPOSE = (
    "worker killed",
    "worker paused",
    "worker off the network",
    "db killed",
    "db paused",
    "db off the network",
    "redis killed",
    "redis paused",
    "redis off the network",
    "api killed",
    "api paused",
    "api off the network",
    "gateway killed",
    "gateway paused",
    "gateway off the network",
    "mailbox killed",
    "mailbox paused",
    "mailbox off the network",
    "rolling restart under load",
)
SECTIONS = {"embedded": EMBEDDED, "compose": COMPOSE}
TITLES = {"embedded": "On embedded servers", "compose": "On Docker Compose"}

rows: dict[str, dict[str, Any]] = {}
"""By section and fault, of this run."""


def record(fault: str, tally: Tally, *, section: str = "embedded") -> None:
    """Keep the figures of a fault for the table."""
    assert fault in SECTIONS[section], f"{fault!r} is not in the catalogue"
    rows[f"{section}: {fault}"] = asdict(tally)


def keep(postgres: str) -> str:
    """Write what is known by now; return a line for people. `postgres` is its version."""
    if not rows:
        return ""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known |= {"date": now().date().isoformat(), "machine": _machine(postgres)}
    known["rows"] = known.get("rows", {}) | rows
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(known, indent=1))
    page = os.environ.get("FAULTS_REPORT")
    if not page:
        return ""
    missing = [
        f"{section}: {fault}"
        for section, faults in SECTIONS.items()
        for fault in faults
        if f"{section}: {fault}" not in known["rows"]
    ]
    if missing:
        return f"{page} is as it was: there are no figures yet for {', '.join(missing)}"
    _write(ROOT / page, known)
    return f"{page}: the table is new"


def _machine(postgres: str) -> str:
    python = platform.python_version()
    kind = f"{platform.system()} {platform.machine()}"
    return f"{kind}, {os.cpu_count()} cores, Python {python}, Postgres {postgres}"


def _write(page: Path, known: dict[str, Any]) -> None:
    before, rest = page.read_text().split(BEGIN)
    after = rest.split(END)[1]
    lines = [BEGIN, "", f"Measured on {known['date']}: {known['machine']}."]
    for section, faults in SECTIONS.items():
        lines += ["", f"### {TITLES[section]}", "", *_table(section, faults, known["rows"])]
    page.write_text(before + "\n".join([*lines, "", END]) + after)


def _table(section: str, faults: tuple[str, ...], known: dict[str, Any]) -> list[str]:
    heads = ("Fault", "Reminders", "Lost", "Sent", "Duplicates", "Ambiguous", "Latest", "Caught up")
    lines = [f"| {' | '.join(heads)} |", "|---|" + "---:|" * (len(heads) - 1)]
    beside = []
    for fault in faults:
        row = known[f"{section}: {fault}"]
        sent = f"{row['sent']}" + (f" + {row['refused']} refused" if row["refused"] else "")
        times = f"{row['latest']:.1f} s | {row['caught_up']:.1f} s"
        counts = f"{row['reminders']} | 0 | {sent} | {row['duplicates']} | {row['ambiguous']}"
        lines.append(f"| {fault} | {counts} | {times} |")
        beside += [f"- {fault}: {text}" for text in row["notes"]]
    return lines + (["", *beside] if beside else [])
