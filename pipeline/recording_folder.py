"""A recording from elsewhere: a folder with ``tracks.toml``, or one finished file.

``docs/import-format.md`` is the description for people. Reading is all or
nothing: every problem is found and named, and nothing is stored before there is
none left. ``stage_files`` then takes the house's own copy, so that what was
measured is what will be processed.
"""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import FolderInvalid, MediaChanging, MediaRefused
from pipeline.pieces import sha256_of_file
from pipeline.probe import probe
from pipeline.tracks_file import (
    TRACKS_FILE,
    WrittenFolder,
    contradictions,
    path_inside,
    read_tracks_file,
    refuse,
)
from townhall.media import ConsentLevel, MediaInfo, Role, TrackFile, TrackKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: content-derived names keep an ending that helps people, by the demuxer's first name
_SUFFIXES = {
    "matroska": ".mkv",
    "mov": ".mp4",
    "mpegts": ".ts",
    "mpeg": ".mpg",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderTrack:
    """One person's sound or picture, as brought."""

    participant: str | None  #: ``None``: a finished file, nobody knows who speaks
    role: Role | None
    consent: ConsentLevel | None
    kind: TrackKind
    offset_ms: int  #: where the file begins on the session clock
    media: MediaInfo

    @property
    def ends_s(self) -> float:
        """Where the file ends on the session clock."""
        return self.offset_ms / 1000 + self.media.duration_s


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderMark:
    """The host's "now answering", on the session clock."""

    question: str  #: the question's number or id, as written
    at_ms: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingFolder:
    """A recording that can be taken in: everything in it was opened and measured."""

    source: Path
    tracks: tuple[FolderTrack, ...]
    marks: tuple[FolderMark, ...] = ()

    @property
    def duration_s(self) -> float:
        """The end of the last track on the session clock."""
        return max(track.ends_s for track in self.tracks)


def read_recording_folder(folder: Path) -> RecordingFolder:
    """Read ``tracks.toml``, open every file it names and check that all fits.

    Raises:
        MediaRefused: one of its kinds for one problem, ``SeveralRefused`` for more;
            each sentence names the file or key and what to do.
    """
    root = folder.resolve()
    written = read_tracks_file(root)
    problems: list[MediaRefused] = list(contradictions(written))
    media: dict[str, MediaInfo] = {}
    for name in dict.fromkeys(track.file for track in written.track):
        try:
            media[name] = probe(path_inside(root, name))
        except MediaRefused as problem:
            problems.append(problem)
    tracks = [
        FolderTrack(
            participant=track.participant,
            role=track.role,
            consent=track.consent,
            kind=track.kind,
            offset_ms=track.offset_ms,
            media=media[track.file],
        )
        for track in written.track
        if track.file in media
    ]
    problems += _missing_kinds(tracks)
    marks = tuple(
        FolderMark(question=mark.question, at_ms=mark.at_ms) for mark in written.mark
    )
    if len(tracks) == len(written.track):
        problems += _misplaced(written, tracks, marks)
    refuse(problems)
    return RecordingFolder(source=root, tracks=tuple(tracks), marks=marks)


def read_single_file(path: Path) -> RecordingFolder:
    """Read one finished recording of any other conference system.

    Sound and picture are one file, and nobody knows who speaks in it.

    Raises:
        MediaRefused: it cannot be used, and why.
    """
    media = probe(path.resolve())
    if media.audio_codec is None:
        raise FolderInvalid(
            "{file} has no sound; export the recording again with sound.",
            file=path.name,
        )
    kinds = [TrackKind.AUDIO]
    if media.video_codec is not None:
        kinds.append(TrackKind.VIDEO)
    return RecordingFolder(
        source=path.resolve(),
        tracks=tuple(
            FolderTrack(
                participant=None,
                role=None,
                consent=None,
                kind=kind,
                offset_ms=0,
                media=media,
            )
            for kind in kinds
        ),
    )


def stage_files(
    recording: RecordingFolder,
    destination: Path,
    participant_ids: Mapping[str, str],
) -> tuple[TrackFile, ...]:
    """Take the house's own copy of every file; return the tracks pointing to it.

    ``destination`` appears in one step with all files in it, named by their
    content, or not at all. A file used by two tracks is copied once.

    Args:
        recording: what was read and measured.
        destination: a folder that does not exist yet, or is empty.
        participant_ids: the id of each participant, by the name in the recording.

    Raises:
        MediaChanging: a file is no longer what was measured.
        OSError: the disk is full or not writable; nothing is left behind.
    """
    names = {
        track.media.sha256: _content_name(track.media) for track in recording.tracks
    }
    sources = {track.media.sha256: track.media.path for track in recording.tracks}
    staged = tuple(
        TrackFile(
            path=destination / names[track.media.sha256],
            participant_id=(
                None
                if track.participant is None
                else participant_ids[track.participant]
            ),
            kind=track.kind,
            offset_ms=track.offset_ms,
            duration_s=track.media.duration_s,
            sha256=track.media.sha256,
        )
        for track in recording.tracks
    )
    destination.parent.mkdir(parents=True, exist_ok=True)
    draft = destination.parent / f".{destination.name}.{uuid.uuid4().hex}"
    draft.mkdir(mode=0o750)
    try:
        for sha256, source in sources.items():
            _copy(source, draft / names[sha256], sha256=sha256)
        _settle(draft)
        draft.rename(destination)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    _settle(destination.parent)
    return staged


def _content_name(media: MediaInfo) -> str:
    demuxer = media.container.split(",", maxsplit=1)[0]
    return media.sha256 + _SUFFIXES.get(demuxer, f".{demuxer}")


def _copy(source: Path, copy: Path, *, sha256: str) -> None:
    try:
        with source.open("rb") as reading, copy.open("xb") as writing:
            shutil.copyfileobj(reading, writing, 1 << 20)
            writing.flush()
            os.fsync(writing.fileno())
    except FileNotFoundError as error:
        raise MediaChanging(file=source.name) from error
    if sha256_of_file(copy) != sha256:
        raise MediaChanging(file=source.name)


def _settle(folder: Path) -> None:
    """Make names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _missing_kinds(tracks: list[FolderTrack]) -> Iterator[FolderInvalid]:
    for track in tracks:
        if track.kind is TrackKind.VIDEO and track.media.video_codec is None:
            yield FolderInvalid(
                '{file} has no moving picture; write kind = "audio", '
                "or export it again with picture.",
                file=track.media.path.name,
            )
        if track.kind is TrackKind.AUDIO and track.media.audio_codec is None:
            yield FolderInvalid(
                '{file} has no sound; write kind = "video", '
                "or export it again with sound.",
                file=track.media.path.name,
            )


def _misplaced(
    written: WrittenFolder, tracks: list[FolderTrack], marks: tuple[FolderMark, ...]
) -> Iterator[FolderInvalid]:
    """Tracks that touch no other, and marks after the end.

    A track may begin late, for somebody who came late; but a recording hangs
    together. A track that begins after everything else has ended has an offset in
    the wrong unit or of another session.
    """
    if not any(track.kind is TrackKind.AUDIO for track in tracks):
        yield FolderInvalid(
            '{file}: no track has kind = "audio"; add the sound of the conversation.',
            file=TRACKS_FILE,
        )
    placed = sorted(
        zip(tracks, written.track, strict=True), key=lambda pair: pair[0].offset_ms
    )
    reached_s = max(track.media.duration_s for track in tracks)
    strays: list[int] = []
    inside: list[float] = []
    for number, (track, _) in enumerate(placed):
        if track.ends_s <= 0 or track.offset_ms / 1000 >= reached_s:
            strays.append(number)
        else:
            inside.append(track.ends_s)
            reached_s = max(inside)
    for number in strays:
        track, line = placed[number]
        yield FolderInvalid(
            "{file}: offset_ms = {offset_ms} puts {media} wholly outside the "
            "recording, which ends at {end_ms} ms; correct the offset.",
            file=TRACKS_FILE,
            offset_ms=track.offset_ms,
            media=line.file,
            end_ms=round(reached_s * 1000),
        )
    end_ms = round(max(track.ends_s for track in tracks) * 1000)
    for mark in marks:
        if not strays and mark.at_ms > end_ms:
            yield FolderInvalid(
                "{file}: the mark for question {question} stands at {at_ms} ms, but "
                "the recording ends at {end_ms} ms; correct at_ms.",
                file=TRACKS_FILE,
                question=mark.question,
                at_ms=mark.at_ms,
                end_ms=end_ms,
            )
