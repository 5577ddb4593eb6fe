"""``tracks.toml``: who is in which file of a recording folder, and from when.

``docs/import-format.md`` describes it for people. What is wrong comes back as
sentences that name the line's table and key and say what to do.
"""

from __future__ import annotations

import reprlib
import tomllib
import unicodedata
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.errors import FolderInvalid, MediaRefused, SeveralRefused
from townhall.errors import AsWritten, phrase
from townhall.media import ConsentLevel, Role, TrackKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

TRACKS_FILE = "tracks.toml"
_MAX_TRACKS_FILE_BYTES = 1 << 20  # a thousand people write less than this
_NAME_MAX_CHARS = 120


def _plain_name(value: object) -> object:
    """One spelling for one name: no outer blanks, composed letters (Unicode NFC)."""
    if not isinstance(value, str):
        return value
    name = unicodedata.normalize("NFC", " ".join(value.split()))
    if any(unicodedata.category(letter).startswith("C") for letter in name):
        raise ValueError("holds invisible control characters; write it anew")
    return name


def _reference(value: object) -> object:
    """A question's number may be written with or without quotation marks."""
    plain_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if plain_number else value


_Name = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=_NAME_MAX_CHARS),
    BeforeValidator(_plain_name),
]
#: 100 days either way: beyond, somebody wrote a date
_MAX_MS = 100 * 24 * 3600 * 1000
_Milliseconds = Annotated[int, Field(strict=True, ge=-_MAX_MS, le=_MAX_MS)]


class _Written(BaseModel):
    """What may stand in the file; an unknown key is a mistake, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class WrittenTrack(_Written):
    """One ``[[track]]``."""

    file: Annotated[str, Field(strict=True, min_length=1)]
    participant: _Name
    role: Role
    kind: TrackKind
    offset_ms: _Milliseconds = 0
    consent: ConsentLevel


class WrittenMark(_Written):
    """One ``[[mark]]``."""

    question: Annotated[_Name, BeforeValidator(_reference)]
    at_ms: Annotated[_Milliseconds, Field(ge=0)]


class WrittenFolder(_Written):
    """The whole file."""

    track: list[WrittenTrack] = Field(min_length=1)
    mark: list[WrittenMark] = Field(default_factory=list)


def read_tracks_file(root: Path) -> WrittenFolder:
    """Read ``tracks.toml`` of a folder whose path is resolved.

    Raises:
        FolderInvalid: no folder, no such file, no TOML, or one thing wrong in it.
        SeveralRefused: several things are.
    """
    if not root.is_dir():
        raise FolderInvalid(
            "{file} is not a folder; name the folder that holds {toml}, "
            "or use --single for one finished file.",
            file=root.name,
            toml=TRACKS_FILE,
        )
    path = path_inside(root, TRACKS_FILE)
    if not path.is_file() or path.stat().st_size > _MAX_TRACKS_FILE_BYTES:
        raise FolderInvalid(
            "{file} is not a text file of usual size.", file=TRACKS_FILE
        )
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FolderInvalid(
            "{file} cannot be read as TOML in UTF-8: {error}.",
            file=TRACKS_FILE,
            error=str(error),
        ) from error
    try:
        return WrittenFolder.model_validate(values)
    except ValidationError as error:
        refuse([_sentence(detail) for detail in error.errors(include_url=False)])
        raise  # an error without details: there is none


def contradictions(written: WrittenFolder) -> Iterator[FolderInvalid]:
    """One person has one role, one consent and one file of a kind, all their own."""
    yield from _shared(written)
    by_person: dict[str, list[WrittenTrack]] = {}
    for track in written.track:
        by_person.setdefault(track.participant, []).append(track)
    for name, tracks in by_person.items():
        for key in ("role", "consent"):
            values = list(dict.fromkeys(getattr(track, key) for track in tracks))
            if len(values) > 1:
                yield FolderInvalid(
                    "{file}: {participant} has more than one {key} ({values}); decide for one.",
                    file=TRACKS_FILE,
                    participant=name,
                    key=AsWritten(key),
                    values=", ".join(values),
                )
        for kind in TrackKind:
            files = [track.file for track in tracks if track.kind is kind]
            if len(files) > 1:
                yield FolderInvalid(
                    "{file}: {participant} has {count} tracks of kind {kind} "
                    "({files}); keep one, or join them to one file.",
                    file=TRACKS_FILE,
                    participant=name,
                    count=len(files),
                    kind=AsWritten(kind.value),
                    files=", ".join(files),
                )


def _shared(written: WrittenFolder) -> Iterator[FolderInvalid]:
    people: dict[str, list[str]] = {}
    for track in written.track:
        names = people.setdefault(track.file, [])
        if track.participant not in names:
            names.append(track.participant)
    for file, names in people.items():
        if len(names) > 1:
            yield FolderInvalid(
                "{file}: {media} is used for {participants}; each person needs a "
                "file of their own. For one file with everybody use --single.",
                file=TRACKS_FILE,
                media=file,
                participants=", ".join(names),
            )


def _sentence(detail: ErrorDetails) -> FolderInvalid:
    """One validation error as a sentence that says where and what to do."""
    where, key = _place(detail["loc"])
    kind, context = detail["type"], detail.get("ctx", {})
    given = detail["input"]
    if kind == "extra_forbidden":
        model = _TABLES.get(where.partition(" ")[0], WrittenFolder)
        return FolderInvalid(
            "{file}: {where}the key {key} is not known; remove it. Known are {known}.",
            file=TRACKS_FILE,
            where=where,
            key=AsWritten(key),
            known=", ".join(model.model_fields),
        )
    if key == "track" and not where and kind in {"missing", "too_short"}:
        return FolderInvalid(
            "{file}: no track is named; add a [[track]] for each file.",
            file=TRACKS_FILE,
        )
    if kind == "missing":
        return FolderInvalid(
            "{file}: {where}the key {key} is missing; add it.",
            file=TRACKS_FILE,
            where=where,
            key=AsWritten(key),
        )
    if kind == "enum":
        return FolderInvalid(
            "{file}: {where}{key} is {given}; allowed are {allowed}.",
            file=TRACKS_FILE,
            where=where,
            key=AsWritten(key),
            given=reprlib.repr(given),
            allowed=context["expected"].replace(" or ", ", ").replace("'", ""),
        )
    if kind.startswith("int_"):
        reason: str = phrase(
            "write a whole number of milliseconds, without quotation marks"
        )
    elif kind == "greater_than_equal" and context["ge"] == 0:
        reason = phrase("it must not be negative")
    elif kind in {"greater_than_equal", "less_than_equal"}:
        reason = phrase(
            "it is no time within a recording; write milliseconds from its start"
        )
    elif kind == "string_too_short":
        reason = phrase("it is empty; fill it in")
    elif kind == "value_error":
        reason = str(context["error"])
    else:
        reason = detail["msg"][:1].lower() + detail["msg"][1:]
    return FolderInvalid(
        "{file}: {where}{key} cannot be used: {reason}.",
        file=TRACKS_FILE,
        where=where,
        key=AsWritten(key),
        reason=reason,
    )


_TABLES: dict[str, type[_Written]] = {"track": WrittenTrack, "mark": WrittenMark}


def _place(location: tuple[int | str, ...]) -> tuple[str, str]:
    """``('track', 1, 'role')`` → ``('track 2: ', 'role')``: people count from 1."""
    match location:
        case (str(table), int(index)):
            return "", f"{table} {index + 1}"
        case (str(table), int(index), *keys):
            return f"{table} {index + 1}: ", ".".join(map(str, keys))
        case _:
            return "", ".".join(map(str, location))


def path_inside(root: Path, name: str) -> Path:
    """The file's real place, which must be in the folder, also behind symlinks.

    Raises:
        FolderInvalid: it is outside, or not there.
    """
    try:
        real = (root / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # NUL, too long, a loop
        raise FolderInvalid(
            "{file} is no usable file name; write it as it stands in the folder.",
            file=reprlib.repr(name),
        ) from error
    if not real.is_relative_to(root) or real == root:
        raise FolderInvalid(
            "{file} lies outside the folder; copy the file into the folder.", file=name
        )
    try:
        found = real.exists()
    except OSError:  # a name that no file system takes
        found = False
    if not found:
        raise FolderInvalid(
            "{file} is not in the folder; add the file or correct its name in {toml}.",
            file=name,
            toml=TRACKS_FILE,
        )
    return real


def refuse(problems: Sequence[MediaRefused]) -> None:
    """Raise what was found: one problem as itself, several together, none not."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        named = {
            f"problem_{number}": phrase(problem.template, **problem.details)
            for number, problem in enumerate(problems)
        }
        raise SeveralRefused(
            count=len(problems),
            listing=phrase("".join(f"\n- {{{name}}}" for name in named), **named),
            problems=tuple(problems),
        )
