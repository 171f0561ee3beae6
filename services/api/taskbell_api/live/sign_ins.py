"""By what somebody came in: their streams end soon after it does."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import jwt

from taskbell.accounts import lasting
from taskbell.accounts.api_tokens import hash_token
from taskbell.accounts.callers import Caller
from taskbell.db import Database


@dataclass(frozen=True)
class SignIn:
    """One of our sessions, an API token, or an account known by another service until `ends`.

    `ends`: seconds since 1970; None where the database knows.
    """

    session_id: UUID | None = None
    token_hash: bytes | None = None
    user_id: UUID | None = None
    ends: float | None = None


def sign_in_of(caller: Caller, authorization: str) -> SignIn:
    """Return by what a caller came in; `authorization` is the header that let them in."""
    token = authorization.partition(" ")[2].strip()
    if caller.scopes is not None:
        return SignIn(token_hash=hash_token(token))
    if caller.session_id is not None:
        return SignIn(session_id=caller.session_id)
    # it was checked: only its end is read here
    claims = jwt.decode(token, options={"verify_signature": False})
    return SignIn(user_id=caller.user_id, ends=float(claims["exp"]))


async def lasting_ones(database: Database, among: Collection[SignIn]) -> set[SignIn]:
    """Return those that still count: at most one statement for those of each sort."""
    session_ids = {one.session_id for one in among if one.session_id is not None}
    hashes = {one.token_hash for one in among if one.token_hash is not None}
    user_ids = {one.user_id for one in among if one.user_id is not None}
    sessions = await lasting.sessions(database, session_ids) if session_ids else set()
    tokens = await lasting.tokens(database, hashes) if hashes else set()
    users = await lasting.users(database, user_ids) if user_ids else set()
    moment = time.time()
    return {
        one
        for one in among
        if (one.session_id in sessions or one.token_hash in tokens or one.user_id in users)
        and (one.ends is None or one.ends > moment)
    }
