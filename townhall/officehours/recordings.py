"""Recordings: the isolated tracks of one consultation, adopted once and for all.

The folder beside the database holds the files; here stands what they are. An
import and the live engine's manifest come in by the same function.

Looks back at: questions, consultations, consents.
Is looked at by: transcripts, programmes, retention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.audit import record_act
from townhall.database import Row, fetch, new_id, stored_enum
from townhall.errors import InvalidInput, WrongState, phrase
from townhall.media import (
    ConsentLevel,
    Mark,
    SpeechSpan,
    TrackFile,
    TrackKind,
)
from townhall.media import Recording as RecordingValue
from townhall.officehours.consents import people_of
from townhall.officehours.consultations import (
    Consultation,
    ConsultationState,
    close_consultation,
    open_consultation,
)
from townhall.states import move


class RecordingState(StrEnum):
    """Where a recording stands."""

    OPEN = "open"  #: people are talking; tracks still grow
    SEALED = "sealed"  #: complete and unchangeable
    ERASED = "erased"  #: its files are gone; the row says that they were


class Recording(Row):
    """The recording of one consultation."""

    __tablename__ = "recording"
    MOVES: ClassVar[Mapping[RecordingState, frozenset[RecordingState]]] = {
        RecordingState.OPEN: frozenset({RecordingState.SEALED}),
        RecordingState.SEALED: frozenset({RecordingState.ERASED}),
        RecordingState.ERASED: frozenset(),
    }

    id: Mapped[str] = mapped_column(primary_key=True)
    consultation_id: Mapped[str] = mapped_column(
        ForeignKey("consultation.id"), unique=True
    )
    state: Mapped[RecordingState] = mapped_column(stored_enum(RecordingState))
    #: digest of what was adopted: the same again is the same recording
    source_digest: Mapped[str] = mapped_column(unique=True)
    duration_s: Mapped[float]
    sealed_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    #: who speaks when, found once; kept when a withdrawn person's track is erased
    speech_spans: Mapped[list[Any] | None]


class Track(Row):
    """One file of a recording: one person's sound or picture, or a segment of it."""

    __tablename__ = "track"

    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recording.id"), index=True)
    participant_id: Mapped[str | None] = mapped_column(ForeignKey("participant.id"))
    kind: Mapped[TrackKind] = mapped_column(stored_enum(TrackKind))
    path: Mapped[str]  #: below the recordings folder
    offset_ms: Mapped[int]
    duration_s: Mapped[float]
    clock_slope: Mapped[float]
    sha256: Mapped[str]
    erased_at: Mapped[datetime | None]


class RecordingMark(Row):
    """The host's "now answering", on the session clock."""

    __tablename__ = "recording_mark"

    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recording.id"), index=True)
    question_id: Mapped[str] = mapped_column(ForeignKey("question.id"))
    at_s: Mapped[float]


def register_recording(
    db: Session,
    *,
    consultation: Consultation,
    source_digest: str,
    tracks: Sequence[TrackFile],
    marks: Sequence[Mark],
    folder: Path,
    actor: str,
    now: datetime,
) -> Recording:
    """Adopt a sealed recording whose files lie below ``folder``. Idempotent.

    The consultation is opened and closed with it where that has not happened yet.

    Raises:
        WrongState: the consultation has another recording already.
        InvalidInput: there is no track in it.
    """
    known = recording_by_source(db, source_digest)
    if known is not None:
        return known
    if not tracks:
        raise InvalidInput(field="recording", reason=phrase("it holds no track"))
    if other := _recording_of(db, consultation):
        raise WrongState(
            kind="Consultation",
            id=consultation.id,
            state=phrase("recorded as {id}", id=other.id),
            allowed="that recording",
            wanted="another one",
        )
    recording = Recording(
        id=new_id(),
        consultation_id=consultation.id,
        state=RecordingState.OPEN,
        source_digest=source_digest,
        duration_s=max(track.offset_ms / 1000 + track.duration_s for track in tracks),
    )
    db.add(recording)
    db.flush()
    for track in tracks:
        db.add(
            Track(
                id=new_id(),
                recording_id=recording.id,
                participant_id=track.participant_id,
                kind=track.kind,
                path=str(track.path.relative_to(folder)),
                offset_ms=track.offset_ms,
                duration_s=track.duration_s,
                clock_slope=track.clock_slope,
                sha256=track.sha256,
            )
        )
    for mark in marks:
        db.add(
            RecordingMark(
                id=new_id(),
                recording_id=recording.id,
                question_id=mark.question_id,
                at_s=mark.at_s,
            )
        )
    if consultation.state is ConsultationState.PLANNED:
        open_consultation(db, consultation=consultation, actor=actor, now=now)
    if consultation.state is ConsultationState.OPEN:
        close_consultation(db, consultation=consultation, actor=actor, now=now)
    move(recording, RecordingState.SEALED)
    recording.sealed_at = now
    record_act(
        db,
        actor=actor,
        act="recording.sealed",
        subject=recording.id,
        now=now,
        tracks=len(tracks),
        source=source_digest,
    )
    return recording


def recording_by_source(db: Session, source_digest: str) -> Recording | None:
    """The recording adopted from exactly this source, or ``None``."""
    return db.scalars(
        select(Recording).where(Recording.source_digest == source_digest)
    ).one_or_none()


def _recording_of(db: Session, consultation: Consultation) -> Recording | None:
    return db.scalars(
        select(Recording).where(Recording.consultation_id == consultation.id)
    ).one_or_none()


def find_recording(db: Session, recording_id: str) -> Recording:
    """The recording with this id.

    Raises:
        NotFound: there is none.
    """
    return fetch(db, Recording, recording_id)


def recordings_of(db: Session, office_hour_id: str) -> list[Recording]:
    """An office hour's recordings in the order of its conversations."""
    return list(
        db.scalars(
            select(Recording)
            .join(Consultation)
            .where(Consultation.office_hour_id == office_hour_id)
            .order_by(Consultation.position)
        )
    )


def tracks_of(db: Session, recording_id: str) -> list[Track]:
    """A recording's files, those already erased included."""
    return list(
        db.scalars(
            select(Track)
            .where(Track.recording_id == recording_id)
            .order_by(Track.kind, Track.offset_ms, Track.id)
        )
    )


def recording_value(
    db: Session,
    recording: Recording,
    *,
    folder: Path,
    levels: Mapping[str, ConsentLevel] | None = None,
) -> RecordingValue:
    """The recording as the pipeline sees it: files still there, people, marks.

    People appear with the consents ``levels``, by participant id; by default those
    of now.
    """
    marks = db.scalars(
        select(RecordingMark)
        .where(RecordingMark.recording_id == recording.id)
        .order_by(RecordingMark.at_s)
    )
    return RecordingValue(
        recording_id=recording.id,
        tracks=tuple(
            TrackFile(
                path=folder / track.path,
                participant_id=track.participant_id,
                kind=track.kind,
                offset_ms=track.offset_ms,
                duration_s=track.duration_s,
                sha256=track.sha256,
                clock_slope=track.clock_slope,
            )
            for track in tracks_of(db, recording.id)
            if track.erased_at is None
        ),
        people=people_of(db, recording.consultation_id, levels=levels),
        marks=tuple(
            Mark(question_id=mark.question_id, at_s=mark.at_s) for mark in marks
        ),
        duration_s=recording.duration_s,
    )


def save_speech_spans(*, recording: Recording, spans: Sequence[SpeechSpan]) -> None:
    """Keep who speaks when."""
    recording.speech_spans = [asdict(span) for span in spans]


def speech_spans_of(recording: Recording) -> tuple[SpeechSpan, ...] | None:
    """Who speaks when; ``None`` when nobody has looked yet."""
    if recording.speech_spans is None:
        return None
    return tuple(SpeechSpan(**span) for span in recording.speech_spans)


def mark_track_erased(
    db: Session, *, track: Track, reason: str, actor: str, now: datetime
) -> None:
    """The file is gone from the disk; remember that, and why."""
    track.erased_at = now
    record_act(
        db,
        actor=actor,
        act="track.erased",
        subject=track.recording_id,
        now=now,
        track=track.id,
        reason=reason,
    )


def mark_erased(
    db: Session, *, recording: Recording, reason: str, actor: str, now: datetime
) -> None:
    """All files of the recording are gone.

    Raises:
        WrongState: it is not sealed.
    """
    move(recording, RecordingState.ERASED)
    recording.erased_at = now
    recording.speech_spans = None
    record_act(
        db,
        actor=actor,
        act="recording.erased",
        subject=recording.id,
        now=now,
        reason=reason,
    )
