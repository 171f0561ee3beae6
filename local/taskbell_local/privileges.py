"""Which user the servers run as. Postgres refuses root, so root hands it to `nobody`."""

from __future__ import annotations

import grp
import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

CAP_DAC_OVERRIDE = 1
NOBODY = 65534


@dataclass(frozen=True)
class User:
    """Somebody other than the one who started the stack."""

    uid: int
    gid: int
    capabilities: tuple[int, ...] = ()

    @property
    def names(self) -> tuple[str, str]:
        """User and group as a configuration file names them."""
        return pwd.getpwuid(self.uid).pw_name, grp.getgrgid(self.gid).gr_name

    def own_file(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)

    def own(self, folder: Path) -> None:
        """Give a folder and all in it to this user."""
        for parent, folders, files in os.walk(folder):
            for name in (parent, *(os.path.join(parent, n) for n in (*folders, *files))):
                os.chown(name, self.uid, self.gid, follow_symlinks=False)


def server_user(*paths: Path, owner_of: Path | None = None) -> User | None:
    """The user for a server that needs these paths; None: the one we are, who is not root.

    Data that belongs to an ordinary user already stays with that user. The permission to pass
    closed folders is given only where a folder on the way is closed, as /root usually is.
    """
    if os.getuid() != 0:
        return None
    uid, gid = _nobody()
    if owner_of is not None and owner_of.exists() and (owner := owner_of.stat()).st_uid != 0:
        uid, gid = owner.st_uid, owner.st_gid
    closed = any(not _open_to_all(path) for path in paths)
    capabilities = (CAP_DAC_OVERRIDE,) if closed and sys.platform == "linux" else ()
    return User(uid, gid, capabilities)


def _nobody() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return NOBODY, NOBODY
    return entry.pw_uid, entry.pw_gid


def _open_to_all(path: Path) -> bool:
    """Whether anybody can walk down to this path."""
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)
