"""People to send mail to, and their mails as they read them."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from core.tests.mail.scripted import Server
from core.tests.make import a_user
from taskbell.accounts.models import User
from taskbell.clock import now
from taskbell.db import Database

PUBLIC_URL = "https://tasks.example.com"
VOID = {"meta", "br", "hr", "img", "link", "input"}


async def a_person(database: Database, **fields: Any) -> User:
    """Commit a user whose address is proven."""
    known = {"email": "ada@example.com", "name": "Ada", "email_verified_at": now()}
    async with database.transaction() as session:
        return await a_user(session, **known | fields)


async def now_is(database: Database, user: User) -> User:
    async with database.transaction() as session:
        return await session.get_one(User, user.id)


def mail(server: Server, number: int = -1) -> EmailMessage:
    message = message_from_bytes(server.mails[number], policy=default)
    assert isinstance(message, EmailMessage)
    return message


def bodies(message: EmailMessage) -> tuple[str, str]:
    """Return text and HTML of a mail, which are as they should be."""
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert isinstance(plain, EmailMessage)
    assert isinstance(html, EmailMessage)
    text, markup = (one.get_content().replace("\r\n", "\n") for one in (plain, html))
    wide = [line for line in text.splitlines() if len(line) >= 80 and PUBLIC_URL not in line]
    assert wide == []
    assert "\n\n\n" not in text
    Tags().check(markup)
    for one in (text, re.sub(r"<style>.*?</style>", "", markup, flags=re.DOTALL)):
        assert not re.search(r"[{}]|None|undefined", one)
    return text, markup


class Tags(HTMLParser):
    """Complains about tags that are not closed, or not in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "p":
            assert "p" not in self.open, "a paragraph in a paragraph"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def check(self, markup: str) -> None:
        self.feed(markup)
        self.close()
        assert self.open == []
        assert markup.startswith("<!doctype html>")


def token_in(message: EmailMessage, page: str) -> str:
    """Return the token of the one link in a mail, which is the same in text and HTML."""
    pattern = re.compile(re.escape(f"{PUBLIC_URL}/{page}#token=") + r"([\w-]+)")
    tokens = {found for body in bodies(message) for found in pattern.findall(body)}
    (token,) = tokens
    assert all(pattern.search(body) for body in bodies(message))
    return str(token)


async def ids(database: Database, column: Any) -> list[Any]:
    """Return a column of a table, row by row."""
    async with database.transaction() as session:
        return list(await session.scalars(select(col(column))))
