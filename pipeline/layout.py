"""The layout: who is large, who is small, and when. Decided once, before encoding.

Speaker view: whoever speaks is large, the others are small beside it in an order
that never changes. The decision looks at speech activity only, so it is the same
on every machine, and a change in one minute (a withdrawn consent) does not move
the pictures of another.

A scene is a stretch of frames whose arrangement does not change. Scenes cover the
whole recording without gaps, on the frame grid of its session clock.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.edit_list import FRAMES_PER_S, frames_of
from pipeline.scenes import (
    FULL,
    MAIN,
    SOLO,
    Place,
    Scene,
    SceneKind,
    tile_rects,
)
from pipeline.spans import bridged
from pipeline.withheld import own_speech, withheld_people
from townhall.media import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pipeline.scenes import PictureRange
    from pipeline.withheld import WithheldCard
    from townhall.media import Person, Recording, SpeechSpan

#: a cut every two seconds is the fastest that still reads as calm (editing practice)
_LEAST_SCENE_FRAMES = 2 * FRAMES_PER_S
_TURN_GAP_S = 1.5  #: pauses inside a turn
_INTERJECTION_S = 1.2  #: "Ja, genau." does not make anybody large
_LEAD_S = 0.2  #: the picture changes just before the voice
_WINDOW_GAP_S = 30.0  #: a citizen's conversation goes on over shorter silences
_WINDOW_MARGIN_S = 5.0  #: shown before the first and after the last word
_MOST_TILES = 8


@dataclass(frozen=True, slots=True)
class _Showing:
    """From which frame on who is large, and who else is in the frame."""

    start_frame: int
    people: tuple[str, ...]  #: the large one first


def lay_out(
    recording: Recording,
    spans: Sequence[SpeechSpan],
    pictures: Mapping[str | None, Sequence[PictureRange]],
    *,
    cards: Sequence[WithheldCard] = (),
    blanks: Sequence[tuple[int, int]] = (),
) -> tuple[Scene, ...]:
    """Arrange a whole recording.

    Args:
        recording: people and length.
        spans: who speaks when.
        pictures: what may be shown of whom; ``None``: of a finished file.
        cards: shown instead of people who are not published.
        blanks: frames whose picture is covered.
    """
    frames = frames_of(recording.duration_s)
    if frames == 0:
        return ()
    if recording.people:
        scenes = _speaker_scenes(recording, spans, pictures, frames)
    else:
        scenes = _finished_scenes(pictures.get(None, ()), frames)
    for card in cards:
        start, end = _frame(card.start_s), min(frames, _frame(card.end_s))
        scenes = _covered(scenes, start, end, SceneKind.QUESTION, card.text)
    for start, end in blanks:
        scenes = _covered(scenes, start, end, SceneKind.BLANK, None)
    return _joined(scenes)


def _finished_scenes(ranges: Sequence[PictureRange], frames: int) -> list[Scene]:
    scene = Scene(start_frame=0, end_frame=frames, kind=SceneKind.TITLE)
    if not ranges:
        return [scene]
    place = Place(participant_id=None, rect=FULL, track_index=None)
    scene = replace(scene, kind=SceneKind.PICTURE, places=(place,))
    return [
        found
        if found.places[0].track_index is not None
        else replace(found, kind=SceneKind.TITLE, places=())
        for found in _with_pictures(scene, {None: ranges})
    ]


def _speaker_scenes(
    recording: Recording,
    spans: Sequence[SpeechSpan],
    pictures: Mapping[str | None, Sequence[PictureRange]],
    frames: int,
) -> list[Scene]:
    withheld = withheld_people(recording)
    people = [
        person for person in recording.people if person.participant_id not in withheld
    ]
    speech = {
        person.participant_id: own_speech(spans, person.participant_id)
        for person in people
    }
    turns = sorted(
        (start_s, end_s, participant_id)
        for participant_id, own in speech.items()
        for start_s, end_s in bridged(own, _TURN_GAP_S)
        if end_s - start_s >= _INTERJECTION_S
    )
    order = _stable_order(people, turns)
    if not order:
        return [Scene(start_frame=0, end_frame=frames, kind=SceneKind.TITLE)]
    floor = _calm(_floor(turns, order[0]))
    windows = {
        person.participant_id: _window(person, turns, frames) for person in people
    }
    scenes: list[Scene] = []
    for showing, end_frame in _showings(floor, windows, order, frames):
        scene = Scene(
            start_frame=showing.start_frame,
            end_frame=end_frame,
            kind=SceneKind.SPEAKERS,
            places=_places(showing.people),
        )
        scenes += _with_pictures(scene, pictures)
    return scenes


def _stable_order(
    people: Sequence[Person], turns: Sequence[tuple[float, float, str]]
) -> list[str]:
    """Host, moderator, then citizens as they first speak; silent citizens not at all."""
    rank = {Role.HOST: 0, Role.MODERATOR: 1, Role.CITIZEN: 2}
    first: dict[str, float] = {}
    for start_s, _, participant_id in turns:
        first.setdefault(participant_id, start_s)
    shown = [
        person
        for person in people
        if person.role is not Role.CITIZEN or person.participant_id in first
    ]
    shown.sort(
        key=lambda person: (
            rank[person.role],
            first.get(person.participant_id, 0.0)
            if person.role is Role.CITIZEN
            else 0.0,
            person.participant_id,
        )
    )
    return [person.participant_id for person in shown]


def _floor(
    turns: Sequence[tuple[float, float, str]], nobody: str
) -> list[tuple[int, str]]:
    """Who has the floor from which frame on.

    Who begins while somebody else still speaks gets it when that one has finished,
    and only if they then go on.
    """
    floor: list[tuple[int, str]] = [(0, turns[0][2] if turns else nobody)]
    holder, until_s = floor[0][1], turns[0][1] if turns else 0.0
    for start_s, end_s, participant_id in turns[1:]:
        if participant_id == holder:
            until_s = max(until_s, end_s)
            continue
        if start_s >= until_s - 2 * _LEAD_S:
            at_s = start_s
        elif end_s > until_s + _INTERJECTION_S:
            at_s = until_s
        else:
            continue
        floor.append((_frame(at_s - _LEAD_S), participant_id))
        holder, until_s = participant_id, end_s
    return floor


def _calm(floor: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """Leave out who has the floor for less than the shortest scene."""
    calm = [floor[0]]
    for start, participant_id in floor[1:]:
        if start - calm[-1][0] < _LEAST_SCENE_FRAMES:
            if len(calm) == 1:
                calm[0] = (0, participant_id)
                continue
            calm.pop()
        if calm[-1][1] != participant_id:
            calm.append((start, participant_id))
    return calm


def _window(
    person: Person, turns: Sequence[tuple[float, float, str]], frames: int
) -> tuple[tuple[int, int], ...]:
    """When somebody is in the frame at all."""
    if person.role is not Role.CITIZEN:
        return ((0, frames),)
    own = [
        (start_s, end_s)
        for start_s, end_s, participant_id in turns
        if participant_id == person.participant_id
    ]
    return tuple(
        (
            _frame(max(0.0, start_s - _WINDOW_MARGIN_S)),
            min(frames, _frame(end_s + _WINDOW_MARGIN_S)),
        )
        for start_s, end_s in bridged(own, _WINDOW_GAP_S)
    )


def _showings(
    floor: Sequence[tuple[int, str]],
    windows: Mapping[str, Sequence[tuple[int, int]]],
    order: Sequence[str],
    frames: int,
) -> Iterable[tuple[_Showing, int]]:
    """Who is in the frame from when to when; coming and going waits for a cut nearby."""
    fixed = [start for start, _ in floor] + [frames]
    snapped: dict[str, list[tuple[int, int]]] = {}
    for participant_id in order:
        snapped[participant_id] = []
        for start, end in windows.get(participant_id, ()):
            begin, stop = _nearest(start, fixed), _nearest(end, fixed)
            snapped[participant_id].append((begin, stop))
            fixed += [begin, stop]
    edges = sorted({edge for edge in fixed if edge < frames})
    for start, end in zip(edges, [*edges[1:], frames], strict=True):
        large = [who for at, who in floor if at <= start][-1]
        small = [
            who
            for who in order
            if who != large and any(a <= start < b for a, b in snapped[who])
        ]
        yield _Showing(start, (large, *small[:_MOST_TILES])), end


def _nearest(frame: int, fixed: Sequence[int]) -> int:
    nearest = min(fixed, key=lambda edge: (abs(edge - frame), edge))
    return nearest if abs(nearest - frame) < _LEAST_SCENE_FRAMES else frame


def _places(people: Sequence[str]) -> tuple[Place, ...]:
    if len(people) == 1:
        return (Place(participant_id=people[0], rect=SOLO, track_index=None),)
    rects = (MAIN, *tile_rects(len(people) - 1))
    return tuple(
        Place(participant_id=who, rect=rect, track_index=None)
        for who, rect in zip(people, rects, strict=True)
    )


def _with_pictures(
    scene: Scene, pictures: Mapping[str | None, Sequence[PictureRange]]
) -> list[Scene]:
    """Give each place its moving picture; split the scene where one comes or goes."""
    ranges = {
        place.participant_id: _frame_ranges(
            pictures.get(place.participant_id, ()), scene
        )
        for place in scene.places
    }
    edges = {scene.start_frame, scene.end_frame}
    for found in ranges.values():
        edges |= {edge for start, end, _ in found for edge in (start, end)}
    ordered = sorted(edges)
    return [
        replace(
            scene,
            start_frame=start,
            end_frame=end,
            places=tuple(
                replace(
                    place, track_index=_track_at(ranges[place.participant_id], start)
                )
                for place in scene.places
            ),
        )
        for start, end in itertools.pairwise(ordered)
    ]


def _frame_ranges(
    pictures: Sequence[PictureRange], scene: Scene
) -> list[tuple[int, int, int]]:
    """Where a picture exists inside a scene; its edges keep their distance.

    A picture that would come or go within the shortest scene of the scene's own
    edges leaves the name card there for so long.
    """
    found = []
    for picture in pictures:
        start, end = _frame(picture.start_s), _frame(picture.end_s)
        joins = any(
            abs(other.end_s - picture.start_s) < 1 / FRAMES_PER_S for other in pictures
        )
        goes_on = any(
            abs(other.start_s - picture.end_s) < 1 / FRAMES_PER_S for other in pictures
        )
        if start > scene.start_frame and not joins:
            start = max(start, scene.start_frame + _LEAST_SCENE_FRAMES)
        if end < scene.end_frame and not goes_on:
            end = min(end, scene.end_frame - _LEAST_SCENE_FRAMES)
        start, end = max(start, scene.start_frame), min(end, scene.end_frame)
        if start < end:
            found.append((start, end, picture.track_index))
    return found


def _track_at(ranges: Sequence[tuple[int, int, int]], frame: int) -> int | None:
    return next((track for start, end, track in ranges if start <= frame < end), None)


def _covered(
    scenes: Sequence[Scene], start: int, end: int, kind: SceneKind, text: str | None
) -> list[Scene]:
    """Put a card over some frames."""
    if end <= start:
        return list(scenes)
    result: list[Scene] = []
    for scene in scenes:
        if scene.start_frame < start:
            result.append(replace(scene, end_frame=min(scene.end_frame, start)))
        if scene.end_frame > end:
            result.append(replace(scene, start_frame=max(scene.start_frame, end)))
    result.append(Scene(start_frame=start, end_frame=end, kind=kind, text=text))
    return sorted(result, key=lambda scene: scene.start_frame)


def _joined(scenes: Sequence[Scene]) -> tuple[Scene, ...]:
    """Neighbours of equal arrangement are one scene."""
    result: list[Scene] = []
    for scene in scenes:
        if result and replace(result[-1], start_frame=0, end_frame=0) == replace(
            scene, start_frame=0, end_frame=0
        ):
            result[-1] = replace(result[-1], end_frame=scene.end_frame)
        else:
            result.append(scene)
    return tuple(result)


def _frame(at_s: float) -> int:
    return max(0, round(at_s * FRAMES_PER_S))
