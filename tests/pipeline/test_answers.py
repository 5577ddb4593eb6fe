"""Two questions in a row, read by the moderator, answered by the host; one never."""

from dataclasses import replace

import pytest

from pipeline.answers import REVIEW_BELOW, Answer, by_question, find_answers
from tests.pipeline.spoken import person, question, recording, segment, span, transcript
from townhall.media import (
    ChapterPlacement,
    ChapterSource,
    ConsentLevel,
    Mark,
    Role,
    Speech,
)

BATH = question("bath", "Wird das Hallenbad in Tannwiesen geschlossen?")
ROAD = question("road", "Wann bekommt die Ellerbrooker Straße einen Radweg?")
DOGS = question("dogs", "Weshalb wurde die Hundesteuer so stark angehoben?")

ROOM = [person("mod", Role.MODERATOR), person("host", Role.HOST), person("guest")]
SEGMENTS = [
    segment("mod", "Guten Abend. Was ist mit dem Hallenbad in Tannwiesen?", 1.0),
    segment(
        "host", "Nein, das Hallenbad wird nicht geschlossen, wir sanieren es " * 3, 10.0
    ),
    segment("mod", "Bekommt die Ellerbrooker Straße einen sicheren Radweg?", 40.0),
    segment(
        "host",
        "Der Radweg an der Ellerbrooker Straße kommt bald, das ist sicher " * 3,
        50.0,
    ),
]
SPANS = [
    span("mod", 0.8, 8.0),
    span("host", 9.8, 34.0),
    span("mod", 39.8, 47.0),
    span("host", 49.8, 80.0),
]


def found(
    questions=(BATH, ROAD), *, spans=SPANS, segments=SEGMENTS, people=ROOM, **more
):
    marks = more.pop("marks", ())
    talk = recording(people=people, marks=marks, duration_s=100.0)
    speech = Speech(spans=tuple(spans), transcript=transcript(*segments))
    return find_answers(talk, speech, questions, **more)


def starts(answers):
    return {name: answer.start_s for name, answer in by_question(answers).items()}


def test_answers_begin_a_moment_before_the_hosts_first_sound_and_end_with_the_turn():
    answers = found()

    assert [(a.question_ids, a.start_s, a.end_s, a.source) for a in answers] == [
        (("bath",), 9.7, 34.0, ChapterSource.TRANSCRIPT),
        (("road",), 49.7, 80.0, ChapterSource.TRANSCRIPT),
    ]
    assert all(a.confidence >= REVIEW_BELOW and not a.needs_review for a in answers)


def test_order_of_the_list_does_not_matter():
    assert starts(found([ROAD, BATH])) == {"bath": 9.7, "road": 49.7}


def test_never_answered_question_stays_open():
    answers = found([BATH, DOGS, ROAD])

    assert starts(answers) == {"bath": 9.7, "road": 49.7}
    assert answers.open_question_ids == ("dogs",)


def test_two_answered_together_share_one_stretch():
    both = question("roof", "Saniert die Stadt das Hallenbad in Tannwiesen?")

    answers = found([BATH, both])

    assert [answer.question_ids for answer in answers] == [("bath", "roof")]


def test_weak_claim_on_anothers_answer_stays_open():
    """A few shared letters are no answer when somebody else's question fits better."""
    weak = question("weak", "Gibt es bald eine sichere Ampel und mehr Streifen?")

    assert found([weak, ROAD]).open_question_ids == ("weak",)


def test_doubtful_answer_is_a_proposal():
    vague = question(
        "vague", "Was kostet eigentlich die Sanierung der Bäder im Landkreis?"
    )

    (answer,) = found([vague])

    assert answer.start_s == 9.7
    assert answer.needs_review
    assert answer.confidence < REVIEW_BELOW


def test_question_asked_live_is_unclaimed_and_reported():
    live = [
        span("guest", 82.8, 90.0),
        span("host", 91.8, 110.0),
    ]

    answers = found(spans=[*SPANS, *live])

    (block,) = answers.unclaimed
    assert (block.start_s, block.end_s) == (91.7, 110.0)
    assert (block.asked_from_s, block.asked_by) == (82.8, "guest")


def test_asker_in_person_is_found_even_without_a_word_made_out():
    """The asker agreed to nothing: no words, but it is known when they spoke."""
    asked = question(
        "own", "Fährt der Bus bald bis Mitternacht?", participant_id="guest"
    )
    people = [*ROOM[:2], person("guest", consent=ConsentLevel.NONE)]
    live = [span("guest", 82.8, 90.0), span("host", 91.8, 110.0)]

    answers = found([asked], spans=[*SPANS, *live], people=people)

    assert starts(answers) == {"own": 91.7}


def test_short_remark_of_another_does_not_end_the_answer():
    spans = [
        *SPANS[:2],
        span("guest", 34.3, 36.0),
        span("host", 36.5, 46.0),
        span("mod", 50.0, 57.0),
        span("host", 59.8, 90.0),
    ]

    answers = found([BATH], spans=spans)

    assert [(a.start_s, a.end_s) for a in answers] == [(9.7, 46.0)]


def test_mark_beats_the_words():
    answers = found([BATH], marks=[Mark(question_id="bath", at_s=42.0)])

    assert list(answers) == [
        Answer(
            question_ids=("bath",),
            start_s=49.7,
            end_s=80.0,
            confidence=1.0,
            source=ChapterSource.MARK,
            needs_review=True,  # the words say 9.7 s
        )
    ]


def test_mark_that_the_words_agree_with_needs_no_review():
    answers = found(marks=[Mark(question_id="bath", at_s=3.0)])

    assert [(a.start_s, a.source, a.needs_review) for a in answers] == [
        (9.7, ChapterSource.MARK, False),
        (49.7, ChapterSource.TRANSCRIPT, False),
    ]


@pytest.mark.parametrize(
    ("at_s", "start_s"),
    [
        (9.0, 9.7),  # while it is read
        (13.0, 9.7),  # a moment late
        (32.0, 49.7),  # at the end of the answer before
        (44.0, 49.7),
    ],
)
def test_mark_finds_the_turn_it_means(at_s, start_s):
    answers = found([DOGS], marks=[Mark(question_id="dogs", at_s=at_s)])

    assert starts(answers) == {"dogs": start_s}


def test_host_who_goes_on_alone_is_found_by_the_mark_within_the_turn():
    alone = [
        span("host", 0.8, 20.0),
        span("host", 21.0, 22.0),
        span("host", 23.0, 60.0),
    ]

    answers = found(
        [BATH, ROAD],
        spans=[*alone, span("mod", 65.0, 66.0)],
        marks=[Mark(question_id="bath", at_s=0.0), Mark(question_id="road", at_s=20.5)],
    )

    assert [(a.start_s, a.end_s) for a in answers] == [(0.7, 22.9), (22.9, 60.0)]


def test_last_of_two_marks_counts():
    marks = [Mark(question_id="dogs", at_s=3.0), Mark(question_id="dogs", at_s=42.0)]

    assert starts(found([DOGS], marks=marks)) == {"dogs": 49.7}


def test_marks_of_two_questions_at_one_answer_share_it():
    marks = [Mark(question_id="dogs", at_s=41.0), Mark(question_id="road", at_s=43.0)]

    assert [answer.question_ids for answer in found([DOGS, ROAD], marks=marks)] == [
        ("dogs", "road")
    ]


def test_mark_after_which_nobody_answers_proves_nothing():
    answers = found([DOGS], marks=[Mark(question_id="dogs", at_s=95.0)])

    assert answers.open_question_ids == ("dogs",)


def test_mark_of_a_question_nobody_handed_in_is_ignored():
    assert len(found([], marks=[Mark(question_id="other", at_s=3.0)])) == 0


def test_press_office_beats_mark_and_words_to_the_second():
    answers = found(
        marks=[Mark(question_id="bath", at_s=3.0)],
        placements=[ChapterPlacement(question_id="bath", at_s=12.5)],
    )

    assert [(a.question_ids, a.start_s, a.end_s, a.source) for a in answers] == [
        (("bath",), 12.5, 34.0, ChapterSource.PRESS),
        (("road",), 49.7, 80.0, ChapterSource.TRANSCRIPT),
    ]


def test_press_office_can_say_never_answered():
    answers = found(placements=[ChapterPlacement(question_id="bath", at_s=None)])

    assert starts(answers) == {"road": 49.7}
    assert answers.open_question_ids == ("bath",)


def test_without_a_host_the_one_who_speaks_most_answers():
    people = [replace(one, role=Role.CITIZEN) for one in ROOM]

    assert starts(found(people=people)) == {"bath": 9.7, "road": 49.7}


def test_bleed_is_nobodys_turn():
    bleed = span("host", 0.8, 8.0, bleed_of="mod")

    assert starts(found(spans=[bleed, *SPANS])) == {"bath": 9.7, "road": 49.7}


def test_single_film_gives_proposals_that_must_be_confirmed():
    spans = [replace(one, participant_id=None) for one in SPANS]
    segments = [replace(one, participant_id=None) for one in SEGMENTS]

    answers = found([BATH, ROAD, DOGS], spans=spans, segments=segments, people=())

    assert starts(answers) == {"bath": 9.7, "road": 49.7}
    assert answers.open_question_ids == ("dogs",)
    assert all(a.needs_review and a.confidence < REVIEW_BELOW for a in answers)


def test_silence_answers_nothing():
    answers = found(spans=(), segments=())

    assert (len(answers), answers.open_question_ids) == (0, ("bath", "road"))
