"""A finished programme as JSON, the way the database keeps it.

Paths are relative to the programme's folder, so that a data directory can move.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from townhall.media import (
    Chapter,
    ChapterSource,
    ConsentLevel,
    Person,
    ProgrammeBuild,
    Rendition,
    Role,
    Transcript,
    TranscriptSegment,
    Word,
)

if TYPE_CHECKING:
    from pathlib import Path

_PATHS = ("captions_path", "chapters_path", "poster_path", "peaks_path")


def build_to_json(build: ProgrammeBuild, folder: Path) -> dict[str, Any]:
    """Plain values; a path outside the folder is an error.

    Raises:
        ValueError: a file of the build does not lie in ``folder``.
    """
    values = asdict(build)
    for name in _PATHS:
        values[name] = str(values[name].relative_to(folder))
    for found in values["renditions"]:
        found["path"] = str(found["path"].relative_to(folder))
    plain: dict[str, Any] = _plain(values)
    return plain


def build_from_json(value: dict[str, Any], folder: Path) -> ProgrammeBuild:
    """The build again; ``folder`` is where its files lie now."""
    renditions = tuple(Rendition(**found) for found in value["renditions"])
    return ProgrammeBuild(
        **{
            **value,
            **{name: folder / value[name] for name in _PATHS},
            "renditions": tuple(
                replace(found, path=folder / found.path) for found in renditions
            ),
            "transcript": _transcript(value["transcript"]),
            "chapters": tuple(_chapter(found) for found in value["chapters"]),
            "open_question_ids": tuple(value["open_question_ids"]),
            "people": tuple(_person(found) for found in value["people"]),
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Role | ConsentLevel | ChapterSource):
        return value.value
    return value


def _transcript(value: dict[str, Any]) -> Transcript:
    return Transcript(
        language=value["language"],
        segments=tuple(
            TranscriptSegment(
                **{**found, "words": tuple(Word(**word) for word in found["words"])}
            )
            for found in value["segments"]
        ),
    )


def _chapter(value: dict[str, Any]) -> Chapter:
    return Chapter(
        **{
            **value,
            "question_ids": tuple(value["question_ids"]),
            "source": ChapterSource(value["source"]),
        }
    )


def _person(value: dict[str, Any]) -> Person:
    return Person(
        **{
            **value,
            "role": Role(value["role"]),
            "consent": ConsentLevel(value["consent"]),
        }
    )
