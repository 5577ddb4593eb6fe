"""Consultations: the single conversations inside an office hour, and who takes part.

Looks back at: schedule, questions.  Is looked at by: consents, recordings.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.audit import record_act
from townhall.database import Row, new_id, stored_enum
from townhall.errors import InvalidInput, WrongState, phrase
from townhall.media import Role
from townhall.officehours.schedule import OfficeHour, OfficeHourState
from townhall.states import move
from townhall.wording import one_line, same_name


class ConsultationState(StrEnum):
    """Where a conversation stands."""

    PLANNED = "planned"  #: will take place
    OPEN = "open"  #: people are talking
    CLOSED = "closed"  #: over


class Consultation(Row):
    """One conversation; the unit of recording and of consent."""

    __tablename__ = "consultation"
    __table_args__ = (UniqueConstraint("office_hour_id", "position"),)
    MOVES: ClassVar[Mapping[ConsultationState, frozenset[ConsultationState]]] = {
        ConsultationState.PLANNED: frozenset({ConsultationState.OPEN}),
        ConsultationState.OPEN: frozenset({ConsultationState.CLOSED}),
        ConsultationState.CLOSED: frozenset(),
    }

    id: Mapped[str] = mapped_column(primary_key=True)
    office_hour_id: Mapped[str] = mapped_column(
        ForeignKey("office_hour.id"), index=True
    )
    position: Mapped[int]  #: order inside the office hour, from 1
    state: Mapped[ConsultationState] = mapped_column(stored_enum(ConsultationState))


class Participant(Row):
    """Somebody in the room of one consultation."""

    __tablename__ = "participant"
    __table_args__ = (UniqueConstraint("consultation_id", "name"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    consultation_id: Mapped[str] = mapped_column(
        ForeignKey("consultation.id"), index=True
    )
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(stored_enum(Role))


def plan_consultation(
    db: Session, *, office_hour: OfficeHour, actor: str, now: datetime
) -> Consultation:
    """Add a conversation at the end of an office hour.

    Raises:
        WrongState: the office hour was cancelled.
    """
    if office_hour.state is OfficeHourState.CANCELLED:
        raise WrongState(
            kind="OfficeHour",
            id=office_hour.id,
            state=str(office_hour.state),
            allowed="nothing",
            wanted="a consultation",
        )
    last = db.scalar(
        select(func.max(Consultation.position)).where(
            Consultation.office_hour_id == office_hour.id
        )
    )
    consultation = Consultation(
        id=new_id(),
        office_hour_id=office_hour.id,
        position=(last or 0) + 1,
        state=ConsultationState.PLANNED,
    )
    db.add(consultation)
    record_act(
        db, actor=actor, act="consultation.planned", subject=consultation.id, now=now
    )
    return consultation


def open_consultation(
    db: Session, *, consultation: Consultation, actor: str, now: datetime
) -> None:
    """People begin to talk."""
    _move(db, consultation, ConsultationState.OPEN, actor=actor, now=now)


def close_consultation(
    db: Session, *, consultation: Consultation, actor: str, now: datetime
) -> None:
    """The conversation is over."""
    _move(db, consultation, ConsultationState.CLOSED, actor=actor, now=now)


def _move(
    db: Session,
    consultation: Consultation,
    to: ConsultationState,
    *,
    actor: str,
    now: datetime,
) -> None:
    move(consultation, to)
    record_act(
        db, actor=actor, act=f"consultation.{to}", subject=consultation.id, now=now
    )


def admit_participant(
    db: Session,
    *,
    consultation: Consultation,
    name: str,
    role: Role,
    actor: str,
    now: datetime,
) -> Participant:
    """Let somebody into the conversation.

    Raises:
        InvalidInput: no name, or a name that somebody there already has.
    """
    name = one_line(name)
    if not name:
        raise InvalidInput(field="participant", reason=phrase("nobody is named"))
    if any(
        same_name(other.name, name) for other in participants_of(db, consultation.id)
    ):
        raise InvalidInput(
            field="participant", reason=phrase("{name} is there already", name=name)
        )
    participant = Participant(
        id=new_id(), consultation_id=consultation.id, name=name, role=role
    )
    db.add(participant)
    record_act(
        db,
        actor=actor,
        act="participant.admitted",
        subject=participant.id,
        now=now,
        role=str(role),
    )
    return participant


def participants_of(db: Session, consultation_id: str) -> list[Participant]:
    """Everybody in a conversation, in a stable order: host, moderator, citizens."""
    order = list(Role)
    found = db.scalars(
        select(Participant).where(Participant.consultation_id == consultation_id)
    )
    return sorted(found, key=lambda p: (order.index(p.role), p.name))


def consultations_of(db: Session, office_hour_id: str) -> list[Consultation]:
    """An office hour's conversations in order."""
    return list(
        db.scalars(
            select(Consultation)
            .where(Consultation.office_hour_id == office_hour_id)
            .order_by(Consultation.position)
        )
    )
