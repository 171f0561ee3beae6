"""Buckets: the same arithmetic in Redis and in the process."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskbell.ids import new_id
from taskbell.jobs import doorbell
from taskbell_api.throttling.buckets import Drop, Limit
from taskbell_api.throttling.stores import Buckets, LocalBuckets

SECOND = 1_000_000


def test_ten_at_once_and_then_one_every_ninety_seconds() -> None:
    limit = Limit("login", 10, 900)
    for level, left in ((0, 10), (90, 9), (900, 0)):
        assert limit.left(level * SECOND) == left
        assert limit.wait(level * SECOND) == 90
    assert [limit.is_full(level * SECOND) for level in (0, 810, 811, 900)] == [
        False, False, True, True,
    ]  # fmt: skip
    assert (limit.left(811 * SECOND), limit.wait(811 * SECOND)) == (0, 1)
    assert limit.wait(900 * SECOND - 1) == 90, "rounded up"


def test_any_limit_can_be_reached_and_left() -> None:
    for amount, seconds in ((1, 1), (3, 1), (7, 10), (999_999_999, 1), (1, 86_400 * 99_999)):
        limit = Limit("x", amount, seconds)
        assert not limit.is_full(0)
        assert limit.is_full(limit.window)
        assert 1 <= limit.left(0) <= amount
        assert 1 <= limit.wait(limit.window) <= seconds


def test_a_process_remembers_a_bounded_number_of_buckets() -> None:
    buckets = LocalBuckets(most=100)
    attacked = Limit("attacked", 10, 3600)
    for _ in range(10):
        buckets.pour([Drop("attacked", attacked, refuses=True)])
    for number in range(1000):
        buckets.pour([Drop(str(number), Limit("link", 10, 60), refuses=True)])
        assert len(buckets._empty_at) <= 100
    assert not buckets.pour([Drop("attacked", attacked, refuses=True)]).fits, "the fullest stay"


LIMITS = [Limit("a", 3, 86_400), Limit("b", 1, 86_400), Limit("c", 7, 86_400)]
drops = st.builds(
    Drop,
    st.sampled_from("xyz"),
    st.sampled_from(LIMITS),
    st.sampled_from([-1, 0, 1, 1]),
    st.booleans(),
)
rounds = st.lists(st.lists(drops, min_size=1, max_size=4, unique_by=lambda one: one.key))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rounds=rounds)
async def test_redis_and_this_process_count_alike(redis_url: str, rounds: list[list[Drop]]) -> None:
    redis = doorbell.connect(redis_url, socket_timeout=1.0)
    there, here, name = Buckets(redis), LocalBuckets(), new_id().hex
    for some in rounds:
        named = [one._replace(key=f"test:{name}:{one.key}") for one in some]
        one, other = await there._pour_there(named), here.pour(named)
        assert one.fits == other.fits
        for a, b in zip(one.levels, other.levels, strict=True):
            assert abs(a - b) < 10_000_000  # ten seconds, of a day
    await redis.aclose(close_connection_pool=True)
