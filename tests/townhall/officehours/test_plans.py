from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import (
    FOLDER,
    NOW,
    edit,
    make_office_hour,
    make_programme,
    make_question,
    make_recording,
    make_speech,
    people_by_name,
)
from townhall.errors import NotFound
from townhall.media import ChapterPlacement, ConsentLevel, Cut, CutKind
from townhall.officehours import consents, plans, programmes, recordings, transcripts
from townhall.officehours.programmes import ProgrammeState
from townhall.officehours.questions import QuestionState
from townhall.officehours.schedule import OfficeHourState

BUILDING = ProgrammeState.BUILDING


def _plan(db, programme):
    return plans.plan_of(
        db, programme, municipality="Stadt Musterbach", recordings_folder=FOLDER
    )


def _recording(db, programme):
    (recording,) = recordings.recordings_of(db, programme.office_hour_id)
    return recording


def _withdraw(db, participant, to=ConsentLevel.NONE):
    consents.withdraw_consent(db, participant=participant, to=to, now=NOW)


@pytest.fixture
def held(db):
    return make_office_hour(db, state=OfficeHourState.HELD)


def test_a_plan_holds_all_that_decides_how_it_comes_out(db, held):
    question = make_question(db, held)
    programme = make_programme(db, held, state=BUILDING)
    cut = Cut(start_s=1.0, end_s=2.0, kind=CutKind.BLEEP, reason="Adresse")
    placement = ChapterPlacement(question_id=question.id, at_s=30.0)

    second = edit(db, programme, cut=cut, placement=placement)
    plan = _plan(db, second)

    (part,) = plan.parts
    assert plan.programme_id == second.id
    assert (plan.title, plan.municipality, plan.language) == (
        "Haushalt und Radwege",
        "Stadt Musterbach",
        "de",
    )
    assert part.recording == recordings.recording_value(
        db, _recording(db, programme), folder=FOLDER
    )
    assert (part.cuts, part.placements) == ((cut,), (placement,))
    assert [s.text for s in part.speech.transcript.segments] == ["Wort 0", "Wort 1"]
    assert [q.ref for q in plan.questions] == ["1"]


def test_a_correction_is_shown_only_from_the_version_it_was_pinned_in(db, held):
    """Whoever corrects is the editor of that version; so nobody approves their own words."""
    programme = make_programme(db, held, state=BUILDING)
    recording = _recording(db, programme)
    first = _plan(db, programme).parts[0].speech.transcript.segments[0]
    transcripts.correct_segments(
        db,
        recording=recording,
        corrected=[replace(first, text="Richtig")],
        actor="Anna Berg",
        now=NOW,
    )
    assert _plan(db, programme).parts[0].speech.transcript.segments[0] == first

    pinned = programmes.pin_newest_transcripts(
        db, programme=programme, reason="Hörfehler", actor="Anna Berg", now=NOW
    )

    assert pinned.editor == "Anna Berg"
    assert _plan(db, pinned).parts[0].speech.transcript.segments[0].text == "Richtig"


def test_people_appear_with_the_consents_of_the_version(db, held):
    programme = make_programme(
        db,
        held,
        state=BUILDING,
        people={"Max Muster": ConsentLevel.SOUND_WITHOUT_NAME},
    )
    participant = people_by_name(db, _recording(db, programme))["Max Muster"]

    consents.give_consent(
        db,
        participant=participant,
        level=ConsentLevel.PICTURE_AND_SOUND,
        actor="the host",
        now=NOW,
    )

    (person,) = _plan(db, programme).parts[0].recording.people
    assert (person.name, person.consent) == (
        "Bürgerin oder Bürger",
        ConsentLevel.SOUND_WITHOUT_NAME,
    )


def test_a_plan_needs_somebody_to_have_listened(db, held):
    programme = make_programme(db, held, state=BUILDING, heard=False)
    recording = _recording(db, programme)
    assert plans.recordings_to_hear(db, programme) == [recording]

    with pytest.raises(NotFound, match="TranscriptRevision"):
        _plan(db, programme)


def test_what_was_heard_first_stays_even_if_it_is_heard_again(db, held):
    recording = make_recording(db, held, heard=False)
    people = list(people_by_name(db, recording).values())
    for heard in (people, people[:1]):
        plans.save_speech(
            db,
            recording=recording,
            speech=make_speech(heard),
            actor="the house",
            now=NOW,
        )

    assert len(recordings.speech_spans_of(recording)) == 2
    assert transcripts.newest_revision(db, recording.id).number == 1


def test_only_questions_to_be_answered_on_air_are_looked_for(db, held):
    for state in QuestionState:
        make_question(db, held, state=state, text=f"Frage {state}")

    handed_in = plans.handed_in_questions(db, held.id)

    assert {q.text for q in handed_in} == {
        "Frage accepted",
        "Frage answered",
        "Wann fährt der Bus wieder?",  # the one that the merged one was merged into
    }


@pytest.mark.parametrize(
    ("may_be_named", "in_the_room", "author"),
    [
        (True, None, "Max Muster"),
        (False, None, None),
        (True, ConsentLevel.SOUND, "Max Muster"),
        (True, ConsentLevel.SOUND_WITHOUT_NAME, None),
        (True, ConsentLevel.NONE, None),
    ],
)
def test_an_asker_is_named_only_if_they_agreed_everywhere(
    db, held, may_be_named, in_the_room, author
):
    question = make_question(db, held, author="Max Muster", may_be_named=may_be_named)
    if in_the_room is not None:
        make_recording(db, held, people={"MAX  Muster": in_the_room})

    assert plans.public_author(db, question) == author


def test_an_asker_who_withdraws_in_the_room_is_no_longer_named(db, held):
    question = make_question(db, held, author="Max Muster", may_be_named=True)
    recording = make_recording(db, held)
    assert plans.public_author(db, question) == "Max Muster"

    _withdraw(db, people_by_name(db, recording)["Max Muster"])

    assert plans.public_author(db, question) is None


def test_who_asks_in_the_room_is_found_by_name(db, held):
    recording = make_recording(db, held)
    mine = make_question(db, held, author="max  muster")
    other = make_question(db, held, author="Eva")
    nameless = make_question(db, held)

    handed_in = {q.question_id: q for q in plans.handed_in_questions(db, held.id)}

    participant = people_by_name(db, recording)["Max Muster"]
    assert handed_in[mine.id].participant_id == participant.id
    assert handed_in[other.id].participant_id is None
    assert handed_in[nameless.id].participant_id is None
