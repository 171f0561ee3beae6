"""The gateway's own limit of requests to sign in: coarse, before the API counts anything.

A gateway by itself, because the stack of the other tests lets far more through.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from taskbell_local.stack import Stack
from tests.e2e.client import API, problem

pytestmark = pytest.mark.embedded

BURST = 20


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[str]:
    with Stack(services=("nginx",), web_root=tmp_path, env={"AUTH_RATE": "1r/m"}) as stack:
        yield stack.gateway


def test_a_flood_of_requests_to_sign_in_ends_at_the_gateway(gateway: str) -> None:
    form = {"username": "ada@example.com", "password": "correct horse battery"}
    with httpx.Client(base_url=gateway) as http:
        answers = [http.post(f"{API}/auth/login", data=form) for _ in range(BURST + 5)]
        for answer in answers[:BURST]:
            problem(answer, 503, "upstream_unavailable")  # let through: there is no API here
        refused = answers[-1]
        problem(refused, 429, "rate_limited")
        assert int(refused.headers["retry-after"]) >= 1
        problem(http.get(f"{API}/tasks"), 503, "upstream_unavailable")
