from __future__ import annotations

import pytest

from tests.factories import (
    NOW,
    edit,
    finish_build,
    make_chapter,
    make_office_hour,
    make_programme,
    make_question,
    make_recording,
    people_by_name,
)
from townhall.audit import entries_about
from townhall.errors import InvalidInput, NotFound, WrongState
from townhall.media import ConsentLevel
from townhall.officehours import consents, programmes, questions, recordings
from townhall.officehours.programmes import THE_HOUSE, ProgrammeState
from townhall.officehours.schedule import OfficeHourState

HELD = OfficeHourState.HELD


def _request(db, office_hour):
    return programmes.request_programme(
        db, office_hour=office_hour, actor="Anna Berg", now=NOW
    )


def _erase(db, recording):
    recordings.mark_erased(
        db, recording=recording, reason="retention", actor="the house", now=NOW
    )


def _withdraw(db, recording, name="Max Muster", to=ConsentLevel.NONE):
    consents.withdraw_consent(
        db, participant=people_by_name(db, recording)[name], to=to, now=NOW
    )


def test_a_programme_is_asked_for_once_and_stands_in_the_trail(db):
    programme = make_programme(db, state=ProgrammeState.BUILDING)
    office_hour = make_office_hour(db)

    assert (programme.version, programme.editor) == (1, THE_HOUSE)
    assert programme.id == f"{programme.office_hour_id}-v1"
    assert programmes.programmes_to_build(db) == [programme]
    (entry,) = entries_about(db, programme.id)
    assert (entry.act, entry.details) == (
        "programme.requested",
        {"reason": "recordings"},
    )
    assert [e.act for e in entries_about(db, programme.office_hour_id)][-1] == (
        "office_hour.processed"
    )
    assert programmes.current_programme(db, office_hour.id) is None


@pytest.mark.parametrize(
    "state", [state for state in OfficeHourState if state is not HELD]
)
def test_no_programme_of_an_office_hour_that_was_not_held(db, state):
    with pytest.raises(WrongState, match="only to be held first is possible"):
        _request(db, make_office_hour(db, state=state))


def test_no_programme_of_nothing(db):
    with pytest.raises(InvalidInput, match="nothing was recorded or imported yet"):
        _request(db, make_office_hour(db, state=HELD))


def test_asking_again_gives_the_same_version_until_something_is_added(db):
    office_hour = make_office_hour(db, state=HELD)
    first = make_programme(db, office_hour)
    assert _request(db, office_hour) is first

    added = make_recording(db, office_hour)
    second = _request(db, office_hour)

    assert second.version == 2
    assert [part["recording"] for part in second.parts] == [
        first.parts[0]["recording"],
        added.id,
    ]
    assert first.state is ProgrammeState.SUPERSEDED


def test_what_was_edited_stays_edited_when_a_recording_is_added(db):
    office_hour = make_office_hour(db, state=HELD)
    edited = finish_build(db, edit(db, make_programme(db, office_hour)))
    make_recording(db, office_hour)

    second = _request(db, office_hour)

    assert second.parts[0]["cuts"] == edited.parts[0]["cuts"] != []
    assert second.editor == "Anna Berg"


def test_asking_again_after_the_recordings_have_gone_makes_no_emptier_version(db):
    office_hour = make_office_hour(db, state=HELD)
    first_recording, _second = (make_recording(db, office_hour) for _ in range(2))
    programme = make_programme(db, office_hour)

    _erase(db, first_recording)

    assert _request(db, office_hour) is programme


def test_a_finished_build_waits_for_review_and_stands_in_the_trail(db):
    programme = finish_build(db, make_programme(db, state=ProgrammeState.BUILDING))

    assert programme.state is ProgrammeState.IN_REVIEW
    assert programme.built_at == NOW
    entry = entries_about(db, programme.id)[-1]
    assert (entry.act, entry.details) == (
        "programme.in_review",
        {"digest": programme.digest},
    )


def test_a_build_of_a_version_that_an_edit_made_void_is_thrown_away(db):
    first = make_programme(db, state=ProgrammeState.BUILDING)
    edit(db, first)

    kept = programmes.save_build(
        db, programme=first, digest="late", build={}, actor=THE_HOUSE, now=NOW
    )

    assert not kept
    assert (first.state, first.digest, first.build) == (
        ProgrammeState.SUPERSEDED,
        None,
        None,
    )


def test_an_approved_version_stays_approved_when_it_is_edited(db):
    """It may be public; what is shown then is decided by the publications."""
    approved = make_programme(db, state=ProgrammeState.APPROVED)

    second = edit(db, approved)

    assert approved.state is ProgrammeState.APPROVED
    assert programmes.current_programme(db, approved.office_hour_id) is second


def test_a_withdrawn_consent_makes_a_version_without_that_person(db):
    programme = make_programme(db)
    recording = recordings.find_recording(db, programme.parts[0]["recording"])
    assert programmes.rebuild_stale_programmes(db, now=NOW) == []

    _withdraw(db, recording)
    (fresh,) = programmes.rebuild_stale_programmes(db, now=NOW)

    participant = people_by_name(db, recording)["Max Muster"]
    assert programmes.consents_of(fresh)[participant.id] is ConsentLevel.NONE
    assert not programmes.is_stale(db, fresh)
    assert fresh.editor == THE_HOUSE
    assert programme.state is ProgrammeState.SUPERSEDED
    assert programmes.rebuild_stale_programmes(db, now=NOW) == []


def test_a_version_made_by_the_house_keeps_the_last_editor(db):
    """Else four eyes could be shut by somebody's withdrawal."""
    edited = finish_build(db, edit(db, make_programme(db), actor="Anna Berg"))
    _withdraw(db, recordings.find_recording(db, edited.parts[0]["recording"]))

    (fresh,) = programmes.rebuild_stale_programmes(db, now=NOW)

    assert fresh.editor == "Anna Berg"
    assert fresh.parts[0]["cuts"] == edited.parts[0]["cuts"]


def test_nothing_is_rebuilt_from_recordings_that_have_gone(db):
    programme = make_programme(db)
    recording = recordings.find_recording(db, programme.parts[0]["recording"])
    _erase(db, recording)
    _withdraw(db, recording)

    assert programmes.rebuild_stale_programmes(db, now=NOW) == []
    assert programmes.is_stale(db, programme)


@pytest.mark.parametrize(
    ("built_with", "now", "stale"),
    [
        (ConsentLevel.PICTURE_AND_SOUND, ConsentLevel.SOUND, True),
        (ConsentLevel.SOUND, ConsentLevel.SOUND_WITHOUT_NAME, True),
        (ConsentLevel.SOUND_WITHOUT_NAME, ConsentLevel.NONE, True),
        (ConsentLevel.SOUND, ConsentLevel.PICTURE_AND_SOUND, False),
        (ConsentLevel.NONE, ConsentLevel.SOUND, False),
    ],
)
def test_a_version_is_stale_when_somebody_agrees_to_less_than_it_shows(
    db, built_with, now, stale
):
    programme = make_programme(db, people={"Max Muster": built_with})
    recording = recordings.find_recording(db, programme.parts[0]["recording"])
    participant = people_by_name(db, recording)["Max Muster"]

    consents.give_consent(
        db, participant=participant, level=now, actor="the host", now=NOW
    )

    assert programmes.is_stale(db, programme) is stale
    assert programmes.consents_lost(db, programme) == (
        [participant.id] if stale else []
    )


def test_a_question_taken_back_makes_a_version_without_its_chapter(db):
    office_hour = make_office_hour(db, state=HELD)
    question = make_question(db, office_hour)
    programme = make_programme(db, office_hour, chapters=[make_chapter(question)])
    assert not programmes.is_stale(db, programme)

    questions.withdraw(db, question=question, actor="the person", now=NOW)

    assert programmes.questions_lost(db, programme) == [question]
    (fresh,) = programmes.rebuild_stale_programmes(db, now=NOW)
    assert not programmes.is_stale(db, finish_build(db, fresh))


def test_versions_are_found_by_id_and_the_newest_is_current(db):
    first = make_programme(db)
    second = edit(db, first)
    other = make_programme(db)

    assert programmes.find_programme(db, first.id) is first
    assert programmes.reviewable_programme(db, first.office_hour_id) is second
    assert set(programmes.current_programmes(db)) == {second, other}
    with pytest.raises(NotFound):
        programmes.find_programme(db, "nowhere")
    with pytest.raises(NotFound):
        programmes.reviewable_programme(db, "nowhere")
