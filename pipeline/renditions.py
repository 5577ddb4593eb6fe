"""Finished files: pieces joined without re-encoding, and the poster.

Joining copies encoded frames. Their times are counted, not added up from rounded
durations, so that the thousandth piece stands where the first one would put it:
picture and sound stay together to the sample over hours.
"""

from __future__ import annotations

import heapq
import uuid
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from PIL import Image

from pipeline.compose import FILES, SIZES
from pipeline.edit_list import FRAMES_PER_S
from pipeline.errors import PipelineError
from pipeline.mastering import AUDIO_FILE
from pipeline.pieces import sha256_of_file
from townhall.errors import phrase
from townhall.media import Rendition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.pieces import Piece, PieceStore

POSTER_VERSION = 1
POSTER_FILE = "poster.jpg"
_OWN_MP4 = {"protocol_whitelist": "file", "format_whitelist": "mov"}
#: B-frames of our encoder (3, as a pyramid) are at most two places out of order
_REORDER_FRAMES = 2
_POSTER_CANDIDATES = 12


class PiecesDisagree(PipelineError):
    """The pieces do not fit together: {reason}"""


def join_video(
    kind: str, pieces: Sequence[Piece], master: Piece, path: Path
) -> Rendition:
    """Join the picture in one size with the sound: MP4, index first (faststart).

    Raises:
        PiecesDisagree: pieces were encoded with different settings.
    """
    width_px, height_px = SIZES[kind]
    _written(path, lambda draft: _join(kind, pieces, master, draft))
    return rendition(
        kind, path, media_type="video/mp4", width_px=width_px, height_px=height_px
    )


def copy_audio(master: Piece, path: Path) -> Rendition:
    """Put the sound alone beside the videos."""
    place_copy(master.file(AUDIO_FILE), path)
    return rendition("audio", path, media_type="audio/mp4")


def rendition(
    kind: str,
    path: Path,
    *,
    media_type: str,
    width_px: int | None = None,
    height_px: int | None = None,
) -> Rendition:
    """Describe a finished file by opening it."""
    with av.open(str(path), options=_OWN_MP4) as container:
        duration_s = (container.duration or 0) / av.time_base
    return Rendition(
        kind=kind,
        path=path,
        media_type=media_type,
        width_px=width_px,
        height_px=height_px,
        duration_s=round(duration_s, 3),
        size_bytes=path.stat().st_size,
        sha256=sha256_of_file(path),
    )


def place_copy(source: Path, path: Path) -> None:
    """Copy a file so that it appears in one step."""

    def copy(draft: Path) -> None:
        with source.open("rb") as reader, draft.open("wb") as writer:
            while block := reader.read(1 << 20):
                writer.write(block)

    _written(path, copy)


def place_text(text: str, path: Path) -> None:
    """Write a text file so that it appears in one step."""
    _written(path, lambda draft: draft.write_text(text, encoding="utf-8"))


def poster_piece(store: PieceStore, piece: Piece, frames: tuple[int, int]) -> Piece:
    """The sharpest of some frames of a piece as JPEG, or find it.

    Args:
        store: where pieces live.
        piece: of the picture.
        frames: first and last frame (half-open) to choose from.
    """
    return store.build(
        "poster",
        POSTER_VERSION,
        {"picture": piece.key, "frames": frames},
        lambda folder: _draw_poster(piece, frames, folder / POSTER_FILE),
    )


def _written(path: Path, write: Callable[[Path], object]) -> None:
    draft = path.with_name(f".{uuid.uuid4().hex}.draft{path.suffix}")
    try:
        write(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _join(kind: str, pieces: Sequence[Piece], master: Piece, target: Path) -> None:
    if not pieces:
        raise PiecesDisagree(reason=phrase("there are none"))
    files = [piece.file(FILES[kind]) for piece in pieces]
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with (
        av.open(str(files[0]), options=_OWN_MP4) as first,
        av.open(str(master.file(AUDIO_FILE)), options=_OWN_MP4) as sound,
        av.open(str(target), "w", format="mp4", options=options) as out,
    ):
        picture_out = out.add_stream_from_template(first.streams.video[0])
        sound_out = out.add_stream_from_template(sound.streams.audio[0])
        header = first.streams.video[0].codec_context.extradata
        picture = _timed(_picture_packets(files, header), picture_out)
        heard = _timed(
            (packet for packet in sound.demux(audio=0) if packet.size), sound_out
        )
        for _, _, packet in heapq.merge(picture, heard, key=lambda item: item[:2]):
            out.mux(packet)


def _timed(
    packets: Iterator[av.Packet[Any]], stream: Any
) -> Iterator[tuple[float, int, av.Packet[Any]]]:
    """Packets with their decoding time, so that two streams can be interleaved."""
    for packet in packets:
        packet.stream = stream
        time_s = float((packet.dts or 0) * (packet.time_base or 0))
        yield time_s, stream.index, packet


def _picture_packets(
    files: Sequence[Path], header: bytes | None
) -> Iterator[av.Packet[Any]]:
    begin = 0
    for path in files:
        with av.open(str(path), options=_OWN_MP4) as container:
            stream = container.streams.video[0]
            if stream.codec_context.extradata != header:
                raise PiecesDisagree(
                    reason=phrase("{piece} has other headers", piece=path.parent.name)
                )
            count = 0
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                if packet.pts is None or packet.time_base is None:
                    raise PiecesDisagree(
                        reason=phrase("{piece} has no times", piece=path.parent.name)
                    )
                frame = round(packet.pts * packet.time_base * FRAMES_PER_S)
                packet.time_base = Fraction(1, FRAMES_PER_S)
                packet.pts = begin + frame
                packet.dts = begin + count - _REORDER_FRAMES
                packet.duration = 1
                if packet.dts > packet.pts:
                    raise PiecesDisagree(
                        reason=phrase("{piece} is out of order", piece=path.parent.name)
                    )
                count += 1
                yield packet
        begin += count


def _draw_poster(piece: Piece, frames: tuple[int, int], target: Path) -> None:
    first, last = frames
    step = max(1, (last - first) // _POSTER_CANDIDATES)
    best: tuple[float, NDArray[np.uint8]] | None = None
    path = piece.file(FILES["video_720p"])
    with av.open(str(path), options=_OWN_MP4) as container:
        for number, frame in enumerate(container.decode(container.streams.video[0])):
            if number >= last:
                break
            if number < first or (number - first) % step:
                continue
            picture = frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
            detail = _detail(picture)
            if best is None or detail > best[0]:
                best = (detail, picture)
    if best is None:
        raise PiecesDisagree(
            reason=phrase("{piece} has no frame {frame}", piece=piece.key, frame=first)
        )
    Image.fromarray(best[1]).save(target, quality=85, optimize=True, progressive=True)


def _detail(picture: NDArray[np.uint8]) -> float:
    """How much detail a frame shows: blurred, faded and black ones have little."""
    grey = picture.mean(axis=2)
    edges = grey[1:-1, 1:-1] * 4 - grey[:-2, 1:-1] - grey[2:, 1:-1]
    edges -= grey[1:-1, :-2] + grey[1:-1, 2:]
    return float(edges.var())
