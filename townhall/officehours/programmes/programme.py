"""The row of one version, and how versions are found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.database import Row, fetch, stored_enum
from townhall.errors import NotFound


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
