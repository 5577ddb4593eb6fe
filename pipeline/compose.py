"""The picture: scenes become pieces of encoded video, each built on its own.

The session clock of a recording is divided into cells of 16 s. What is kept of a
cell becomes one piece: one ffmpeg run that seeks each source, lays out the scenes
inside the cell, and encodes 720p and 360p side by side. A piece's key holds
exactly what is seen in it, so a cut, a covered picture or a withdrawn consent
rebuilds only the pieces it touches, and a bleep none. One run uses one thread;
speed comes from running as many as there are cores, and the same piece has the
same bytes whoever builds it.

Sources may have any size, shape, rotation or frame rate, even one that changes on
the way (browsers do that): pictures are fitted, never cropped or stretched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import ffmpeg

from pipeline import ffmpeg as runner
from pipeline.cards import CARD_FILE
from pipeline.edit_list import FRAMES_PER_S
from pipeline.errors import FfmpegFailed
from pipeline.scenes import HEIGHT_PX, WIDTH_PX

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from pipeline.edit_list import KeptRange
    from pipeline.picture_ranges import Reel
    from pipeline.pieces import Piece, PieceStore
    from pipeline.scenes import Rect, Scene

PICTURE_VERSION = 1
#: 16 s: long enough that starting ffmpeg and seeking cost little, short enough that
#: a cut touches little
CELL_FRAMES = 16 * FRAMES_PER_S
#: decoded before a piece begins, so that a source with few frames shows its last one
_PREROLL_S = 1.0

FILES = {"video_720p": "720p.mp4", "video_360p": "360p.mp4"}
SIZES = {"video_720p": (WIDTH_PX, HEIGHT_PX), "video_360p": (640, 360)}
#: constant quality with a ceiling for slow lines; levels of ITU-T H.264 table A-1
_RATES = {
    "video_720p": {"crf": 23, "maxrate": "2500k", "bufsize": "5000k", "level": "3.1"},
    "video_360p": {"crf": 24, "maxrate": "800k", "bufsize": "1600k", "level": "3.0"},
}
#: ``stitchable`` keeps the headers of all pieces alike, so that they can be joined
_ENCODING = {
    "vcodec": "libx264",
    "preset": "veryfast",
    "profile:v": "high",
    "pix_fmt": "yuv420p",
    "g": 4 * FRAMES_PER_S,
    "threads": 1,
    "x264-params": "stitchable=1",
    "colorspace": "bt709",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "color_range": "tv",
    "flags:v": "+bitexact",
    "fflags": "+bitexact",
    "map_metadata": -1,
    "fps_mode": "passthrough",
    "f": "mp4",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """A moving picture in its place, from which second of its file on."""

    path: Path
    sha256: str  #: digest of what is in the file
    begin_s: float  #: what the file's own clock shows at its beginning
    file_s: float  #: second of the file at the scene's first frame; may be negative
    slope: float  #: seconds of session per second of file
    rect: Rect


@dataclass(frozen=True, kw_only=True, slots=True)
class SceneCut:
    """The part of a scene that lies in one piece."""

    frames: int
    card: Piece
    shots: tuple[Shot, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureCut:
    """Everything that decides one piece of the picture."""

    part_index: int
    start_frame: int  #: on the session clock
    scenes: tuple[SceneCut, ...]

    @property
    def frames(self) -> int:
        """How many frames the piece has."""
        return sum(scene.frames for scene in self.scenes)

    def inputs(self) -> dict[str, object]:
        """What is seen, independent of where in the recording it is."""
        scenes = [
            {
                "frames": scene.frames,
                "card": scene.card.key,
                "shots": [
                    {
                        "sha256": shot.sha256,
                        "file_s": round(shot.file_s, 6),
                        "slope": shot.slope,
                        "rect": shot.rect,
                    }
                    for shot in scene.shots
                ],
            }
            for scene in self.scenes
        ]
        return {"scenes": scenes, "encoding": _ENCODING, "rates": _RATES}


def cells(
    start_frame: int, end_frame: int, cell_frames: int
) -> Iterator[tuple[int, int]]:
    """Divide frames at the multiples of the cell's length."""
    begin = start_frame
    while begin < end_frame:
        end = min(end_frame, (begin // cell_frames + 1) * cell_frames)
        yield begin, end
        begin = end


def picture_cuts(
    kept: Sequence[KeptRange],
    scenes: Mapping[int, Sequence[Scene]],
    cards: Mapping[tuple[int, int], Piece],
    reels: Mapping[int, Mapping[int, Reel]],
    *,
    cell_frames: int = CELL_FRAMES,
) -> tuple[PictureCut, ...]:
    """Divide what is kept into pieces, in programme order.

    Args:
        kept: ranges of the edit list.
        scenes: per part, covering all its frames.
        cards: the still picture of scene n of a part.
        reels: per part, the video tracks by their place in the recording.
        cell_frames: length of a piece.
    """
    return tuple(
        PictureCut(
            part_index=found.part_index,
            start_frame=begin,
            scenes=tuple(
                _scene_cut(scene, begin, end, cards[found.part_index, index], sources)
                for index, scene in enumerate(scenes[found.part_index])
                if scene.start_frame < end and scene.end_frame > begin
            ),
        )
        for found in kept
        for sources in (reels[found.part_index],)
        for begin, end in cells(found.start_frame, found.end_frame, cell_frames)
    )


def _scene_cut(
    scene: Scene, begin: int, end: int, card: Piece, reels: Mapping[int, Reel]
) -> SceneCut:
    first, last = max(begin, scene.start_frame), min(end, scene.end_frame)
    return SceneCut(
        frames=last - first,
        card=card,
        shots=tuple(
            _shot(reels[place.track_index], place.rect, first)
            for place in scene.places
            if place.track_index is not None
        ),
    )


def _shot(source: Reel, rect: Rect, first_frame: int) -> Shot:
    return Shot(
        path=source.path,
        sha256=source.digest,
        begin_s=source.begin_s,
        file_s=source.file_s(first_frame / FRAMES_PER_S),
        slope=source.track.clock_slope,
        rect=rect,
    )


def picture_piece(
    store: PieceStore,
    cut: PictureCut,
    *,
    program: str = "ffmpeg",
    cancelled: threading.Event | None = None,
) -> Piece:
    """Encode one piece of the picture in all sizes, or find it.

    Raises:
        FfmpegFailed: it could not be encoded.
        FfmpegMissing: there is no ffmpeg.
    """
    return store.build(
        "picture",
        PICTURE_VERSION,
        cut.inputs(),
        lambda folder: _encode(cut, folder, program, cancelled),
    )


def _encode(
    cut: PictureCut, folder: Path, program: str, cancelled: threading.Event | None
) -> None:
    graph = picture_graph(cut, folder)
    runner.run_ffmpeg(graph, program=program, cancelled=cancelled)
    for name in FILES.values():
        with av.open(str(folder / name)) as container:
            frames = sum(1 for packet in container.demux(video=0) if packet.size)
        if frames != cut.frames:
            reason = f"{name} has {frames} frames instead of {cut.frames}"
            raise FfmpegFailed(status=0, stderr_tail=reason)


def picture_graph(cut: PictureCut, folder: Path) -> Any:
    """The ffmpeg graph and outputs of one piece; also of a whole programme at once."""
    streams, stills = _source_streams(cut), _still_streams(cut)
    laid_out = [
        _scene_stream(
            scene,
            stills[index],
            [streams[index, position] for position in range(len(scene.shots))],
        )
        for index, scene in enumerate(cut.scenes)
    ]
    picture = laid_out[0]
    if len(laid_out) > 1:
        picture = ffmpeg.concat(*laid_out, v=1, a=0)
    sizes = picture.filter_multi_output("split", len(FILES))
    outputs = []
    for index, (kind, name) in enumerate(FILES.items()):
        width, height = SIZES[kind]
        sized = sizes[index]
        if (width, height) != (WIDTH_PX, HEIGHT_PX):
            sized = sized.filter("scale", width, height, flags="bilinear")
        outputs.append(
            ffmpeg.output(
                sized.filter("setsar", 1),
                str(folder / name),
                **{**_ENCODING, **_RATES[kind], "frames:v": cut.frames},
            )
        )
    return ffmpeg.merge_outputs(*outputs)


def _source_streams(cut: PictureCut) -> dict[tuple[int, int], Any]:
    """For each shot its frames at 25 fps, cut to the scene, beginning at 0."""
    uses: dict[tuple[str, str], list[tuple[int, int, int, Shot]]] = {}
    at = 0
    for index, scene in enumerate(cut.scenes):
        for position, shot in enumerate(scene.shots):
            key = (shot.sha256, str(shot.path))
            uses.setdefault(key, []).append((at, index, position, shot))
        at += scene.frames
    streams: dict[tuple[int, int], Any] = {}
    for shots in uses.values():
        first = shots[0][0]
        last_at, last_index, _, _ = shots[-1]
        frames = last_at + cut.scenes[last_index].frames - first
        whole = _opened(shots[0][3], frames)
        copies = [whole]
        if len(shots) > 1:
            split = whole.filter_multi_output("split", len(shots))
            copies = [split[number] for number in range(len(shots))]
        for copy, (begin, index, position, _) in zip(copies, shots, strict=True):
            start = begin - first
            streams[index, position] = copy.filter(
                "trim", start_frame=start, end_frame=start + cut.scenes[index].frames
            ).filter("setpts", "PTS-STARTPTS")
    return streams


def _opened(shot: Shot, frames: int) -> Any:
    """A source from the frame on that shows the shot's first moment, at 25 fps."""
    seek_s = max(0.0, shot.file_s - _PREROLL_S)
    length_s = shot.file_s - seek_s + frames / FRAMES_PER_S / shot.slope + 1.0
    source = runner.recording(
        shot.path,
        ss=f"{shot.begin_s + seek_s:.6f}",
        seek_timestamp=1,
        t=f"{length_s:.6f}",
        # a browser changes the size on the way; the graph must not begin anew then
        reinit_filter=0,
        an=None,
    )
    late_s = (seek_s - shot.file_s) * shot.slope
    shifted = source.video.filter("setpts", f"PTS*{shot.slope:.9f}+({late_s:.6f})/TB")
    return shifted.filter("fps", FRAMES_PER_S, start_time=0)


def _still_streams(cut: PictureCut) -> list[Any]:
    """For each scene its still picture, one frame; each file is decoded once."""
    uses: dict[str, list[int]] = {}
    for index, scene in enumerate(cut.scenes):
        uses.setdefault(scene.card.key, []).append(index)
    streams: dict[int, Any] = {}
    for indexes in uses.values():
        still = (
            runner.own_file(
                cut.scenes[indexes[0]].card.file(CARD_FILE),
                "image2",
                pattern_type="none",
                framerate=FRAMES_PER_S,
            )
            # bt709 is what players assume at 720 lines
            .filter("scale", out_color_matrix="bt709", out_range="tv")
            .filter("format", "yuv420p")
        )
        if len(indexes) == 1:
            streams[indexes[0]] = still
            continue
        split = still.filter_multi_output("split", len(indexes))
        for number, index in enumerate(indexes):
            streams[index] = split[number]
    return [streams[index] for index in range(len(cut.scenes))]


def _scene_stream(scene: SceneCut, still: Any, streams: Sequence[Any]) -> Any:
    """The still picture, repeated, with the moving ones laid over it."""
    laid_out = (
        still.filter("loop", loop=-1, size=1)
        .filter("trim", end_frame=scene.frames)
        .filter("setpts", f"N/({FRAMES_PER_S}*TB)")
    )
    for shot, stream in zip(scene.shots, streams, strict=True):
        laid_out = laid_out.overlay(
            _fitted(stream, shot.rect),
            x=f"{shot.rect.x}+2*floor(({shot.rect.width}-overlay_w)/4)",
            y=f"{shot.rect.y}+2*floor(({shot.rect.height}-overlay_h)/4)",
            format="yuv420",
        )
    return laid_out


def _fitted(stream: Any, rect: Rect) -> Any:
    """As large as the place allows, in its own shape; evaluated for every frame.

    No other filter may follow before the overlay: it asks for an alpha channel, and
    ffmpeg would put in a second scaler, which keeps the first frame's size.
    """
    shape = f"{rect.width}/{rect.height}"
    return stream.filter(
        "scale",
        w=f"if(gte(dar,{shape}),{rect.width},max(2,2*floor({rect.height}*dar/2)))",
        h=f"if(gte(dar,{shape}),max(2,2*floor({rect.width}/dar/2)),{rect.height})",
        eval="frame",
        flags="bilinear",
    )
