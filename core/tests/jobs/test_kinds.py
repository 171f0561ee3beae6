import pytest
from pydantic import ValidationError

from core.tests.make import Note
from taskbell.jobs.kinds import RetryPolicy


def test_the_pause_doubles_up_to_a_cap() -> None:
    policy = RetryPolicy(base_seconds=5, cap_seconds=60, jitter=0)
    assert [policy.delay(attempt) for attempt in range(1, 7)] == [5, 10, 20, 40, 60, 60]
    assert policy.delay(10_000) == 60


def test_no_two_wait_alike() -> None:
    policy = RetryPolicy(base_seconds=100, cap_seconds=100, jitter=0.2)
    pauses = {policy.delay(1) for _ in range(50)}
    assert len(pauses) > 40
    assert all(80 <= pause <= 120 for pause in pauses)


def test_payloads_are_strict() -> None:
    with pytest.raises(ValidationError):
        Note.model_validate({"text": "x", "more": 1})
