"""What is printed, and what is written: results.json for machines, RESULTS.md for people."""

import json
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench import cores
from bench.result import Figure, Result, Table
from taskbell_local import paths

HERE = Path(__file__).parent
RESULTS_JSON = HERE / "results.json"
RESULTS_MD = HERE / "RESULTS.md"

HEAD = """# Results

Made by `make bench` from `bench/results.json`: do not edit. Compare ratios, not figures: machines
differ and are noisy, so each limit is measured in the same run as what it limits. Ratios are
medians of the rounds' ratios, with the lowest and highest in brackets. ± belongs to the column
before it, req/s for instance: half of slowest to fastest round, by the median.
"""

Recorded = dict[str, Any]
"""Each part by its name: `result`, `machine`, `seconds` it took."""


def read() -> Recorded:
    """Return what is recorded; nothing when there is no file yet."""
    if not RESULTS_JSON.exists():
        return {}
    parts: Recorded = json.loads(RESULTS_JSON.read_text())
    return parts


def machine() -> dict[str, str]:
    """Say what was measured on, without naming it."""
    answer = subprocess.run(
        [paths.postgres("postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "cores": str(len(cores.ALL)),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "architecture": platform.machine(),
        "python": platform.python_version(),
        "postgres": answer.stdout.split()[-1],
    }


def record(recorded: Recorded, part: str, result: Result, took: float) -> None:
    """Put a part's result into what is recorded."""
    plain_result = asdict(result)
    for figure in plain_result["figures"]:
        figure["value"] = round(figure["value"], 4)
    recorded[part] = {"result": plain_result, "machine": machine(), "seconds": round(took)}


def write(recorded: Recorded, order: tuple[str, ...]) -> None:
    """Write both files, the parts in their usual order."""
    parts = {name: recorded[name] for name in order if name in recorded}
    RESULTS_JSON.write_text(json.dumps(parts, indent=1, ensure_ascii=False) + "\n")
    text = HEAD + "\n" + _summary(parts)
    for name, part in parts.items():
        text += "\n" + _section(name, part)
    RESULTS_MD.write_text(text)


def _summary(parts: Recorded) -> str:
    rows = []
    for name, part in parts.items():
        for figure in Result.parse(part["result"]).figures:
            if figure.at_least is not None or figure.at_most is not None:
                rows.append(
                    [f"{name}: {figure.name}", measured(figure), target(figure), met(figure)]
                )
    return markdown(Table(["figure", "measured", "target", "met"], rows))


def _section(name: str, part: dict[str, Any]) -> str:
    result = Result.parse(part["result"])
    on = part["machine"]
    lines = [f"## {name}: {result.title}", ""]
    for table in result.tables:
        lines.append(markdown(table))
    lines += notes(result)
    lines.append(
        f"- Measured on {on['date']} in {part['seconds']} s: {on['architecture']}, {on['cores']}"
        f" cores, {on['memory']}, Python {on['python']}, Postgres {on['postgres']}."
    )
    return "\n".join(lines) + "\n"


def notes(result: Result) -> list[str]:
    """Return the notes as lines of a list."""
    return [f"- {note}" for note in result.notes]


def markdown(table: Table) -> str:
    """Return a Markdown table."""
    head = f"| {' | '.join(table.columns)} |\n|---|{'--:|' * (len(table.columns) - 1)}\n"
    return head + "".join(f"| {' | '.join(row)} |\n" for row in table.rows)


def plain(table: Table) -> str:
    """Return a table for the terminal."""
    lines = [table.columns, *table.rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(table.columns))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def number(figure: Figure) -> str:
    """Return a figure with its unit."""
    digits = 2 if abs(figure.value) < 10 else 1 if abs(figure.value) < 100 else 0
    return f"{figure.value:.{digits}f}{' ' if figure.unit else ''}{figure.unit}"


def measured(figure: Figure) -> str:
    """Return a figure with the range of its rounds, where it has one."""
    if figure.low is None or figure.high is None:
        return number(figure)
    return f"{number(figure)} ({figure.low:.2f}-{figure.high:.2f})"


def met(figure: Figure) -> str:
    """Say whether the target is met."""
    if figure.unjudged:
        return figure.unjudged
    return "yes" if figure.met else "**no**"


def target(figure: Figure) -> str:
    """Return what is asked of a figure, in words."""
    bound = figure.at_most if figure.at_least is None else figure.at_least
    if bound is None:
        return ""
    words = "at most" if figure.at_least is None else "at least"
    return f"{words} {bound:.2f}" if not figure.unit else f"{words} {bound:g} {figure.unit}"


def figure_line(part: str, figure: Figure, last: Recorded) -> str:
    """Return one line: the figure, the last one recorded, its target, and a flag if it is unmet."""
    before = {
        f["name"]: Figure(**f) for f in last.get(part, {}).get("result", {}).get("figures", [])
    }
    beside = [f"last {number(before[figure.name])}"] if figure.name in before else []
    beside += [target(figure)] if target(figure) else []
    beside += [met(figure)] if figure.unjudged else []
    flag = "" if figure.met else "   <-- under its target" if figure.at_least else "   <-- too much"
    tail = f"  ({', '.join(beside)})" if beside else ""
    return f"  {figure.name:50} {measured(figure):>18}{tail}{flag}"
