"""The API does what its OpenAPI document says, whatever is sent: made-up requests to all of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.e2e.accounts import api_token, session_of
from tests.e2e.client import User, ok, sign_up
from tests.e2e.database import make_admin
from tests.e2e.stacks import RunningStack

EXAMPLES = 5

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ALL_ISSUES = settings(
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

pytestmark = pytest.mark.embedded  # the same API: once is enough


def described(stack: RunningStack, http: httpx.Client) -> schemathesis.BaseSchema:
    configuration = {"generation": {"with-security-parameters": False}}
    config = schemathesis.Config.from_dict(configuration)
    schema = schemathesis.openapi.from_dict(ok(http.get("/api/openapi.json")), config=config)
    schema.config.update(base_url=stack.gateway)
    return schema


class Member:
    """Somebody who sends requests, and what they own."""

    def __init__(self, stack: RunningStack, http: httpx.Client) -> None:
        self._stack, self._http = stack, http
        self.user = self._new()
        self.other = ok(sign_up(http).get("/users/me"))["id"]
        """Somebody else, whom an administrator may do anything to."""

    def _new(self) -> User:
        return sign_up(self._http)

    def renew(self) -> None:
        """Be somebody else from now on."""
        self.user = self._new()

    @property
    def account(self) -> User:
        """Who owns what is named in paths."""
        return self.user

    def belonging(self, name: str) -> str:
        """A thing of one's own, by the name of its id in paths; any id if one can have none."""
        if name == "user_id":
            return str(self.other)
        if name == "session_id":
            return session_of(self.account)
        if name == "token_id":
            made = self.account.post("/tokens", {"name": "x", "scopes": ["tasks:read"]})
            return made.json().get("id") or str(uuid4())  # there may be many already
        if name not in {"task_id", "reminder_id"}:
            return str(uuid4())
        task = self.account.add_task(due_at="2031-01-01T09:00:00Z")
        if name == "task_id":
            return str(task["id"])
        return str(self.account.remind(task, offset_minutes=5)["id"])


class Administrator(Member):
    def _new(self) -> User:
        made = super()._new()
        make_admin(self._stack, made.email)
        return made


class Program(Member):
    """An API token with some scopes; things are made by whoever owns it."""

    @property
    def account(self) -> User:
        return self._owner

    def _new(self) -> User:
        self._owner = super()._new()
        return api_token(self._owner, "tasks:read", "tasks:write", "account:read")


MEMBERS: dict[str, tuple[type[Member], int]] = {
    "user": (Member, 4 * EXAMPLES),
    "administrator": (Administrator, EXAMPLES),
    "API token": (Program, EXAMPLES),
}
"""With how many examples of each operation."""

ENDS = {
    "DELETE /api/v1/users/me",
    "POST /api/v1/users/me/password",
    "DELETE /api/v1/auth/sessions/{session_id}",
}
"""Needs somebody new after each call: it signs out, or changes the password."""


@pytest.mark.parametrize("who", MEMBERS)
def test_the_api_keeps_to_its_document(
    stack: RunningStack, http: httpx.Client, subtests: pytest.Subtests, who: str
) -> None:
    kind, examples = MEMBERS[who]
    results = list(described(stack, http).get_all_operations())
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(operations) == len(results), "each can be understood"
    assert len(operations) > 40
    assert {operation.label for operation in operations} >= ENDS
    for operation in operations:
        with subtests.test(operation.label):
            conversation(operation, kind(stack, http), examples)()


def conversation(
    operation: schemathesis.APIOperation[Any, Any, Any, Any], member: Member, examples: int
) -> Callable[[], None]:
    """A test of an operation by a member: half of what is sent is good, half is bad."""
    kinds = [operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode]

    @settings(ALL_ISSUES, max_examples=examples)
    @given(case=st.one_of(kinds), mine=st.booleans())
    def talk(case: schemathesis.Case[Any], mine: bool) -> None:
        if mine:
            names = {name for name, value in case.path_parameters.items() if is_id(value)}
            case.path_parameters.update({name: member.belonging(name) for name in names})
            if isinstance(case.body, dict) and "current_password" in case.body:
                case.body["current_password"] = member.user.password
        if operation.label == LIVE and case.query.get("follow") in FOLLOW:
            case.query["follow"] = "false"
        headers = {"Authorization": f"Bearer {member.user.tokens.access}"}
        answer = case.call_and_validate(headers=headers, checks=CHECKS, timeout=15)
        assert answer.status_code != 401 or operation.label in PROVE_THEMSELVES
        if operation.label in ENDS:
            member.renew()

    return talk


LIVE = "GET /api/v1/events"
FOLLOW = (None, True, "true", "True", "TRUE", "1", "on", "yes", "t", "y")
"""An answer that never ends; all that Pydantic takes for true."""

PROVE_THEMSELVES = {f"POST /api/v1/auth/{name}" for name in ("login", "refresh", "logout")}
"""What is given to them is no access token, and may be wrong."""


def is_id(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
