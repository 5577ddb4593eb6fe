"""What a media file really contains, found by opening it, never by its name.

Recordings come from strangers. So a file is opened once, as a regular file, and
everything is read through that one descriptor: its digest, its packets, its
first frames. Only demuxers of real recordings may look at it
(``format_whitelist``); a playlist, a list of files, an image or a text has
nothing to be opened with, whatever it is called. No demuxer can open a second
file: it is handed bytes, not a name.

The duration is measured by walking over every packet. A header may claim ten
hours, and a file that was cut off still has the header of the whole one.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import av
import av.error

from pipeline.errors import MediaEmpty, MediaUnreadable
from pipeline.file_ending import claimed_by_movie_header_s, missing_bytes
from pipeline.steady_file import SteadyFile, open_steadily
from townhall.errors import phrase
from townhall.media import MediaInfo

if TYPE_CHECKING:
    from pathlib import Path

    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

#: Demuxers that may open a recording. Left out on purpose: everything that names
#: other files or addresses (hls, concat, dash, sdp, imf …), pictures and text
#: (image2, tty …), devices, and raw streams that accept any bytes as samples.
ALLOWED_DEMUXERS = (
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,ogg,wav,w64,aiff,caf,flac,mp3,aac,amr,"
    "mpegts,mpeg,avi,asf,flv,ivf,mxf"
)
#: for ``av.open`` here and for every ffmpeg that reads a recording
READ_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": ALLOWED_DEMUXERS}

#: 8K UHD; a larger claim is an attack on the memory, not a camera (ITU-R BT.2020)
MAX_PIXELS = 7680 * 4320
#: Nobody is silent for so long that no packet comes; a jump in the clock is.
MAX_GAP_S = 3600.0
#: How far a header's duration may exceed the packets': encoder padding, a last
#: frame without length, rounding to whole seconds.
_CLAIM_TOLERANCE_S, _CLAIM_TOLERANCE = 1.0, 0.01
#: Packets that may pass before the first frame comes out: ten seconds of video in
#: a stream that was joined between two key frames.
_PATIENCE_PACKETS = 250
#: Their header states no duration: ffmpeg estimates it from the bit rate or the end.
_ESTIMATED = frozenset({"aac", "amr", "mpegts", "mpeg"})


def probe(path: Path) -> MediaInfo:
    """Open a file, measure it and check that sound and picture really decode.

    Raises:
        MediaEmpty: no bytes, no sound and no picture, or a duration of 0.
        MediaUnreadable: not a recording, cut off, or not what its header claims.
        MediaChanging: somebody is still writing it.
    """
    with open_steadily(path) as file:
        if not file.size_bytes:
            raise MediaEmpty(file=path.name)
        digest = file.sha256()
        try:
            info = _read(file, digest)
        except (MediaEmpty, MediaUnreadable):
            # half a file that is still being written looks like a broken one
            file.refuse_changed()
            raise
        file.refuse_changed()
        return info


@dataclass(slots=True)
class _Measured:
    """One stream's packets: how many, from when to when, and the longest gap."""

    packets: int = 0
    starts_s: float = 0.0
    ends_s: float = 0.0
    latest_start_s: float = 0.0
    longest_gap_s: float = 0.0
    decodes: bool = False
    refusals: int = 0
    _usual_s: float = field(default=0.0)

    def add(self, start_s: float, duration_s: float) -> None:
        if not self.packets:
            self.starts_s = self.ends_s = self.latest_start_s = start_s
        step_s = start_s - self.latest_start_s
        if step_s > 0:
            self._usual_s = step_s
        self.longest_gap_s = max(self.longest_gap_s, start_s - self.ends_s, duration_s)
        self.starts_s = min(self.starts_s, start_s)
        self.latest_start_s = max(self.latest_start_s, start_s)
        # a packet without a duration lasts as long as the one before it did
        self.ends_s = max(self.ends_s, start_s + (duration_s or self._usual_s))
        self.packets += 1

    @property
    def rate(self) -> float | None:
        """Packets a second, between the first and the last."""
        span_s = self.latest_start_s - self.starts_s
        return round((self.packets - 1) / span_s, 3) if span_s > 0 else None


def _read(file: SteadyFile, digest: str) -> MediaInfo:
    try:
        with av.open(
            file.stream(),
            mode="r",
            options={**READ_OPTIONS, "max_pixels": str(MAX_PIXELS)},
            metadata_errors="replace",
        ) as container:
            return _measure(file, digest, container)
    except av.error.FFmpegError as error:
        reason = phrase(
            "it is damaged, cut off, or no sound or video recording at all."
        )
        raise MediaUnreadable(file=file.path.name, reason=reason) from error


def _measure(file: SteadyFile, digest: str, container: InputContainer) -> MediaInfo:
    path = file.path
    sound = next((s for s in container.streams.audio if _has_decoder(s)), None)
    picture = next(
        (
            s
            for s in container.streams.video
            if _has_decoder(s) and not s.disposition & s.disposition.attached_pic
        ),
        None,
    )
    if sound is None and picture is None:
        raise MediaEmpty(file=path.name)
    if picture is not None and picture.width * picture.height > MAX_PIXELS:
        raise MediaUnreadable(
            "{file} is not a readable recording: "
            "its picture of {width_px} × {height_px} pixels is too large.",
            file=path.name,
            width_px=picture.width,
            height_px=picture.height,
        )
    streams = [stream for stream in (sound, picture) if stream is not None]
    measured = {stream.index: _Measured() for stream in streams}
    estimated = _walk(file.descriptor, container, streams, measured)
    duration_s = _duration_s(measured)
    if duration_s <= 0:
        raise MediaEmpty(file=path.name)
    claims_s = [] if estimated or not container.duration else [container.duration / 1e6]
    if container.format.name.startswith("mov"):
        claims_s.append(claimed_by_movie_header_s(file.descriptor) or 0.0)
    _refuse_cut_off(
        path,
        missing=missing_bytes(file.descriptor, container.format.name),
        claimed_s=max(claims_s, default=0.0),
        measured_s=duration_s,
    )
    for stream in streams:
        _refuse_unusable(path, stream, measured[stream.index])
    return MediaInfo(
        path=path,
        container=container.format.name,
        duration_s=round(duration_s, 6),
        size_bytes=file.size_bytes,
        sha256=digest,
        audio_codec=sound.codec_context.codec.canonical_name if sound else None,
        sample_rate_hz=sound.sample_rate if sound else None,
        channels=sound.channels if sound else None,
        video_codec=picture.codec_context.codec.canonical_name if picture else None,
        width_px=picture.width if picture else None,
        height_px=picture.height if picture else None,
        frame_rate=_frame_rate(picture, measured[picture.index]) if picture else None,
    )


def _has_decoder(stream: AudioStream | VideoStream) -> bool:
    return stream.codec_context is not None


def _frame_rate(picture: VideoStream, tally: _Measured) -> float | None:
    """The rate the stream states if its packets bear it out, else theirs."""
    stated = float(picture.average_rate) if picture.average_rate else None
    if stated and tally.rate and abs(stated / tally.rate - 1) < 0.02:
        return round(stated, 3)
    return tally.rate


def _walk(
    descriptor: int,
    container: InputContainer,
    streams: list[AudioStream | VideoStream],
    measured: dict[int, _Measured],
) -> bool:
    """Add up all packets, decode the first ones; whether the claim is an estimate."""
    estimated = container.format.name in _ESTIMATED
    first_at: int | None = None
    for packet in container.demux(streams):
        tally = measured[packet.stream.index]
        if not tally.decodes and tally.refusals < _PATIENCE_PACKETS:
            # a stream joined between two key frames: the next packets will tell
            with suppress(av.error.FFmpegError):
                tally.decodes = bool(packet.decode())
            tally.refusals += not tally.decodes
        at = packet.pts if packet.pts is not None else packet.dts
        if not packet.size or at is None or packet.time_base is None:
            continue
        if first_at is None and packet.pos is not None:
            first_at = packet.pos
        base = float(packet.time_base)
        tally.add(at * base, (packet.duration or 0) * base)
    if container.format.name == "mp3" and first_at is not None:
        # only a Xing or Info frame before the first packet states a duration
        begin = max(0, first_at - 4096)
        head = os.pread(descriptor, first_at - begin, begin)
        estimated = b"Xing" not in head and b"Info" not in head
    return estimated


def _duration_s(measured: dict[int, _Measured]) -> float:
    tallies = [tally for tally in measured.values() if tally.packets]
    if not tallies:
        return 0.0
    ends_s = max(tally.ends_s for tally in tallies)
    # What lies before 0 is the encoder's run-up and is never played (RFC 7845 § 4.2).
    starts_s = max(0.0, min(tally.starts_s for tally in tallies))
    return ends_s - starts_s


def _refuse_cut_off(
    path: Path, *, missing: int, claimed_s: float, measured_s: float
) -> None:
    tolerance_s = max(_CLAIM_TOLERANCE_S, claimed_s * _CLAIM_TOLERANCE)
    if claimed_s - measured_s > tolerance_s:
        raise MediaUnreadable(
            "{file} claims to last {claimed}, but only {measured} of it is there. "
            "Export or copy it again.",
            file=path.name,
            claimed=_clock(claimed_s),
            measured=_clock(measured_s),
        )
    if missing:
        raise MediaUnreadable(
            "{file} is cut off: at least {missing} bytes are missing at its end. "
            "Export or copy it again.",
            file=path.name,
            missing=missing,
        )


def _refuse_unusable(
    path: Path, stream: AudioStream | VideoStream, tally: _Measured
) -> None:
    what = phrase("sound") if stream.type == "audio" else phrase("picture")
    if not tally.decodes:
        raise MediaUnreadable(
            "{file} is not a readable recording: its {what} cannot be decoded.",
            file=path.name,
            what=what,
        )
    if tally.longest_gap_s > MAX_GAP_S:
        raise MediaUnreadable(
            "{file} has a hole of {gap} in its {what}: "
            "the clock of the recording jumped. Export it again.",
            file=path.name,
            gap=_clock(tally.longest_gap_s),
            what=what,
        )


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
