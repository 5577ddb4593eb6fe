"""The way back: asked for by a person, or derived; carried out step by step."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from townhall.audit import record_act
from townhall.database import fetch
from townhall.errors import InvalidInput, NotFound, phrase
from townhall.officehours.approvals import revoke_approvals
from townhall.officehours.programmes import (
    THE_HOUSE,
    Programme,
    current_programme,
    is_stale,
)
from townhall.officehours.publications.permission import permission_of
from townhall.officehours.publications.publication import (
    Publication,
    PublicationState,
    publications_of,
    touch_page,
)
from townhall.officehours.schedule import OfficeHour
from townhall.states import move
from townhall.wording import paragraphs

_P = PublicationState
CONSENT_REASON = (
    "Eine beteiligte Person hat ihre Einwilligung zur Veröffentlichung widerrufen."
)
REVISION_REASON = "Die Aufzeichnung wird überarbeitet."
EMBARGO_REASON = "Die Aufzeichnung ist für einen späteren Zeitpunkt vorgesehen."


def retract(
    db: Session, *, office_hour: OfficeHour, reason: str, actor: str, now: datetime
) -> list[Publication]:
    """One click: take the office hour's programme down on every channel.

    What waits for the end of an embargo does not come out either. Nothing is shown
    again before somebody approves it anew.

    Raises:
        InvalidInput: no reason is given.
        NotFound: nothing of it is, or is about to be, public.
    """
    if not reason.strip():
        raise InvalidInput(field="reason", reason=phrase("the tombstone page says why"))
    found = [
        publication
        for publication in publications_of(db, office_hour.id)
        if publication.state not in {_P.RETRACTED, _P.REPLACED}
    ]
    current = current_programme(db, office_hour.id)
    waiting = revoke_approvals(db, programme=current, now=now) if current else []
    if not found and not waiting:
        raise NotFound(kind="Publication", id=office_hour.id)
    for publication in found:
        publication.retract_requested_at = now
        publication.retract_reason = paragraphs(reason)
        record_act(
            db,
            actor=actor,
            act="publication.retract_requested",
            subject=publication.id,
            now=now,
        )
    for approval in waiting:
        record_act(
            db,
            actor=actor,
            act="programme.approval_revoked",
            subject=approval.programme_id,
            now=now,
            channel=str(approval.channel),
        )
    return found


def begin_retracting(db: Session, *, publication: Publication, now: datetime) -> None:
    """Hidden from this moment on: the site content no longer holds it.

    Raises:
        WrongState: it is gone already.
    """
    programme = fetch(db, Programme, publication.programme_id)
    only_early = permission_of(db, publication) is not None
    if publication.state is not _P.RETRACTING:
        move(publication, _P.RETRACTING)
    if publication.retract_reason is None:
        publication.retract_reason = (
            CONSENT_REASON
            if is_stale(db, programme)
            else EMBARGO_REASON
            if only_early
            else REVISION_REASON
        )
    if publication.retract_requested_at is None and not only_early:
        # from now on only a new approval brings it back
        publication.retract_requested_at = now
    touch_page(db, programme, now=now)


def mark_retracted(db: Session, *, publication: Publication, now: datetime) -> None:
    """No byte of it is left on the channel.

    Raises:
        WrongState: nobody began to take it down.
    """
    move(publication, _P.RETRACTED)
    publication.retracted_at, publication.address = now, None
    record_act(
        db,
        actor=THE_HOUSE,
        act="publication.retracted",
        subject=publication.id,
        now=now,
        channel=str(publication.channel),
    )
