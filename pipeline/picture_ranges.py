"""When there really is a picture of somebody.

A video file says how long it is, not whether it has a picture all the time: a
camera that was switched off leaves a hole. So the packets of each video track are
read once (nothing is decoded) and the stretches with a picture noted; the layout
shows the name card in between.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av
import av.error
import ffmpeg

from pipeline import ffmpeg as runner
from pipeline.errors import MediaUnreadable
from pipeline.probe import READ_OPTIONS
from pipeline.scenes import HEIGHT_PX, WIDTH_PX, PictureRange
from pipeline.withheld import withheld_people
from townhall.media import TrackKind

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.pieces import Piece, PieceStore
    from townhall.media import Recording, TrackFile

_VERSION = 2
_FILE = "picture.json"
_REEL_VERSION = 1
_REEL_FILE = "reel.mkv"
#: Each piece decodes from the key frame before it. A live picture may have none for
#: minutes, as nobody asked for one: then a copy with a key frame each 2 s costs less.
_MOST_WAIT_S = 20.0
_REEL_ENCODING = {
    "vcodec": "libx264",
    "preset": "ultrafast",
    "crf": 16,  # to be encoded once more: nothing of it may be seen
    "pix_fmt": "yuv420p",
    "force_key_frames": "expr:gte(t,n_forced*2)",
    "threads": 1,
    "fps_mode": "vfr",
    "flags:v": "+bitexact",
    "fflags": "+bitexact",
    "map_metadata": -1,
    "f": "matroska",
}
#: frames that come further apart are a hole; slower pictures (shared slides) stay
_HOLE_S = 3.0
#: how long the nearest frame stands in where a picture is not quite there
_STRETCH_S = 1.0
_ASPECT = f"{WIDTH_PX}/{HEIGHT_PX}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reel:
    """One video track, ready to be cut from."""

    track: TrackFile
    path: Path  #: of the recording, or of a copy that can be entered anywhere
    digest: str  #: of what is in it
    begin_s: float  #: what the file's own clock shows at its beginning
    spans: tuple[tuple[float, float], ...]  #: with a picture; seconds of file

    @property
    def offset_s(self) -> float:
        """Where the file begins on the session clock."""
        return self.track.offset_ms / 1000

    def file_s(self, session_s: float) -> float:
        """The second of the file that shows a moment of the session."""
        return (session_s - self.offset_s) / self.track.clock_slope

    def session_s(self, file_s: float) -> float:
        """The moment of the session that a second of the file shows."""
        return self.offset_s + file_s * self.track.clock_slope


def shown_tracks(recording: Recording) -> dict[int, TrackFile]:
    """The video tracks that may be shown, by their place in the recording."""
    consents = {person.participant_id: person.consent for person in recording.people}
    withheld = withheld_people(recording)
    return {
        index: track
        for index, track in enumerate(recording.tracks)
        if track.kind is TrackKind.VIDEO
        and track.participant_id not in withheld
        and (
            consents[track.participant_id].shows_picture
            if track.participant_id in consents
            else track.participant_id is None
        )
    }


def reel(
    store: PieceStore, track: TrackFile, *, program: str = "ffmpeg"
) -> tuple[Reel, tuple[Piece, ...]]:
    """Find out when a video track has a picture, and make sure it can be cut from.

    Returns the reel and the pieces it rests on.

    Raises:
        MediaUnreadable: the file cannot be read.
        FfmpegFailed: a track with too few key frames could not be copied.
    """
    scan = store.build(
        "picture-ranges",
        _VERSION,
        {"sha256": track.sha256},
        lambda folder: _scan(track.path, folder / _FILE),
    )
    found = json.loads(scan.file(_FILE).read_text())
    spans = tuple((start_s, end_s) for start_s, end_s in found["spans"])
    if found["longest_wait_s"] <= _MOST_WAIT_S:
        whole = Reel(
            track=track,
            path=track.path,
            digest=track.sha256,
            begin_s=found["begin_s"],
            spans=spans,
        )
        return whole, (scan,)
    copy = store.build(
        "reel",
        _REEL_VERSION,
        {"sha256": track.sha256},
        lambda folder: _copy(track.path, folder / _REEL_FILE, program),
    )
    entered = Reel(
        track=track,
        path=copy.file(_REEL_FILE),
        digest=copy.key,
        begin_s=0.0,  # ffmpeg counts a copy's time from the beginning of the file
        spans=spans,
    )
    return entered, (scan, copy)


def picture_ranges(
    reels: dict[int, Reel],
) -> dict[str | None, tuple[PictureRange, ...]]:
    """All pictures of each person on the session clock, without overlaps.

    Where one file ends and the next begins within a moment, they meet in the
    middle; at other edges the nearest frame stands in for up to a second.
    """
    people: dict[str | None, list[PictureRange]] = {}
    for index, each in reels.items():
        people.setdefault(each.track.participant_id, []).extend(
            PictureRange(
                start_s=each.session_s(start_s),
                end_s=each.session_s(end_s),
                track_index=index,
            )
            for start_s, end_s in each.spans
        )
    return {who: _stretched(ranges) for who, ranges in people.items()}


def _stretched(ranges: list[PictureRange]) -> tuple[PictureRange, ...]:
    ordered = sorted(ranges, key=lambda found: (found.start_s, found.end_s))
    starts = [found.start_s - _STRETCH_S for found in ordered]
    ends = [found.end_s + _STRETCH_S for found in ordered]
    for index in range(1, len(ordered)):
        if starts[index] < ends[index - 1]:
            middle = (ordered[index - 1].end_s + ordered[index].start_s) / 2
            starts[index] = ends[index - 1] = middle
    return tuple(
        PictureRange(start_s=start_s, end_s=end_s, track_index=found.track_index)
        for found, start_s, end_s in zip(ordered, starts, ends, strict=True)
        if end_s > start_s
    )


def _scan(path: Path, target: Path) -> None:
    spans: list[list[float]] = []
    key_s = longest_wait_s = 0.0
    try:
        with av.open(str(path), options=READ_OPTIONS) as container:
            streams = [
                stream
                for stream in container.streams.video
                if not stream.disposition & stream.disposition.attached_pic
            ]
            begin_s = (container.start_time or 0) / av.time_base
            if not streams:
                raise MediaUnreadable(file=path.name, reason="it has no picture.")
            frame_s = 1 / float(streams[0].average_rate or 25)
            for packet in container.demux(streams[0]):
                at = packet.pts if packet.pts is not None else packet.dts
                if not packet.size or at is None or packet.time_base is None:
                    continue
                at_s = float(at * packet.time_base) - begin_s
                longest_wait_s = max(longest_wait_s, at_s - key_s)
                if packet.is_keyframe:
                    key_s = at_s
                if spans and at_s - spans[-1][1] <= _HOLE_S:
                    spans[-1][0] = min(spans[-1][0], at_s)
                    spans[-1][1] = max(spans[-1][1], at_s + frame_s)
                else:
                    spans.append([at_s, at_s + frame_s])
    except (av.error.FFmpegError, OSError) as error:
        raise MediaUnreadable(file=path.name, reason=str(error)) from error
    rounded = [[round(start_s, 6), round(end_s, 6)] for start_s, end_s in spans]
    target.write_text(
        json.dumps(
            {
                "begin_s": round(begin_s, 6),
                "spans": rounded,
                "longest_wait_s": round(longest_wait_s, 3),
            }
        )
    )


def _copy(path: Path, target: Path, program: str) -> None:
    """Encode a track anew with many key frames, its times unchanged.

    A camera that changes its size keeps it inside the largest frame it may fill: an
    encoder has one size only.
    """
    source = runner.recording(path, an=None, reinit_filter=0)
    fitted = source.video.filter(
        "scale",
        w=f"if(gte(dar,{_ASPECT}),{WIDTH_PX},max(2,2*floor({HEIGHT_PX}*dar/2)))",
        h=f"if(gte(dar,{_ASPECT}),max(2,2*floor({WIDTH_PX}/dar/2)),{HEIGHT_PX})",
        eval="frame",
        flags="bilinear",
    ).filter(
        "pad",
        w=WIDTH_PX,
        h=HEIGHT_PX,
        x="(ow-iw)/2",
        y="(oh-ih)/2",
        eval="frame",
        color="0x1e3448",
    )
    runner.run_ffmpeg(
        ffmpeg.output(fitted.filter("setsar", 1), str(target), **_REEL_ENCODING),
        program=program,
    )
