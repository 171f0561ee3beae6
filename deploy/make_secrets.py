"""Make the secrets of an installation: once, and only those that are missing.

One folder (a volume) for each service, with what that service needs and nothing else. Run again,
it changes nothing.
"""

import os
import secrets
import sys
from pathlib import Path

ROOT = Path("/secrets")


def keep(path: Path, value: str) -> str:
    """Return what `path` holds; if there is no such file, write `value` to it first."""
    if not path.exists():
        # Whole or not at all: a run cut short must not leave half a secret behind.
        draft = path.with_suffix(".draft")
        draft.write_text(value)
        draft.chmod(0o444)  # the folder is mounted only where the secret may be read
        os.replace(draft, path)
        sys.stdout.write(f"made {path.relative_to(ROOT)}\n")
    return path.read_text()


def main() -> None:
    """Passwords first, then the URLs that contain them."""
    keep(ROOT / "db/postgres_password", secrets.token_hex(24))
    owner = keep(ROOT / "db/owner_password", secrets.token_hex(24))
    app = keep(ROOT / "db/app_password", secrets.token_hex(24))
    keep(ROOT / "migrate/database_url", f"postgresql://taskbell_owner:{owner}@db:5432/taskbell")
    for service in ("api", "worker"):
        keep(ROOT / service / "database_url", f"postgresql://taskbell_app:{app}@db:5432/taskbell")
    keep(ROOT / "api/jwt_secret", secrets.token_hex(32))


if __name__ == "__main__":
    main()
