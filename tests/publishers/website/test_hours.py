from datetime import UTC, datetime, timedelta

import pytest

from publishers.website.hours import Hour, HourState
from tests.publishers.site_factory import (
    make_page,
    make_placeholder_files,
    make_published,
    make_retracted,
)

STARTS_AT = datetime(2026, 12, 15, 17, 0, tzinfo=UTC)


def state_of(page, now):
    return Hour(page, now=now, timezone="Europe/Berlin").state


def test_a_date_is_announced_until_it_is_over_and_then_awaits_its_recording():
    page = make_page()

    states = [
        state_of(page, STARTS_AT + timedelta(minutes=m)) for m in (-1, 30, 59, 60)
    ]

    assert states == [*[HourState.ANNOUNCED] * 3, HourState.AWAITED]


def test_a_date_without_a_known_end_is_over_at_midnight_of_the_municipality():
    page = make_page(ends_at=None)
    midnight = datetime(2026, 12, 15, 23, 0, tzinfo=UTC)  # 0:00 in Berlin

    assert state_of(page, midnight - timedelta(seconds=1)) is HourState.ANNOUNCED
    assert state_of(page, midnight) is HourState.AWAITED


@pytest.mark.parametrize("minutes", [-60, 600])
def test_a_called_off_date_stays_called_off(minutes):
    page = make_page(cancelled=True)

    assert state_of(page, STARTS_AT + timedelta(minutes=minutes)) is HourState.CANCELLED


def test_a_publication_outlives_the_tombstone_of_an_earlier_version(tmp_path):
    page = make_published(
        make_placeholder_files(tmp_path), tombstone=make_retracted().tombstone
    )

    assert state_of(page, STARTS_AT) is HourState.PUBLISHED


def test_without_a_publication_the_tombstone_stands():
    assert state_of(make_retracted(), STARTS_AT) is HourState.RETRACTED


def test_the_year_is_that_of_the_municipality_and_not_of_utc():
    page = make_page(starts_at=datetime(2026, 12, 31, 23, 30, tzinfo=UTC), ends_at=None)

    assert Hour(page, now=STARTS_AT, timezone="Europe/Berlin").year == 2027
