"""Search: whatever the language, and whatever is typed."""

import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.tests.make import a_task, a_user
from taskbell.accounts.models import User
from taskbell.tasks.queries import TaskFilter, list_tasks
from taskbell.tasks.schemas import TaskCreate
from taskbell.tasks.words import LONGEST_WORD, MOST_WORDS, search_query

TITLES = [
    "Buy milk", "Milkshake recipe", "Don't forget O'Brien", "C:\\temp clean-up",
    "50% off (today!)", "Zürich trip", "日本語 の勉強", "foo & bar | !baz",
    "e-mail ada@example.com", "2026-11-20 report", "ÉCOLE Ωμέγα Йод", "Straße", "한국어공부",
    "🎉 party 💚 time",
]  # fmt: skip


async def found(session: AsyncSession, owner: User, q: str) -> list[str]:
    """The titles of what is found, the best first."""
    page = await list_tasks(session, owner_id=owner.id, wanted=TaskFilter(q=q), per_page=100)
    assert page.total == len(page.items)
    return [task.title for task in page.items]


@pytest.fixture
async def ada(session: AsyncSession) -> User:
    owner = await a_user(session)
    for title in TITLES:
        await a_task(session, owner, title=title)
    return owner


SEARCHES: list[tuple[str, list[str]]] = [
    ("milk", ["Buy milk", "Milkshake recipe"]),
    ("MILK buy", ["Buy milk"]),
    ("mil", ["Buy milk", "Milkshake recipe"]),
    ("ilk", []),
    ("don't", ["Don't forget O'Brien"]),
    ("o'brien", ["Don't forget O'Brien"]),
    ("C:\\temp", ["C:\\temp clean-up"]),
    ("clean-up", ["C:\\temp clean-up"]),
    ("(today!)", ["50% off (today!)"]),
    ("foo & !baz", ["foo & bar | !baz"]),
    ("foo | nothing", []),
    ("ada@example.com", ["e-mail ada@example.com"]),
    ("2026-11-20", ["2026-11-20 report"]),
    ("milk !!! ...", ["Buy milk", "Milkshake recipe"]),
    ("milk'; DROP TABLE task; --", []),
    # case and accents, whichever way they are written
    ("zurich", ["Zürich trip"]), ("ZÜRICH", ["Zürich trip"]), ("zu\u0308r", ["Zürich trip"]),
    ("école", ["ÉCOLE Ωμέγα Йод"]), ("ecole", ["ÉCOLE Ωμέγα Йод"]),
    ("ωμεγα", ["ÉCOLE Ωμέγα Йод"]), ("ΩΜΈΓΑ", ["ÉCOLE Ωμέγα Йод"]),
    ("йод", ["ÉCOLE Ωμέγα Йод"]), ("ИОД", ["ÉCOLE Ωμέγα Йод"]),
    ("straße", ["Straße"]), ("STRAß", ["Straße"]),
    ("ﬁ", []), ("ｍｉｌｋ", ["Buy milk", "Milkshake recipe"]),
    # no spaces between words: any characters side by side
    ("日本語", ["日本語 の勉強"]), ("本語", ["日本語 の勉強"]), ("勉", ["日本語 の勉強"]),
    ("日語", []), ("語日", []), ("국어공", ["한국어공부"]), ("한국어", ["한국어공부"]),
    # nothing to look for
    ("!!!", []), ("'", []), ("\\", []), ("&", []), (":*", []), ("<->", []),
    ("", TITLES), ("   ", TITLES), ("\n\t", TITLES), ("\u00a0", TITLES),
    ("party 💚", ["🎉 party 💚 time"]), ("💚", ["🎉 party 💚 time"]), ("😡", []),
    # as much of it as one can type
    ("x" * 5000, []), ("ü" * 5000, []), ("語" * 5000, []), ("word " * 5000, []),
    ("' " * 5000, []), ("\\" * 5000, []),
]  # fmt: skip


@pytest.mark.parametrize(("q", "titles"), SEARCHES)
async def test_search(session: AsyncSession, ada: User, q: str, titles: list[str]) -> None:
    assert sorted(await found(session, ada, q)) == sorted(titles)


async def test_titles_go_before_labels_and_these_before_descriptions(
    session: AsyncSession,
) -> None:
    owner = await a_user(session)
    await a_task(session, owner, title="in its description", description="pay the rent")
    await a_task(session, owner, title="labelled", labels=["rent"])
    await a_task(session, owner, title="Rent")
    await a_task(session, owner, title="Rent, rent, rent")
    await a_task(session, owner, title="stranger")
    assert await found(session, owner, "rent") == [
        "Rent, rent, rent", "Rent", "labelled", "in its description",
    ]  # fmt: skip
    assert await found(session, owner, "REN") == await found(session, owner, "rent")
    assert await found(session, owner, "pay rent") == ["in its description"]


async def test_words_may_be_anywhere_in_a_task(session: AsyncSession) -> None:
    owner = await a_user(session)
    await a_task(session, owner, title="Pay", labels=["Büro", "at home"], description="the rent")
    for q in ("pay buro rent", "rent home pay", "at home", "büro"):
        assert await found(session, owner, q) == ["Pay"]
    assert await found(session, owner, "pay nothing") == []


@pytest.mark.parametrize(
    ("q", "query"),
    [
        ("", ""),
        ("Milk", "('Milk':*)"),
        ("buy milk", "('buy':*) & ('milk':*)"),
        ("o'brien\\x", "('o' <-> 'brien' <-> 'x':*)"),
        ("Café", "('Cafe':*)"),
        ("日本x", "('日' <-> '本' <-> 'x':*)"),
        ("' '", ""),
    ],
)
def test_the_query(q: str, query: str) -> None:
    assert search_query(q) == query


def test_the_query_has_an_end() -> None:
    assert search_query("w " * 1000).count("&") == MOST_WORDS - 1
    assert len(search_query("x" * 5000)) == LONGEST_WORD + len("('':*)")


OFTEN = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None
)
ANY_TEXT = st.text(max_size=60).filter(lambda value: "\x00" not in value)
SPECIAL = st.text(alphabet="'\\&|!():*<->% \n\u0301ａé語🎉#@\"", max_size=30)


@OFTEN
@given(q=ANY_TEXT | SPECIAL)
async def test_no_search_fails(session: AsyncSession, q: str) -> None:
    await found(session, await a_user(session), q)


def _is_word(value: str) -> bool:
    """A word of one writing: letters and digits, as long as a word is looked at."""
    plain = unicodedata.normalize("NFKC", value)
    return plain.isalnum() and len(unicodedata.normalize("NFKD", value)) <= 40


WORDS = st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1, max_size=12)


@OFTEN
@given(words=st.lists(WORDS.filter(_is_word), min_size=1, max_size=5), data=st.data())
async def test_a_title_is_found_by_the_beginning_of_any_of_its_words(
    session: AsyncSession, words: list[str], data: st.DataObject
) -> None:
    owner = await a_user(session)
    title = " ".join(words)
    assume(len(title) <= 200)
    await a_task(session, owner, title=title)
    word = data.draw(st.sampled_from(words))
    typed = word[: data.draw(st.integers(1, len(word)))]
    assert await found(session, owner, typed) == [title]
    assert await found(session, owner, title) == [title]


@OFTEN
@given(title=ANY_TEXT.filter(lambda value: value.strip() != ""))
async def test_python_and_postgres_take_out_the_same(session: AsyncSession, title: str) -> None:
    """What was typed is cut as what was written: the whole of a word finds it."""
    try:
        new = TaskCreate(title=title)
    except ValueError:
        assume(False)
        return
    assume("\u1680" not in title)  # Postgres takes this space, of Ogham, for a letter
    owner = await a_user(session)
    await a_task(session, owner, title=new.title)
    lexemes: Any = await session.scalar(
        text("SELECT count(*) FROM task, unnest(search) WHERE owner_id = :owner"),
        {"owner": owner.id},
    )
    assume(lexemes)
    assert await found(session, owner, new.title) == [new.title]
