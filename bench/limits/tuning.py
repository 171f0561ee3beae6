"""Tuning: all that ours gets, the limit gets too."""

import gc

import asyncpg


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """Without the reset of the session after each use: nothing here changes its state."""

    def get_reset_query(self) -> str:
        """Return no query."""
        return ""


def settle() -> None:
    """Take what was made at start out of the collector's sight, as our API does."""
    gc.collect()
    gc.freeze()
