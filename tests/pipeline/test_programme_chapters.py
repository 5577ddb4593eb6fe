"""Chapters in programme time."""

from pipeline.answers import Answer
from pipeline.edit_list import EditedPart, make_edit_list
from pipeline.programme_chapters import (
    audible,
    chapters_vtt,
    open_questions,
    programme_chapters,
)
from tests.pipeline.programme_factory import (
    cut,
    part,
    person,
    plan,
    question,
    recording,
    segment,
    spans,
)
from townhall.media import ChapterSource, ConsentLevel, Role

QUESTIONS = [
    question("q1", "Eins?"),
    question("q2", "Zwei & mehr?"),
    question("q3", "Drei?"),
]
PLAN = plan(questions=QUESTIONS)


def answer(ids, start_s, end_s, *, confidence=1.0, needs_review=False):
    return Answer(
        question_ids=tuple(ids.split()),
        start_s=start_s,
        end_s=end_s,
        confidence=confidence,
        source=ChapterSource.TRANSCRIPT,
        needs_review=needs_review,
    )


def chapters(*answers, cuts=()):
    edits = make_edit_list([EditedPart(duration_s=100.0, cuts=cuts)])
    return programme_chapters(PLAN, [answers], edits)


def told(found):
    return [(each.question_ids, each.start_s, each.end_s) for each in found]


def test_chapters_move_with_the_cut():
    found = chapters(
        answer("q1", 10, 20), answer("q2 q3", 40, 60), cuts=[cut("remove", 15, 45)]
    )

    assert told(found) == [(("q1",), 10, 15), (("q2", "q3"), 15, 30)]


def test_an_answer_that_was_cut_out_leaves_its_question_open():
    found = chapters(answer("q1", 10, 20), cuts=[cut("remove", 5, 25)])

    assert found == ()
    assert open_questions(PLAN, found) == ("q1", "q2", "q3")


def test_of_two_answers_the_certain_one_stays():
    one = (answer("q1", 10, 20, confidence=0.9, needs_review=True),)
    two = (answer("q1", 30, 40, confidence=0.8),)
    edits = make_edit_list([EditedPart(duration_s=100.0)] * 2)

    found = programme_chapters(PLAN, [one, two], edits)

    assert told(found) == [(("q1",), 130, 140)]


def test_proposals_are_not_in_the_chapters_file():
    found = chapters(answer("q1", 10, 20, needs_review=True), answer("q2", 65, 70.5))

    text = chapters_vtt(found, {each.question_id: each for each in QUESTIONS})

    assert text == ("WEBVTT\n\n00:01:05.000 --> 00:01:10.500\nZwei &amp; mehr?\n")
    assert open_questions(PLAN, found) == ("q1", "q3")


def test_a_long_question_is_shortened_at_a_word():
    long = question("q1", "Wann kommt der Radweg " * 9)

    text = chapters_vtt(chapters(answer("q1", 1, 20)), {"q1": long})

    title = text.splitlines()[-1]
    assert len(title) <= 82
    assert title.endswith(" …")


def test_words_of_people_who_are_not_published_find_no_answers():
    gone = person("guest", Role.CITIZEN, consent=ConsentLevel.NONE)
    talk = recording([person("host"), gone], seconds=60)
    said = [segment("host", "Guten Tag", 0), segment("guest", "Hallo", 5)]

    speech = audible(part(talk, spans(("guest", 5, 6)), said))

    assert [each.participant_id for each in speech.transcript.segments] == ["host"]
    assert len(speech.spans) == 1
