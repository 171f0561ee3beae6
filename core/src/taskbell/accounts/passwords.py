"""Passwords: argon2id off the event loop, bounded; a length rule and a list of common ones.

Parameters: OWASP Password Storage Cheat Sheet (19 MiB, t=2, p=1). Rules: NIST SP 800-63B §3.1.1.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from taskbell.accounts.errors import WeakPasswordError

MIN_LENGTH = 12
MAX_LENGTH = 128

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# one thread leaves the other cores to requests; argon2 releases the GIL
_threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="argon2")
T = TypeVar("T")


@cache
def _common() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])


@cache
def _decoy() -> str:
    return _hasher.hash("a password nobody has")


async def _off_loop(work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work)


def check_strength(password: str, *, email: str) -> None:
    """Raise `WeakPasswordError` for a common password, or one made of the e-mail address."""
    folded = password.casefold()
    core = folded.strip("0123456789!?.-_*#$ ")
    local_part = email.casefold().partition("@")[0]
    unit = folded[: (folded * 2).index(folded, 1)]  # "passpasspass" is "pass" again and again
    steps = {(ord(b) - ord(a)) % 10 for a, b in pairwise(folded)}  # "123456789012", "abcdefghijkl"
    known = not _common().isdisjoint({folded, core, unit})
    if known or len(set(folded)) < 4 or len(steps) == 1:
        raise WeakPasswordError("This password is too easy to guess", field="body.password")
    if folded == email.casefold() or (core and core == local_part):
        raise WeakPasswordError("Do not use your e-mail address", field="body.password")


async def hash_password(password: str) -> str:
    """Return the argon2id hash in PHC form."""
    return await _off_loop(lambda: _hasher.hash(password))


async def verify(password: str, stored: str | None) -> bool:
    """Tell whether `password` is right. Takes as long when there is no account (`stored` None)."""

    def check() -> bool:
        try:
            return _hasher.verify(stored or _decoy(), password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False

    return await _off_loop(check)
