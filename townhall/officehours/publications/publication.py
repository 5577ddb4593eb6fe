"""The row of one version on one channel, and how it is found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.database import Row, fetch, stored_enum
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.programmes import Programme
from townhall.officehours.schedule import OfficeHour


class PublicationState(StrEnum):
    """Where a publication stands."""

    DUE = "due"  #: approved, to be shown
    PUBLISHING = "publishing"  #: a publisher is at work
    PUBLISHED = "published"  #: people can see it
    RETRACTING = "retracting"  #: being taken down
    RETRACTED = "retracted"  #: gone; a tombstone says why, if it ever was seen
    REPLACED = "replaced"  #: gone; a newer version stands in its place
    FAILED = "failed"  #: the publisher gave up; a person has to look


_P = PublicationState
#: states in which bytes of the programme may be out there
OUT_THERE = frozenset({_P.PUBLISHING, _P.PUBLISHED, _P.RETRACTING, _P.FAILED})


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
    #: since when people can see it, or last could; ``None``: they never could
    published_at: Mapped[datetime | None]
    retracted_at: Mapped[datetime | None]
    retract_requested_at: Mapped[datetime | None]
    retract_reason: Mapped[str | None]  #: a sentence the public may read
    address: Mapped[str | None]  #: where it is shown
    error: Mapped[str | None]


def publication_of(
    db: Session, programme_id: str, channel: PublishingChannel
) -> Publication | None:
    """One version on one channel, or ``None`` if it never was due there."""
    return db.scalars(
        select(Publication).where(
            Publication.programme_id == programme_id, Publication.channel == channel
        )
    ).one_or_none()


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


def touch_page(db: Session, programme: Programme, *, now: datetime) -> None:
    """Something the public sees of the office hour has changed."""
    fetch(db, OfficeHour, programme.office_hour_id).changed_at = now
