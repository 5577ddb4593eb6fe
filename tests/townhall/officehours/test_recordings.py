from __future__ import annotations

import pytest

from tests.factories import (
    FOLDER,
    NOW,
    make_consultation,
    make_office_hour,
    make_participant,
    make_question,
    make_recording,
    make_track,
    people_by_name,
)
from townhall.audit import entries_about
from townhall.errors import InvalidInput, NotFound, WrongState
from townhall.media import ConsentLevel, Mark, SpeechSpan, TrackKind
from townhall.officehours import recordings
from townhall.officehours.consultations import (
    Consultation,
    ConsultationState,
    open_consultation,
)
from townhall.officehours.recordings import Recording, RecordingState


@pytest.fixture
def consultation(db):
    return make_consultation(db)


def _register(db, consultation, tracks, *, digest="source", marks=()):
    return recordings.register_recording(
        db,
        consultation=consultation,
        source_digest=digest,
        tracks=tracks,
        marks=marks,
        folder=FOLDER,
        actor="Anna Berg",
        now=NOW,
    )


def test_an_adopted_recording_is_sealed_and_closes_its_consultation(db, consultation):
    participant = make_participant(db, consultation)
    sound = make_track(participant, offset_ms=1500, clock_slope=1.0001)
    picture = make_track(participant, number=2, kind=TrackKind.VIDEO, duration_s=59.0)

    recording = _register(db, consultation, [sound, picture])

    assert recording.state is RecordingState.SEALED
    assert recording.sealed_at == NOW
    assert recording.duration_s == 61.5
    assert consultation.state is ConsultationState.CLOSED
    (entry,) = entries_about(db, recording.id)
    assert (entry.actor, entry.act, entry.details) == (
        "Anna Berg",
        "recording.sealed",
        {"tracks": 2, "source": "source"},
    )


def test_an_open_consultation_is_closed_too(db, consultation):
    open_consultation(db, consultation=consultation, actor="the host", now=NOW)

    _register(db, consultation, [make_track(None)])

    assert consultation.state is ConsultationState.CLOSED


def test_the_same_source_again_is_the_same_recording(db, consultation):
    tracks = [make_track(None)]

    first = _register(db, consultation, tracks)
    again = _register(db, consultation, tracks)

    assert again is first
    assert recordings.recording_by_source(db, "source") is first
    assert len(entries_about(db, first.id)) == 1
    assert db.query(Recording).count() == 1


def test_a_second_recording_of_one_consultation_is_refused(db, consultation):
    first = _register(db, consultation, [make_track(None)])

    with pytest.raises(WrongState, match=f"recorded as {first.id}"):
        _register(db, consultation, [make_track(None)], digest="another")


def test_a_recording_without_tracks_is_refused(db, consultation):
    with pytest.raises(InvalidInput, match="it holds no track"):
        _register(db, consultation, [])

    assert consultation.state is ConsultationState.PLANNED


def test_the_pipeline_sees_files_people_and_marks_as_they_were_adopted(db):
    office_hour = make_office_hour(db)
    question = make_question(db, office_hour)
    recording = make_recording(
        db,
        office_hour,
        people={"Max Muster": ConsentLevel.SOUND_WITHOUT_NAME},
        marks=[
            Mark(question_id=question.id, at_s=20.0),
            Mark(question_id=question.id, at_s=5.0),
        ],
    )
    participant = people_by_name(db, recording)["Max Muster"]

    value = recordings.recording_value(db, recording, folder=FOLDER)

    assert value.recording_id == recording.id
    assert value.tracks == (make_track(participant),)
    assert [(p.name, p.consent) for p in value.people] == [
        ("Bürgerin oder Bürger", ConsentLevel.SOUND_WITHOUT_NAME)
    ]
    assert [mark.at_s for mark in value.marks] == [5.0, 20.0]
    assert value.duration_s == 60.0


def test_a_finished_file_belongs_to_nobody(db, consultation):
    recording = _register(db, consultation, [make_track(None)])

    value = recordings.recording_value(db, recording, folder=FOLDER)

    assert [track.participant_id for track in value.tracks] == [None]
    assert value.people == ()


def test_who_speaks_when_comes_back_as_it_was_kept(db):
    recording = make_recording(db, make_office_hour(db), heard=False)
    spans = (
        SpeechSpan(participant_id="p", start_s=0.5, end_s=1.25, loudness_db=-21.5),
        SpeechSpan(
            participant_id=None, start_s=2, end_s=3, loudness_db=-40, bleed_of="p"
        ),
    )
    assert recordings.speech_spans_of(recording) is None

    recordings.save_speech_spans(recording=recording, spans=spans)
    db.flush()
    db.expire_all()

    assert recordings.speech_spans_of(recording) == spans


def test_an_erased_track_leaves_the_value_and_stands_in_the_trail(db):
    recording = make_recording(db, make_office_hour(db))
    gone, *kept = recordings.tracks_of(db, recording.id)

    recordings.mark_track_erased(
        db, track=gone, reason="retention", actor="the house", now=NOW
    )

    value = recordings.recording_value(db, recording, folder=FOLDER)
    assert [t.participant_id for t in value.tracks] == [t.participant_id for t in kept]
    assert len(recordings.tracks_of(db, recording.id)) == 2
    assert entries_about(db, recording.id)[-1].details == {
        "track": gone.id,
        "reason": "retention",
    }


def test_an_erased_recording_says_so_and_cannot_be_erased_again(db):
    recording = make_recording(db, make_office_hour(db))
    doing = {"recording": recording, "reason": "retention", "actor": "a", "now": NOW}

    recordings.mark_erased(db, **doing)

    assert recording.state is RecordingState.ERASED
    assert recording.erased_at == NOW
    assert recording.speech_spans is None
    assert entries_about(db, recording.id)[-1].act == "recording.erased"
    with pytest.raises(WrongState, match="is erased; from there only nothing"):
        recordings.mark_erased(db, **doing)


def test_recordings_are_listed_in_the_order_of_their_conversations(db):
    office_hour = make_office_hour(db)
    made = [make_recording(db, office_hour) for _ in range(3)]
    make_recording(db, make_office_hour(db))

    assert recordings.recordings_of(db, office_hour.id) == made
    assert recordings.find_recording(db, made[0].id) is made[0]
    with pytest.raises(NotFound):
        recordings.find_recording(db, "nowhere")
    positions = [db.get_one(Consultation, r.consultation_id).position for r in made]
    assert positions == [1, 2, 3]
