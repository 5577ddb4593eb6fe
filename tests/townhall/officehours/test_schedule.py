from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import BERLIN, NOW, SECOND, make_office_hour
from townhall.audit import entries_about
from townhall.errors import InvalidInput, NotFound, WrongState
from townhall.officehours import schedule
from townhall.officehours.schedule import TITLE_MAX_CHARS, OfficeHourState, address_part


def _acts(db, row):
    return [(entry.actor, entry.act) for entry in entries_about(db, row.id)]


def test_a_drafted_office_hour_is_not_announced_and_its_making_is_in_the_trail(db):
    office_hour = make_office_hour(db, state=OfficeHourState.DRAFT)

    assert office_hour.state is OfficeHourState.DRAFT
    assert office_hour.announced_at is None
    assert office_hour.slug == "2026-11-30-haushalt-und-radwege"
    assert _acts(db, office_hour) == [("Anna Berg", "office_hour.created")]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * (TITLE_MAX_CHARS + 1)}, "title"),
        ({"host_name": " \x00"}, "host"),
        ({"ends_at": NOW + timedelta(days=7)}, "ends"),
        ({"questions_until": NOW + timedelta(days=7) + SECOND}, "questions-until"),
    ],
)
def test_an_office_hour_that_contradicts_itself_is_refused(db, changes, field):
    with pytest.raises(InvalidInput) as refusal:
        make_office_hour(db, **changes)

    assert refusal.value.details["field"] == field
    assert schedule.office_hours(db) == []


def test_two_office_hours_of_one_day_and_title_have_different_addresses(db):
    slugs = [make_office_hour(db).slug for _ in range(3)]

    assert slugs == [
        "2026-11-30-haushalt-und-radwege",
        "2026-11-30-haushalt-und-radwege-2",
        "2026-11-30-haushalt-und-radwege-3",
    ]


def test_the_address_shows_the_day_of_the_town_not_of_greenwich(db):
    office_hour = make_office_hour(
        db, starts_at=datetime(2026, 12, 1, 0, 30, tzinfo=BERLIN)
    )

    assert office_hour.slug == "2026-12-01-haushalt-und-radwege"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("Bürgermeisterin", "buergermeisterin"),
        ("Dr. Jana Roth", "dr-jana-roth"),
        ("ÄRGER & Öl: Straße!", "aerger-oel-strasse"),
        ("😀", ""),
    ],
)
def test_words_become_a_part_of_an_address(words, part):
    assert address_part(words) == part


@given(st.text(max_size=200))
def test_a_part_of_an_address_is_always_safe_and_short(words):
    part = address_part(words)

    assert re.fullmatch(r"([a-z0-9]+(-[a-z0-9]+)*)?", part)
    assert len(part) <= 60


@settings(max_examples=40)
@given(title=st.text(min_size=1, max_size=TITLE_MAX_CHARS))
def test_any_title_is_stored_under_a_safe_address_or_refused(db, title):
    try:
        office_hour = make_office_hour(db, title=title)
    except InvalidInput:
        return
    db.flush()

    assert re.fullmatch(r"2026-11-30(-[a-z0-9]+)*", office_hour.slug)


def test_announcing_makes_it_public_from_now_on(db):
    office_hour = make_office_hour(db, state=OfficeHourState.DRAFT)

    schedule.announce(db, office_hour=office_hour, actor="Anna Berg", now=NOW + SECOND)

    assert office_hour.state is OfficeHourState.ANNOUNCED
    assert office_hour.announced_at == office_hour.changed_at == NOW + SECOND
    assert _acts(db, office_hour)[-1] == ("Anna Berg", "office_hour.announced")


def test_going_live_and_being_held_are_in_the_trail(db):
    office_hour = make_office_hour(db)
    doing = {"office_hour": office_hour, "actor": "Dr. Jana Roth", "now": NOW}

    schedule.go_live(db, **doing)
    schedule.hold(db, **doing)

    assert office_hour.state is OfficeHourState.HELD
    assert _acts(db, office_hour)[-2:] == [
        ("Dr. Jana Roth", "office_hour.live"),
        ("Dr. Jana Roth", "office_hour.held"),
    ]


def test_cancelling_tells_calendars_and_says_why(db):
    office_hour = make_office_hour(db)

    schedule.cancel(
        db, office_hour=office_hour, reason=" Krankheit ", actor="Anna Berg", now=NOW
    )

    assert office_hour.state is OfficeHourState.CANCELLED
    assert office_hour.cancellation_reason == "Krankheit"
    assert office_hour.sequence == 1
    assert _acts(db, office_hour)[-1] == ("Anna Berg", "office_hour.cancelled")


def test_cancelling_without_a_reason_is_refused(db):
    office_hour = make_office_hour(db)

    with pytest.raises(InvalidInput, match="people want to know why"):
        schedule.cancel(db, office_hour=office_hour, reason=" ", actor="A", now=NOW)

    assert office_hour.state is OfficeHourState.ANNOUNCED


def test_a_refused_cancellation_leaves_no_trace(db):
    office_hour = make_office_hour(db, state=OfficeHourState.HELD)

    with pytest.raises(WrongState):
        schedule.cancel(db, office_hour=office_hour, reason="x", actor="A", now=NOW)

    assert office_hour.cancellation_reason is None
    assert office_hour.sequence == 0


def test_an_office_hour_is_found_by_its_id(db):
    office_hour = make_office_hour(db)

    assert schedule.find_office_hour(db, office_hour.id) is office_hour
    with pytest.raises(NotFound):
        schedule.find_office_hour(db, "nowhere")


def test_office_hours_are_listed_the_latest_first(db):
    early = make_office_hour(db, title="Früh")
    late = make_office_hour(db, title="Spät", starts_at=NOW + timedelta(days=8))

    assert schedule.office_hours(db) == [late, early]
