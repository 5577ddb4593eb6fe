"""Holding an errand: renewed, lost, put off, failed, left by a dead worker."""

import time
from datetime import timedelta

import pytest

from flows.errors import DiskNearlyFull, LeaseLost
from flows.leases import DEATHS_AT_MOST, lease, release_dead
from pipeline.errors import MediaUnreadable
from townhall.errands import ATTEMPTS_AT_MOST, Errand, ErrandState
from townhall.house import House
from townhall.migrations import upgrade

KEY = "process:abc-v1:1"


@pytest.fixture
def house(tmp_path, empty_address):
    """A house on each kind of database in turn."""
    (tmp_path / "sprechstunde.toml").write_text(
        f'[database]\naddress = "{empty_address}"\n'
    )
    house = House.at(tmp_path)
    upgrade(house.engine)
    yield house
    house.engine.dispose()


def take(house, worker="media@one", **changes):
    """Take the errand that all tests here are about."""
    return lease(
        house,
        **{"step": "process", "subject": "abc-v1", "revision": "1", **changes},
        worker=worker,
    )


def row(house):
    """What stands in the database."""
    with house.reading() as db:
        return db.get_one(Errand, KEY)


def make_due(house):
    """Let the pause of a failed errand be over."""
    with house.writing() as db:
        db.get_one(Errand, KEY).not_before = None


def until_lost(held):
    """Work on, as an encoder does, until told to stop."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        held.report("picture 40 %")
        time.sleep(0.05)


def test_two_workers_never_have_the_same_errand(house):
    with take(house) as first, take(house, "media@two") as second:
        pass

    assert (first.key, second) == (KEY, None)


def test_progress_is_written_down_for_status(house):
    with take(house) as held:
        held.report("picture 40 %")
        deadline = time.monotonic() + 10
        while row(house).progress is None and time.monotonic() < deadline:
            time.sleep(0.05)

        assert row(house).progress == "picture 40 %"


def test_who_lost_the_errand_to_another_worker_stops(house):
    with take(house) as held:
        with house.writing() as db:
            db.get_one(Errand, KEY).worker = "media@two"

        with pytest.raises(LeaseLost):
            until_lost(held)


def test_work_that_nobody_wants_any_more_stops(house):
    with take(house, wanted=lambda: False) as held, pytest.raises(LeaseLost):
        until_lost(held)


def test_what_another_worker_has_now_is_not_put_off_or_failed(house):
    with take(house) as held:
        with house.writing() as db:
            db.get_one(Errand, KEY).worker = "media@two"

        held.put_off(reason="Prefect", pause=timedelta(seconds=5))
        held.fail(ValueError("x"))

    assert (row(house).state, row(house).attempt) == (ErrandState.RUNNING, 1)


def test_waiting_for_prefect_is_no_attempt(house):
    for _ in range(ATTEMPTS_AT_MOST + 2):
        with take(house) as held:
            held.put_off(reason="Prefect is away", pause=timedelta(0))

    errand = row(house)
    assert (errand.state, errand.attempt, errand.error) == (
        ErrandState.PAUSED,
        0,
        "Prefect is away",
    )


def test_a_passing_failure_is_tried_again_and_then_given_up(house):
    given_up = []
    for _ in range(ATTEMPTS_AT_MOST):
        with take(house) as held:
            given_up.append(
                held.fail(DiskNearlyFull(free_gb=1.0, needed_gb=5.0, folder="x"))
            )
        make_due(house)

    assert given_up == [False] * (ATTEMPTS_AT_MOST - 1) + [True]


def test_a_failure_that_cannot_pass_is_given_up_at_once(house):
    with take(house) as held:
        given_up = held.fail(MediaUnreadable(file="host.ogg", reason="it is empty"))

    assert given_up
    assert row(house).error == (
        "MediaUnreadable: host.ogg is not a readable recording: it is empty"
    )


def test_the_errand_of_a_dead_worker_is_taken_as_the_next_attempt(house):
    with take(house):
        pass  # it ends without saying how: killed

    released = release_dead(house, "media@one")
    with take(house, "media@two") as held:
        pass

    assert (released, held.run_name) == (1, f"{KEY}:2")


def test_another_workers_errand_is_not_released(house):
    with take(house):
        assert release_dead(house, "media@two") == 0


def test_an_errand_that_kills_its_worker_again_and_again_is_given_up(house):
    with take(house):
        pass
    with house.writing() as db:
        db.get_one(Errand, KEY).attempt = DEATHS_AT_MOST
    release_dead(house, "media@one")

    with take(house) as held:
        pass

    assert (held, row(house).state) == (None, ErrandState.FAILED)
