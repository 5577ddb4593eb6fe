"""Transcripts: what was said, with every revision kept.

Revision 1 is the machine's. A correction by a person makes a new revision; which
one a programme shows is pinned in the programme's version.

Looks back at: recordings.  Is looked at by: programmes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.audit import record_act
from townhall.database import Row, new_id
from townhall.errors import InvalidInput, NotFound, phrase
from townhall.media import Transcript, TranscriptSegment, Word
from townhall.officehours.recordings import Recording

#: the machine's; what a version shows until a person pins a corrected one
FIRST_REVISION = 1


class TranscriptRevision(Row):
    """One state of a recording's transcript, on its session clock."""

    __tablename__ = "transcript_revision"
    __table_args__ = (UniqueConstraint("recording_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(ForeignKey("recording.id"), index=True)
    number: Mapped[int]  #: 1 is the machine's, then rising
    language: Mapped[str]
    segments: Mapped[list[Any]]
    editor: Mapped[str]
    created_at: Mapped[datetime]


def save_transcript(
    db: Session,
    *,
    recording: Recording,
    transcript: Transcript,
    actor: str,
    now: datetime,
) -> TranscriptRevision:
    """Keep a new revision."""
    last = db.scalar(
        select(func.max(TranscriptRevision.number)).where(
            TranscriptRevision.recording_id == recording.id
        )
    )
    revision = TranscriptRevision(
        id=new_id(),
        recording_id=recording.id,
        number=(last or 0) + 1,
        language=transcript.language,
        segments=[asdict(segment) for segment in transcript.segments],
        editor=actor,
        created_at=now,
    )
    db.add(revision)
    record_act(
        db,
        actor=actor,
        act="transcript.saved",
        subject=recording.id,
        now=now,
        revision=revision.number,
    )
    return revision


def newest_revision(db: Session, recording_id: str) -> TranscriptRevision | None:
    """The newest state, or ``None`` before anybody listened."""
    return db.scalars(
        select(TranscriptRevision)
        .where(TranscriptRevision.recording_id == recording_id)
        .order_by(TranscriptRevision.number.desc())
        .limit(1)
    ).first()


def revision_numbered(
    db: Session, recording_id: str, number: int
) -> TranscriptRevision:
    """One certain state.

    Raises:
        NotFound: there is none with this number.
    """
    revision = db.scalars(
        select(TranscriptRevision).where(
            TranscriptRevision.recording_id == recording_id,
            TranscriptRevision.number == number,
        )
    ).one_or_none()
    if revision is None:
        raise NotFound(kind="TranscriptRevision", id=f"{recording_id} {number}")
    return revision


def transcript_value(revision: TranscriptRevision) -> Transcript:
    """The revision as the pipeline knows it."""
    return Transcript(
        language=revision.language,
        segments=tuple(
            TranscriptSegment(
                **{
                    **segment,
                    "words": tuple(Word(**word) for word in segment["words"]),
                }
            )
            for segment in revision.segments
        ),
    )


def correct_segments(
    db: Session,
    *,
    recording: Recording,
    corrected: Sequence[TranscriptSegment],
    actor: str,
    now: datetime,
) -> TranscriptRevision | None:
    """Replace segments by their start time; ``None`` when nothing differs.

    ``corrected`` keeps each segment's times and speaker; only words change.

    Raises:
        NotFound: nothing was transcribed yet.
        InvalidInput: a segment begins where none did.
    """
    newest = newest_revision(db, recording.id)
    if newest is None:
        raise NotFound(kind="TranscriptRevision", id=recording.id)
    before = transcript_value(newest)
    places = {
        (segment.start_s, segment.participant_id): index
        for index, segment in enumerate(before.segments)
    }
    segments = list(before.segments)
    for segment in corrected:
        place = places.get((segment.start_s, segment.participant_id))
        if place is None or segments[place].end_s != segment.end_s:
            raise InvalidInput(
                field="segment",
                reason=phrase("none begins at {start:.2f} s", start=segment.start_s),
            )
        segments[place] = segment
    after = replace(before, segments=tuple(segments))
    if after == before:
        return None
    return save_transcript(
        db, recording=recording, transcript=after, actor=actor, now=now
    )


def erase_words_of(
    db: Session, *, recording: Recording, participant_id: str, actor: str, now: datetime
) -> int:
    """Take everything somebody said out of every revision (DSGVO Art. 17).

    Returns how many segments went. Revisions are otherwise never changed.
    """
    gone = 0
    for revision in db.scalars(
        select(TranscriptRevision).where(
            TranscriptRevision.recording_id == recording.id
        )
    ):
        kept = [s for s in revision.segments if s["participant_id"] != participant_id]
        gone += len(revision.segments) - len(kept)
        revision.segments = kept
    if gone:
        record_act(
            db,
            actor=actor,
            act="transcript.words_erased",
            subject=recording.id,
            now=now,
            segments=gone,
        )
    return gone
