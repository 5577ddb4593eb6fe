"""What a plan comes to, before anything is encoded: what is kept, seen and answered.

Everything here is quick and the same on every machine; the stages of the build each
begin by asking for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.cards import card_piece, card_spec
from pipeline.compose import PictureCut, picture_cuts
from pipeline.edit_list import (
    FRAMES_PER_S,
    EditedPart,
    EditList,
    frame_spans,
    frames_of,
    make_edit_list,
)
from pipeline.errors import PipelineError
from pipeline.layout import lay_out
from pipeline.picture_ranges import picture_ranges, reel, shown_tracks
from pipeline.programme_chapters import answers_of
from pipeline.scenes import Scene, SceneKind
from pipeline.withheld import shortening_cuts, withheld_cards, withheld_turns
from townhall.media import CutKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.answers import Answer
    from pipeline.edit_list import KeptRange
    from pipeline.picture_ranges import Reel
    from pipeline.pieces import Piece, PieceStore
    from pipeline.withheld import WithheldCard
    from townhall.media import Person, ProgrammePart, ProgrammePlan, Transcript


class NothingLeft(PipelineError):
    """Nothing is left of the programme: everything was taken out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """What the plan comes to before any recording is opened."""

    parts: tuple[ProgrammePart, ...]  #: with the cuts that withheld people cause
    answers: tuple[tuple[Answer, ...], ...]
    cards: tuple[tuple[WithheldCard, ...], ...]
    edit_list: EditList


@dataclass(frozen=True, kw_only=True, slots=True)
class LaidOut:
    """The picture as decided: scenes per part, the pieces to encode, what they use."""

    scenes: dict[int, tuple[Scene, ...]]
    cuts: tuple[PictureCut, ...]
    used: tuple[Piece, ...]  #: still pictures and what was found out about the tracks


def edit_list_of(plan: ProgrammePlan) -> EditList:
    """What is kept of the plan's recordings; maps programme time to them and back."""
    return outline_of(plan).edit_list


def outline_of(plan: ProgrammePlan) -> Outline:
    """Decide what is kept of a plan and what stands in for people not published.

    Raises:
        NothingLeft: the cuts leave nothing.
    """
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
    return Outline(
        parts=tuple(parts), answers=answers, cards=tuple(cards), edit_list=edit_list
    )


def laid_out(
    plan: ProgrammePlan, outline: Outline, store: PieceStore, *, program: str = "ffmpeg"
) -> LaidOut:
    """Decide every scene, and draw the still pictures.

    Raises:
        MediaUnreadable: a recording cannot be read any more.
    """
    scenes: dict[int, tuple[Scene, ...]] = {}
    reels: dict[int, dict[int, Reel]] = {}
    cards: dict[tuple[int, int], Piece] = {}
    scans: list[Piece] = []
    for index, part in enumerate(outline.parts):
        kept = outline.edit_list.of_part(index)
        if not kept:
            continue
        scanned = {
            place: reel(store, track, program=program)
            for place, track in shown_tracks(part.recording).items()
        }
        scans += [piece for _, behind in scanned.values() for piece in behind]
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
            if _is_kept(scene, kept):
                spec = card_spec(
                    scene,
                    people,
                    language=plan.language,
                    municipality=plan.municipality,
                    title=plan.title,
                )
                cards[index, number] = card_piece(store, spec)
    return LaidOut(
        scenes=scenes,
        cuts=picture_cuts(outline.edit_list.ranges, scenes, cards, reels),
        used=(*scans, *cards.values()),
    )


def poster_place(picture: LaidOut) -> tuple[int, int, int]:
    """Which piece the poster comes from, and between which of its frames.

    The first scene in which somebody is seen large; else the first at all.
    """
    places = []
    for number, cut in enumerate(picture.cuts):
        begin, end = cut.start_frame, cut.start_frame + cut.frames
        for scene in picture.scenes[cut.part_index]:
            first, last = max(begin, scene.start_frame), min(end, scene.end_frame)
            if first < last:
                rank = _poster_rank(scene, last - first)
                places.append((rank, number, first - begin, last - begin))
    return min(places)[1:]


def _poster_rank(scene: Scene, frames: int) -> int:
    if frames < FRAMES_PER_S:
        return 3  # a passing moment
    if scene.places and scene.places[0].track_index is not None:
        return 0
    return 2 if scene.kind in {SceneKind.BLANK, SceneKind.QUESTION} else 1


def people_in(
    outline: Outline, picture: LaidOut, spoken: Transcript
) -> tuple[Person, ...]:
    """Everybody who is seen or heard in what is left, in order."""
    appear = {segment.participant_id for segment in spoken.segments}
    for found in outline.edit_list.ranges:
        for scene in picture.scenes[found.part_index]:
            if _is_kept(scene, [found]):
                appear |= {place.participant_id for place in scene.places}
    people: dict[str, Person] = {}
    for part in outline.parts:
        for person in part.recording.people:
            if person.participant_id in appear and person.consent.lets_hear:
                people.setdefault(person.participant_id, person)
    return tuple(people.values())


def _is_kept(scene: Scene, kept: Iterable[KeptRange]) -> bool:
    return any(
        scene.start_frame < found.end_frame and scene.end_frame > found.start_frame
        for found in kept
    )
