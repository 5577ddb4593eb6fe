"""What is due and what must go, found by looking back. Asked each second."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from townhall.audit import record_act
from townhall.database import new_id
from townhall.officehours.approvals import Approval
from townhall.officehours.programmes import THE_HOUSE, Programme, ProgrammeState
from townhall.officehours.publications.permission import (
    holds,
    is_allowed,
    is_current,
    is_later,
    is_over,
    permission_of,
)
from townhall.officehours.publications.publication import (
    OUT_THERE,
    Publication,
    PublicationState,
    publication_of,
)
from townhall.states import move

_P = PublicationState


def approved_programmes_due(db: Session, *, now: datetime) -> list[Publication]:
    """Put down as DUE what is approved, past its embargo, consented and not yet shown."""
    fresh = []
    for approval, programme in db.execute(
        select(Approval, Programme)
        .join(Programme, Approval.programme_id == Programme.id)
        .where(
            Approval.revoked_at.is_(None), Programme.state == ProgrammeState.APPROVED
        )
        .order_by(Programme.version, Approval.approved_at, Approval.id)
    ):
        if (
            not is_over(approval, now=now)
            or not is_current(db, programme)
            or not holds(db, programme, approval)
        ):
            continue
        publication = publication_of(db, programme.id, approval.channel)
        if publication is None:
            publication = Publication(
                id=new_id(),
                programme_id=programme.id,
                channel=approval.channel,
                state=_P.DUE,
            )
            db.add(publication)
        elif publication.state is _P.RETRACTED and is_later(approval, publication):
            move(publication, _P.DUE)
            publication.retracted_at = publication.retract_reason = None
            publication.retract_requested_at = None
        else:
            continue
        publication.due_at = approval.not_before or approval.approved_at
        record_act(
            db,
            actor=THE_HOUSE,
            act="publication.due",
            subject=publication.id,
            now=now,
            programme=programme.id,
        )
        fresh.append(publication)
    return fresh


def publications_due(db: Session) -> list[Publication]:
    """What a publisher has to show; PUBLISHING ones were left behind by a dead worker."""
    return list(
        db.scalars(
            select(Publication)
            .where(Publication.state.in_([_P.DUE, _P.PUBLISHING]))
            .order_by(Publication.due_at, Publication.id)
        )
    )


def publications_to_retract(db: Session, *, now: datetime) -> list[Publication]:
    """What must go: a press officer said so, a consent is gone, or an approval is.

    A publication that nobody has seen yet and that only got a later embargo waits.
    """
    return [
        publication
        for publication in db.scalars(
            select(Publication)
            .where(Publication.state.in_({_P.DUE} | OUT_THERE))
            .order_by(Publication.id)
        )
        if publication.state is _P.RETRACTING
        or (
            permission_of(db, publication) is None
            if publication.state is _P.DUE
            else not is_allowed(db, publication, now=now)
        )
    ]
