"""Approvals: the press office says yes to exactly what it has seen.

An approval names a digest over every published byte, a channel and the earliest
time (embargo). An edit makes another version with another digest, so it needs
another approval. With four eyes on, the approver is not the last editor.

Looks back at: programmes, consents.  Is looked at by: publications.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.audit import record_act
from townhall.database import Row, fetch, new_id, stored_enum
from townhall.errors import (
    ConsentMissing,
    DigestMismatch,
    FourEyesRequired,
    InvalidInput,
    WrongState,
    listed,
    phrase,
)
from townhall.officehours.consultations import Participant
from townhall.officehours.programmes import (
    Programme,
    ProgrammeState,
    consents_lost,
    current_programme,
    questions_lost,
)
from townhall.states import move
from townhall.wording import one_line, paragraphs, same_name


class PublishingChannel(StrEnum):
    """Where a programme can be shown."""

    WEBSITE = "website"  #: the municipality's own static site
    REHEARSAL = "rehearsal"  #: a private folder, to look at what would go out


class Approval(Row):
    """One yes of one person for one channel."""

    __tablename__ = "approval"

    id: Mapped[str] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    digest: Mapped[str]
    channel: Mapped[PublishingChannel] = mapped_column(stored_enum(PublishingChannel))
    name: Mapped[str]
    approved_at: Mapped[datetime]
    not_before: Mapped[datetime | None]  #: embargo
    revoked_at: Mapped[datetime | None]


def approve(
    db: Session,
    *,
    programme: Programme,
    digest: str,
    name: str,
    channels: list[PublishingChannel],
    four_eyes: bool,
    now: datetime,
    not_before: datetime | None = None,
) -> list[Approval]:
    """Say yes to what was reviewed.

    Raises:
        WrongState: it is not in review, or its files have been erased.
        DigestMismatch: it is not what was reviewed, or a newer version exists.
        FourEyesRequired: the approver edited it last.
        ConsentMissing: somebody withdrew consent since it was built.
        InvalidInput: no name or no channel.
    """
    name = one_line(name)
    if not name:
        raise InvalidInput(field="as", reason=phrase("say who approves"))
    if not channels:
        raise InvalidInput(field="channel", reason=phrase("say where it may be shown"))
    current = current_programme(db, programme.office_hour_id)
    if current is not None and current.id != programme.id:
        raise DigestMismatch(given=digest[:12], actual=(current.digest or "new")[:12])
    if (
        programme.state not in {ProgrammeState.IN_REVIEW, ProgrammeState.APPROVED}
        or programme.files_erased_at is not None
    ):
        raise WrongState(
            kind="Programme",
            id=programme.id,
            state="erased" if programme.files_erased_at else str(programme.state),
            allowed="in_review first",
            wanted=str(ProgrammeState.APPROVED),
        )
    if not programme.digest or digest != programme.digest:
        raise DigestMismatch(
            given=digest[:12], actual=(programme.digest or "unknown")[:12]
        )
    if four_eyes and same_name(name, programme.editor):
        raise FourEyesRequired(name=name)
    if lost := _who_took_it_back(db, programme):
        raise ConsentMissing(
            names=listed(lost), channel=listed(str(c) for c in channels)
        )
    if programme.state is ProgrammeState.IN_REVIEW:
        move(programme, ProgrammeState.APPROVED)
    approvals = []
    for channel in dict.fromkeys(channels):
        for earlier in approvals_of(db, programme.id):
            if earlier.channel is channel:  # a new date replaces the old one
                earlier.revoked_at = now
        approval = Approval(
            id=new_id(),
            programme_id=programme.id,
            digest=digest,
            channel=channel,
            name=name,
            approved_at=now,
            not_before=not_before,
        )
        db.add(approval)
        approvals.append(approval)
        record_act(
            db,
            actor=name,
            act="programme.approved",
            subject=programme.id,
            now=now,
            channel=str(channel),
            digest=digest,
            not_before=not_before.isoformat() if not_before else None,
        )
    return approvals


def _who_took_it_back(db: Session, programme: Programme) -> list[str]:
    people = [
        fetch(db, Participant, participant_id).name
        for participant_id in consents_lost(db, programme)
    ]
    askers = [
        phrase("the author of question {ref}", ref=question.ref)
        for question in questions_lost(db, programme)
    ]
    return [*people, *askers]


def refuse(
    db: Session, *, programme: Programme, reason: str, name: str, now: datetime
) -> None:
    """Say no; a later edit makes a version that can be approved.

    Raises:
        InvalidInput: no reason is given.
        WrongState: there is nothing to refuse.
    """
    if not reason.strip():
        raise InvalidInput(field="reason", reason=phrase("say why it is refused"))
    move(programme, ProgrammeState.REFUSED)
    programme.refused_because = paragraphs(reason)
    revoke_approvals(db, programme=programme, now=now)
    record_act(db, actor=name, act="programme.refused", subject=programme.id, now=now)


def revoke_approvals(
    db: Session, *, programme: Programme, now: datetime
) -> list[Approval]:
    """What was said yes to no longer counts; whoever calls writes down why."""
    revoked = approvals_of(db, programme.id)
    for approval in revoked:
        approval.revoked_at = now
    return revoked


def approvals_of(db: Session, programme_id: str) -> list[Approval]:
    """The approvals of a version that are in force."""
    return list(
        db.scalars(
            select(Approval)
            .where(Approval.programme_id == programme_id, Approval.revoked_at.is_(None))
            .order_by(Approval.approved_at, Approval.id)
        )
    )
