"""The whole sound: as loud as agreed, and encoded once.

EBU R 128 in two passes: the joined mix is measured, then raised or lowered by one
constant gain, so that the dynamics stay as they were. A limiter on the fourfold
sampling rate holds the true peaks (ITU-R BS.1770-4, annex 2). What is measured in
the end is the encoded file, decoded again: an encoder moves peaks.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import av
import ffmpeg
import numpy as np

from pipeline import ffmpeg as runner
from pipeline.edit_list import SAMPLES_PER_S
from pipeline.errors import PipelineError
from pipeline.soundtrack import SOUND_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pipeline.pieces import Piece, PieceStore

MASTER_VERSION = 1
AUDIO_FILE = "audio.m4a"
PEAKS_FILE = "peaks.json"
_MEASURED_FILE = "loudness.json"

#: podcasts and web video (AES TD1008, Apple); ± 0.5 LU is what the house promises
TARGET_LUFS = -16.0
TOLERANCE_LU = 0.4  # inside the promise, as ebur128 reports tenths
#: EBU R 128 § h: never above −1 dBTP
MOST_TRUE_PEAK_DBTP = -1.0
#: where the limiter holds the peaks; the encoder's overshoot needs the rest
_CEILING_DB = -2.2
#: Below this the measure finds no programme at all (absolute gate of BS.1770).
_SILENCE_LUFS = -69.0
#: never more: what is fainter is noise, not speech
_MOST_GAIN_DB = 30.0
_ROUNDS = 4
_OVERSAMPLED_HZ = 4 * SAMPLES_PER_S
PEAKS_PER_S = 10

_ENCODING = {
    "acodec": "aac",
    "audio_bitrate": "96k",
    "ar": SAMPLES_PER_S,
    "ac": 2,
    "flags:a": "+bitexact",
    "fflags": "+bitexact",
    "map_metadata": -1,
    "movflags": "+faststart",
    "f": "mp4",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Loudness:
    """What EBU R 128 says about a sound; ``None``: silence."""

    integrated_lufs: float | None
    true_peak_dbtp: float | None


def master_piece(
    store: PieceStore,
    mixes: Sequence[Piece],
    samples: int,
    *,
    program: str = "ffmpeg",
    progress: Callable[[float], None] | None = None,
) -> Piece:
    """Join the pieces of the mix, level and encode the whole, or find it.

    Args:
        store: where pieces live.
        mixes: the pieces of the mix, in programme order.
        samples: how many samples they have together.
        program: ffmpeg.
        progress: called with the seconds of sound done in the pass in hand.

    Raises:
        FfmpegFailed: it could not be encoded.
        LoudnessMissed: no gain gave the agreed loudness and peak.
    """
    return store.build(
        "master",
        MASTER_VERSION,
        {"mixes": [piece.key for piece in mixes], "encoding": _ENCODING},
        lambda folder: _master(mixes, samples, folder, program, progress),
    )


def measured(piece: Piece) -> Loudness:
    """The loudness of a finished master, as people will hear it."""
    return Loudness(**json.loads(piece.file(_MEASURED_FILE).read_text()))


def measure(
    sound: Any,
    *,
    true_peak: bool = True,
    program: str = "ffmpeg",
    progress: Callable[[float], None] | None = None,
) -> Loudness:
    """Measure a sound: an ffmpeg-python audio stream."""
    metered = sound.filter(
        "ebur128", framelog="verbose", peak="true" if true_peak else "none"
    )
    log = runner.run_ffmpeg(
        ffmpeg.output(metered, "-", f="null"),
        program=program,
        log_level="info",
        progress=progress,
    )
    found = re.findall(r"\bI:\s+(\S+) LUFS", log)
    integrated = float(found[-1]) if found else float("-inf")
    peaks = re.findall(r"\bPeak:\s+(\S+) dBFS", log)
    if integrated < _SILENCE_LUFS:
        return Loudness(integrated_lufs=None, true_peak_dbtp=None)
    return Loudness(
        integrated_lufs=integrated,
        true_peak_dbtp=float(peaks[-1]) if peaks else None,
    )


class LoudnessMissed(PipelineError):
    """The sound came out at {lufs} LUFS with peaks of {dbtp} dBTP; it should not."""


def _master(
    mixes: Sequence[Piece],
    samples: int,
    folder: Path,
    program: str,
    progress: Callable[[float], None] | None,
) -> None:
    playlist = folder / "mix.txt"
    playlist.write_text(
        "ffconcat version 1.0\n"
        + "".join(f"file {_quoted(mix.file(SOUND_FILE))}\n" for mix in mixes)
    )
    target = folder / AUDIO_FILE
    raw = measure(
        _joined(playlist), true_peak=False, program=program, progress=progress
    )
    if raw.integrated_lufs is None:
        _encode(_joined(playlist), samples, target, program, progress)
        result = Loudness(integrated_lufs=None, true_peak_dbtp=None)
    else:
        wanted_db = TARGET_LUFS - raw.integrated_lufs
        result = _level(
            playlist, wanted_db, samples, target, program=program, progress=progress
        )
    playlist.unlink()
    (folder / _MEASURED_FILE).write_text(json.dumps(asdict(result)))
    (folder / PEAKS_FILE).write_text(
        json.dumps({"peaks_per_s": PEAKS_PER_S, "peaks": peaks(target, samples)})
    )


def _level(
    playlist: Path,
    wanted_db: float,
    samples: int,
    target: Path,
    *,
    program: str,
    progress: Callable[[float], None] | None,
) -> Loudness:
    """Find the gain; the limiter takes some loudness, the encoder moves the peaks."""
    gain_db, ceiling_db = min(_MOST_GAIN_DB, wanted_db), _CEILING_DB
    result = Loudness(integrated_lufs=None, true_peak_dbtp=None)
    for _ in range(_ROUNDS):
        levelled = _limited(_joined(playlist), gain_db, ceiling_db)
        _encode(levelled, samples, target, program, progress)
        result = measure(
            runner.own_file(target, "mov").audio, program=program, progress=progress
        )
        if result.integrated_lufs is None or result.true_peak_dbtp is None:
            return result  # the gain was not enough to hear anything
        error_lu = TARGET_LUFS - result.integrated_lufs
        too_high_db = result.true_peak_dbtp - MOST_TRUE_PEAK_DBTP
        is_faint = wanted_db > _MOST_GAIN_DB
        if too_high_db <= 0 and (abs(error_lu) <= TOLERANCE_LU or is_faint):
            return result
        gain_db += 0.0 if is_faint else error_lu
        ceiling_db -= max(0.0, too_high_db + 0.2) if too_high_db > 0 else 0.0
    raise LoudnessMissed(lufs=result.integrated_lufs, dbtp=result.true_peak_dbtp)


def _joined(playlist: Path) -> Any:
    """All pieces of the mix as one sound; timestamps follow from counting samples."""
    return (
        ffmpeg.input(
            f"file:{playlist.resolve()}",
            f="concat",
            safe=0,
            protocol_whitelist="file",
            format_whitelist="concat,flac",
        )
        .audio.filter("asetpts", "N/SR/TB")
        .filter("aformat", sample_fmts="fltp")
    )


def _limited(sound: Any, gain_db: float, ceiling_db: float) -> Any:
    return (
        sound.filter("volume", f"{gain_db:.3f}dB", precision="float")
        .filter("aresample", _OVERSAMPLED_HZ)
        .filter(
            "alimiter",
            limit=f"{10 ** (ceiling_db / 20):.6f}",
            attack=5,
            release=80,
            level="disabled",
            latency=1,
        )
        .filter("aresample", SAMPLES_PER_S)
    )


def _encode(
    sound: Any,
    samples: int,
    target: Path,
    program: str,
    progress: Callable[[float], None] | None,
) -> None:
    exact = sound.filter("apad", whole_len=samples).filter("atrim", end_sample=samples)
    output = ffmpeg.output(exact, str(target), **_ENCODING)
    runner.run_ffmpeg(output, program=program, progress=progress)


def peaks(audio: Path, samples: int) -> list[float]:
    """The loudest moment of each tenth of a second, 0 … 1, for drawing a waveform."""
    step = SAMPLES_PER_S // PEAKS_PER_S
    found = np.zeros(-(-samples // step), dtype=np.float32)
    options = {"protocol_whitelist": "file", "format_whitelist": "mov"}
    with av.open(str(audio), options=options) as container:
        at = 0
        for frame in container.decode(container.streams.audio[0]):
            block = np.abs(frame.to_ndarray()).max(axis=0)
            first = frame.pts if frame.pts is not None else at
            at = first + block.shape[0]
            places = np.arange(max(first, 0), at) // step
            usable = places < found.shape[0]
            np.maximum.at(found, places[usable], block[-places.shape[0] :][usable])
    rounded: list[float] = np.minimum(found, 1.0).astype(float).round(3).tolist()
    return rounded


def _quoted(path: Path) -> str:
    """A file name in a concat list (ffmpeg-formats, "Quoting and escaping")."""
    return "'" + f"file:{path.resolve()}".replace("'", r"'\''") + "'"
