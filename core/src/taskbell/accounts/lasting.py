"""Which of many sign-ins still count, for what stays open long after it was asked for."""

from collections.abc import Collection
from uuid import UUID

from taskbell.db import Database

# as `live.lives` and `api_tokens.caller_of` ask for one
_USABLE = "user_account.is_active AND user_account.deletion_at IS NULL"
_SESSIONS = f"""
SELECT auth_session.id FROM auth_session
JOIN user_account ON user_account.id = auth_session.user_id
WHERE auth_session.id = ANY($1::uuid[]) AND auth_session.ended_at IS NULL
  AND auth_session.expires_at > now() AND {_USABLE}
"""  # noqa: S608
_TOKENS = f"""
SELECT api_token.token_hash FROM api_token
JOIN user_account ON user_account.id = api_token.user_id
WHERE api_token.token_hash = ANY($1::bytea[])
  AND (api_token.expires_at IS NULL OR api_token.expires_at > now()) AND {_USABLE}
"""  # noqa: S608
_USERS = f"SELECT id FROM user_account WHERE id = ANY($1::uuid[]) AND {_USABLE}"  # noqa: S608


async def sessions(database: Database, ids: Collection[UUID]) -> set[UUID]:
    """Return those of `ids` whose sessions go on."""
    return {row[0] for row in await database.fetch(_SESSIONS, list(ids))}


async def tokens(database: Database, hashes: Collection[bytes]) -> set[bytes]:
    """Return those of `hashes` (`api_tokens.hash_token`) whose API tokens are good."""
    return {row[0] for row in await database.fetch(_TOKENS, list(hashes))}


async def users(database: Database, ids: Collection[UUID]) -> set[UUID]:
    """Return those of `ids` whose accounts may be used."""
    return {row[0] for row in await database.fetch(_USERS, list(ids))}
