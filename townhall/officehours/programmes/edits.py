"""What people do to a programme: cuts, chapters, corrected words. Each makes a version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from townhall.database import fetch
from townhall.errors import InvalidInput, NotFound, WrongState, phrase
from townhall.media import ChapterPlacement, Cut
from townhall.officehours.programmes.programme import Programme, current_programme
from townhall.officehours.programmes.versions import is_sealed, new_version
from townhall.officehours.questions import Question
from townhall.officehours.recordings import Recording, RecordingState
from townhall.officehours.transcripts import FIRST_REVISION, newest_revision


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """One edit of a recording inside a programme."""

    recording_id: str
    cut: Cut | None = None
    placement: ChapterPlacement | None = None


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
            _place(db, programme, parts, recording, change.placement)
    return new_version(
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
    parts: dict[str, dict[str, Any]],
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
    part = parts[recording.id]
    for each in parts.values():
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
    return new_version(
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
            state=phrase("older than version {version}", version=current.version),
            allowed="looking at it",
            wanted="an edit",
        )
    for part in programme.parts:
        if not is_sealed(db, part):
            raise WrongState(
                kind="Recording",
                id=part["recording"],
                state=str(RecordingState.ERASED),
                allowed="retracting what was made of it",
                wanted="an edit",
            )
