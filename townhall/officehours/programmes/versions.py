"""How versions come to be: asked for, rebuilt without somebody, finished by the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from townhall.audit import record_act
from townhall.database import fetch
from townhall.errors import InvalidInput, WrongState, phrase
from townhall.officehours.consents import levels_of
from townhall.officehours.programmes.programme import (
    THE_HOUSE,
    Programme,
    ProgrammeState,
    current_programme,
    current_programmes,
)
from townhall.officehours.programmes.staleness import is_stale
from townhall.officehours.recordings import Recording, RecordingState, recordings_of
from townhall.officehours.schedule import OfficeHour, OfficeHourState
from townhall.officehours.transcripts import FIRST_REVISION
from townhall.states import move
from townhall.wording import paragraphs


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
    current = current_programme(db, office_hour.id)
    known = {part["recording"]: part for part in current.parts} if current else {}
    if (
        current is not None
        and all(recording.id in known for recording in recordings)
        and not is_stale(db, current)
    ):
        return current
    if not recordings:
        raise InvalidInput(
            field="office hour", reason=phrase("nothing was recorded or imported yet")
        )
    parts = [known.get(r.id) or _untouched_part(r.id) for r in recordings]
    record_act(
        db, actor=actor, act="office_hour.processed", subject=office_hour.id, now=now
    )
    return new_version(
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


def new_version(
    db: Session,
    *,
    office_hour_id: str,
    parts: Iterable[Mapping[str, Any]],
    reason: str,
    actor: str,
    now: datetime,
) -> Programme:
    """Write down the next version; an unapproved one before it is void."""
    last = current_programme(db, office_hour_id)
    if last is not None and last.state in {
        ProgrammeState.BUILDING,
        ProgrammeState.IN_REVIEW,
        ProgrammeState.REFUSED,
    }:
        move(last, ProgrammeState.SUPERSEDED)
    number = last.version + 1 if last else 1
    programme = Programme(
        id=f"{office_hour_id}-v{number}",
        office_hour_id=office_hour_id,
        version=number,
        state=ProgrammeState.BUILDING,
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


def is_sealed(db: Session, part: Mapping[str, Any]) -> bool:
    """Whether a part's recording is still there."""
    return fetch(db, Recording, part["recording"]).state is RecordingState.SEALED


def rebuild_stale_programmes(db: Session, *, now: datetime) -> list[Programme]:
    """For each current version that lost a consent, make one without that person.

    Not where the recordings have been erased: then nothing comes after the tombstone.
    """
    return [
        new_version(
            db,
            office_hour_id=programme.office_hour_id,
            parts=parts,
            reason="consent withdrawn",
            actor=THE_HOUSE,
            now=now,
        )
        for programme in current_programmes(db)
        if is_stale(db, programme)
        and (parts := [part for part in programme.parts if is_sealed(db, part)])
    ]


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
    if programme.state is not ProgrammeState.BUILDING:
        return False
    programme.digest, programme.build, programme.built_at = digest, build, now
    move(programme, ProgrammeState.IN_REVIEW)
    record_act(
        db,
        actor=actor,
        act="programme.in_review",
        subject=programme.id,
        now=now,
        digest=digest,
    )
    return True
