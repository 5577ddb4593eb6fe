from __future__ import annotations

from dataclasses import asdict

import pytest

from tests.factories import (
    NOW,
    edit,
    finish_build,
    make_office_hour,
    make_programme,
    make_question,
    make_recording,
)
from townhall.audit import AuditEntry, entries_about
from townhall.errors import InvalidInput, NotFound, WrongState
from townhall.media import ChapterPlacement, Cut, CutKind
from townhall.officehours import programmes, recordings
from townhall.officehours.programmes import ProgrammeState
from townhall.officehours.schedule import OfficeHourState


def _cut(start_s, end_s):
    return Cut(start_s=start_s, end_s=end_s, kind=CutKind.REMOVE, reason="Adresse")


@pytest.fixture
def held(db):
    return make_office_hour(db, state=OfficeHourState.HELD)


def test_an_edit_makes_a_new_version_of_its_editor(db):
    first = make_programme(db)

    second = edit(db, first, actor="Anna Berg")

    assert (second.version, second.editor, second.state) == (
        2,
        "Anna Berg",
        ProgrammeState.BUILDING,
    )
    assert second.digest is None
    assert first.state is ProgrammeState.SUPERSEDED
    assert first.parts[0]["cuts"] == []
    (entry,) = entries_about(db, second.id)
    assert (entry.actor, entry.act) == ("Anna Berg", "programme.requested")


def test_what_people_write_about_an_edit_stays_out_of_the_trail(db):
    """It may name whoever is cut out, and the trail outlives erasure."""
    second = edit(db, make_programme(db))

    assert second.reason == "Adresse genannt"
    assert not [e for e in db.query(AuditEntry) if "Adresse" in str(e.details)]


def test_cuts_add_up_from_version_to_version(db):
    cuts = [_cut(1.0, 2.0), _cut(5.0, 9.0)]
    programme = make_programme(db)
    for cut in cuts:
        programme = edit(db, programme, cut=cut)

    assert programme.parts[0]["cuts"] == [asdict(cut) for cut in cuts]


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(-1.0, 2.0), (2.0, 2.0), (3.0, 2.0), (1.0, 60.1)]
)
def test_a_cut_outside_the_recording_is_refused(db, start_s, end_s):
    programme = make_programme(db)

    with pytest.raises(InvalidInput, match=r"does not lie inside 0-60\.00 s"):
        edit(db, programme, cut=_cut(start_s, end_s))

    assert programmes.current_programme(db, programme.office_hour_id) is programme


def test_an_edit_of_a_foreign_recording_is_refused(db):
    foreign = make_recording(db, make_office_hour(db))

    with pytest.raises(NotFound, match="no Recording"):
        edit(db, make_programme(db), recording_id=foreign.id)


def test_an_edit_of_an_old_version_is_refused(db):
    first = make_programme(db)
    edit(db, first)

    with pytest.raises(WrongState, match="older than version 2"):
        edit(db, first)
    with pytest.raises(WrongState, match="older than version 2"):
        programmes.pin_newest_transcripts(
            db, programme=first, reason="x", actor="Anna Berg", now=NOW
        )


def test_an_edit_of_what_was_erased_is_refused(db):
    programme = make_programme(db)
    recordings.mark_erased(
        db,
        recording=recordings.find_recording(db, programme.parts[0]["recording"]),
        reason="retention",
        actor="the house",
        now=NOW,
    )

    with pytest.raises(WrongState, match="is erased"):
        edit(db, programme)


def test_an_answer_is_placed_anew_not_twice(db, held):
    question = make_question(db, held)
    programme = make_programme(db, held)
    for at_s in (10.0, 20.0):
        programme = edit(
            db,
            programme,
            cut=None,
            placement=ChapterPlacement(question_id=question.id, at_s=at_s),
        )

    assert programme.parts[0]["placements"] == [
        {"question_id": question.id, "at_s": 20.0}
    ]


def test_an_answer_that_moves_to_another_conversation_leaves_the_first(db, held):
    question = make_question(db, held)
    one, two = make_recording(db, held), make_recording(db, held)
    programme = make_programme(db, held)
    for recording in (one, two):
        programme = edit(
            db,
            programme,
            recording_id=recording.id,
            cut=None,
            placement=ChapterPlacement(question_id=question.id, at_s=10.0),
        )

    assert [part["placements"] for part in programme.parts] == [
        [],
        [{"question_id": question.id, "at_s": 10.0}],
    ]


def test_a_question_can_be_set_down_as_never_answered(db, held):
    question = make_question(db, held)

    second = edit(
        db,
        make_programme(db, held),
        cut=None,
        placement=ChapterPlacement(question_id=question.id, at_s=None),
    )

    assert second.parts[0]["placements"] == [{"question_id": question.id, "at_s": None}]


@pytest.mark.parametrize("at_s", [-0.1, 60.0])
def test_an_answer_outside_the_recording_is_refused(db, held, at_s):
    question = make_question(db, held)

    with pytest.raises(InvalidInput, match="does not lie inside"):
        edit(
            db,
            make_programme(db, held),
            cut=None,
            placement=ChapterPlacement(question_id=question.id, at_s=at_s),
        )


def test_an_answer_to_a_foreign_or_unknown_question_is_refused(db, held):
    programme = make_programme(db, held)
    foreign = make_question(db, make_office_hour(db))

    for question_id in (foreign.id, "nowhere"):
        with pytest.raises(NotFound, match="no Question"):
            edit(
                db,
                programme,
                cut=None,
                placement=ChapterPlacement(question_id=question_id, at_s=1.0),
            )


def test_pinning_transcripts_keeps_cuts(db):
    cut = finish_build(db, edit(db, make_programme(db)))

    pinned = programmes.pin_newest_transcripts(
        db, programme=cut, reason="Hörfehler", actor="Anna Berg", now=NOW
    )

    assert pinned.version == 3
    assert pinned.parts == cut.parts
