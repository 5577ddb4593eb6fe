from itertools import pairwise

import numpy as np
import pytest

from pipeline.pcm import speech_pcm
from pipeline.pieces import PieceStore
from pipeline.speech_activity import SPEECH_PAD_S, speech_spans
from tests.pipeline.demo_voices import clip, sound_of, truth
from tests.pipeline.spoken import noise, person, recording, silence, track, write_wav

pytestmark = pytest.mark.media


@pytest.fixture
def store(tmp_path):
    return PieceStore(tmp_path / "store")


@pytest.mark.parametrize(
    "make",
    [
        lambda: np.zeros(160_000),
        lambda: silence(10.0),
        lambda: np.random.default_rng(3).standard_normal(160_000) * 0.2,
        lambda: np.sin(np.arange(160_000) * 2 * np.pi * 50 / 16_000) * 0.3,
    ],
    ids=["digital silence", "quiet room", "loud noise", "mains hum"],
)
def test_nothing_is_heard_where_nobody_speaks(store, tmp_path, make):
    path = write_wav(tmp_path / "a.wav", make())

    assert speech_spans(store, recording(track(path, None, duration_s=10.0))) == ()


def test_turns_are_heard_where_they_are(store, tmp_path):
    first = next(turn for turn in truth()["turns"] if turn["speaker"] == "moderator")
    spans = speech_spans(
        store, recording(clip(tmp_path / "m.wav", "moderator", 0.0, 18.0))
    )

    assert spans[0].start_s + SPEECH_PAD_S == pytest.approx(first["start_s"], abs=0.15)
    assert spans[-1].end_s - SPEECH_PAD_S == pytest.approx(first["end_s"], abs=0.25)
    assert all(-40 < span.loudness_db < -10 for span in spans)


def test_offset_of_a_track_moves_its_spans(store, tmp_path):
    here = clip(tmp_path / "m.wav", "moderator", 0.0, 18.0)
    moved = track(here.path, "moderator", offset_ms=-500, duration_s=here.duration_s)

    first, second = (speech_spans(store, recording(each)) for each in (here, moved))

    assert [round(span.start_s - 0.5, 6) for span in first] == [
        round(span.start_s, 6) for span in second
    ]


def test_long_track_is_heard_the_same_in_blocks(store, tmp_path):
    """Blocks end in silence: what lies around a border is neither lost nor doubled."""
    voice = sound_of("moderator", 0.0, 16.0) / 32768
    rounds = 24  # 384 s, several blocks
    path = write_wav(tmp_path / "long.wav", np.tile(voice, rounds))

    spans = speech_spans(store, recording(track(path, "a", duration_s=16.0 * rounds)))

    by_round = [
        sum(
            max(
                0.0, min(span.end_s, (number + 1) * 16) - max(span.start_s, number * 16)
            )
            for span in spans
        )
        for number in range(rounds)
    ]
    assert max(by_round) - min(by_round) < 1.0
    assert all(one.end_s <= other.start_s for one, other in pairwise(spans))


def test_second_look_builds_nothing(store, tmp_path):
    talk = recording(clip(tmp_path / "m.wav", "moderator", 0.0, 18.0))
    first = speech_spans(store, talk)
    built = len(store.builds())

    assert speech_spans(store, talk) == first
    assert len(store.builds()) == built == 2


def test_loudspeaker_of_another_is_marked(store, tmp_path):
    voice = sound_of("host", 15.0, 35.0) / 32768
    late = np.concatenate([np.zeros(2400), voice[:-2400]]) * 10 ** (-25 / 20)
    host = track(write_wav(tmp_path / "h.wav", voice), "host", duration_s=20.0)
    guest = track(
        write_wav(tmp_path / "g.wav", late + silence(20.0)), "guest", duration_s=20.0
    )

    spans = speech_spans(
        store, recording(host, guest, people=[person("host"), person("guest")])
    )

    assert {(span.participant_id, span.bleed_of) for span in spans} == {
        ("host", None),
        ("guest", "host"),
    }


def test_a_track_of_no_length_is_no_error(store, tmp_path):
    path = write_wav(tmp_path / "a.wav", noise(0.005))

    talk = recording(track(path, "a", duration_s=0.005))

    assert speech_spans(store, talk) == ()
    assert speech_pcm(store, talk.tracks[0]).sample_count == 80
