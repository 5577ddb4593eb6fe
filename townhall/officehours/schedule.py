"""The dates: office hours are drafted, announced, held or cancelled.

Looks back at: nothing.  Is looked at by: everything else in this room.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from slugify import slugify
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.audit import record_act
from townhall.database import Row, fetch, new_id, stored_enum
from townhall.errors import InvalidInput, phrase
from townhall.states import move
from townhall.wording import one_line, paragraphs

TITLE_MAX_CHARS = 100  # YouTube's limit for a title as well
_UMLAUTS = (
    ("ä", "ae"),
    ("ö", "oe"),
    ("ü", "ue"),
    ("Ä", "Ae"),
    ("Ö", "Oe"),
    ("Ü", "Ue"),
)


class OfficeHourState(StrEnum):
    """Where an office hour stands."""

    DRAFT = "draft"  #: being prepared, not public
    ANNOUNCED = "announced"  #: public, questions are welcome
    LIVE = "live"  #: people are talking
    HELD = "held"  #: over; its recordings may be processed (also straight from a draft)
    CANCELLED = "cancelled"  #: will not take place; the page says so


class OfficeHour(Row):
    """One announced event at which a politician answers citizens."""

    __tablename__ = "office_hour"
    MOVES: ClassVar[Mapping[OfficeHourState, frozenset[OfficeHourState]]] = {
        OfficeHourState.DRAFT: frozenset(
            {
                OfficeHourState.ANNOUNCED,
                OfficeHourState.HELD,  # held elsewhere, brought in afterwards
                OfficeHourState.CANCELLED,
            }
        ),
        OfficeHourState.ANNOUNCED: frozenset(
            {OfficeHourState.LIVE, OfficeHourState.HELD, OfficeHourState.CANCELLED}
        ),
        OfficeHourState.LIVE: frozenset({OfficeHourState.HELD}),
        OfficeHourState.HELD: frozenset(),
        OfficeHourState.CANCELLED: frozenset(),
    }

    id: Mapped[str] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    description: Mapped[str | None]
    host_name: Mapped[str]
    host_office: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    questions_until: Mapped[datetime | None]
    state: Mapped[OfficeHourState] = mapped_column(stored_enum(OfficeHourState))
    cancellation_reason: Mapped[str | None]
    #: since when it has a public page; ``None``: not before something is published
    announced_at: Mapped[datetime | None]
    sequence: Mapped[int]  #: rises with each change of the date (RFC 5545 § 3.8.7.4)
    changed_at: Mapped[datetime]

    @property
    def politician_id(self) -> str:
        """Stable part of the politician's address on the website."""
        return address_part(self.host_name)


def address_part(words: str) -> str:
    """Words as part of an address: ``Bürgermeisterin`` → ``buergermeisterin``."""
    return slugify(words, replacements=_UMLAUTS, max_length=60, word_boundary=True)


def create_office_hour(
    db: Session,
    *,
    title: str,
    host_name: str,
    starts_at: datetime,
    actor: str,
    now: datetime,
    host_office: str | None = None,
    ends_at: datetime | None = None,
    questions_until: datetime | None = None,
    description: str | None = None,
) -> OfficeHour:
    """Draft an office hour.

    Raises:
        InvalidInput: no title, no host, or times that contradict each other.
    """
    title, host_name = one_line(title), one_line(host_name)
    if not title or len(title) > TITLE_MAX_CHARS:
        raise InvalidInput(
            field="title",
            reason=phrase("1 to {limit} characters", limit=TITLE_MAX_CHARS),
        )
    if not host_name:
        raise InvalidInput(field="host", reason=phrase("nobody is named"))
    if ends_at is not None and ends_at <= starts_at:
        raise InvalidInput(field="ends", reason=phrase("it ends before it starts"))
    if questions_until is not None and questions_until > starts_at:
        raise InvalidInput(
            field="questions-until", reason=phrase("the deadline lies after the start")
        )
    office_hour = OfficeHour(
        id=new_id(),
        slug=_free_slug(db, f"{starts_at:%Y-%m-%d} {title}"),
        title=title,
        description=paragraphs(description) if description else None,
        host_name=host_name,
        host_office=one_line(host_office) if host_office else None,
        starts_at=starts_at,
        ends_at=ends_at,
        questions_until=questions_until,
        state=OfficeHourState.DRAFT,
        sequence=0,
        changed_at=now,
    )
    db.add(office_hour)
    record_act(
        db, actor=actor, act="office_hour.created", subject=office_hour.id, now=now
    )
    return office_hour


def _free_slug(db: Session, words: str) -> str:
    wanted = slug = address_part(words)
    number = 1
    while db.scalars(select(OfficeHour).where(OfficeHour.slug == slug)).first():
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def find_office_hour(db: Session, office_hour_id: str) -> OfficeHour:
    """The office hour with this id.

    Raises:
        NotFound: there is none.
    """
    return fetch(db, OfficeHour, office_hour_id)


def office_hours(db: Session) -> list[OfficeHour]:
    """All of them, the latest start first."""
    return list(
        db.scalars(
            select(OfficeHour).order_by(OfficeHour.starts_at.desc(), OfficeHour.id)
        )
    )


def announce(
    db: Session, *, office_hour: OfficeHour, actor: str, now: datetime
) -> None:
    """Make the date public.

    Raises:
        WrongState: it is not a draft.
    """
    _move(db, office_hour, OfficeHourState.ANNOUNCED, actor=actor, now=now)
    office_hour.announced_at = now


def cancel(
    db: Session, *, office_hour: OfficeHour, reason: str, actor: str, now: datetime
) -> None:
    """Call it off; its page stays and says why.

    Raises:
        WrongState: it is live, held or cancelled already.
        InvalidInput: no reason is given.
    """
    if not reason.strip():
        raise InvalidInput(field="reason", reason=phrase("people want to know why"))
    _move(db, office_hour, OfficeHourState.CANCELLED, actor=actor, now=now)
    office_hour.cancellation_reason = paragraphs(reason)
    office_hour.sequence += 1


def go_live(db: Session, *, office_hour: OfficeHour, actor: str, now: datetime) -> None:
    """People begin to talk.

    Raises:
        WrongState: it is not announced.
    """
    _move(db, office_hour, OfficeHourState.LIVE, actor=actor, now=now)


def hold(db: Session, *, office_hour: OfficeHour, actor: str, now: datetime) -> None:
    """It is over; its recordings may be processed.

    Raises:
        WrongState: it is held already, or was cancelled.
    """
    _move(db, office_hour, OfficeHourState.HELD, actor=actor, now=now)


def _move(
    db: Session,
    office_hour: OfficeHour,
    to: OfficeHourState,
    *,
    actor: str,
    now: datetime,
) -> None:
    move(office_hour, to)
    office_hour.changed_at = now
    record_act(
        db, actor=actor, act=f"office_hour.{to}", subject=office_hour.id, now=now
    )
