"""Make the checkout able to run Taskbell: uv into .uv/, the locked packages into .venv/.

Runs on whatever Python >= 3.11 the machine has, with the standard library only, and does nothing
when the lock file has not changed since the last time.
"""

from __future__ import annotations

import fcntl
import hashlib
import html.parser
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
UV_DIR = ROOT / ".uv"
VENV = ROOT / ".venv"
UV_VERSION = "0.13.8"
LOCKED = ("uv.lock", "pyproject.toml", "core/pyproject.toml", "local/pyproject.toml")
SERVICES = ("api", "worker", "migrate")


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - the machine may have an older one
        fail(
            f"Python 3.11 or newer is needed; {sys.executable} is {platform.python_version()}.\n"
            "Name another one: make run PYTHON=python3.13"
        )
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)
    UV_DIR.mkdir(exist_ok=True)
    (UV_DIR / ".gitignore").write_text("*\n")
    with (UV_DIR / "lock").open("w") as lock:
        # Two makes at once in one checkout: the second waits and then finds all done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = fingerprint()
        if not up_to_date(wanted):
            uv = ensure_uv()
            step("Python packages (uv sync)", lambda: sync(uv))
            stamp().write_text(wanted)
    return 0


def stop(number: int, _frame: FrameType | None) -> None:
    # As an exception, so that subprocess.run takes its child along.
    raise SystemExit(128 + number)


def fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(1)


def step(label: str, work: Callable[[], object]) -> None:
    print(f"  {label} …", flush=True)
    begun = time.monotonic()
    work()
    print(f"  {label}: {time.monotonic() - begun:.1f} s", flush=True)


def stamp() -> Path:
    return VENV / ".taskbell-synced"


def fingerprint() -> str:
    digest = hashlib.sha256(UV_VERSION.encode())
    for name in (*LOCKED, *(f"services/{name}/pyproject.toml" for name in SERVICES)):
        digest.update(name.encode() + b"\0" + (ROOT / name).read_bytes())
    return f"{ROOT}\n{digest.hexdigest()}"


def up_to_date(wanted: str) -> bool:
    try:
        return (
            stamp().read_text() == wanted
            and (VENV / "bin/python").exists()
            and (UV_DIR / "bin/uv").exists()
        )
    except OSError:
        return False


def tool_environment() -> dict[str, str]:
    """Ours, with caches inside the checkout when there is no home folder to keep them in."""
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "UV_PYTHON")}
    if not os.access(os.path.expanduser("~"), os.W_OK):
        environment.setdefault("UV_CACHE_DIR", str(UV_DIR / "cache"))
        environment.setdefault("PIP_NO_CACHE_DIR", "1")
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    return environment


def sync(uv: Path) -> None:
    command = [str(uv), "sync", "--frozen", "--quiet"]
    if moved() or not usable(VENV / "bin/python"):
        # The interpreter that runs this, not one that uv might prefer.
        shutil.rmtree(VENV, ignore_errors=True)
        command += ["--python", getattr(sys, "_base_executable", sys.executable)]
    environment = tool_environment()
    environment["UV_PROJECT_ENVIRONMENT"] = str(VENV)
    run(command, environment)


def moved() -> bool:
    """Whether the checkout was copied or moved: its scripts then name the old place."""
    return stamp().exists() and stamp().read_text().partition("\n")[0] != str(ROOT)


def usable(python: Path) -> bool:
    """Whether this checkout's environment has a Python that still starts."""
    if not python.exists():
        return False
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-I", "-c", probe], check=False).returncode == 0


def run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode:
        fail(f"`{' '.join(command)}` failed (exit code {done.returncode}); see above.")


def ensure_uv() -> Path:
    uv = UV_DIR / "bin/uv"
    if uv.exists():
        answer = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.split()[1:2] == [UV_VERSION]:
            return uv
    step(f"uv {UV_VERSION} into .uv/", lambda: install(uv))
    return uv


def install(uv: Path) -> None:
    if not uv_with_pip(uv):
        uv_from_index(uv)


def uv_with_pip(uv: Path) -> bool:
    """Install uv with the machine's venv and pip, which know its mirrors and certificates."""
    environment = tool_environment()
    made = subprocess.run(
        [sys.executable, "-m", "venv", UV_DIR],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    if made.returncode:
        return False
    pip = [str(UV_DIR / "bin/python"), "-m", "pip", "install", "--disable-pip-version-check"]
    done = subprocess.run(
        [*pip, "--quiet", "--only-binary=:all:", f"uv=={UV_VERSION}"], env=environment, check=False
    )
    return done.returncode == 0 and uv.exists()


def uv_from_index(uv: Path) -> None:
    """Fetch the uv wheel by hand: Debian without python3-venv has neither venv nor pip."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/uv/"
    if not index.startswith("https://"):
        fail(f"Refusing to download uv from {index}: not https.")
    with urllib.request.urlopen(index, timeout=60) as answer:  # noqa: S310 - https, see above
        links = Links(answer.geturl())
        links.feed(answer.read().decode())
    url, expected = links.pick()
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 - from that index
        body = answer.read()
    if hashlib.sha256(body).hexdigest() != expected:
        fail(f"{url} does not have the SHA-256 that the index names; nothing was installed.")
    wheel = UV_DIR / "uv.whl"
    wheel.write_bytes(body)
    uv.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in ("uv", "uvx"):
            member = f"uv-{UV_VERSION}.data/scripts/{name}"
            fresh = uv.parent / f".{name}"
            fresh.write_bytes(archive.read(member))
            fresh.chmod(0o755)
            fresh.replace(uv.parent / name)
    wheel.unlink()


class Links(html.parser.HTMLParser):
    """The wheels of one uv version in a package index page, with their hashes."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.wheels: dict[str, tuple[str, str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag != "a" or not href:
            return
        url, _, fragment = urllib.parse.urljoin(self.base, href).partition("#")
        name = urllib.parse.unquote(url.rsplit("/", 1)[-1])
        digest = re.fullmatch(r"sha256=([0-9a-f]{64})", fragment)
        if name.startswith(f"uv-{UV_VERSION}-py3-") and name.endswith(".whl") and digest:
            self.wheels[name] = (url, digest[1])

    def pick(self) -> tuple[str, str]:
        machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(
            platform.machine().lower(), platform.machine().lower()
        )
        if sys.platform == "darwin":
            wanted = r"macosx_\d+_\d+_" + ("arm64" if machine == "aarch64" else machine)
        else:
            libc = "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux"
            wanted = rf"{libc}_\d+_\d+_{machine}"
        for name, found in sorted(self.wheels.items()):
            if re.search(wanted, name):
                return found
        fail(f"There is no uv {UV_VERSION} wheel for {platform.platform()} at {self.base}.")


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
