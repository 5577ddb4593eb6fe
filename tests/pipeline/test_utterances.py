from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.utterances import SENTENCE_MAX_S, TURN_PAUSE_S, Unheard, utterances
from tests.pipeline.spoken import words
from townhall.media import Word


def texts(segments):
    return [(part.participant_id, part.text) for part in segments]


def test_sentences_of_one_person_are_one_segment():
    assert texts(utterances({"a": words("Guten Abend. Ich freue mich.")})) == [
        ("a", "Guten Abend. Ich freue mich.")
    ]


def test_long_pause_begins_a_new_segment():
    spoken = (*words("Guten Abend."), *words("Und nun?", start_s=0.9 + TURN_PAUSE_S))

    assert texts(utterances({"a": spoken})) == [
        ("a", "Guten Abend."),
        ("a", "Und nun?"),
    ]


def test_another_who_speaks_in_between_parts_a_turn():
    host = (*words("Das stimmt."), *words("Und weiter.", start_s=2.0))

    assert texts(utterances({"host": host, "citizen": words("Aha.", start_s=1.2)})) == [
        ("host", "Das stimmt."),
        ("citizen", "Aha."),
        ("host", "Und weiter."),
    ]


def test_speech_that_nobody_could_make_out_is_an_unsure_segment_without_text():
    (segment,) = utterances({}, [Unheard("a", 3.0, 5.0)])

    assert (segment.start_s, segment.end_s, segment.text, segment.words) == (
        3,
        5,
        "",
        (),
    )
    assert segment.unsure


def test_improbable_words_make_a_segment_unsure():
    (sure,) = utterances({"a": words("Guten Abend.", probability=0.8)})
    (unsure,) = utterances({"a": words("Huden Amend.", probability=0.3)})

    assert (sure.unsure, unsure.unsure) == (False, True)


def test_sentence_without_end_is_cut():
    endless = words(" ".join(["und"] * 200))

    segments = utterances({"a": endless})

    assert max(part.end_s - part.start_s for part in segments) <= SENTENCE_MAX_S
    assert sum(len(part.words) for part in segments) == 200


@st.composite
def spoken(draw):
    now, found = draw(st.floats(0, 5)), []
    for token in draw(st.lists(st.sampled_from(["ja", "nein,", "gut."]), max_size=80)):
        start_s = now + draw(st.floats(0, 3))
        now = start_s + draw(st.floats(0.05, 1.5))
        found.append(Word(start_s=start_s, end_s=now, text=token, probability=0.9))
    return found


@settings(max_examples=60, deadline=None)
@given(spoken(), spoken())
def test_every_word_is_in_one_segment_in_order(one, other):
    segments = utterances({"a": one, "b": other})

    for who, said in (("a", one), ("b", other)):
        kept = [
            w for part in segments if part.participant_id == who for w in part.words
        ]
        assert kept == said
    assert [part.start_s for part in segments] == sorted(
        part.start_s for part in segments
    )
    assert all(part.end_s - part.start_s <= SENTENCE_MAX_S for part in segments)
