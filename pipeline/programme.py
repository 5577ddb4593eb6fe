"""A whole programme: from the plan to the files that people watch.

    plan ─ answers ─ edit list ─┬─ layout ─ picture pieces ─┐
                                └─ voices ─ sound pieces ─ master ─┴─ finished files

Everything that takes time is a piece in the store, so each stage may be called on
its own, in any process, again after a crash: it finds what is there and goes on.
``finish_programme`` calls the two stages before it and joins what they give, hence
the same plan gives the same digest, whoever built what.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from pipeline.captions import captions_vtt
from pipeline.compose import picture_piece
from pipeline.edit_list import SAMPLES_PER_FRAME, transcript_in_programme
from pipeline.mastering import PEAKS_FILE, master_piece, measured
from pipeline.pieces import digest_of, sha256_of_file
from pipeline.programme_chapters import (
    audible,
    chapters_vtt,
    open_questions,
    programme_chapters,
)
from pipeline.programme_json import build_from_json, build_to_json
from pipeline.programme_outline import (
    NothingLeft,
    edit_list_of,
    laid_out,
    outline_of,
    people_in,
    poster_place,
)
from pipeline.renditions import (
    POSTER_FILE,
    copy_audio,
    join_video,
    place_copy,
    place_text,
    poster_piece,
)
from pipeline.soundtrack import heard_tracks, sound_cuts, sound_piece, voice_of
from townhall.media import ProgrammeBuild

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from pipeline.pieces import Piece, PieceStore
    from townhall.media import ProgrammePlan

    #: told the stage's name and how much of it is done, 0 … 1
    Progress = Callable[[str, float], None]

__all__ = [
    "NothingLeft",
    "Stage",
    "build_from_json",
    "build_picture",
    "build_programme",
    "build_sound",
    "build_to_json",
    "edit_list_of",
    "finish_programme",
    "piece_keys",
]

PIECES_FILE = "pieces.json"
_FILES = {
    "video_720p": "video_720p.mp4",
    "video_360p": "video_360p.mp4",
    "audio": "audio.m4a",
}
_CAPTIONS, _CHAPTERS, _POSTER, _PEAKS = (
    "captions.vtt",
    "chapters.vtt",
    "poster.jpg",
    "peaks.json",
)

_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """The pieces a stage is made of, in programme order, and all it used on the way."""

    pieces: tuple[Piece, ...]
    also_used: tuple[Piece, ...]

    @property
    def used(self) -> dict[str, Piece]:
        """Every piece once, by key; as built when any of its uses built it."""
        return _by_key((*self.also_used, *self.pieces))

    @property
    def built(self) -> int:
        """How many were built by this call; the rest was there already."""
        return sum(piece.built for piece in self.used.values())


def build_programme(
    plan: ProgrammePlan,
    store: PieceStore,
    *,
    folder: Path,
    workers: int,
    ffmpeg: str = "ffmpeg",
    progress: Progress | None = None,
) -> ProgrammeBuild:
    """Build everything a publisher needs.

    Args:
        plan: what decides how the programme comes out.
        store: where pieces live; what is in it is not built again.
        folder: takes the finished files, each in one step.
        workers: how many one-threaded encoders may run at once.
        ffmpeg: the program.
        progress: told stage and fraction done.

    Raises:
        NothingLeft: the cuts leave nothing.
        MediaUnreadable: a recording cannot be read any more.
        FfmpegFailed: something could not be encoded.
    """
    picture = build_picture(
        plan, store, workers=workers, ffmpeg=ffmpeg, progress=progress
    )
    sound = build_sound(plan, store, workers=workers, ffmpeg=ffmpeg, progress=progress)
    return finish_programme(
        plan,
        store,
        folder=folder,
        workers=workers,
        ffmpeg=ffmpeg,
        progress=progress,
        built_before=picture.built + sound.built,
    )


def build_picture(
    plan: ProgrammePlan,
    store: PieceStore,
    *,
    workers: int,
    ffmpeg: str = "ffmpeg",
    progress: Progress | None = None,
) -> Stage:
    """Build all pieces of the picture.

    Raises:
        NothingLeft, MediaUnreadable, FfmpegFailed: see ``build_programme``.
    """
    outline = outline_of(plan)
    picture = laid_out(plan, outline, store, program=ffmpeg)
    cancelled = threading.Event()
    pieces = _in_parallel(
        picture.cuts,
        lambda cut: picture_piece(store, cut, program=ffmpeg, cancelled=cancelled),
        workers=workers,
        cancelled=cancelled,
        tell=_teller("picture", progress),
    )
    return Stage(pieces=tuple(pieces), also_used=picture.used)


def build_sound(
    plan: ProgrammePlan,
    store: PieceStore,
    *,
    workers: int,
    ffmpeg: str = "ffmpeg",
    progress: Progress | None = None,
) -> Stage:
    """Build all pieces of the sound and the levelled whole, which comes last.

    Raises:
        NothingLeft, MediaUnreadable, FfmpegFailed: see ``build_programme``.
    """
    outline = outline_of(plan)
    tell = _teller("sound", progress)
    parts = outline.parts
    tracks = [
        (index, track)
        for index, part in enumerate(parts)
        if outline.edit_list.of_part(index)
        for track in heard_tracks(part)
    ]
    voices = _in_parallel(
        tracks,
        lambda item: voice_of(store, item[1]),
        workers=workers,
        tell=lambda done: tell(0.3 * done),
    )
    of_part = [
        tuple(
            each
            for each, (owner, _) in zip(voices, tracks, strict=True)
            if owner == index
        )
        for index in range(len(parts))
    ]
    cuts = sound_cuts(outline.edit_list.ranges, parts, of_part)
    mixes = _in_parallel(
        cuts,
        lambda cut: sound_piece(store, cut),
        workers=workers,
        tell=lambda done: tell(0.3 + 0.2 * done),
    )
    samples = outline.edit_list.frames * SAMPLES_PER_FRAME
    master = master_piece(store, mixes, samples, program=ffmpeg)
    tell(1.0)
    also = [each.piece for each in voices]
    return Stage(pieces=(*mixes, master), also_used=tuple(also))


def finish_programme(
    plan: ProgrammePlan,
    store: PieceStore,
    *,
    folder: Path,
    workers: int,
    ffmpeg: str = "ffmpeg",
    progress: Progress | None = None,
    built_before: int = 0,
) -> ProgrammeBuild:
    """Join the pieces (building what is missing) and write everything around them.

    The arguments are those of ``build_programme``; ``built_before`` is how many pieces
    earlier stages of this run built, for the count.

    Raises:
        NothingLeft, MediaUnreadable, FfmpegFailed: see ``build_programme``.
    """
    tell = _teller("finish", progress)
    outline = outline_of(plan)
    picture = build_picture(plan, store, workers=workers, ffmpeg=ffmpeg)
    sound = build_sound(plan, store, workers=workers, ffmpeg=ffmpeg)
    master = sound.pieces[-1]
    tell(0.2)
    seen = laid_out(plan, outline, store, program=ffmpeg)
    number, first, last = poster_place(seen)
    poster = poster_piece(store, picture.pieces[number], (first, last))
    folder.mkdir(parents=True, exist_ok=True)
    renditions = []
    for kind in ("video_720p", "video_360p"):
        renditions.append(
            join_video(kind, picture.pieces, master, folder / _FILES[kind])
        )
        tell(0.2 + 0.35 * len(renditions))
    renditions.append(copy_audio(master, folder / _FILES["audio"]))
    place_copy(poster.file(POSTER_FILE), folder / _POSTER)
    place_copy(master.file(PEAKS_FILE), folder / _PEAKS)

    transcripts = [audible(part).transcript for part in outline.parts]
    spoken, captioned = (
        transcript_in_programme(
            outline.edit_list, transcripts, language=plan.language, mark_bleeps=mark
        )
        for mark in (False, True)
    )
    people = people_in(outline, seen, spoken)
    names = {person.participant_id: person.name for person in people}
    place_text(captions_vtt(captioned, names=names), folder / _CAPTIONS)
    chapters = programme_chapters(plan, outline.answers, outline.edit_list)
    questions = {question.question_id: question for question in plan.questions}
    place_text(chapters_vtt(chapters, questions), folder / _CHAPTERS)

    used = _by_key((*picture.used.values(), *sound.used.values(), poster))
    place_text(json.dumps(sorted(used), indent=0), folder / PIECES_FILE)
    loudness = measured(master)
    build = ProgrammeBuild(
        digest="",
        duration_s=outline.edit_list.duration_s,
        renditions=tuple(renditions),
        captions_path=folder / _CAPTIONS,
        chapters_path=folder / _CHAPTERS,
        poster_path=folder / _POSTER,
        peaks_path=folder / _PEAKS,
        transcript=spoken,
        chapters=chapters,
        open_question_ids=open_questions(plan, chapters),
        people=people,
        loudness_lufs=loudness.integrated_lufs,
        true_peak_dbtp=loudness.true_peak_dbtp,
        pieces_used=len(used),
        pieces_built=built_before + sum(piece.built for piece in used.values()),
    )
    tell(1.0)
    return replace(build, digest=build_digest(build, folder))


def build_digest(build: ProgrammeBuild, folder: Path) -> str:
    """SHA-256 over every published byte and value; not over where or how it was built."""
    files = (
        build.captions_path,
        build.chapters_path,
        build.poster_path,
        build.peaks_path,
    )
    values = build_to_json(build, folder)
    for counted in ("digest", "pieces_used", "pieces_built"):
        del values[counted]
    return digest_of(
        {"values": values, "files": {path.name: sha256_of_file(path) for path in files}}
    )


def piece_keys(folder: Path) -> frozenset[str]:
    """The pieces a finished programme was made of; all others may be erased.

    An unfinished one has none.
    """
    try:
        return frozenset(json.loads((folder / PIECES_FILE).read_text()))
    except FileNotFoundError:
        return frozenset()


def _by_key(pieces: Iterable[Piece]) -> dict[str, Piece]:
    found: dict[str, Piece] = {}
    for piece in pieces:
        if piece.key not in found or piece.built:
            found[piece.key] = piece
    return found


def _in_parallel(
    items: Sequence[_T],
    work: Callable[[_T], _R],
    *,
    workers: int,
    tell: Callable[[float], None],
    cancelled: threading.Event | None = None,
) -> list[_R]:
    """Do the same with many things at once; results in their order.

    When one fails, or we are interrupted, what has not begun never begins.
    """
    with ThreadPoolExecutor(max_workers=max(1, workers)) as pool:
        try:
            futures = [pool.submit(work, item) for item in items]
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                tell(done / len(futures))
        except BaseException:
            if cancelled:
                cancelled.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _teller(stage: str, progress: Progress | None) -> Callable[[float], None]:
    def tell(done: float) -> None:
        if progress:
            progress(stage, round(done, 4))

    return tell
