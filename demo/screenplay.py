"""The screenplay of the demo office hour, read from ``screenplay.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Character:
    """Somebody in the play, with the voice that speaks the part."""

    id: str
    name: str
    role: str
    consent: str
    pitch: float  #: factor of py-nanotts
    speed: float  #: factor of py-nanotts
    shape: float  #: below 1: a longer vocal tract, a darker voice


@dataclass(frozen=True, kw_only=True, slots=True)
class HandedIn:
    """A question handed in beforehand, in the columns of the CSV file."""

    ref: str
    author: str
    email: str
    channel: str
    topic: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Click:
    """The host's "now answering", so long after a turn has begun."""

    ref: str
    after_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What one person says in one go."""

    speaker: str
    pause_s: float  #: silence before it
    text: str
    reads: tuple[str, ...] = ()  #: questions put here, by their ref
    answers: tuple[str, ...] = ()  #: questions answered here
    live: bool = False  #: belongs to the question that nobody handed in
    mark: Click | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Screenplay:
    """The whole play."""

    town: str
    title: str
    language: str
    proper_names: tuple[str, ...]
    people: tuple[Character, ...]
    questions: tuple[HandedIn, ...]
    turns: tuple[Turn, ...]


def read_screenplay(path: Path = FOLDER / "screenplay.toml") -> Screenplay:
    """Read the play; an unknown key is a typing error and raises ``TypeError``."""
    written = tomllib.loads(path.read_text("utf-8"))
    return Screenplay(
        town=written["town"],
        title=written["title"],
        language=written["language"],
        proper_names=tuple(written["proper_names"]),
        people=tuple(Character(**person) for person in written["person"]),
        questions=tuple(HandedIn(**question) for question in written["question"]),
        turns=tuple(_turn(turn) for turn in written["turn"]),
    )


def _turn(written: dict[str, Any]) -> Turn:
    for key in ("reads", "answers"):
        written[key] = tuple(written.get(key, ()))
    if "mark" in written:
        written["mark"] = Click(**written["mark"])
    return Turn(**written)
