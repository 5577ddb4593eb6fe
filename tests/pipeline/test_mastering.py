"""The whole sound: as loud as agreed, measured on what people will hear."""

import json
import re
import subprocess

import numpy as np
import pytest

from pipeline.mastering import AUDIO_FILE, PEAKS_FILE, master_piece, measured
from pipeline.pieces import PieceStore
from pipeline.voice import write_flac
from tests.pipeline.programme_factory import RATE, tone

pytestmark = pytest.mark.media

SECONDS = 12


@pytest.fixture
def store(tmp_path):
    return PieceStore(tmp_path / "it's a store")  # a name that needs quoting


def mixes(store, samples, *, seconds=3):
    """Sound as pieces of a mix, each some seconds long."""
    pcm = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
    pieces = []
    for begin in range(0, pcm.shape[0], seconds * RATE):
        block = np.stack([pcm[begin : begin + seconds * RATE]] * 2)
        pieces.append(
            store.build(
                "mix",
                1,
                {"begin": begin, "sum": float(np.abs(samples).sum())},
                lambda folder, block=block: write_flac(
                    folder / "mix.flac", iter([block]), channels=2
                ),
            )
        )
    return pieces


def speechlike(level):
    """Bursts of noise with pauses and sharp onsets."""
    noise = np.random.default_rng(7).normal(0, level, SECONDS * RATE)
    at = np.arange(noise.shape[0]) / RATE
    return noise * (at % 1.0 < 0.7) * np.exp(-3 * (at % 0.35))


def ebur128(path):
    """Loudness and true peak as ffmpeg's meter says, independently of our code."""
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-i", str(path)]
    command += ["-af", "ebur128=peak=true", "-f", "null", "-"]
    log = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    summary = log[log.rindex("Summary:") :]
    lufs, dbtp = (
        float(re.search(rf"{name}:\s+(\S+) {unit}", summary)[1])
        for name, unit in (("I", "LUFS"), ("Peak", "dBFS"))
    )
    return lufs, dbtp


@pytest.mark.parametrize("level", [0.01, 0.05, 0.25])
def test_faint_and_loud_mixes_come_out_at_minus_16_lufs(store, level):
    piece = master_piece(store, mixes(store, speechlike(level)), SECONDS * RATE)

    lufs, dbtp = ebur128(piece.file(AUDIO_FILE))

    assert lufs == pytest.approx(-16.0, abs=0.5)
    assert dbtp <= -1.0
    assert measured(piece).integrated_lufs == pytest.approx(lufs, abs=0.11)
    assert measured(piece).true_peak_dbtp == pytest.approx(dbtp, abs=0.11)


def test_silence_stays_silence(store):
    piece = master_piece(store, mixes(store, np.zeros(SECONDS * RATE)), SECONDS * RATE)

    assert measured(piece).integrated_lufs is None
    assert max(json.loads(piece.file(PEAKS_FILE).read_text())["peaks"]) == 0.0


def test_noise_far_below_speech_is_not_raised_to_speech(store):
    hiss = np.random.default_rng(3).normal(0, 0.0004, SECONDS * RATE)

    piece = master_piece(store, mixes(store, hiss), SECONDS * RATE)

    assert measured(piece).integrated_lufs < -30


def test_the_sound_is_as_long_as_its_pieces_and_not_delayed(store):
    samples = np.zeros(SECONDS * RATE)
    samples[9 * RATE : 10 * RATE] = tone(1.0, level=0.5)

    piece = master_piece(store, mixes(store, samples), SECONDS * RATE)

    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(piece.file(AUDIO_FILE))]
    command += ["-f", "s16le", "-ac", "1", "-"]
    wave = subprocess.run(command, check=True, capture_output=True).stdout
    heard = np.abs(np.frombuffer(wave, "<i2").astype(float)) > 2000
    assert heard.shape[0] == pytest.approx(SECONDS * RATE, abs=1024)
    assert heard.argmax() / RATE == pytest.approx(9.0, abs=0.003)


def test_peaks_are_told_ten_times_a_second(store):
    samples = np.zeros(SECONDS * RATE)
    samples[6 * RATE :] = tone(6.0, level=0.3)

    piece = master_piece(store, mixes(store, samples), SECONDS * RATE)

    found = json.loads(piece.file(PEAKS_FILE).read_text())
    assert (found["peaks_per_s"], len(found["peaks"])) == (10, 120)
    assert max(found["peaks"][:59]) < 0.02
    assert min(found["peaks"][61:]) > 0.1


def test_the_same_mix_gives_the_same_bytes(store, tmp_path):
    elsewhere = PieceStore(tmp_path / "elsewhere")

    one, other = (
        master_piece(each, mixes(each, speechlike(0.03)), SECONDS * RATE)
        for each in (store, elsewhere)
    )

    assert {path.name for path in one.folder.iterdir()} == {
        ".piece.json",
        "audio.m4a",
        "loudness.json",
        "peaks.json",
    }
    assert one.file(AUDIO_FILE).read_bytes() == other.file(AUDIO_FILE).read_bytes()
