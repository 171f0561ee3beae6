"""Run suites of tests one after the other and count them together: `make test`.

python tests/run.py [SUITE …] [-- pytest options], without a suite all that `make test` runs.
The last line is `N passed, N failed, N skipped`, over all suites; errors count as failed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
# Its table is written by the fault tests: all that is not a short run.
REPORT = "docs/reliability.md"
BROWSERS = ROOT / ".uv/browsers"
# What Linux distributions and macOS call a browser that Playwright can drive.
BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@dataclass(frozen=True)
class Suite:
    title: str
    arguments: tuple[str, ...]
    stack: str = ""


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


SUITES = {
    "unit": Suite("Unit and integration tests", ("-n", "2")),
    "e2e": Suite("Black-box and browser tests, embedded stack", ("tests/e2e",), "embedded"),
    "e2e-compose": Suite("Black-box and browser tests, Docker Compose", ("tests/e2e",), "compose"),
    "faults": Suite("Fault tests", ("tests/faults",)),
}
DEFAULT = ("unit", "e2e", "e2e-compose")


def main(arguments: list[str]) -> int:
    names, _, options = _partition(arguments)
    unknown = [name for name in names if name not in SUITES]
    if unknown:
        print(f"Unknown suites {unknown}; there are {list(SUITES)}.", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _stop)
    total = Count()
    for name in names or DEFAULT:
        suite = SUITES[name]
        print(f"\n=== {suite.title}", flush=True)
        if suite.stack == "compose" and not docker_answers():
            print("NOT RUN: no Docker engine answers on this machine.", flush=True)
            if names:
                total.failed += 1  # it was asked for by name
            continue
        _run(name, suite, options, total)
    print(f"\n{total}", flush=True)
    return 1 if total.failed else 0


def _partition(arguments: list[str]) -> tuple[list[str], str, list[str]]:
    if "--" not in arguments:
        return arguments, "", []
    at = arguments.index("--")
    return arguments[:at], "--", arguments[at + 1 :]


def _stop(number: int, _frame: FrameType | None) -> None:
    # As an exception, so that subprocess.run ends pytest; the stacks of a test end with it.
    raise SystemExit(128 + number)


def _run(name: str, suite: Suite, options: list[str], total: Count) -> None:
    RESULTS.mkdir(exist_ok=True)
    report = RESULTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    environment = dict(os.environ)
    # make hands these on from its command line; they are not for the stacks of the tests.
    for variable in ("PORT", "MAIL_PORT", "STATE", "WORKERS", "API_REPLICAS", "DATABASE_URL"):
        environment.pop(variable, None)
    if name == "faults" and environment.get("FAULTS") != "short":
        environment["FAULTS_REPORT"] = REPORT
        if not options:  # all of them: figures of earlier runs are not needed
            (RESULTS / "faults.json").unlink(missing_ok=True)
    if suite.stack:
        environment["TASKBELL_STACK"] = suite.stack
        environment |= _browser()
    arguments = suite.arguments
    if any(_is_path(option) for option in options):  # these, and not the whole folder
        arguments = tuple(one for one in arguments if not _is_path(one))
    command = [sys.executable, "-m", "pytest", *arguments, f"--junitxml={report}", *options]
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    found = _count(report)
    # Broken off, or nothing collected: no test failed, and yet it is not well.
    if code and not found.failed:
        print(f"pytest ended with exit code {code}.", flush=True)
        found.failed += 1
    total.passed += found.passed
    total.failed += found.failed
    total.skipped += found.skipped


def _is_path(option: str) -> bool:
    return (ROOT / option.partition("::")[0]).exists()


def _count(report: Path) -> Count:
    """The figures of one report that pytest wrote."""
    if not report.exists():
        return Count()
    count = Count()
    tree = ElementTree.parse(report)  # noqa: S314 - written by pytest a moment ago
    for suite in tree.getroot().iter("testsuite"):
        tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
        failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        count.failed += failed
        count.skipped += skipped
        # A test that passes and then fails in its teardown is counted as both by pytest.
        count.passed += max(tests - failed - skipped, 0)
    return count


def docker_answers() -> bool:
    """Tell whether there is a Docker engine that can be used."""
    if not shutil.which("docker"):
        return False
    try:
        asked = subprocess.run(["docker", "info"], capture_output=True, timeout=15, check=False)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


def _browser() -> dict[str, str]:
    """TASKBELL_BROWSER names the machine's browser; else Playwright finds the one it installed."""
    if "TASKBELL_BROWSER" in os.environ:
        return {}
    for name in BROWSER_NAMES:
        if path := shutil.which(name):
            return {"TASKBELL_BROWSER": path}
    environment = {"PLAYWRIGHT_BROWSERS_PATH": str(BROWSERS)}
    if not BROWSERS.exists():
        print("Installing a browser into .uv/browsers …", flush=True)
        command = [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"]
        done = subprocess.run(command, env={**os.environ, **environment}, check=False)
        if done.returncode:
            print("No browser could be installed: browser tests will say so.", flush=True)
            shutil.rmtree(BROWSERS, ignore_errors=True)
    return environment


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
