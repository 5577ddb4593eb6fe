"""One track's sound, gapless on the session's clock."""

import subprocess

import numpy as np
import pytest

from pipeline.errors import MediaEmpty, MediaUnreadable
from pipeline.pieces import PieceStore
from pipeline.voice import voice
from tests.pipeline.programme_factory import RATE, make_video, tone, track, write_wave

pytestmark = pytest.mark.media


@pytest.fixture
def store(tmp_path):
    return PieceStore(tmp_path / "pieces")


def level(samples):
    """RMS in dBFS."""
    return 20 * np.log10(np.sqrt(np.mean(np.square(samples))) + 1e-9)


def test_every_sample_comes_back_wherever_one_begins_to_read(store, tmp_path):
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, 20 * RATE)
    path = write_wave(tmp_path / "noise.wav", noise)

    found = voice(store, track(path, "host", "audio", seconds=20))

    for start in (0, 1, 4_711, 3 * RATE, 19 * RATE + 13):
        read = found.read(start, RATE // 2)
        expected = np.zeros(RATE // 2)
        rest = noise[start : start + RATE // 2]
        expected[: rest.shape[0]] = rest
        assert np.abs(read[0] - expected).max() < 1e-3


@pytest.mark.parametrize("offset_ms", [0, 1234, -1480])
def test_the_sound_lies_at_its_offset(store, tmp_path, offset_ms):
    samples = np.concatenate([np.zeros(2 * RATE), tone(1.0), np.zeros(RATE)])
    path = write_wave(tmp_path / "beep.wav", samples)

    found = voice(store, track(path, "host", "audio", seconds=4, offset_ms=offset_ms))

    heard = np.abs(found.read(0, 6 * RATE)[0]) > 0.01
    assert heard.argmax() / RATE == pytest.approx(2 + offset_ms / 1000, abs=0.001)


def test_before_and_after_the_file_there_is_silence(store, tmp_path):
    path = write_wave(tmp_path / "tone.wav", tone(1.0))
    found = voice(store, track(path, "host", "audio", seconds=1, offset_ms=5000))

    assert not found.read(0, RATE).any()
    assert not found.read(10 * RATE, RATE).any()
    assert found.read(5 * RATE - 100, 200)[0, :100].any() is np.False_


def test_44_1_khz_stereo_becomes_48_khz_mono_of_the_same_length(store, tmp_path):
    path = write_wave(tmp_path / "tone.wav", tone(3.0, rate=44_100), rate=44_100)
    stereo = tmp_path / "stereo.flac"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-ac", "2"]
    subprocess.run([*command, str(stereo)], check=True)

    found = voice(store, track(stereo, "host", "audio", seconds=3))

    # ffmpeg gave each of the two channels half of the power
    assert level(found.read(RATE, RATE)) == pytest.approx(-18.06, abs=0.2)
    assert level(found.read(3 * RATE + 10, RATE)) < -80


def test_a_hole_in_the_recording_stays_silent_and_moves_nothing(store, tmp_path):
    path = tmp_path / "hole.mkv"
    graph = (
        "sine=frequency=440:sample_rate=48000:duration=6,aselect='not(between(t,2,4))'"
    )
    command = ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", graph]
    subprocess.run([*command, "-c:a", "libopus", str(path)], check=True)

    found = voice(store, track(path, "host", "audio", seconds=6))

    assert level(found.read(round(1.0 * RATE), RATE // 2)) > -30
    assert level(found.read(round(2.2 * RATE), RATE)) < -70
    assert level(found.read(round(4.3 * RATE), RATE)) > -30


def test_sound_that_begins_after_the_picture_stays_where_it_is(store, tmp_path):
    video = make_video(tmp_path / "cam.mkv", seconds=3)
    sound = write_wave(tmp_path / "tone.wav", tone(1.0))
    both = tmp_path / "both.mkv"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(video)]
    command += ["-itsoffset", "0.06", "-i", str(sound), "-map", "0:v", "-map", "1:a"]
    subprocess.run([*command, "-c:v", "copy", "-c:a", "flac", str(both)], check=True)

    found = voice(store, track(both, None, "audio", seconds=3), channels=2)

    heard = np.abs(found.read(0, RATE)[0]) > 0.01
    assert heard.argmax() / RATE == pytest.approx(0.06, abs=0.002)


def test_a_clock_that_runs_fast_is_corrected(store, tmp_path):
    beeps = np.concatenate([tone(0.1), np.zeros(19 * RATE), tone(0.1)])
    path = write_wave(tmp_path / "beeps.wav", beeps)

    found = voice(store, track(path, "host", "audio", seconds=19.2, slope=1.01))

    late = np.abs(found.read(RATE, 20 * RATE)[0]) > 0.01
    assert 1 + late.argmax() / RATE == pytest.approx(19.1 * 1.01, abs=0.002)


def test_a_file_without_sound_is_refused(store, tmp_path):
    video = make_video(tmp_path / "cam.mkv", seconds=1)

    with pytest.raises(MediaEmpty):
        voice(store, track(video, "host", "audio", seconds=1))


def test_a_file_that_is_none_is_refused(store, tmp_path):
    path = tmp_path / "talk.ogg"
    path.write_text("<html>no sound here</html>")

    with pytest.raises(MediaUnreadable):
        voice(store, track(path, "host", "audio", seconds=1))
