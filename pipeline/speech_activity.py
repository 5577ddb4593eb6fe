"""Who speaks when: voice activity of each track, on the session clock.

Silero VAD (it ships inside faster-whisper) finds the stretches with speech, track by
track and in blocks of some minutes, so that an hour needs no more memory than a
minute. What is another person's loudspeaker is marked by ``bleed``. Only what is
found here is ever decoded: Whisper invents words on anything else.

Looks back at: pcm, bleed.  Is looked at by: transcribe, answers, compose.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.bleed import FRAME_S, Heard, mark_bleed
from pipeline.pcm import SAMPLE_RATE_HZ, SpeechPcm, sound_tracks, speech_pcm
from townhall.media import SpeechSpan

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.pieces import PieceStore
    from townhall.media import Recording, TrackFile

#: how far a span reaches beyond the speech at either side
SPEECH_PAD_S: Final = 0.2
#: the settings of the measurements in docs/performance.md: 0 spans on silence, noise,
#: hum, music and applause
_VAD_OPTIONS: Final = {
    "threshold": 0.5,
    "min_silence_duration_ms": 400,
    "speech_pad_ms": round(SPEECH_PAD_S * 1000),
    "max_speech_duration_s": 28.0,
}
_STEP: Final = "speech-activity"
_VERSION: Final = 2
_FRAME: Final = round(FRAME_S * SAMPLE_RATE_HZ)
_BLOCK: Final = 120 * SAMPLE_RATE_HZ  #: needs 150 MB in the detector; 300 s need 300 MB
#: a span that ends this close to a block's end may go on: the next block decides
_SETTLED: Final = 1 * SAMPLE_RATE_HZ
_QUIETEST_DB: Final = -120.0  #: what digital silence counts as


@dataclass(frozen=True, slots=True)
class _Stretch:
    first: int  #: sample
    end: int  #: sample, half-open


def speech_spans(store: PieceStore, recording: Recording) -> tuple[SpeechSpan, ...]:
    """All stretches of speech in a recording, in order of their start.

    A span whose ``bleed_of`` names another person is that person's loudspeaker in
    this microphone; it stays in the list so that somebody can see and undo it.
    Persons who agreed to nothing have spans too: the picture needs to know when they
    speak. Their words are never decoded.

    Raises:
        MediaUnreadable: a track cannot be decoded.
    """
    heard = [_heard(store, track) for track in sound_tracks(recording)]
    return mark_bleed(heard)


def _heard(store: PieceStore, track: TrackFile) -> Heard:
    pcm = speech_pcm(store, track)
    piece = store.build(
        _STEP,
        _VERSION,
        {
            "pcm": pcm.key,
            "vad": importlib.metadata.version("faster-whisper"),
            "options": _VAD_OPTIONS,
        },
        lambda folder: _listen(pcm, folder),
    )
    stretches = json.loads(piece.file("spans.json").read_text())
    return Heard(
        participant_id=pcm.participant_id,
        offset_s=pcm.offset_s,
        clock_slope=pcm.clock_slope,
        envelope_db=np.load(piece.file("envelope.npy")),
        spans=tuple(
            SpeechSpan(
                participant_id=pcm.participant_id,
                start_s=pcm.session_s(first),
                end_s=pcm.session_s(end),
                loudness_db=loudness_db,
            )
            for first, end, loudness_db in stretches
        ),
    )


def _listen(pcm: SpeechPcm, folder: Path) -> None:
    found = [
        (one.first, one.end, _loudness_db(pcm.read(one.first, one.end)))
        for one in _stretches(pcm)
    ]
    (folder / "spans.json").write_text(json.dumps(found))
    np.save(folder / "envelope.npy", _envelope_db(pcm))


def _stretches(pcm: SpeechPcm) -> list[_Stretch]:
    """Run the detector block by block; a block begins in the silence between spans."""
    settled: list[_Stretch] = []
    begin = 0
    while begin < pcm.sample_count:
        end = min(begin + _BLOCK, pcm.sample_count)
        found = [
            _Stretch(begin + first, begin + last)
            for first, last in _detect(pcm.read(begin, end))
        ]
        if end == pcm.sample_count:
            return settled + found
        done = [stretch for stretch in found if stretch.end < end - _SETTLED]
        settled += done
        open_from = found[len(done)].first if len(done) < len(found) else end
        # a second of run-up lets the detector hear the silence before the next word
        begin = max(open_from - _SETTLED, done[-1].end if done else begin + 1)
    return settled


def _detect(block: NDArray[np.int16]) -> list[tuple[int, int]]:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options: Any = VadOptions(**_VAD_OPTIONS)
    found = get_speech_timestamps(block.astype(np.float32) / 32768.0, options)
    return [(int(span["start"]), int(span["end"])) for span in found]


def _loudness_db(samples: NDArray[np.int16]) -> float:
    if samples.size == 0:
        return _QUIETEST_DB
    power = float(np.mean((samples.astype(np.float32) / 32768.0) ** 2))
    return round(max(10 * math.log10(power + 1e-15), _QUIETEST_DB), 2)


def _envelope_db(pcm: SpeechPcm) -> NDArray[np.float32]:
    """The level of each frame of 10 ms, computed a minute at a time."""
    frames = pcm.sample_count // _FRAME
    envelope = np.empty(frames, dtype=np.float32)
    step = round(60 / FRAME_S)
    for first in range(0, frames, step):
        last = min(first + step, frames)
        part = pcm.read(first * _FRAME, last * _FRAME).astype(np.float32) / 32768.0
        power = np.mean(part.reshape(-1, _FRAME) ** 2, axis=1)
        envelope[first:last] = 10 * np.log10(power + 1e-12)
    return envelope
