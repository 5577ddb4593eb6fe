"""What the resident workers do while Prefect is away, and when the disk is full."""

from datetime import timedelta

from flows.errands_worker import ErrandsWorker
from flows.media_worker import MediaWorker
from flows.publish_now import publish_now
from tests.flows.office_hour_factory import (
    CITIZEN,
    approve,
    hold_office_hour,
    public_bytes,
    publication_states,
    withdraw,
)
from townhall.errands import errands_of
from townhall.officehours import programmes

#: the discard port (RFC 863): nobody answers there
NOBODY = "http://127.0.0.1:9/api"


def errands_about(house, subject):
    """What stands in the database about a row."""
    with house.reading() as db:
        return errands_of(db, subject)


def test_nothing_is_begun_while_prefect_is_away(held):
    house, office_hour_id = held

    MediaWorker(house, api_url=NOBODY).look()

    assert errands_about(house, f"{office_hour_id}-v1") == []


def test_nothing_new_is_built_on_a_disk_that_is_nearly_full(open_house, filmed, now):
    house = open_house(media={"min_free_gb": 1e9})
    office_hour_id = hold_office_hour(house, filmed, now=now)

    MediaWorker(house, api_url=NOBODY)._build(f"{office_hour_id}-v1", "1")

    (errand,) = errands_about(house, f"{office_hour_id}-v1")
    assert (str(errand.state), errand.attempt) == ("paused", 0)
    assert errand.error.startswith("Only ")
    assert errand.not_before - errand.started_at > timedelta(seconds=59)
    assert not (house.programmes_folder / f"{office_hour_id}-v1").exists()


def test_a_publication_waits_for_prefect_and_is_no_attempt(reviewed, now):
    house, office_hour_id = reviewed
    approve(house, f"{office_hour_id}-v1", now=now)
    worker = ErrandsWorker(house, api_url=NOBODY)

    worker.keep_site_true()
    worker.publish_due()

    assert publication_states(house, office_hour_id) == ["due"]
    assert public_bytes(house) == set()


def test_taking_down_does_not_wait_for_prefect(reviewed, now):
    house, office_hour_id = reviewed
    approve(house, f"{office_hour_id}-v1", now=now)
    publish_now(house)
    worker = ErrandsWorker(house, api_url=NOBODY)
    worker.keep_site_true()
    withdraw(house, office_hour_id, CITIZEN, now=now)

    worker.keep_site_true()

    assert publication_states(house, office_hour_id) == ["retracted"]
    assert public_bytes(house) == set()


def test_erasing_does_not_wait_for_prefect(reviewed):
    house, office_hour_id = reviewed
    void = house.programmes_folder / f"{office_hour_id}-v9"
    void.mkdir()
    worker = ErrandsWorker(house, api_url=NOBODY)

    worker.keep_house()

    assert not void.exists()
    with house.reading() as db:
        assert programmes.current_programme(db, office_hour_id).build is not None
