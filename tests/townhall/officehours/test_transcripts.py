from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import (
    NOW,
    make_office_hour,
    make_recording,
    make_segment,
    people_by_name,
)
from townhall.audit import entries_about
from townhall.errors import InvalidInput, NotFound
from townhall.media import Transcript, Word
from townhall.officehours import transcripts


@pytest.fixture
def recording(db):
    return make_recording(db, make_office_hour(db))


def _correct(db, recording, *corrected):
    return transcripts.correct_segments(
        db, recording=recording, corrected=corrected, actor="Anna Berg", now=NOW
    )


def _newest(db, recording):
    return transcripts.transcript_value(transcripts.newest_revision(db, recording.id))


def test_a_transcript_comes_back_as_it_was_saved(db):
    recording = make_recording(db, make_office_hour(db), heard=False)
    word = Word(start_s=0.1, end_s=0.4, text="Grüß", probability=None)
    said = Transcript(
        language="de",
        segments=(make_segment(None, 0.0, "Grüß", words=(word,), unsure=True),),
    )

    transcripts.save_transcript(
        db, recording=recording, transcript=said, actor="the house", now=NOW
    )
    db.expire_all()

    assert _newest(db, recording) == said


def test_each_revision_is_kept_under_its_number_and_stands_in_the_trail(db, recording):
    machine = _newest(db, recording)

    revision = _correct(db, recording, replace(machine.segments[0], text="Richtig"))

    assert (revision.number, revision.editor) == (2, "Anna Berg")
    assert transcripts.newest_revision(db, recording.id) is revision
    first = transcripts.revision_numbered(db, recording.id, 1)
    assert transcripts.transcript_value(first) == machine
    entry = entries_about(db, recording.id)[-1]
    assert (entry.actor, entry.act, entry.details) == (
        "Anna Berg",
        "transcript.saved",
        {"revision": 2},
    )


def test_a_correction_changes_only_the_segment_that_begins_there(db, recording):
    first, second = _newest(db, recording).segments
    corrected = replace(second, text="Richtig", words=())

    _correct(db, recording, corrected)

    assert _newest(db, recording).segments == (first, corrected)


def test_a_correction_that_changes_nothing_makes_no_revision(db, recording):
    first = _newest(db, recording).segments[0]

    assert _correct(db, recording, first) is None
    assert transcripts.newest_revision(db, recording.id).number == 1


@pytest.mark.parametrize(
    "changes", [{"start_s": 0.01}, {"participant_id": "somebody"}, {"end_s": 9.0}]
)
def test_a_correction_where_no_segment_is_is_refused(db, recording, changes):
    first = _newest(db, recording).segments[0]

    with pytest.raises(InvalidInput, match="none begins at"):
        _correct(db, recording, replace(first, text="x", **changes))


def test_before_anybody_listened_there_is_nothing_to_correct(db):
    recording = make_recording(db, make_office_hour(db), heard=False)

    with pytest.raises(NotFound):
        _correct(db, recording, make_segment(None, 0.0, "x"))
    assert transcripts.newest_revision(db, recording.id) is None


def test_a_revision_that_does_not_exist_is_refused(db, recording):
    with pytest.raises(NotFound):
        transcripts.revision_numbered(db, recording.id, 2)


def test_somebodys_words_go_from_every_revision_and_only_theirs(db, recording):
    people = people_by_name(db, recording)
    host, citizen = people["Dr. Jana Roth"], people["Max Muster"]
    _correct(db, recording, replace(_newest(db, recording).segments[0], text="Neu"))

    gone = transcripts.erase_words_of(
        db,
        recording=recording,
        participant_id=citizen.id,
        actor="the house",
        now=NOW,
    )
    db.flush()
    db.expire_all()

    assert gone == 2
    left = {
        segment.participant_id
        for number in (1, 2)
        for segment in transcripts.transcript_value(
            transcripts.revision_numbered(db, recording.id, number)
        ).segments
    }
    assert left == {host.id}
    entry = entries_about(db, recording.id)[-1]
    assert (entry.act, entry.details) == ("transcript.words_erased", {"segments": 2})


def test_where_nobodys_words_are_left_the_trail_says_nothing(db, recording):
    before = len(entries_about(db, recording.id))

    gone = transcripts.erase_words_of(
        db, recording=recording, participant_id="nobody", actor="a", now=NOW
    )

    assert gone == 0
    assert len(entries_about(db, recording.id)) == before
