from __future__ import annotations

from datetime import UTC, timedelta

import pytest

import tests.factories
from tests.factories import (
    SECOND,
    edit,
    finish_build,
    make_office_hour,
    make_programme,
    make_publication,
    make_recording,
    make_track,
    people_by_name,
)
from townhall.audit import entries_about
from townhall.errors import WrongState
from townhall.media import ConsentLevel
from townhall.officehours import consents, recordings, retention, transcripts
from townhall.officehours.consultations import plan_consultation
from townhall.officehours.programmes import ProgrammeState, find_programme
from townhall.officehours.publications import PublicationState
from townhall.officehours.recordings import RecordingState
from townhall.officehours.schedule import OfficeHourState

NOW = tests.factories.NOW.astimezone(UTC)
DAYS_180 = timedelta(days=180)
DAYS_14 = timedelta(days=14)


def _overdue(db, now=NOW):
    return retention.overdue(
        db, recordings_for=DAYS_180, superseded_for=DAYS_14, now=now
    )


def _recording(db, programme):
    return recordings.find_recording(db, programme.parts[0]["recording"])


def _withdraw(db, recording, to=ConsentLevel.NONE):
    consents.withdraw_consent(
        db, participant=people_by_name(db, recording)["Max Muster"], to=to, now=NOW
    )


def _erase_all(db, recording):
    for track in recordings.tracks_of(db, recording.id):
        retention.note_track_erased(db, track=track, actor="the house", now=NOW)
    retention.note_recording_erased(db, recording=recording, actor="the house", now=NOW)


def test_fresh_things_stay(db):
    make_programme(db)

    assert _overdue(db) == retention.Overdue(tracks=(), recordings=(), programmes=())


def test_tracks_go_after_180_days_of_24_hours_and_not_a_second_earlier(db):
    """The clocks are put forward in between: it is summer then."""
    recording = _recording(db, make_programme(db))

    assert _overdue(db, now=NOW + DAYS_180 - SECOND).recordings == ()
    old = _overdue(db, now=NOW + DAYS_180)

    assert old.recordings == (recording,)
    assert set(old.tracks) == set(recordings.tracks_of(db, recording.id))


def test_nothing_goes_that_the_machine_still_builds_from(db):
    make_programme(db, state=ProgrammeState.BUILDING)

    assert _overdue(db, now=NOW + DAYS_180).tracks == ()


def test_who_is_not_published_at_all_goes_at_once_with_their_words(db):
    recording = _recording(db, make_programme(db))
    _withdraw(db, recording)
    gone = people_by_name(db, recording)["Max Muster"]

    (track,) = _overdue(db).tracks
    assert track.participant_id == gone.id
    retention.note_track_erased(db, track=track, actor="the house", now=NOW)

    assert track.erased_at == NOW
    assert recording.state is RecordingState.SEALED
    assert len(recordings.speech_spans_of(recording)) == 2  # their turns stay known
    said = transcripts.transcript_value(transcripts.newest_revision(db, recording.id))
    assert gone.id not in {segment.participant_id for segment in said.segments}
    assert _overdue(db).tracks == ()
    erased = [
        entry.details
        for entry in entries_about(db, recording.id)
        if entry.act == "track.erased"
    ]
    assert erased == [{"track": track.id, "reason": "not published"}]


@pytest.mark.parametrize("to", [ConsentLevel.SOUND, ConsentLevel.SOUND_WITHOUT_NAME])
def test_who_may_still_be_heard_stays(db, to):
    recording = _recording(db, make_programme(db))

    _withdraw(db, recording, to=to)

    assert _overdue(db).tracks == ()


def test_tracks_that_nobody_has_listened_to_stay_until_their_turns_are_known(db):
    make_recording(
        db,
        make_office_hour(db),
        people={"Max Muster": ConsentLevel.NONE},
        heard=False,
    )

    assert _overdue(db).tracks == ()


def test_a_finished_file_of_nobody_goes_only_by_age(db):
    consultation = plan_consultation(
        db, office_hour=make_office_hour(db), actor="Anna Berg", now=NOW
    )
    recording = recordings.register_recording(
        db,
        consultation=consultation,
        source_digest="single",
        tracks=[make_track(None)],
        marks=[],
        folder=make_track(None).path.parent,
        actor="Anna Berg",
        now=NOW,
    )

    assert _overdue(db).tracks == ()
    assert _overdue(db, now=NOW + DAYS_180).recordings == (recording,)


def test_an_erased_recording_is_overdue_no_more_and_keeps_others_words(db):
    recording = _recording(db, make_programme(db))
    _erase_all(db, recording)

    assert _overdue(db, now=NOW + DAYS_180).recordings == ()
    said = transcripts.transcript_value(transcripts.newest_revision(db, recording.id))
    assert len(said.segments) == 2
    with pytest.raises(WrongState):
        retention.note_recording_erased(
            db, recording=recording, actor="the house", now=NOW
        )


def test_who_withdraws_after_the_tracks_have_gone_loses_their_words_too(db):
    recording = _recording(db, make_programme(db))
    _erase_all(db, recording)
    assert retention.erase_unwanted_words(db, actor="the house", now=NOW) == 0

    _withdraw(db, recording)

    assert retention.erase_unwanted_words(db, actor="the house", now=NOW) == 1
    said = transcripts.transcript_value(transcripts.newest_revision(db, recording.id))
    assert [segment.text for segment in said.segments] == ["Wort 0"]
    assert retention.erase_unwanted_words(db, actor="the house", now=NOW) == 0


def test_a_version_nobody_published_goes_some_days_after_the_next_is_there(db):
    first = make_programme(db)
    second = edit(db, first)
    assert _overdue(db, now=NOW + DAYS_14).programmes == ()  # the next is not built yet
    finish_build(db, second)

    assert _overdue(db, now=NOW + DAYS_14 - SECOND).programmes == ()
    assert _overdue(db, now=NOW + DAYS_14).programmes == (first,)


@pytest.mark.parametrize(
    ("state", "stays"),
    [
        (PublicationState.PUBLISHING, True),
        (PublicationState.PUBLISHED, True),
        (PublicationState.RETRACTING, True),
        (PublicationState.FAILED, True),
        (PublicationState.RETRACTED, False),
    ],
)
def test_a_version_of_which_something_may_be_out_there_stays(db, state, stays):
    publication = make_publication(db, state=state)
    programme = find_programme(db, publication.programme_id)
    finish_build(db, edit(db, programme))

    overdue = _overdue(db, now=NOW + DAYS_14).programmes

    assert overdue == (() if stays else (programme,))


def test_a_replaced_version_goes(db):
    first = make_publication(db)
    programme = find_programme(db, first.programme_id)
    make_publication(db, finish_build(db, edit(db, programme)))

    assert _overdue(db, now=NOW + DAYS_14).programmes == (programme,)


def test_a_version_with_somebody_who_withdrew_goes_at_once_when_it_is_down(db):
    publication = make_publication(db)
    programme = find_programme(db, publication.programme_id)
    _withdraw(db, _recording(db, programme))
    assert _overdue(db).programmes == ()  # still out there

    from townhall.officehours import publications

    publications.begin_retracting(db, publication=publication, now=NOW)
    publications.mark_retracted(db, publication=publication, now=NOW)

    assert _overdue(db).programmes == (programme,)


def test_a_version_whose_files_have_gone_keeps_that_it_existed(db):
    programme = make_programme(db, state=ProgrammeState.APPROVED)
    digest = programme.digest

    retention.note_programme_erased(db, programme=programme, actor="the house", now=NOW)

    assert (programme.build, programme.files_erased_at) == (None, NOW)
    assert programme.digest == digest
    assert entries_about(db, programme.id)[-1].act == "programme.files_erased"
    assert _overdue(db, now=NOW + DAYS_180).programmes == ()


def test_the_trail_tells_of_a_whole_life_without_a_name_or_a_word(db):
    """It outlives what retention erases."""
    from townhall.audit import AuditEntry, verify_chain

    office_hour = make_office_hour(db, state=OfficeHourState.HELD)
    programme = make_programme(
        db, office_hour, people={"Max Geheim": ConsentLevel.PICTURE_AND_SOUND}
    )
    publication = make_publication(db, finish_build(db, edit(db, programme)))
    recording = _recording(db, programme)
    consents.withdraw_consent(
        db, participant=people_by_name(db, recording)["Max Geheim"], now=NOW
    )
    from townhall.officehours import publications

    publications.begin_retracting(db, publication=publication, now=NOW)
    publications.mark_retracted(db, publication=publication, now=NOW)
    _erase_all(db, recording)

    trail = [f"{e.actor} {e.act} {e.details}" for e in db.query(AuditEntry)]

    assert verify_chain(db) == len(trail) > 15
    assert not [line for line in trail if "Geheim" in line or "Wort" in line]
