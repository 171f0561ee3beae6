"""Passwords: argon2id off the event loop, bounded; a length rule and a list of common ones.

Parameters: OWASP Password Storage Cheat Sheet (19 MiB, t=2, p=1). Rules: NIST SP 800-63B §3.1.1.
"""

import asyncio
import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from taskbell.accounts.errors import TooManyPasswordsError, WeakPasswordError

MIN_LENGTH = 12
MAX_LENGTH = 128
CONTEXT_WORDS = ("taskbell", "reminder", "password", "passwort", "todo", "task", "admin")
"""Anybody would try these here; what is left of a password without them must be worth something."""

LEAST_OWN = 6
NICE = 5
"""How far hashing steps back behind requests where they share a core."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def _step_back() -> None:
    # on Linux threads have priorities of their own; elsewhere there is no such thread to name
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


# one thread leaves the other cores to requests; argon2 releases the GIL
_threads = ThreadPoolExecutor(1, thread_name_prefix="argon2", initializer=_step_back)
MOST_WAITING = 256
"""Passwords that may wait for a process to look at them: about 12 seconds' worth."""

_waiting = 0
T = TypeVar("T")


@cache
def _common() -> frozenset[str]:
    """Return zxcvbn's common passwords, mostly short, and 10,000 that are as long as ours must be.

    These are the first of at least `MIN_LENGTH` characters among the ten million that Mark Burnett
    put into the public domain in 2015, by frequency.
    """
    long = files(__package__).joinpath("common_passwords.txt").read_text()
    return frozenset(FREQUENCY_LISTS["passwords"]) | frozenset(long.split())


@cache
def _decoy() -> str:
    return _hasher.hash("a password nobody has")


async def _off_loop(work: Callable[[], T]) -> T:
    global _waiting
    if _waiting >= MOST_WAITING:
        raise TooManyPasswordsError(retry_after=5)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting -= 1


def check_strength(password: str, *, email: str, field: str = "body.password") -> None:
    """Raise `WeakPasswordError` for a common password, or one made of what everybody knows."""
    folded = password.casefold()
    core = folded.strip("0123456789!?.-_*#$ ")
    local_part = email.casefold().partition("@")[0]
    unit = folded[: (folded * 2).index(folded, 1)]  # "passpasspass" is "pass" again and again
    steps = {(ord(b) - ord(a)) % 10 for a, b in pairwise(folded)}  # "123456789012", "abcdefghijkl"
    known = not _common().isdisjoint({folded, core, unit})
    if known or len(set(folded)) < 4 or len(steps) == 1:
        raise WeakPasswordError("This password is too easy to guess", field=field)
    if folded == email.casefold() or (core and core == local_part):
        raise WeakPasswordError("Do not use your e-mail address", field=field)
    words = {*CONTEXT_WORDS, *re.findall(r"\w{4,}", email.casefold())}
    if len(_without(folded, words)) < LEAST_OWN:
        raise WeakPasswordError("Use less of your e-mail address and of our name", field=field)


def _without(folded: str, words: set[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        folded = folded.replace(word, "")
    return folded


async def renewed(password: str, stored: str | None) -> str | None:
    """Return the hash anew when `stored` was made with other parameters, else None."""
    if stored is None or not _hasher.check_needs_rehash(stored):
        return None
    return await hash_password(password)


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
