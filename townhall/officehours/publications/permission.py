"""Whether a version may be shown on a channel at a moment: the last look."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from townhall.database import fetch
from townhall.officehours.approvals import Approval, approvals_of
from townhall.officehours.programmes import (
    Programme,
    ProgrammeState,
    current_programme,
    is_stale,
)
from townhall.officehours.publications.publication import Publication, PublicationState


def is_allowed(db: Session, publication: Publication, *, now: datetime) -> bool:
    """The last look before bytes go out: does an approval cover it at ``now``?"""
    approval = permission_of(db, publication)
    return approval is not None and is_over(approval, now=now)


def is_over(approval: Approval, *, now: datetime) -> bool:
    """Whether the embargo is over, to the second."""
    return approval.not_before is None or approval.not_before <= now


def permission_of(db: Session, publication: Publication) -> Approval | None:
    """The approval a publication rests on, its embargo set aside, if it has one."""
    programme = fetch(db, Programme, publication.programme_id)
    if publication.state is not PublicationState.PUBLISHED and not is_current(
        db, programme
    ):
        return None  # edited before it was shown: the edit needs an approval
    return next(
        (
            approval
            for approval in approvals_of(db, programme.id)
            if approval.channel is publication.channel
            and holds(db, programme, approval)
            and is_later(approval, publication)
        ),
        None,
    )


def holds(db: Session, programme: Programme, approval: Approval) -> bool:
    """In force, of exactly these bytes, and everybody still agrees."""
    return (
        approval.revoked_at is None
        and approval.digest == programme.digest
        and programme.state is ProgrammeState.APPROVED
        and programme.files_erased_at is None
        and not is_stale(db, programme)
    )


def is_current(db: Session, programme: Programme) -> bool:
    """Whether nobody edited it since."""
    current = current_programme(db, programme.office_hour_id)
    return current is not None and current.id == programme.id


def is_later(approval: Approval, publication: Publication) -> bool:
    """Whether somebody approved it again after it was asked to go."""
    asked = publication.retract_requested_at
    return asked is None or approval.approved_at > asked
