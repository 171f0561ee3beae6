"""`Idempotency-Key`: a request that is sent again gets the answer of the first, and does nothing.

    router = APIRouter(..., route_class=IdempotentRoute)

    @router.post(...)
    async def create(session: SessionDep, caller: CreatesTasks, ...)

With the header, all of such a request is one transaction: it begins when the caller is known, and
keeps the answer as its last statement (taskbell/idempotency/service.py). So an operation must do
all its work in `SessionDep`, or in what `TransactionDep` gives it; whatever it does elsewhere would
stay when the rest is rolled back. Only answers of success are kept: an error changed nothing, and
may be tried again under the same key.
"""

import hashlib
from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession

from taskbell.accounts import live
from taskbell.accounts.callers import Caller, Permission
from taskbell.idempotency import service as idempotency
from taskbell.idempotency.errors import (
    IdempotencyInFlightError,
    IdempotencyKeyReusedError,
    MalformedIdempotencyKeyError,
)
from taskbell.idempotency.service import Answer
from taskbell_api.access import may
from taskbell_api.deps import Services, join_transaction

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
ERRORS = (MalformedIdempotencyKeyError, IdempotencyInFlightError, IdempotencyKeyReusedError)
"""What each operation that takes the header may answer besides its own errors."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class _ReplayError(Exception):
    """Not an error: there is nothing left to do but to answer as the first time."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


class _Keyed:
    """A request with a key: its transaction, and how to keep its answer there."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._claim: dict[str, Any] | None = None

    async def begin(self, request: Request, caller: Caller, *, is_live: bool) -> None:
        """Hold the key, or raise `_ReplayError`, or what is wrong with the key (`ERRORS`)."""
        keys = request.headers.getlist(HEADER)
        if len(keys) != 1:
            raise MalformedIdempotencyKeyError
        idempotency.check_key(keys[0])
        # first: nobody's slow upload may hold a connection to the database
        fingerprint = await _fingerprint(request)
        if not is_live:
            await live.check(self._session, session_id=caller.session_id)
        claim: dict[str, Any] = {
            "owner_id": caller.user_id, "key": keys[0], "fingerprint": fingerprint
        }  # fmt: skip
        found = await idempotency.begin(self._session, **claim)
        if found is not None:
            raise _ReplayError(found)
        self._claim = claim

    async def keep(self, response: Response) -> None:
        """Keep an answer of success."""
        if self._claim is None or not 200 <= response.status_code < 300:
            return
        answer = Answer(
            response.status_code,
            bytes(response.body),
            response.headers.get("location"),
            response.headers.get("etag"),
        )
        await idempotency.keep(self._session, **self._claim, answer=answer)


async def _fingerprint(request: Request) -> bytes:
    """Return the SHA-256 of what makes a request the same as another one.

    The body was read before, or will be read from where Starlette keeps it now.
    """
    digest = hashlib.sha256()
    address = (request.method, request.url.path, request.url.query)
    digest.update(ascii(address).encode())  # tells where each part ends
    digest.update(await request.body())
    return digest.digest()


class IdempotentRoute(APIRoute):
    """A route class; for those of its operations whose caller is one of `keyed`."""

    def get_route_handler(self) -> Handler:
        """Return the handler that FastAPI makes, which answers requests with a key once."""
        answer = super().get_route_handler()
        if not _is_keyed(self.dependant):
            return answer

        async def answer_once(request: Request) -> Response:
            if HEADER not in request.headers:
                return await answer(request)
            services: Services = request.app.state.services
            try:
                async with services.database.transaction() as session:
                    join_transaction(request, session)
                    request.state.keyed = keyed = _Keyed(session)
                    response = await answer(request)
                    await keyed.keep(response)
            except _ReplayError as replay:
                return _replayed(replay.answer)
            return response

        return answer_once


def _replayed(answer: Answer) -> Response:
    headers = {REPLAYED: "true"}
    if answer.location is not None:
        headers["Location"] = answer.location
    if answer.etag is not None:
        headers["ETag"] = answer.etag
    media_type = "application/json" if answer.body else None
    return Response(answer.body, answer.status, headers, media_type)


def keyed(permission: Permission, *, by_statement: bool = False) -> Any:
    """Return the dependency for callers with `permission` who may send an `Idempotency-Key`.

    `by_statement`: as for `may`; where there is a key, the session is asked after nevertheless.
    """
    allowed = may(permission, by_statement=by_statement)

    async def caller(
        request: Request,
        who: Annotated[Caller, allowed],
        key: Annotated[
            str | None,
            Header(
                alias=HEADER,
                description="Makes it safe to send this again: within 24 hours the same request "
                "with the same key gets the answer of the first one (with "
                f"`{REPLAYED}: true`) and does nothing. 1 to 255 visible ASCII characters, best "
                "a new UUID for each thing to be made.",
                examples=["0198f2a4-c1d3-7d1b-8a55-c1c6c1f0a001"],
            ),
        ] = None,
    ) -> Caller:
        if key is not None:
            state: _Keyed = request.state.keyed
            await state.begin(request, who, is_live=not by_statement)
        return who

    caller.is_keyed = True  # type: ignore[attr-defined]
    return Depends(caller)


def check_routes(routes: Iterable[Any]) -> None:
    """Raise `RuntimeError` for an operation that takes keys where nothing heeds them."""
    for route in routes:
        if not isinstance(route, APIRoute) or isinstance(route, IdempotentRoute):
            continue
        if _is_keyed(route.dependant):
            raise RuntimeError(f"{route.name} needs route_class=IdempotentRoute on its router")


def _is_keyed(dependant: Dependant) -> bool:
    return any(
        getattr(one.call, "is_keyed", False) or _is_keyed(one) for one in dependant.dependencies
    )


CreatesTasks = Annotated[Caller, keyed(Permission.TASKS_WRITE)]
CreatesTasksAtOnce = Annotated[Caller, keyed(Permission.TASKS_WRITE, by_statement=True)]
