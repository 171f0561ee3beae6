"""Places in a manual order: text keys with room between any two (fractional indexing).

A key is a whole number of ten digits in base 62, and a fraction after it; compared byte by byte
(`COLLATE "C"`) they sort as these numbers. New things come last: their number is the time in
microseconds, so that adding asks nobody where the end is. To move a thing is to give it a key
between its new neighbours; nothing else changes.
"""

import secrets
import time

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(DIGITS)}
_BASE = len(DIGITS)
_WHOLE = 10
_LAST = _BASE**_WHOLE - 1
LONGEST = 64
"""A key that has grown past this is worth new keys for all of its siblings."""


def at_end() -> str:
    """Return a key behind all that were made before, by the clock."""
    return _key(time.time_ns() // 1000)


def spread(count: int) -> list[str]:
    """Return keys in order, for things that come last together."""
    first = time.time_ns() // 1000
    return [_key(first + number) for number in range(count)]


def between(low: str | None, high: str | None) -> str | None:
    """Return a key between two others, None for an open end.

    Returns None when there is no room: they are equal, in the wrong order, or not keys.
    """
    if not all(_is_key(one) for one in (low, high) if one is not None):
        return None
    if high is None:
        if low is None:
            return at_end()
        behind = max(_number(low) + 1, time.time_ns() // 1000)
        return _key(behind) if behind <= _LAST else None
    if low is None:
        return _key(_number(high) - 1) if _number(high) > 0 else None
    if low >= high:
        return None
    gap = _number(high) - _number(low)
    if gap > 1:
        return _key(_number(low) + gap // 2)
    if gap == 1:
        return low[:_WHOLE] + _after(low[_WHOLE:])
    return low[:_WHOLE] + _fraction(low[_WHOLE:], high[_WHOLE:])


def _key(whole: int) -> str:
    # the fraction is by chance: two that are made in the same microsecond differ
    chance = "".join(secrets.choice(DIGITS) for _ in range(3)) + secrets.choice(DIGITS[1:])
    return _digits(whole) + chance


def _digits(whole: int) -> str:
    digits = ""
    for _ in range(_WHOLE):
        whole, digit = divmod(whole, _BASE)
        digits = DIGITS[digit] + digits
    return digits


def _number(key: str) -> int:
    number = 0
    for digit in key[:_WHOLE]:
        number = number * _BASE + _VALUES[digit]
    return number


def _is_key(text: str) -> bool:
    return len(text) >= _WHOLE and all(one in _VALUES for one in text)


def _after(low: str) -> str:
    """Return a fraction greater than `low`."""
    for place, digit in enumerate(low):
        value = _VALUES[digit]
        if value < _BASE - 1:
            return low[:place] + DIGITS[(value + _BASE) // 2]
    return low + DIGITS[_BASE // 2]


def _fraction(low: str, high: str) -> str:
    """Return a fraction between two, where `low` < `high` and `high` does not end in the digit 0.

    The shortest there is at the first place where both leave room.
    """
    place = 0
    while True:
        least = _VALUES[low[place]] if place < len(low) else 0
        most = _VALUES[high[place]] if place < len(high) else 0
        if most - least > 1:
            return _padded(low, place) + DIGITS[(least + most) // 2]
        if most - least == 1:
            return _padded(low, place) + DIGITS[least] + _after(low[place + 1 :])
        place += 1
        if place > len(low) + len(high):
            raise ValueError(f"no room between {low!r} and {high!r}")


def _padded(low: str, length: int) -> str:
    return low[:length].ljust(length, DIGITS[0])
