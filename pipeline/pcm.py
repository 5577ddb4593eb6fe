"""The sound of a track as speech recognition wants it: 16 kHz, mono, on disk.

An hour is 115 MB. It lies in a file and is read piece by piece, so that no step holds
more of it than the seconds in hand.

Looks back at: pieces.  Is looked at by: speech_activity, bleed, transcribe.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

import av
import numpy as np

from pipeline.errors import MediaEmpty, MediaUnreadable
from townhall.media import Recording, TrackFile, TrackKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer
    from numpy.typing import NDArray

    from pipeline.pieces import PieceStore

SAMPLE_RATE_HZ: Final = 16_000  #: what Whisper and Silero VAD listen to

_STEP: Final = "speech-pcm"
_VERSION: Final = 1
_FILE: Final = "speech.pcm"
#: timestamps jump by less than this in healthy files (packets of 20–60 ms); more is a
#: gap (packet loss, paused recorder) and must stay silence, else all that follows is early
_GAP_S: Final = 0.1
#: what a track may hold beyond the length it was probed with
_SURPLUS_S: Final = 1.0
_ZEROS: Final = bytes(2 * SAMPLE_RATE_HZ)


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechPcm:
    """One track's sound on disk, and where it lies on the session clock."""

    path: Path
    sample_count: int
    offset_s: float  #: session time of the first sample; may be negative
    clock_slope: float  #: seconds of session clock per second of file
    participant_id: str | None
    key: str  #: of the piece: equal files have equal keys, wherever they lie

    def read(self, first: int, end: int) -> NDArray[np.int16]:
        """Some samples, read now: no more of the file is ever in memory."""
        first, end = max(first, 0), min(end, self.sample_count)
        if first >= end:
            return np.zeros(0, dtype=np.int16)
        return np.fromfile(self.path, dtype="<i2", count=end - first, offset=2 * first)

    def session_s(self, sample: int) -> float:
        """The session time of a sample."""
        return self.offset_s + self.clock_slope * sample / SAMPLE_RATE_HZ

    def sample_at(self, session_s: float) -> int:
        """The sample heard at a session time, within the file."""
        sample = round((session_s - self.offset_s) / self.clock_slope * SAMPLE_RATE_HZ)
        return min(max(sample, 0), self.sample_count)

    @property
    def end_s(self) -> float:
        """The session time at which the file ends."""
        return self.session_s(self.sample_count)


def sound_tracks(recording: Recording) -> tuple[TrackFile, ...]:
    """The tracks that carry sound; a single finished film carries its own."""
    audio = tuple(track for track in recording.tracks if track.kind is TrackKind.AUDIO)
    return audio or tuple(
        track for track in recording.tracks if track.participant_id is None
    )


def speech_pcm(store: PieceStore, track: TrackFile) -> SpeechPcm:
    """Decode a track once; memory does not grow with its length.

    Gaps in the file's own timestamps become silence, so that a second of the file
    is a second of the result.

    Raises:
        MediaUnreadable: the file cannot be decoded.
        MediaEmpty: it has no sound.
    """
    piece = store.build(
        _STEP,
        _VERSION,
        {"sha256": track.sha256, "duration_s": round(track.duration_s, 3)},
        lambda folder: _decode(track, folder / _FILE),
    )
    path = piece.file(_FILE)
    return SpeechPcm(
        path=path,
        sample_count=path.stat().st_size // 2,
        offset_s=track.offset_ms / 1000,
        clock_slope=track.clock_slope,
        participant_id=track.participant_id,
        key=piece.key,
    )


def _decode(track: TrackFile, target: Path) -> None:
    limit = round((track.duration_s + _SURPLUS_S) * SAMPLE_RATE_HZ)
    try:
        with (
            av.open(
                str(track.path), mode="r", options={"protocol_whitelist": "file"}
            ) as container,
            target.open("wb") as out,
        ):
            if not container.streams.audio:
                raise MediaEmpty(file=track.path.name)
            _Writer(out, limit).write(container)
    except (av.FFmpegError, OSError) as error:
        raise MediaUnreadable(file=track.path.name, reason=str(error)) from error


def _frames(container: InputContainer) -> Iterator[av.AudioFrame]:
    """The frames of the first sound stream; what does not decode is left out.

    A lost or broken packet costs its own 20 ms, never the track: the gap it leaves
    in the timestamps becomes silence. Whether the file is sound at all was decided
    by ``probe`` when it came in.
    """
    for packet in container.demux(container.streams.audio[0]):
        with contextlib.suppress(av.error.InvalidDataError):
            for frame in packet.decode():
                if isinstance(frame, av.AudioFrame):
                    yield frame


class _Writer:
    """Writes the frames of one stream as PCM, each at its own time."""

    def __init__(self, out: BinaryIO, limit: int) -> None:
        self._out = out
        self._limit = limit
        self._written = 0
        self._shape: tuple[str, str, int] | None = None
        self._resampler: av.AudioResampler | None = None

    def write(self, container: InputContainer) -> None:
        origin_s = (container.start_time or 0) / av.time_base
        next_s = 0.0  # where the stream should go on
        for frame in _frames(container):
            if self._written >= self._limit:
                return
            at_s = next_s if frame.time is None else frame.time - origin_s
            if next_s - at_s > _GAP_S:
                continue  # heard already: the file's clock jumped back
            if at_s - next_s > _GAP_S:
                self._flush()
                self._silence_until(round(at_s * SAMPLE_RATE_HZ))
                next_s = at_s
            next_s += frame.samples / frame.sample_rate
            self._resample(frame)
        self._flush()

    def _resample(self, frame: av.AudioFrame) -> None:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self._flush()
            self._shape = shape
        if self._resampler is None:
            self._resampler = av.AudioResampler(
                format="s16", layout="mono", rate=SAMPLE_RATE_HZ
            )
        frame.pts = None  # time is kept here, the resampler only counts samples
        for part in self._resampler.resample(frame):
            self._put(part.to_ndarray().astype("<i2", copy=False).tobytes())

    def _flush(self) -> None:
        if self._resampler is not None:
            for part in self._resampler.resample(None):
                self._put(part.to_ndarray().astype("<i2", copy=False).tobytes())
        self._resampler = None

    def _silence_until(self, sample: int) -> None:
        while (missing := min(sample, self._limit) - self._written) > 0:
            self._put(_ZEROS[: 2 * missing])

    def _put(self, content: bytes) -> None:
        room = 2 * (self._limit - self._written)
        self._written += self._out.write(content[:room]) // 2
