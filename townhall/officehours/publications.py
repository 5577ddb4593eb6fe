"""Publications: what is shown where, derived by looking back.

Nobody tells this module that a consent was withdrawn or an embargo ended. Each
second it is asked what is due and what must go, and it looks back at approvals,
consents and newer versions. Nothing to forget, no event to lose.

Looks back at: approvals, programmes, consents.  Is looked at by: retention.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.audit import record_act
from townhall.database import Row, fetch, new_id, stored_enum
from townhall.errors import InvalidInput, NotFound, phrase
from townhall.officehours.approvals import Approval, PublishingChannel
from townhall.officehours.programmes import (
    Programme,
    ProgrammeState,
    current_programme,
    is_stale,
)
from townhall.officehours.questions import Question, QuestionState, mark_answered
from townhall.officehours.schedule import OfficeHour
from townhall.states import move


class PublicationState(StrEnum):
    """Where a publication stands."""

    DUE = "due"  #: approved, to be shown
    PUBLISHING = "publishing"  #: a publisher is at work
    PUBLISHED = "published"  #: people can see it
    RETRACTING = "retracting"  #: being taken down
    RETRACTED = "retracted"  #: gone; a tombstone says why
    REPLACED = "replaced"  #: gone; a newer version stands in its place
    FAILED = "failed"  #: the publisher gave up; a person has to look


_P = PublicationState
#: states in which bytes of the programme may be out there
OUT_THERE = frozenset({_P.PUBLISHING, _P.PUBLISHED, _P.RETRACTING, _P.FAILED})
CONSENT_REASON = (
    "Eine beteiligte Person hat ihre Einwilligung zur Veröffentlichung widerrufen."
)
REVISION_REASON = "Die Aufzeichnung wird überarbeitet."


class Publication(Row):
    """One version on one channel."""

    __tablename__ = "publication"
    __table_args__ = (UniqueConstraint("programme_id", "channel"),)
    MOVES: ClassVar[Mapping[PublicationState, frozenset[PublicationState]]] = {
        _P.DUE: frozenset({_P.PUBLISHING, _P.RETRACTING}),
        _P.PUBLISHING: frozenset({_P.PUBLISHED, _P.FAILED, _P.RETRACTING, _P.DUE}),
        _P.PUBLISHED: frozenset({_P.RETRACTING, _P.REPLACED}),
        _P.RETRACTING: frozenset({_P.RETRACTED}),
        _P.RETRACTED: frozenset({_P.DUE}),  # approved anew after it was taken down
        _P.REPLACED: frozenset(),
        _P.FAILED: frozenset({_P.DUE, _P.RETRACTING}),
    }

    id: Mapped[str] = mapped_column(primary_key=True)
    programme_id: Mapped[str] = mapped_column(ForeignKey("programme.id"), index=True)
    channel: Mapped[PublishingChannel] = mapped_column(stored_enum(PublishingChannel))
    state: Mapped[PublicationState] = mapped_column(stored_enum(PublicationState))
    due_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    retracted_at: Mapped[datetime | None]
    retract_requested_at: Mapped[datetime | None]
    retract_reason: Mapped[str | None]  #: a sentence the public may read
    address: Mapped[str | None]  #: where it is shown
    error: Mapped[str | None]


def approved_programmes_due(db: Session, *, now: datetime) -> list[Publication]:
    """Put down as DUE what is approved, past its embargo, consented and not yet shown."""
    fresh = []
    for approval, programme in db.execute(
        select(Approval, Programme)
        .join(Programme, Approval.programme_id == Programme.id)
        .where(
            Approval.revoked_at.is_(None), Programme.state == ProgrammeState.APPROVED
        )
        .order_by(Programme.version)
    ):
        if not _is_current(db, programme):
            continue  # edited after it was approved: the edit needs an approval
        if not may_be_shown(db, programme, approval, now=now):
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
        elif publication.state is _P.RETRACTED and _is_later(approval, publication):
            move(publication, _P.DUE)
            publication.retracted_at = publication.retract_reason = None
            publication.retract_requested_at = None
        else:
            continue
        publication.due_at = approval.not_before or approval.approved_at
        record_act(
            db,
            actor="the house",
            act="publication.due",
            subject=publication.id,
            now=now,
            programme=programme.id,
        )
        fresh.append(publication)
    return fresh


def may_be_shown(
    db: Session, programme: Programme, approval: Approval, *, now: datetime
) -> bool:
    """Approval in force, embargo over, digest the reviewed one, consents still there."""
    return (
        approval.revoked_at is None
        and (approval.not_before is None or approval.not_before <= now)
        and approval.digest == programme.digest
        and programme.state is ProgrammeState.APPROVED
        and not is_stale(db, programme)
    )


def _is_current(db: Session, programme: Programme) -> bool:
    current = current_programme(db, programme.office_hour_id)
    return current is not None and current.id == programme.id


def _is_later(approval: Approval, publication: Publication) -> bool:
    """Whether somebody approved it again after it was asked to go."""
    asked = publication.retract_requested_at
    return asked is None or approval.approved_at > asked


def is_allowed(db: Session, publication: Publication, *, now: datetime) -> bool:
    """The last look before bytes go out: does an approval still cover it?"""
    programme = fetch(db, Programme, publication.programme_id)
    if publication.state is not _P.PUBLISHED and not _is_current(db, programme):
        return False
    return any(
        may_be_shown(db, programme, approval, now=now)
        and _is_later(approval, publication)
        for approval in db.scalars(
            select(Approval).where(
                Approval.programme_id == programme.id,
                Approval.channel == publication.channel,
            )
        )
    )


def publication_of(
    db: Session, programme_id: str, channel: PublishingChannel
) -> Publication | None:
    """One version on one channel, or ``None`` if it never was due there."""
    return db.scalars(
        select(Publication).where(
            Publication.programme_id == programme_id, Publication.channel == channel
        )
    ).one_or_none()


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
    """What must go: a press officer said so, a consent is gone, or an approval is."""
    return [
        publication
        for publication in db.scalars(
            select(Publication).where(
                Publication.state.in_(
                    [_P.DUE, _P.PUBLISHING, _P.PUBLISHED, _P.RETRACTING, _P.FAILED]
                )
            )
        )
        if publication.state is _P.RETRACTING
        or not is_allowed(db, publication, now=now)
    ]


def begin_publishing(db: Session, *, publication: Publication, now: datetime) -> bool:
    """The embargo and the consents are looked at again; ``False``: do not publish."""
    if not is_allowed(db, publication, now=now):
        return False
    if publication.state is not _P.PUBLISHING:
        move(publication, _P.PUBLISHING)
    return True


def mark_published(
    db: Session, *, publication: Publication, address: str, now: datetime
) -> None:
    """People can see it; earlier versions on this channel are replaced by it."""
    programme = fetch(db, Programme, publication.programme_id)
    for earlier in db.scalars(
        select(Publication)
        .join(Programme, Publication.programme_id == Programme.id)
        .where(
            Programme.office_hour_id == programme.office_hour_id,
            Publication.channel == publication.channel,
            Publication.state == _P.PUBLISHED,
            Publication.id != publication.id,
        )
    ):
        move(earlier, _P.REPLACED)
        earlier.retracted_at = now
    move(publication, _P.PUBLISHED)
    publication.published_at, publication.address = now, address
    publication.error = None
    answered = {
        question_id
        for chapter in (programme.build or {}).get("chapters", [])
        if not chapter.get("needs_review")
        for question_id in chapter["question_ids"]
    }
    for question in db.scalars(select(Question).where(Question.id.in_(answered))):
        if question.state in {QuestionState.ACCEPTED, QuestionState.WRITTEN_ANSWER}:
            mark_answered(db, question=question, actor="the house", now=now)
    _touch_page(db, programme, now=now)
    record_act(
        db,
        actor="the house",
        act="publication.published",
        subject=publication.id,
        now=now,
        programme=programme.id,
        channel=str(publication.channel),
    )


def mark_failed(
    db: Session, *, publication: Publication, error: str, now: datetime
) -> None:
    """The publisher gave up; a person has to look."""
    move(publication, _P.FAILED)
    publication.error = error
    record_act(
        db,
        actor="the house",
        act="publication.failed",
        subject=publication.id,
        now=now,
    )


def retract(
    db: Session, *, office_hour: OfficeHour, reason: str, actor: str, now: datetime
) -> list[Publication]:
    """One click: take the office hour's programme down on every channel.

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
    if not found:
        raise NotFound(kind="Publication", id=office_hour.id)
    for publication in found:
        publication.retract_requested_at = now
        publication.retract_reason = reason.strip()
        record_act(
            db,
            actor=actor,
            act="publication.retract_requested",
            subject=publication.id,
            now=now,
        )
    return found


def begin_retracting(db: Session, *, publication: Publication, now: datetime) -> None:
    """Hidden from this moment on: the site content no longer holds it."""
    if publication.retract_reason is None:
        programme = fetch(db, Programme, publication.programme_id)
        publication.retract_reason = (
            CONSENT_REASON if is_stale(db, programme) else REVISION_REASON
        )
    if publication.retract_requested_at is None:
        publication.retract_requested_at = now
    if publication.state is not _P.RETRACTING:
        move(publication, _P.RETRACTING)
    _touch_page(db, fetch(db, Programme, publication.programme_id), now=now)


def mark_retracted(db: Session, *, publication: Publication, now: datetime) -> None:
    """No byte of it is left on the channel."""
    move(publication, _P.RETRACTED)
    publication.retracted_at, publication.address = now, None
    record_act(
        db,
        actor="the house",
        act="publication.retracted",
        subject=publication.id,
        now=now,
        channel=str(publication.channel),
    )


def _touch_page(db: Session, programme: Programme, *, now: datetime) -> None:
    fetch(db, OfficeHour, programme.office_hour_id).changed_at = now


def publications_of(db: Session, office_hour_id: str) -> list[Publication]:
    """All publications of an office hour, the oldest version first."""
    return list(
        db.scalars(
            select(Publication)
            .join(Programme, Publication.programme_id == Programme.id)
            .where(Programme.office_hour_id == office_hour_id)
            .order_by(Programme.version, Publication.channel)
        )
    )
