from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import NOW, SECOND
from townhall.database import writing
from townhall.errands import (
    ATTEMPTS_AT_MOST,
    FIRST_PAUSE,
    LEASE_FOR,
    LONGEST_PAUSE,
    Errand,
    ErrandState,
    errand_id,
    errands_of,
    fail_errand,
    finish_errand,
    put_off_errand,
    release_leases,
    renew_lease,
    take_errand,
    try_again,
)
from townhall.errors import WrongState

KEY = errand_id("build", "p1", "1")


def _take(db, *, worker="a", now=NOW, subject="p1", revision="1"):
    return take_errand(
        db, step="build", subject=subject, revision=revision, worker=worker, now=now
    )


def test_a_fresh_errand_is_taken_as_the_first_attempt(db):
    errand = _take(db)

    assert (errand.id, errand.attempt, errand.worker) == ("build:p1:1", 1, "a")
    assert errand.state is ErrandState.RUNNING
    assert errand.leased_until == NOW + LEASE_FOR
    assert errand.idempotency_key == "build:p1:1:1"


def test_an_errand_in_good_hands_is_nobody_elses(db):
    _take(db)

    assert _take(db, worker="b", now=NOW + LEASE_FOR - SECOND) is None


def test_a_dead_workers_errand_is_taken_as_the_next_attempt_when_the_lease_ends(db):
    _take(db)

    errand = _take(db, worker="b", now=NOW + LEASE_FOR)

    assert (errand.worker, errand.attempt) == ("b", 2)
    assert errand.idempotency_key == "build:p1:1:2"


def test_a_renewed_lease_holds_longer_and_says_how_far_the_work_is(db):
    _take(db)

    assert renew_lease(
        db, key=KEY, worker="a", now=NOW + 60 * SECOND, progress="encode 50 %"
    )

    assert _take(db, worker="b", now=NOW + LEASE_FOR) is None
    assert db.get_one(Errand, KEY).progress == "encode 50 %"


def test_who_lost_the_lease_is_told_to_stop(db):
    _take(db)
    _take(db, worker="b", now=NOW + LEASE_FOR)

    assert not renew_lease(db, key=KEY, worker="a", now=NOW + LEASE_FOR + SECOND)
    assert not renew_lease(db, key="build:nothing:1", worker="a", now=NOW)


def test_a_finished_errand_is_never_done_again_but_a_new_revision_is(db):
    _take(db)
    finish_errand(db, key=KEY, now=NOW)

    assert _take(db, worker="b", now=NOW + timedelta(days=1)) is None
    assert not renew_lease(db, key=KEY, worker="a", now=NOW)
    assert _take(db, revision="2").attempt == 1


def test_pauses_grow_and_after_the_last_attempt_a_person_has_to_look(db):
    now, pauses = NOW, []
    for attempt in range(1, ATTEMPTS_AT_MOST + 1):
        assert _take(db, now=now).attempt == attempt
        errand = fail_errand(db, key=KEY, error="busy", retryable=True, now=now)
        if errand.state is ErrandState.FAILED:
            break
        pauses.append(errand.not_before - now)
        assert _take(db, now=errand.not_before - SECOND) is None
        now = errand.not_before

    assert pauses == [FIRST_PAUSE * 2**n for n in range(ATTEMPTS_AT_MOST - 1)]
    assert max(pauses) <= LONGEST_PAUSE
    assert errand.state is ErrandState.FAILED
    assert (errand.attempt, errand.error) == (ATTEMPTS_AT_MOST, "busy")
    assert _take(db, now=now + timedelta(days=365)) is None


def test_a_failure_that_waiting_cannot_mend_is_given_up_at_once(db):
    _take(db)

    errand = fail_errand(db, key=KEY, error="broken file", retryable=False, now=NOW)

    assert errand.state is ErrandState.FAILED
    assert errand.finished_at == NOW


def test_an_errand_put_off_does_not_count_as_an_attempt(db):
    _take(db)

    put_off_errand(db, key=KEY, reason="no room", until=NOW + 60 * SECOND)

    assert _take(db, now=NOW + 59 * SECOND) is None
    assert _take(db, now=NOW + 60 * SECOND).attempt == 1


def test_a_person_may_ask_for_another_try(db):
    _take(db)
    fail_errand(db, key=KEY, error="broken file", retryable=False, now=NOW)

    try_again(db, key=KEY)

    assert _take(db, worker="b").attempt == 1


@pytest.mark.parametrize("done", [False, True])
def test_another_try_of_what_runs_or_is_done_is_refused(db, done):
    _take(db)
    if done:
        finish_errand(db, key=KEY, now=NOW)

    with pytest.raises(WrongState, match="from there only waiting is possible"):
        try_again(db, key=KEY)


def test_all_that_a_dead_worker_held_is_let_go(db):
    _take(db)
    _take(db, subject="p2")
    _take(db, subject="p3", worker="b")

    assert release_leases(db, worker="a", now=NOW + SECOND) == 2

    assert _take(db, worker="c", now=NOW + SECOND).attempt == 2
    assert _take(db, worker="c", subject="p3", now=NOW + SECOND) is None


def test_errands_about_a_row_are_listed_the_newest_last(db):
    _take(db, revision="2")
    _take(db, revision="1", now=NOW + SECOND)
    _take(db, subject="p2")

    assert [errand.id for errand in errands_of(db, "p1")] == [
        "build:p1:2",
        "build:p1:1",
    ]


def test_of_many_workers_reaching_for_a_fresh_errand_one_gets_it(engine):
    """Nothing can be locked that is not there yet: this once ended in a clash of keys."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    start = Barrier(4, timeout=10)

    def reach(worker):
        start.wait()
        with writing(engine) as db:
            return _take(db, worker=worker) is not None

    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(reach, "abcd"))

    assert sorted(got) == [False, False, False, True]
