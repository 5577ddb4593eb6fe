"""The whole speech room on a minute of the demo, with the real model."""

from pathlib import Path

import pytest

from bench.german_text import error_rate
from pipeline.answers import find_answers
from pipeline.pieces import PieceStore
from pipeline.speech_activity import speech_spans
from pipeline.speech_model import load_model, model_folder
from pipeline.transcribe import names_for, transcribe
from tests.pipeline.demo_voices import clip, truth
from tests.pipeline.spoken import (
    noise,
    person,
    question,
    recording,
    span,
    track,
    write_wav,
)
from townhall.media import Role, Speech

pytestmark = pytest.mark.media

LIBRARY = question("library", "Warum schließt die Stadtbücherei samstags so früh?")
DOGS = question("dogs", "Weshalb wurde die Hundesteuer angehoben?")
MINUTE_S = 56.0


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(
        model_folder(None, tmp_path_factory.getbasetemp() / "models"), threads=2
    )


def test_a_minute_is_written_down_and_its_question_placed(tmp_path, model):
    told = truth()
    who = ("moderator", "host")
    talk = recording(
        *(clip(tmp_path / f"{name}.wav", name, 0.0, MINUTE_S) for name in who),
        people=[
            person("moderator", Role.MODERATOR, name=told["names"]["moderator"]),
            person("host", Role.HOST, name=told["names"]["host"]),
        ],
        duration_s=MINUTE_S,
    )
    store = PieceStore(tmp_path / "store")

    spans = speech_spans(store, talk)
    names = names_for(talk, [LIBRARY], [told["town"], "Kirchplatz"])
    said = transcribe(store, talk, spans, model, names=names)
    answers = find_answers(talk, Speech(spans=spans, transcript=said), [LIBRARY, DOGS])

    turns = [turn for turn in told["turns"] if turn["end_s"] < MINUTE_S]
    pairs = [
        (
            " ".join(turn["text"] for turn in turns if turn["speaker"] == name),
            " ".join(p.text for p in said.segments if p.participant_id == name),
        )
        for name in who
    ]
    assert error_rate(pairs) < 0.12
    assert told["names"]["moderator"] in " ".join(text for _, text in pairs)
    (library,) = (q for q in told["questions"] if q["id"] == "q1")
    assert [answer.question_ids for answer in answers] == [("library",)]
    assert answers.answers[0].start_s == pytest.approx(
        library["answer_start_s"], abs=0.6
    )
    assert answers.open_question_ids == ("dogs",)


def test_noise_makes_no_words_even_when_it_is_taken_for_speech(tmp_path, model):
    """What slips past the voice detector still has to get past the guards."""
    path = write_wav(tmp_path / "n.wav", noise(10.0, level=0.2))
    talk = recording(track(path, None, duration_s=10.0))

    said = transcribe(
        PieceStore(tmp_path / "store"), talk, [span(None, 4.0, 5.9)], model
    )

    assert [(part.text, part.unsure) for part in said.segments] == [("", True)]


def test_recording_of_nobody_is_an_empty_transcript(tmp_path, model):
    path = write_wav(tmp_path / "q.wav", noise(2.0, level=0.0))
    talk = recording(track(Path(path), None, duration_s=2.0))
    store = PieceStore(tmp_path / "store")

    assert transcribe(store, talk, speech_spans(store, talk), model).segments == ()
