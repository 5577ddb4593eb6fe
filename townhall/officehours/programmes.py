"""Programmes: what the public would see; ordered consultations with their cuts.

Each edit makes a new version; a version never changes once it is built. The
newest version is the current one. Which transcript revision and which consents a
version was built with is written down in it, so that it can be told later whether
it still may be shown.

Looks back at: questions, recordings, transcripts, consents.  Is looked at by: approvals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.audit import record_act
from townhall.database import Row, fetch, stored_enum
from townhall.errors import InvalidInput, NotFound, WrongState, phrase
from townhall.media import (
    ChapterPlacement,
    ConsentLevel,
    Cut,
)
from townhall.officehours.consents import covers, levels_of
from townhall.officehours.questions import Question, QuestionState
from townhall.officehours.recordings import (
    Recording,
    RecordingState,
    recordings_of,
)
from townhall.officehours.schedule import OfficeHour, OfficeHourState
from townhall.officehours.transcripts import FIRST_REVISION, newest_revision
from townhall.states import move
from townhall.wording import paragraphs


class ProgrammeState(StrEnum):
    """Where a version stands."""

    BUILDING = "building"  #: the machine is at work, or will be
    IN_REVIEW = "in_review"  #: waits for the press office
    APPROVED = "approved"  #: may be published where and when the approval says
    REFUSED = "refused"  #: the press office does not want it as it is
    SUPERSEDED = "superseded"  #: a newer version took its place before it was approved


_S = ProgrammeState
#: who acts when no person does; never counts as an editor
THE_HOUSE = "the house"


class Programme(Row):
    """One version of an office hour's programme."""

    __tablename__ = "programme"
    __table_args__ = (UniqueConstraint("office_hour_id", "version"),)
    MOVES: ClassVar[Mapping[ProgrammeState, frozenset[ProgrammeState]]] = {
        _S.BUILDING: frozenset({_S.IN_REVIEW, _S.SUPERSEDED}),
        _S.IN_REVIEW: frozenset({_S.APPROVED, _S.REFUSED, _S.SUPERSEDED}),
        _S.APPROVED: frozenset({_S.REFUSED}),
        _S.REFUSED: frozenset({_S.SUPERSEDED}),
        _S.SUPERSEDED: frozenset(),
    }

    id: Mapped[str] = mapped_column(primary_key=True)  #: ``OFFICE_HOUR-v3``
    office_hour_id: Mapped[str] = mapped_column(
        ForeignKey("office_hour.id"), index=True
    )
    version: Mapped[int]
    state: Mapped[ProgrammeState] = mapped_column(stored_enum(ProgrammeState))
    #: ``[{recording, revision, cuts, placements, consents}]`` in order
    parts: Mapped[list[Any]]
    editor: Mapped[str]  #: the last person who edited; ``the house`` if nobody did
    reason: Mapped[str]  #: what made this version
    refused_because: Mapped[str | None]
    digest: Mapped[str | None]  #: of the finished build
    build: Mapped[dict[str, Any] | None]  #: the build as JSON, paths relative
    created_at: Mapped[datetime]
    built_at: Mapped[datetime | None]
    files_erased_at: Mapped[datetime | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One edit of a recording inside a programme."""

    recording_id: str
    cut: Cut | None = None
    placement: ChapterPlacement | None = None


def request_programme(
    db: Session, *, office_hour: OfficeHour, actor: str, now: datetime
) -> Programme:
    """Ask for the programme of an office hour that was held.

    Returns the current version when nothing has been added since.

    Raises:
        WrongState: the office hour was not held.
        InvalidInput: nothing was recorded.
    """
    if office_hour.state is not OfficeHourState.HELD:
        raise WrongState(
            kind="OfficeHour",
            id=office_hour.id,
            state=str(office_hour.state),
            allowed="to be held first",
            wanted="a programme",
        )
    recordings = [
        recording
        for recording in recordings_of(db, office_hour.id)
        if recording.state is RecordingState.SEALED
    ]
    if not recordings:
        raise InvalidInput(
            field="office hour", reason=phrase("nothing was recorded or imported yet")
        )
    current = current_programme(db, office_hour.id)
    known = {part["recording"]: part for part in current.parts} if current else {}
    if (
        current is not None
        and list(known) == [recording.id for recording in recordings]
        and not is_stale(db, current)
    ):
        return current
    parts = [known.get(r.id) or _untouched_part(r.id) for r in recordings]
    record_act(
        db, actor=actor, act="office_hour.processed", subject=office_hour.id, now=now
    )
    return _new_version(
        db,
        office_hour_id=office_hour.id,
        parts=parts,
        reason="recordings",
        actor=THE_HOUSE,
        now=now,
    )


def _untouched_part(recording_id: str) -> dict[str, Any]:
    return {
        "recording": recording_id,
        "revision": FIRST_REVISION,
        "cuts": [],
        "placements": [],
        "consents": {},
    }


def _new_version(
    db: Session,
    *,
    office_hour_id: str,
    parts: Iterable[Mapping[str, Any]],
    reason: str,
    actor: str,
    now: datetime,
) -> Programme:
    last = current_programme(db, office_hour_id)
    if last is not None and last.state in {_S.BUILDING, _S.IN_REVIEW, _S.REFUSED}:
        move(last, _S.SUPERSEDED)
    number = (
        db.scalar(
            select(func.max(Programme.version)).where(
                Programme.office_hour_id == office_hour_id
            )
        )
        or 0
    ) + 1
    programme = Programme(
        id=f"{office_hour_id}-v{number}",
        office_hour_id=office_hour_id,
        version=number,
        state=_S.BUILDING,
        parts=[_with_consents_of_now(db, part) for part in parts],
        editor=last.editor if last and actor == THE_HOUSE else actor,
        reason=paragraphs(reason),
        created_at=now,
    )
    db.add(programme)
    record_act(
        db,
        actor=actor,
        act="programme.requested",
        subject=programme.id,
        now=now,
        # what people type may name somebody: it stays in the row
        reason=reason if actor == THE_HOUSE else "edited",
    )
    return programme


def _with_consents_of_now(db: Session, part: Mapping[str, Any]) -> dict[str, Any]:
    recording = fetch(db, Recording, part["recording"])
    levels = levels_of(db, recording.consultation_id)
    return {**part, "consents": {key: str(level) for key, level in levels.items()}}


def find_programme(db: Session, programme_id: str) -> Programme:
    """One certain version.

    Raises:
        NotFound: there is none with this id.
    """
    return fetch(db, Programme, programme_id)


def current_programme(db: Session, office_hour_id: str) -> Programme | None:
    """The newest version, or ``None`` before anybody asked for one."""
    return db.scalars(
        select(Programme)
        .where(Programme.office_hour_id == office_hour_id)
        .order_by(Programme.version.desc())
        .limit(1)
    ).first()


def reviewable_programme(db: Session, office_hour_id: str) -> Programme:
    """The newest version, for somebody who wants to see or edit it.

    Raises:
        NotFound: nobody asked for a programme yet.
    """
    programme = current_programme(db, office_hour_id)
    if programme is None:
        raise NotFound(kind="Programme", id=office_hour_id)
    return programme


def edit(
    db: Session,
    *,
    programme: Programme,
    edits: Iterable[Edit],
    reason: str,
    actor: str,
    now: datetime,
) -> Programme:
    """Make a new version with more cuts or other chapters.

    Raises:
        WrongState: there is a newer version, or a recording has been erased.
        InvalidInput: a cut or an answer does not lie inside its recording.
        NotFound: the recording or the question does not belong to it.
    """
    _require_editable(db, programme)
    parts = {part["recording"]: dict(part) for part in programme.parts}
    for change in edits:
        if change.recording_id not in parts:
            raise NotFound(kind="Recording", id=change.recording_id)
        part = parts[change.recording_id]
        recording = fetch(db, Recording, change.recording_id)
        if change.cut is not None:
            if not 0 <= change.cut.start_s < change.cut.end_s <= recording.duration_s:
                raise InvalidInput(
                    field="cut",
                    reason=phrase(
                        "{start:.2f}-{end:.2f} s does not lie inside 0-{length:.2f} s",
                        start=change.cut.start_s,
                        end=change.cut.end_s,
                        length=recording.duration_s,
                    ),
                )
            part["cuts"] = [*part["cuts"], asdict(change.cut)]
        if change.placement is not None:
            _place(db, programme, parts.values(), part, recording, change.placement)
    return _new_version(
        db,
        office_hour_id=programme.office_hour_id,
        parts=parts.values(),
        reason=reason,
        actor=actor,
        now=now,
    )


def _place(
    db: Session,
    programme: Programme,
    parts: Iterable[dict[str, Any]],
    part: dict[str, Any],
    recording: Recording,
    placement: ChapterPlacement,
) -> None:
    """Put an answer into one part; it then begins nowhere else."""
    question = fetch(db, Question, placement.question_id)
    if question.office_hour_id != programme.office_hour_id:
        raise NotFound(kind="Question", id=placement.question_id)
    if placement.at_s is not None and not 0 <= placement.at_s < recording.duration_s:
        raise InvalidInput(
            field="chapter",
            reason=phrase(
                "{at:.2f} s does not lie inside 0-{length:.2f} s",
                at=placement.at_s,
                length=recording.duration_s,
            ),
        )
    for each in parts:
        if each is part or placement.at_s is not None:
            each["placements"] = [
                other
                for other in each["placements"]
                if other["question_id"] != placement.question_id
            ]
    part["placements"].append(asdict(placement))


def pin_newest_transcripts(
    db: Session, *, programme: Programme, reason: str, actor: str, now: datetime
) -> Programme:
    """Make a new version that shows the newest transcript revisions.

    Raises:
        WrongState: there is a newer version, or a recording has been erased.
    """
    _require_editable(db, programme)
    parts = []
    for part in programme.parts:
        revision = newest_revision(db, part["recording"])
        number = revision.number if revision else FIRST_REVISION
        parts.append({**part, "revision": number})
    return _new_version(
        db,
        office_hour_id=programme.office_hour_id,
        parts=parts,
        reason=reason,
        actor=actor,
        now=now,
    )


def _require_editable(db: Session, programme: Programme) -> None:
    current = current_programme(db, programme.office_hour_id)
    if current is not None and current.id != programme.id:
        raise WrongState(
            kind="Programme",
            id=programme.id,
            state=f"older than version {current.version}",
            allowed="looking at it",
            wanted="an edit",
        )
    for part in programme.parts:
        if not _is_sealed(db, part):
            raise WrongState(
                kind="Recording",
                id=part["recording"],
                state=str(RecordingState.ERASED),
                allowed="retracting what was made of it",
                wanted="an edit",
            )


def _is_sealed(db: Session, part: Mapping[str, Any]) -> bool:
    return fetch(db, Recording, part["recording"]).state is RecordingState.SEALED


def consents_of(programme: Programme) -> dict[str, ConsentLevel]:
    """The consents a version was built with, by participant id."""
    return {
        participant_id: ConsentLevel(level)
        for part in programme.parts
        for participant_id, level in part["consents"].items()
    }


def consents_lost(db: Session, programme: Programme) -> list[str]:
    """Participants whose consent of now no longer allows what was built."""
    lost = []
    for part in programme.parts:
        recording = fetch(db, Recording, part["recording"])
        levels = levels_of(db, recording.consultation_id)
        lost += [
            participant_id
            for participant_id, level in part["consents"].items()
            if not covers(
                levels.get(participant_id, ConsentLevel.NONE), ConsentLevel(level)
            )
        ]
    return lost


def questions_lost(db: Session, programme: Programme) -> list[Question]:
    """Questions shown as chapters whose authors have taken them back since."""
    shown = {
        question_id
        for chapter in (programme.build or {}).get("chapters", [])
        for question_id in chapter["question_ids"]
    }
    return list(
        db.scalars(
            select(Question)
            .where(Question.id.in_(shown), Question.state == QuestionState.WITHDRAWN)
            .order_by(Question.ref)
        )
    )


def is_stale(db: Session, programme: Programme) -> bool:
    """Whether somebody no longer allows this version: a speaker, or an asker."""
    return bool(consents_lost(db, programme) or questions_lost(db, programme))


def rebuild_stale_programmes(db: Session, *, now: datetime) -> list[Programme]:
    """For each current version that lost a consent, make one without that person.

    Not where the recordings have been erased: then nothing comes after the tombstone.
    """
    return [
        _new_version(
            db,
            office_hour_id=programme.office_hour_id,
            parts=parts,
            reason="consent withdrawn",
            actor=THE_HOUSE,
            now=now,
        )
        for programme in current_programmes(db)
        if is_stale(db, programme)
        and (parts := [part for part in programme.parts if _is_sealed(db, part)])
    ]


def current_programmes(db: Session) -> list[Programme]:
    """The newest version of every office hour."""
    newest = (
        select(Programme.office_hour_id, func.max(Programme.version).label("version"))
        .group_by(Programme.office_hour_id)
        .subquery()
    )
    return list(
        db.scalars(
            select(Programme)
            .join(
                newest,
                (Programme.office_hour_id == newest.c.office_hour_id)
                & (Programme.version == newest.c.version),
            )
            .order_by(Programme.created_at, Programme.id)
        )
    )


def programmes_to_build(db: Session) -> list[Programme]:
    """What the machine has to work on, oldest first."""
    return list(
        db.scalars(
            select(Programme)
            .where(Programme.state == _S.BUILDING)
            .order_by(Programme.created_at, Programme.id)
        )
    )


def save_build(
    db: Session,
    *,
    programme: Programme,
    digest: str,
    build: dict[str, Any],
    actor: str,
    now: datetime,
) -> bool:
    """The machine is done; ``False`` when a newer version made the work void."""
    if programme.state is not _S.BUILDING:
        return False
    programme.digest, programme.build, programme.built_at = digest, build, now
    move(programme, _S.IN_REVIEW)
    record_act(
        db,
        actor=actor,
        act="programme.in_review",
        subject=programme.id,
        now=now,
        digest=digest,
    )
    return True
