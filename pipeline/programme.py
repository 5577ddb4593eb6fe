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
from pipeline.cards import card_piece, card_spec
from pipeline.compose import CELL_FRAMES, cells, picture_cuts, picture_piece
from pipeline.edit_list import (
    FRAMES_PER_S,
    SAMPLES_PER_FRAME,
    EditedPart,
    EditList,
    frame_spans,
    frames_of,
    make_edit_list,
    transcript_in_programme,
)
from pipeline.errors import PipelineError
from pipeline.layout import Scene, SceneKind, lay_out
from pipeline.mastering import PEAKS_FILE, master_piece, measured
from pipeline.picture_ranges import picture_ranges, reel, shown_tracks
from pipeline.pieces import digest_of, sha256_of_file
from pipeline.programme_chapters import (
    answers_of,
    audible,
    chapters_vtt,
    open_questions,
    programme_chapters,
)
from pipeline.programme_json import build_from_json, build_to_json
from pipeline.renditions import (
    POSTER_FILE,
    copy_audio,
    join_video,
    place_copy,
    place_text,
    poster_piece,
)
from pipeline.soundtrack import heard_tracks, sound_cuts, sound_piece, voice_of
from pipeline.withheld import shortening_cuts, withheld_cards, withheld_turns
from townhall.media import CutKind, ProgrammeBuild

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pipeline.answers import Answer
    from pipeline.picture_ranges import Reel
    from pipeline.pieces import Piece, PieceStore
    from pipeline.withheld import WithheldCard
    from townhall.media import Person, ProgrammePart, ProgrammePlan, Transcript

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


class NothingLeft(PipelineError):
    """Nothing is left of the programme: everything was taken out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """The pieces a stage is made of, in programme order, and all it used on the way."""

    pieces: tuple[Piece, ...]
    also_used: tuple[Piece, ...]

    @property
    def used(self) -> dict[str, Piece]:
        """Every piece once, by key."""
        return {piece.key: piece for piece in (*self.also_used, *self.pieces)}

    @property
    def built(self) -> int:
        """How many were built by this call; the rest was there already."""
        return sum(piece.built for piece in self.used.values())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outline:
    """What the plan comes to before anything is opened."""

    parts: tuple[ProgrammePart, ...]  #: with the cuts that withheld people cause
    answers: tuple[tuple[Answer, ...], ...]
    cards: tuple[tuple[WithheldCard, ...], ...]
    edit_list: EditList


def edit_list_of(plan: ProgrammePlan) -> EditList:
    """What is kept of the plan's recordings; maps programme time to them and back."""
    return _outline(plan).edit_list


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
    outline = _outline(plan)
    scenes, reels, cards, also = _laid_out(plan, outline, store)
    cuts = picture_cuts(outline.edit_list.ranges, scenes, cards, reels)
    cancelled = threading.Event()
    pieces = _in_parallel(
        cuts,
        lambda cut: picture_piece(store, cut, program=ffmpeg, cancelled=cancelled),
        workers=workers,
        cancelled=cancelled,
        tell=_teller("picture", progress),
    )
    return Stage(pieces=tuple(pieces), also_used=tuple(also))


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
    outline = _outline(plan)
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
    outline = _outline(plan)
    picture = build_picture(plan, store, workers=workers, ffmpeg=ffmpeg)
    sound = build_sound(plan, store, workers=workers, ffmpeg=ffmpeg)
    master = sound.pieces[-1]
    tell(0.2)
    scenes, _, _, _ = _laid_out(plan, outline, store)
    poster = _poster(outline, scenes, picture.pieces, store)
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
    people = _people(outline, scenes, spoken)
    names = {person.participant_id: person.name for person in people}
    place_text(captions_vtt(captioned, names=names), folder / _CAPTIONS)
    chapters = programme_chapters(plan, outline.answers, outline.edit_list)
    questions = {question.question_id: question for question in plan.questions}
    place_text(chapters_vtt(chapters, questions), folder / _CHAPTERS)

    used = {**picture.used, **sound.used, poster.key: poster}
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


def _outline(plan: ProgrammePlan) -> _Outline:
    answers = tuple(answers_of(part, plan.questions) for part in plan.parts)
    parts, cards = [], []
    for part, found in zip(plan.parts, answers, strict=True):
        spans = part.speech.spans
        starts = [
            (question_id, answer.start_s)
            for answer in found
            if not answer.needs_review
            for question_id in answer.question_ids
        ]
        turns = withheld_turns(part.recording, spans)
        shown = withheld_cards(turns, plan.questions, starts)
        shortened = shortening_cuts(shown, part.recording, spans)
        parts.append(replace(part, cuts=(*part.cuts, *shortened)))
        cards.append(shown)
    edit_list = make_edit_list(
        [
            EditedPart(duration_s=part.recording.duration_s, cuts=part.cuts)
            for part in parts
        ]
    )
    if not edit_list.ranges:
        raise NothingLeft
    return _Outline(
        parts=tuple(parts), answers=answers, cards=tuple(cards), edit_list=edit_list
    )


def _laid_out(
    plan: ProgrammePlan, outline: _Outline, store: PieceStore
) -> tuple[
    dict[int, tuple[Scene, ...]],
    dict[int, dict[int, Reel]],
    dict[tuple[int, int], Piece],
    list[Piece],
]:
    """Scenes, sources and still pictures of each part, and the pieces behind them."""
    scenes, reels, cards, also = {}, {}, {}, []
    for index, part in enumerate(outline.parts):
        kept = outline.edit_list.of_part(index)
        if not kept:
            continue
        scanned = {
            place: reel(store, track)
            for place, track in shown_tracks(part.recording).items()
        }
        also += [piece for _, piece in scanned.values()]
        reels[index] = {place: found for place, (found, _) in scanned.items()}
        frames = frames_of(part.recording.duration_s)
        scenes[index] = lay_out(
            part.recording,
            part.speech.spans,
            picture_ranges(reels[index]),
            cards=outline.cards[index],
            blanks=frame_spans(part.cuts, CutKind.BLANK, frames),
        )
        people = {person.participant_id: person for person in part.recording.people}
        for number, scene in enumerate(scenes[index]):
            if any(
                scene.start_frame < found.end_frame
                and scene.end_frame > found.start_frame
                for found in kept
            ):
                spec = card_spec(
                    scene,
                    people,
                    language=plan.language,
                    municipality=plan.municipality,
                    title=plan.title,
                )
                cards[index, number] = card_piece(store, spec)
    also += cards.values()
    return scenes, reels, cards, also


def _poster(
    outline: _Outline,
    scenes: dict[int, tuple[Scene, ...]],
    pieces: Sequence[Piece],
    store: PieceStore,
) -> Piece:
    """A frame of the first scene in which somebody is seen large; else of the first."""
    places = []
    number = 0
    for found in outline.edit_list.ranges:
        for begin, end in cells(found.start_frame, found.end_frame, CELL_FRAMES):
            for scene in scenes[found.part_index]:
                first, last = max(begin, scene.start_frame), min(end, scene.end_frame)
                if first < last:
                    rank = _poster_rank(scene, last - first)
                    places.append((rank, number, first - begin, last - begin))
            number += 1
    _, number, first, last = min(places)
    return poster_piece(store, pieces[number], (first, last))


def _poster_rank(scene: Scene, frames: int) -> int:
    if frames < FRAMES_PER_S:
        return 3  # a passing moment
    if scene.places and scene.places[0].track_index is not None:
        return 0
    return 2 if scene.kind in {SceneKind.BLANK, SceneKind.QUESTION} else 1


def _people(
    outline: _Outline, scenes: dict[int, tuple[Scene, ...]], spoken: Transcript
) -> tuple[Person, ...]:
    """Everybody who is seen or heard in what is left, in order."""
    appear = {segment.participant_id for segment in spoken.segments}
    for found in outline.edit_list.ranges:
        for scene in scenes[found.part_index]:
            if (
                scene.start_frame < found.end_frame
                and scene.end_frame > found.start_frame
            ):
                appear |= {place.participant_id for place in scene.places}
    people: dict[str, Person] = {}
    for part in outline.parts:
        for person in part.recording.people:
            if person.participant_id in appear and person.consent.lets_hear:
                people.setdefault(person.participant_id, person)
    return tuple(people.values())


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
