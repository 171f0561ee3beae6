"""Passwords: what is refused, and how they are kept."""

import asyncio
import time
from importlib.resources import files

import pytest
from argon2 import PasswordHasher, extract_parameters

from taskbell.accounts import passwords
from taskbell.accounts.errors import WeakPasswordError

EMAIL = "ada.lovelace@example.com"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery", "пароль для проверки", "💚💙💜🧡🖤🤍💚💙💜🧡🖤🤍", "x7#Kq9!mZp2$",
        "83920174650192837465", "#7!4_9-2?8.5*1$6",
        "ada.lovelace has a long password", " spaces at both ends ",
    ],
)  # fmt: skip
def test_good_passwords(password: str) -> None:
    passwords.check_strength(password, email=EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword", "Password12345!", "qwertyuiop12", "123456789012", "aaaaaaaaaaaa",
        "abababababab", EMAIL, EMAIL.upper(), "Ada.Lovelace123!", "sleepyhollow", "gthtrfnbgjkt",
        "Cosmopolitan-2026!",
    ],
)  # fmt: skip
def test_bad_passwords(password: str) -> None:
    with pytest.raises(WeakPasswordError) as refused:
        passwords.check_strength(password, email=EMAIL)
    assert refused.value.errors[0]["field"] == "body.password"


def test_common_passwords_of_our_length_are_refused() -> None:
    """Three thousand are asked for of those that keep to the rule of length."""
    text = files(passwords.__package__).joinpath("common_passwords.txt").read_text()
    common = [one for one in text.split() if len(one) >= passwords.MIN_LENGTH]
    assert len(set(common)) >= 10_000
    for password in common:
        with pytest.raises(WeakPasswordError):
            passwords.check_strength(password, email="x@y.z")


@pytest.mark.parametrize("word", passwords.CONTEXT_WORDS)
def test_context_words_make_no_password(word: str) -> None:
    repeated = word * 3
    for password in (f"{word}-{word}-12", f"{repeated.title()}!", f"{word}2026{word}"):
        assert len(password) >= passwords.MIN_LENGTH
        with pytest.raises(WeakPasswordError):
            passwords.check_strength(password, email="x@y.z")
    # what is left counts, not that the word is there
    passwords.check_strength(f"{word} sheep graze", email="x@y.z")


@pytest.mark.parametrize(
    "password",
    [
        "lovelace1234!", "Example-Lovelace", "ada.lovelace@example", "taskbell-lovelace",
        "lovelace lovelace", "passwortadmintodo",
    ],
)  # fmt: skip
def test_the_words_of_an_address_make_no_password(password: str) -> None:
    with pytest.raises(WeakPasswordError):
        passwords.check_strength(password, email=EMAIL)


def test_short_words_of_an_address_are_no_obstacle() -> None:
    passwords.check_strength("a co-op in io by the sea", email="io@co.op")


def test_the_field_of_a_weak_password_is_named() -> None:
    with pytest.raises(WeakPasswordError) as refused:
        passwords.check_strength("passwordpassword", email=EMAIL, field="body.new_password")
    assert refused.value.errors[0]["field"] == "body.new_password"
    assert "passwordpassword" not in repr(refused.value.errors)


async def test_a_hash_of_today_is_kept_and_an_old_one_renewed() -> None:
    password = "correct horse battery"
    assert await passwords.renewed(password, await passwords.hash_password(password)) is None
    assert await passwords.renewed(password, None) is None
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(password)
    assert await passwords.verify(password, old)
    renewed = await passwords.renewed(password, old)
    assert renewed is not None
    assert extract_parameters(renewed).memory_cost >= 19 * 1024
    assert await passwords.verify(password, renewed)


async def test_a_hash_is_argon2id_and_costs_what_owasp_asks() -> None:
    stored = await passwords.hash_password("correct horse battery")
    parameters = extract_parameters(stored)
    assert stored.startswith("$argon2id$")
    assert (parameters.memory_cost, parameters.time_cost) >= (19 * 1024, 2)
    assert stored != await passwords.hash_password("correct horse battery")


async def test_only_the_right_password_is_right() -> None:
    stored = await passwords.hash_password("correct horse battery")
    assert await passwords.verify("correct horse battery", stored)
    assert not await passwords.verify("correct horse batterz", stored)
    assert not await passwords.verify("", stored)
    assert not await passwords.verify("correct horse battery", None)
    assert not await passwords.verify("correct horse battery", "not a hash")
    assert not await passwords.verify("a password nobody has", None)


async def test_hashing_leaves_the_loop_free() -> None:
    hashing = asyncio.gather(*(passwords.hash_password(f"password {n}") for n in range(4)))
    longest, before = 0.0, time.monotonic()
    while not hashing.done():
        await asyncio.sleep(0)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()
    assert len(set(await hashing)) == 4
    # one hash takes about 25 ms of a quiet machine; on a busy one the loop waits for its turn
    assert longest < 1
