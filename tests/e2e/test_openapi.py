"""The API does what its OpenAPI document says, whatever is sent: made-up requests to all of it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

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

from tests.e2e.client import User, ok, sign_up
from tests.e2e.stacks import RunningStack

EXAMPLES = 15
"""For each operation, as many of good requests as of bad ones."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ALL_ISSUES = settings(
    max_examples=2 * EXAMPLES,
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


def test_the_api_keeps_to_its_document(
    stack: RunningStack, http: httpx.Client, subtests: pytest.Subtests
) -> None:
    user = sign_up(http)
    results = list(described(stack, http).get_all_operations())
    operations = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(operations) == len(results), "each can be understood"
    assert len(operations) > 20
    for operation in operations:
        with subtests.test(operation.label):
            conversation(operation, user)()


def conversation(
    operation: schemathesis.APIOperation[Any, Any, Any, Any], user: User
) -> Callable[[], None]:
    """A test of an operation, as its user: half of what is sent is good, half is bad."""
    kinds = [operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode]

    @ALL_ISSUES
    @given(case=st.one_of(kinds), mine=st.booleans())
    def talk(case: schemathesis.Case[Any], mine: bool) -> None:
        if mine:
            case.path_parameters.update(belongings(user, case.path_parameters))
        headers = {"Authorization": f"Bearer {user.tokens.access}"}
        case.call_and_validate(headers=headers, checks=CHECKS, timeout=15)

    return talk


def belongings(user: User, named: dict[str, object]) -> dict[str, str]:
    """A task and a reminder of the user's own for ids that could be theirs."""
    names = {name for name, value in named.items() if is_id(value)}
    if not names:
        return {}
    task = user.add_task(due_at="2031-01-01T09:00:00Z")
    ids = {"task_id": task["id"]}
    if "reminder_id" in names:
        ids["reminder_id"] = user.remind(task, offset_minutes=5)["id"]
    return {name: ids[name] for name in names}


def is_id(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
