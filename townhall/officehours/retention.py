"""Retention: what must go, and when; derived, like everything that is due.

Isolated tracks go some time after they were sealed. What a person said and showed
goes as soon as they no longer agree to any publication and the version without
them is built. Files of versions that nobody may or will publish go too.

Looks back at: everything in this room.  Is looked at by: nobody in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from townhall.audit import record_act
from townhall.media import ConsentLevel
from townhall.officehours.consents import level_of, levels_of
from townhall.officehours.programmes import (
    Programme,
    ProgrammeState,
    current_programme,
    is_stale,
    programmes_to_build,
)
from townhall.officehours.publications import OUT_THERE, publications_of
from townhall.officehours.recordings import (
    Recording,
    RecordingState,
    Track,
    mark_erased,
    mark_track_erased,
    tracks_of,
)
from townhall.officehours.transcripts import erase_words_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Overdue:
    """What must go now."""

    tracks: tuple[Track, ...]  #: files of people who are not published, or too old
    recordings: tuple[Recording, ...]  #: all of whose tracks go
    programmes: tuple[Programme, ...]  #: versions whose files go


def overdue(
    db: Session,
    *,
    recordings_for: timedelta,
    superseded_for: timedelta,
    now: datetime,
) -> Overdue:
    """What must go at ``now``. Nothing that the machine still builds from."""
    in_use = {
        part["recording"]
        for programme in programmes_to_build(db)
        for part in programme.parts
    }
    sealed = [
        recording
        for recording in db.scalars(
            select(Recording)
            .where(Recording.state == RecordingState.SEALED)
            .order_by(Recording.id)
        )
        if recording.id not in in_use
    ]
    too_old = [
        r
        for r in sealed
        if r.sealed_at is not None and r.sealed_at + recordings_for <= now
    ]
    tracks = [
        track
        for recording in sealed
        for track in tracks_of(db, recording.id)
        if track.erased_at is None
        and (recording in too_old or _is_unwanted(db, recording, track))
    ]
    return Overdue(
        tracks=tuple(tracks),
        recordings=tuple(too_old),
        programmes=tuple(
            programme
            for programme in db.scalars(
                select(Programme)
                .where(
                    Programme.build.is_not(None), Programme.files_erased_at.is_(None)
                )
                .order_by(Programme.id)
            )
            if _is_left_over(db, programme, superseded_for=superseded_for, now=now)
        ),
    )


def _is_unwanted(db: Session, recording: Recording, track: Track) -> bool:
    """Its person is not published at all, and their turns are known without it."""
    return (
        track.participant_id is not None
        and recording.speech_spans is not None
        and level_of(db, track.participant_id) is ConsentLevel.NONE
    )


def _is_left_over(
    db: Session, programme: Programme, *, superseded_for: timedelta, now: datetime
) -> bool:
    if any(
        publication.programme_id == programme.id and publication.state in OUT_THERE
        for publication in publications_of(db, programme.office_hour_id)
    ):
        return False
    if is_stale(db, programme):
        return True
    current = current_programme(db, programme.office_hour_id)
    return (
        current is not None
        and current.id != programme.id
        and current.state is not ProgrammeState.BUILDING
        and programme.created_at + superseded_for <= now
    )


def note_track_erased(db: Session, *, track: Track, actor: str, now: datetime) -> None:
    """The file is gone from the disk; words of an unpublished person go with it."""
    unpublished = (
        track.participant_id is not None
        and level_of(db, track.participant_id) is ConsentLevel.NONE
    )
    mark_track_erased(
        db,
        track=track,
        reason="not published" if unpublished else "retention",
        actor=actor,
        now=now,
    )
    if unpublished and track.participant_id is not None:
        erase_words_of(
            db,
            recording=db.get_one(Recording, track.recording_id),
            participant_id=track.participant_id,
            actor=actor,
            now=now,
        )


def erase_unwanted_words(db: Session, *, actor: str, now: datetime) -> int:
    """Words of people who withdrew after their tracks had gone by age.

    Returns how many segments went. While tracks are there, words go with them.
    """
    return sum(
        erase_words_of(
            db, recording=recording, participant_id=person, actor=actor, now=now
        )
        for recording in db.scalars(
            select(Recording)
            .where(Recording.state == RecordingState.ERASED)
            .order_by(Recording.id)
        )
        for person, level in levels_of(db, recording.consultation_id).items()
        if level is ConsentLevel.NONE
    )


def note_recording_erased(
    db: Session, *, recording: Recording, actor: str, now: datetime
) -> None:
    """All its files are gone from the disk.

    Raises:
        WrongState: it is not sealed.
    """
    mark_erased(db, recording=recording, reason="retention", actor=actor, now=now)


def note_programme_erased(
    db: Session, *, programme: Programme, actor: str, now: datetime
) -> None:
    """The files of a version are gone from the disk; the row says that it existed."""
    programme.files_erased_at = now
    programme.build = None
    record_act(
        db, actor=actor, act="programme.files_erased", subject=programme.id, now=now
    )
