"""One user's slow webhooks take a bounded share of a worker."""

from contextlib import ExitStack

from core.tests.make import some_id
from taskbell_worker.fair_shares import LATEST_SECONDS, MOST_AT_ONCE, SOONEST_SECONDS, FairShares


def test_a_few_of_each_user_run_at_once() -> None:
    shares, ada, bob = FairShares(), some_id(), some_id()
    with ExitStack() as running:
        for _ in range(MOST_AT_ONCE):
            assert shares.delay(ada) == 0
            running.enter_context(shares.take(ada))
        assert shares.delay(ada) >= SOONEST_SECONDS
        assert shares.delay(bob) == 0
    assert shares.delay(ada) == 0


def test_who_has_to_wait_comes_back_one_after_the_other() -> None:
    shares, ada = FairShares(), some_id()
    with ExitStack() as running:
        for _ in range(MOST_AT_ONCE):
            running.enter_context(shares.take(ada))
        shares._shares[ada].pace = 4.0 * MOST_AT_ONCE
        delays = [shares.delay(ada) for _ in range(100)]
    assert [round(one) for one in delays[:4]] == [4, 8, 12, 16]
    assert max(delays) <= LATEST_SECONDS


def test_nothing_is_kept_of_who_has_nothing_under_way() -> None:
    shares = FairShares()
    for _ in range(100):
        with shares.take(some_id()):
            pass
    assert not shares._shares
