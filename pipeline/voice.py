"""One track's sound as the mix wants it: 48 kHz, gapless, on the session's clock.

Each sound file is decoded once, from beginning to end, into a lossless file. The
mix then reads any second of it to the sample, so that pieces meet without a click;
decoding each piece from the original would begin anew at rounded timestamps.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import av.error
import numpy as np

from pipeline.edit_list import SAMPLES_PER_S
from pipeline.errors import MediaEmpty, MediaUnreadable
from pipeline.probe import READ_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.pieces import Piece, PieceStore
    from townhall.media import TrackFile

_VERSION = 1
_FILE = "voice.flac"
_LAYOUTS = {1: "mono", 2: "stereo"}
#: Timestamps may be off by so much before the sound is moved: half of what an ear
#: notices between lips and voice (ITU-R BT.1359), and two packets of a browser.
_HOLE_S = 0.04
#: what a track may hold beyond the length it was probed with
_SURPLUS_S = 1.0
_BLOCK = SAMPLES_PER_S  # samples handled at once: memory does not grow with length


@dataclass(frozen=True, kw_only=True, slots=True)
class Voice:
    """A track's sound, ready to be mixed."""

    piece: Piece
    first_sample: int  #: where it begins on the session clock; may be negative
    channels: int

    def read(self, start_sample: int, count: int) -> NDArray[np.float32]:
        """Samples of the session from one on, −1 … 1, channels × count; else silence."""
        result = np.zeros((self.channels, count), dtype=np.float32)
        begin = max(0, start_sample - self.first_sample)
        end = start_sample + count - self.first_sample
        if end <= 0:
            return result
        for at, samples in _flac_samples(self.piece.file(_FILE), begin):
            if at >= end:
                break
            low, high = max(at, begin), min(at + samples.shape[1], end)
            if low < high:
                target = low + self.first_sample - start_sample
                result[:, target : target + high - low] = samples[
                    :, low - at : high - at
                ]
        return result


def voice(store: PieceStore, track: TrackFile, *, channels: int = 1) -> Voice:
    """Decode a track's sound, or find it.

    Raises:
        MediaUnreadable: the file cannot be decoded.
        MediaEmpty: it has no sound.
    """
    piece = store.build(
        "voice",
        _VERSION,
        {
            "sha256": track.sha256,
            "duration_s": round(track.duration_s, 3),
            "slope": track.clock_slope,
            "channels": channels,
        },
        lambda folder: _decode(track, channels, folder / _FILE),
    )
    first = round(track.offset_ms / 1000 * SAMPLES_PER_S)
    return Voice(piece=piece, first_sample=first, channels=channels)


def write_flac(
    path: Path, blocks: Iterator[NDArray[np.int16]], *, channels: int
) -> None:
    """Write 16-bit samples (channels × count) losslessly; equal sound, equal bytes."""
    with av.open(str(path), "w", format="flac", options={"fflags": "+bitexact"}) as out:
        stream = out.add_stream("flac", rate=SAMPLES_PER_S, layout=_LAYOUTS[channels])
        stream.format = "s16"
        at = 0
        for block in blocks:
            for begin in range(0, block.shape[1], _BLOCK):
                part = block[:, begin : begin + _BLOCK]
                interleaved = np.ascontiguousarray(part.T).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(
                    interleaved, format="s16", layout=_LAYOUTS[channels]
                )
                frame.sample_rate = SAMPLES_PER_S
                frame.pts = at
                at += part.shape[1]
                out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def _flac_samples(path: Path, begin: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Decoded blocks of one of our own files with the number of their first sample."""
    options = {"protocol_whitelist": "file", "format_whitelist": "flac"}
    with av.open(str(path), options=options) as container:
        stream = container.streams.audio[0]
        stream.codec_context.thread_count = 1
        if begin:
            container.seek(begin, stream=stream)
        for frame in container.decode(stream):
            samples = frame.to_ndarray().reshape(-1, stream.channels).T
            yield frame.pts or 0, samples.astype(np.float32) / 32768.0


def _decode(track: TrackFile, channels: int, target: Path) -> None:
    limit = round((track.duration_s + _SURPLUS_S) * track.clock_slope * SAMPLES_PER_S)
    try:
        with av.open(str(track.path), options=READ_OPTIONS) as container:
            if not container.streams.audio:
                raise MediaEmpty(file=track.path.name)
            gapless = _gapless(_frames(container), container.start_time or 0, channels)
            stretched = _stretched(gapless, track.clock_slope)
            write_flac(target, _limited(stretched, limit), channels=channels)
    except (av.error.FFmpegError, OSError) as error:
        raise MediaUnreadable(file=track.path.name, reason=str(error)) from error


def _frames(container: av.container.InputContainer) -> Iterator[av.AudioFrame]:
    """What decodes; a broken packet costs its own 20 ms, and a hole becomes silence."""
    stream = container.streams.audio[0]
    stream.codec_context.thread_count = 1
    for packet in container.demux(stream):
        with contextlib.suppress(av.error.InvalidDataError):
            for frame in packet.decode():
                if isinstance(frame, av.AudioFrame):
                    yield frame


def _gapless(
    frames: Iterator[av.AudioFrame], origin: int, channels: int
) -> Iterator[NDArray[np.int16]]:
    """Frames at 48 kHz, with silence where the file's clock has a hole.

    A jump backwards in the clock brings sound that was heard already: left out.
    """
    origin_s = max(0.0, origin / av.time_base)  # before 0 lies the encoder's run-up
    shape: tuple[str, str, int] | None = None
    resampler: av.AudioResampler | None = None
    next_s: float | None = None  # where the sound should go on
    written = 0
    for frame in frames:
        at_s = (next_s or 0.0) if frame.time is None else frame.time - origin_s
        if next_s is not None and next_s - at_s > _HOLE_S:
            continue
        is_hole = next_s is None or at_s - next_s > _HOLE_S
        new_shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if is_hole or new_shape != shape:
            for block in _resampled(resampler, None, channels):
                written += block.shape[1]
                yield block
            resampler = av.AudioResampler(
                format="s16", layout=_LAYOUTS[channels], rate=SAMPLES_PER_S
            )
            shape = new_shape
        if next_s is None or is_hole:
            next_s = at_s
            while (missing := round(at_s * SAMPLES_PER_S) - written) > 0:
                silence = np.zeros((channels, min(missing, _BLOCK)), dtype=np.int16)
                written += silence.shape[1]
                yield silence
        next_s += frame.samples / frame.sample_rate
        for block in _resampled(resampler, frame, channels):
            written += block.shape[1]
            yield block
    yield from _resampled(resampler, None, channels)


def _resampled(
    resampler: av.AudioResampler | None, frame: av.AudioFrame | None, channels: int
) -> Iterator[NDArray[np.int16]]:
    if resampler is None:
        return
    if frame is not None:
        frame.pts = None  # time is kept by the caller; the resampler counts samples
    for part in resampler.resample(frame):
        yield part.to_ndarray().reshape(-1, channels).T.astype(np.int16, copy=False)


def _stretched(
    blocks: Iterator[NDArray[np.int16]], slope: float
) -> Iterator[NDArray[np.int16]]:
    """Correct a sound card whose clock runs fast or slow (some 10 ppm) by resampling."""
    if slope == 1.0:
        yield from blocks
        return
    begin = 0  # number of the first sample held
    made = 0
    held: NDArray[np.int16] | None = None
    for block in blocks:
        held = block if held is None else np.concatenate([held, block], axis=1)
        # a result lies between two samples: the last one must stay for the next round
        ready = int((begin + held.shape[1] - 1) * slope)
        if ready <= made:
            continue
        wanted = np.arange(made, ready) / slope - begin
        positions = np.arange(held.shape[1])
        yield np.stack(
            [np.interp(wanted, positions, channel).round() for channel in held]
        ).astype(np.int16)
        made = ready
        spent = max(0, int(made / slope) - begin - 1)
        held, begin = held[:, spent:], begin + spent


def _limited(
    blocks: Iterator[NDArray[np.int16]], limit: int
) -> Iterator[NDArray[np.int16]]:
    left = limit
    for block in blocks:
        if left <= 0:
            return
        yield block[:, :left]
        left -= block.shape[1]
