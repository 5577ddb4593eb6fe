import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.pcm import speech_pcm
from pipeline.pieces import PieceStore
from pipeline.speech_model import BATCH_SIZE
from pipeline.transcribe import SPLIT_LEVELS, transcribe
from tests.pipeline.spoken import (
    ToneModel,
    noise,
    person,
    recording,
    silence,
    span,
    track,
    write_wav,
)
from townhall.media import ConsentLevel, Word

pytestmark = pytest.mark.media

SPANS = [span("a", 1, 9), span("b", 10, 18), span("a", 20, 44), span("a", 60, 84)]


@pytest.fixture
def store(tmp_path):
    return PieceStore(tmp_path / "store")


@pytest.fixture
def talk(tmp_path):
    """Two minutes, two persons."""
    return recording(
        *(
            track(
                write_wav(tmp_path / f"{who}.wav", noise(120.0, seed=seed)),
                who,
                duration_s=120.0,
            )
            for who, seed in (("a", 1), ("b", 2))
        ),
        people=[person("a"), person("b")],
    )


def decoded(store):
    return [key for step, key in store.builds() if step == "speech-text"]


def test_words_stand_on_the_session_clock_under_their_speaker(store, talk):
    found = transcribe(store, talk, SPANS, ToneModel())

    assert [(part.participant_id, part.start_s) for part in found.segments][:2] == [
        ("a", 1.0),
        ("b", 10.0),
    ]
    said = {
        (word.start_s // 1, part.participant_id)
        for part in found.segments
        for word in part.words
    }
    assert said == {
        (float(second), one.participant_id)
        for one in SPANS
        for second in range(int(one.start_s), int(one.end_s))
    }


def test_windows_of_all_persons_share_a_batch(store, talk):
    model = ToneModel()

    transcribe(store, talk, SPANS, model)

    assert model.batches == [4]


def test_second_run_decodes_nothing(store, talk):
    first = transcribe(store, talk, SPANS, ToneModel())
    model = ToneModel()

    again = transcribe(store, talk, SPANS, model)

    assert (model.decoded, again) == (0, first)


def test_one_more_person_costs_only_that_persons_windows(store, talk):
    only_a = replace(talk, tracks=talk.tracks[:1])
    transcribe(
        store, only_a, [one for one in SPANS if one.participant_id == "a"], ToneModel()
    )
    model = ToneModel()

    transcribe(store, talk, SPANS, model)

    assert model.decoded == 1


@pytest.mark.parametrize(
    "change", [{"names": ["Hollerfeld"]}, {"language": "en"}, {"model": "tone-2"}]
)
def test_other_names_language_or_model_decode_anew(store, talk, change):
    transcribe(store, talk, SPANS, ToneModel())
    model = ToneModel(digest=change.pop("model", "tone-1"))

    transcribe(store, talk, SPANS, model, **change)

    assert model.decoded == 4


def test_words_do_not_depend_on_what_shares_the_batch(tmp_path, talk):
    many = [span("a", start_s, start_s + 14.0) for start_s in range(0, 105, 15)]
    whole = transcribe(PieceStore(tmp_path / "1"), talk, many, ToneModel())
    store = PieceStore(tmp_path / "2")
    transcribe(store, talk, many[:3], ToneModel())

    resumed = transcribe(store, talk, many, ToneModel())

    assert resumed == whole


def test_bleed_is_never_decoded(store, talk):
    foreign = [span("b", 1, 9, bleed_of="a")]
    model = ToneModel()

    found = transcribe(store, talk, foreign, model)

    assert (model.decoded, found.segments) == (0, ())


@pytest.mark.parametrize(
    ("consent", "heard"),
    [
        (ConsentLevel.NONE, {"a"}),
        (ConsentLevel.SOUND_WITHOUT_NAME, {"a", "b"}),
    ],
)
def test_who_agreed_to_nothing_is_never_decoded(store, talk, consent, heard):
    talk = replace(talk, people=(person("a"), person("b", consent=consent)))

    found = transcribe(store, talk, SPANS, ToneModel())

    assert {part.participant_id for part in found.segments} == heard


def test_person_nobody_knows_the_consent_of_is_never_decoded(store, talk):
    model = ToneModel()

    transcribe(store, replace(talk, people=()), SPANS, model)

    assert model.decoded == 0


def test_single_film_is_transcribed_without_a_speaker(store, tmp_path):
    film = track(write_wav(tmp_path / "f.wav", noise(10.0)), None, duration_s=10.0)

    found = transcribe(store, recording(film), [span(None, 1, 5)], ToneModel())

    assert {part.participant_id for part in found.segments} == {None}


def loops_when_longer_than(limit_s):
    def spoil(sound, decoded):
        looping = sound.size / 16_000 > limit_s
        return replace(decoded, compression_ratio=9.0) if looping else decoded

    return spoil


def test_looping_window_is_split_until_it_makes_sense(store, talk):
    model = ToneModel(spoil=loops_when_longer_than(9.0))

    found = transcribe(store, talk, [span("a", 20, 44)], model)

    assert model.batches == [1, 2, 4]
    assert sum(len(part.words) for part in found.segments) >= 47
    assert not any(part.unsure for part in found.segments)


def test_what_loops_to_the_end_has_no_text_and_is_unsure(store, talk):
    model = ToneModel(spoil=loops_when_longer_than(0.0))

    found = transcribe(store, talk, [span("a", 20, 44)], model)

    assert model.decoded == 2 ** (SPLIT_LEVELS + 1) - 1
    assert [
        (part.start_s, part.end_s, part.text, part.unsure) for part in found.segments
    ] == [(20.0, 44.0, "", True)]


def test_part_of_a_turn_that_loops_to_the_end_is_unsure_and_the_rest_is_kept(
    store, talk
):
    def spoil(sound, decoded):
        first = abs(int(sound[0])) == abs(int(loud[0]))
        return replace(decoded, compression_ratio=9.0) if first else decoded

    (pcm,) = [speech_pcm(store, one) for one in talk.tracks[:1]]
    loud = pcm.read(20 * 16_000, 20 * 16_000 + 1)

    found = transcribe(store, talk, [span("a", 20, 44)], ToneModel(spoil=spoil))

    assert [part.unsure for part in found.segments][:1] == [True]
    assert sum(len(part.words) for part in found.segments) >= 40


def test_window_the_model_finds_improbable_is_split(store, talk):
    def spoil(sound, decoded):
        return replace(decoded, avg_logprob=-1.3) if sound.size > 200_000 else decoded

    model = ToneModel(spoil=spoil)
    transcribe(store, talk, [span("a", 20, 44)], model)

    assert model.batches == [1, 2]


def test_stretch_without_a_word_is_decoded_again(store, talk):
    """Whisper now and then stops in the middle of a window."""

    def spoil(sound, decoded):
        if sound.size < 10 * 16_000:
            return decoded
        early = tuple(word for word in decoded.words if word.end_s < 4)
        return replace(decoded, words=early)

    model = ToneModel(spoil=spoil)
    found = transcribe(store, talk, [span("a", 1, 6), span("a", 10, 17)], model)

    assert model.batches == [1, 2]
    assert found.segments[-1].end_s == pytest.approx(17.0)


def test_credits_of_subtitle_files_are_not_believed(store, talk):
    def spoil(_sound, decoded):
        credit = "Untertitelung im Auftrag des ZDF, 2020"
        words = tuple(
            Word(start_s=n * 0.3, end_s=n * 0.3 + 0.2, text=text, probability=0.9)
            for n, text in enumerate(credit.split())
        )
        return replace(decoded, words=words)

    found = transcribe(store, talk, [span("a", 1, 5)], ToneModel(spoil=spoil))

    assert [(part.text, part.unsure) for part in found.segments] == [("", True)]


def test_progress_counts_windows_and_ends_complete(store, talk):
    told = []

    transcribe(
        store, talk, SPANS, ToneModel(), progress=lambda *counts: told.append(counts)
    )

    assert told == [(0, 4), (4, 4)]


KILLED = """
import os, signal, sys
from pathlib import Path
from pipeline.pcm import speech_pcm
from pipeline.pieces import PieceStore
from pipeline.transcribe import transcribe
from tests.pipeline.spoken import ToneModel, person, recording, span, track

store, sound = PieceStore(Path(sys.argv[1])), Path(sys.argv[2])
spans = [span("a", start_s, start_s + 20.0) for start_s in range(0, 231, 21)]

def progress(done, known):
    if done:
        os.kill(os.getpid(), signal.SIGKILL)

talk = recording(track(sound, "a", duration_s=260.0), people=[person("a")])
transcribe(store, talk, spans, ToneModel(), progress=progress)
"""


def test_killed_and_resumed_gives_the_same_words_and_decodes_nothing_twice(tmp_path):
    path = write_wav(tmp_path / "a.wav", noise(260.0))
    talk = recording(track(path, "a", duration_s=260.0), people=[person("a")])
    spans = [span("a", start_s, start_s + 20.0) for start_s in range(0, 231, 21)]
    whole = transcribe(PieceStore(tmp_path / "whole"), talk, spans, ToneModel())
    store = PieceStore(tmp_path / "killed")

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(store.folder), str(path)],
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    before = decoded(store)
    model = ToneModel()
    resumed = transcribe(store, talk, spans, model)

    assert killed.returncode == -signal.SIGKILL
    assert len(before) == BATCH_SIZE
    assert model.decoded == len(spans) - BATCH_SIZE
    assert resumed == whole
    assert len(decoded(store)) == len(set(decoded(store))) == len(spans)


def test_silent_track_costs_nothing(store, tmp_path):
    quiet = track(write_wav(tmp_path / "q.wav", silence(5.0)), "a", duration_s=5.0)
    model = ToneModel()

    found = transcribe(store, recording(quiet, people=[person("a")]), [], model)

    assert (found.segments, model.decoded, store.builds()) == ((), 0, [])
