"""Where a media file's own bytes say that it ends.

Most demuxers read a file that was cut off (a broken download, a full disk) up to
the cut and then report a normal end. The containers themselves know better: each
states how long its parts are. Walking over those lengths, without reading what is
inside, tells whether the last part is all there.

A file of unknown length, as a browser records it, is fine: its parts are
complete, there is just nobody who counted them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: a length this large in a RIFF header means "unknown": written to a pipe
_RIFF_UNKNOWN = 0x7FFF_F000
#: EBML element ids, RFC 9559 § 5: the segment, and the cluster inside it
_SEGMENT, _CLUSTER = 0x18538067, 0x1F43B675


def missing_bytes(descriptor: int, container: str) -> int:
    """How many bytes of the last part are missing at least; 0: the file is whole.

    Containers without lengths in them (plain MP3 or AAC) count as whole.
    """
    walk = _WALKS.get(container.split(",", maxsplit=1)[0])
    if walk is None:
        return 0
    size_bytes = os.fstat(descriptor).st_size
    return max(0, walk(descriptor, size_bytes) - size_bytes)


def _ogg_end(descriptor: int, size_bytes: int) -> int:
    """Page by page: 27 bytes, a table of lacing values, the body (RFC 3533 § 6)."""
    at = 0
    while at < size_bytes:
        head = os.pread(descriptor, 27, at)
        if not b"OggS".startswith(head[:4]):
            return at  # something else was appended, as tagging programs do
        if len(head) < 27:
            return at + 27
        lacing = os.pread(descriptor, head[26], at + 27)
        if len(lacing) < head[26]:
            return at + 27 + head[26]
        at += 27 + head[26] + sum(lacing)
    return at


def _mp4_boxes(
    descriptor: int, begins: int, ends: int
) -> Iterator[tuple[bytes, int, int]]:
    """Type, first byte of the content and end of each box (ISO/IEC 14496-12 § 4.2)."""
    at = begins
    while at + 8 <= ends:
        head = os.pread(descriptor, 16, at)
        length, head_bytes = int.from_bytes(head[:4]), 8
        if length == 1:
            length, head_bytes = int.from_bytes(head[8:16]), 16
        if length < head_bytes:  # 0 says "to the end of the file"; less is padding
            length = ends - at
        yield head[4:8], at + head_bytes, at + length
        at += length


def _mp4_end(descriptor: int, size_bytes: int) -> int:
    boxes = [end for _, _, end in _mp4_boxes(descriptor, 0, size_bytes)]
    return boxes[-1] if boxes else size_bytes


def claimed_by_movie_header_s(descriptor: int) -> float | None:
    """The duration in an MP4's ``mvhd``, which demuxers replace by the tracks' own.

    Other programs show this one. ``None``: not stated, as in a fragmented file.
    """
    size_bytes = os.fstat(descriptor).st_size
    for kind, begins, ends in _mp4_boxes(descriptor, 0, size_bytes):
        if kind != b"moov":
            continue
        for inner, at, _ in _mp4_boxes(descriptor, begins, min(ends, size_bytes)):
            if inner == b"mvhd":
                return _movie_duration_s(os.pread(descriptor, 32, at))
    return None


def _movie_duration_s(header: bytes) -> float | None:
    """ISO/IEC 14496-12 § 8.2.2: version 1 has 64-bit times; all ones: unknown."""
    size = 8 if header[:1] == b"\x01" else 4
    scale = int.from_bytes(header[4 + 2 * size : 8 + 2 * size])
    duration = int.from_bytes(header[8 + 2 * size : 8 + 3 * size])
    if not scale or duration == (1 << (8 * size)) - 1:
        return None
    return duration / scale


def _riff_end(descriptor: int, size_bytes: int) -> int:
    """One RIFF chunk, or several in a large AVI."""
    at = 0
    while at + 8 <= size_bytes:
        head = os.pread(descriptor, 8, at)
        length = int.from_bytes(head[4:], "little")
        if head[:4] != b"RIFF" or length >= _RIFF_UNKNOWN:
            return size_bytes
        at += 8 + length
    return at


def _matroska_end(descriptor: int, size_bytes: int) -> int:
    """Element by element; into those of unknown size, over all others (RFC 8794)."""
    at = 0
    while at < size_bytes:
        head = os.pread(descriptor, 12, at)
        identifier, id_bytes = _ebml_number(head, keep_marker=True)
        length, length_bytes = _ebml_number(head[id_bytes:], keep_marker=False)
        if not id_bytes or not length_bytes:
            return at + 12 if len(head) < 12 else size_bytes  # cut, or no EBML at all
        at += id_bytes + length_bytes
        unknown = length == (1 << (7 * length_bytes)) - 1
        if unknown:
            if identifier not in {_SEGMENT, _CLUSTER}:
                return size_bytes
            continue  # its children follow; a cluster's end shows by what comes next
        at += length
    return at


def _mpegts_end(descriptor: int, size_bytes: int) -> int:
    """Packets of 188 bytes, each beginning with 0x47 (ISO/IEC 13818-1 § 2.4.3.2)."""
    if os.pread(descriptor, 1, 0) + os.pread(descriptor, 1, 188) != b"\x47\x47":
        return size_bytes  # some other packet size
    return -(-size_bytes // 188) * 188


def _ebml_number(head: bytes, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable length and its own length; length 0: not all there."""
    if not head or not head[0]:
        return 0, 0
    length = 9 - head[0].bit_length()
    if len(head) < length:
        return 0, 0
    value = int.from_bytes(head[:length])
    return (value if keep_marker else value & ((1 << (7 * length)) - 1)), length


_WALKS: dict[str, Callable[[int, int], int]] = {
    "ogg": _ogg_end,
    "mov": _mp4_end,
    "wav": _riff_end,
    "avi": _riff_end,
    "matroska": _matroska_end,
    "mpegts": _mpegts_end,
}
