"""Scenes: what fills the frame for a while, and the places in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

WIDTH_PX, HEIGHT_PX = 1280, 720


class SceneKind(StrEnum):
    """What fills the frame."""

    SPEAKERS = "speakers"  #: one large, the others small
    PICTURE = "picture"  #: the finished picture of another system, whole
    TITLE = "title"  #: sound without any picture
    QUESTION = "question"  #: a question's wording in place of somebody not published
    BLANK = "blank"  #: the press office covered the picture


@dataclass(frozen=True, kw_only=True, slots=True)
class Rect:
    """A place in the frame; all numbers even, as 4:2:0 colour needs."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureRange:
    """When a picture of somebody exists, and in which of the recording's tracks."""

    start_s: float
    end_s: float
    track_index: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One person (or the whole picture) in a scene."""

    participant_id: str | None
    rect: Rect
    track_index: int | None  #: ``None``: a name card


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A stretch of frames, half-open on the session clock, with one arrangement."""

    start_frame: int
    end_frame: int
    kind: SceneKind
    places: tuple[Place, ...] = ()  #: the large one first
    text: str | None = None  #: of a question card; ``None``: the neutral sentence


FULL = Rect(x=0, y=0, width=WIDTH_PX, height=HEIGHT_PX)
#: alone in the frame, name below
SOLO = Rect(x=160, y=62, width=960, height=540)
MAIN = Rect(x=20, y=72, width=944, height=532)
_TILES_X, _TILES_Y = 984, 72
#: (most tiles, columns, width, height, step down) – the room below is for the name
_TILE_GRIDS = ((3, 1, 276, 156, 212), (8, 2, 132, 74, 128))


def tile_rects(count: int) -> tuple[Rect, ...]:
    """The places of so many small pictures, top to bottom."""
    for most, columns, width, height, step in _TILE_GRIDS:
        if count <= most:
            return tuple(
                Rect(
                    x=_TILES_X + (index % columns) * (width + 12),
                    y=_TILES_Y + (index // columns) * step,
                    width=width,
                    height=height,
                )
                for index in range(count)
            )
    raise ValueError(f"{count} small pictures do not fit")
