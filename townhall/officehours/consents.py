"""Consents: how far each person agreed to be published, and the way back.

Graded (picture and sound · sound · sound without name · not published), given
per person and conversation, withdrawable at any time without a reason
(DSGVO Art. 7 (3)). The newest row decides; older ones stay as proof (Art. 7 (1)).

Looks back at: consultations.  Is looked at by: programmes, publications, retention.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.audit import record_act
from townhall.database import Row, fetch, new_id, stored_enum
from townhall.errors import InvalidInput, NotFound, phrase
from townhall.media import ConsentLevel, Person, Role
from townhall.officehours.consultations import Participant, participants_of

#: version of the wording people agreed to; its text stands in docs/data-protection.md
WORDING_VERSION = "2026-11"
#: from the widest to none; a withdrawal only ever moves to the right
_ORDER = list(ConsentLevel)
_NAMELESS = {
    Role.CITIZEN: "Bürgerin oder Bürger",
    Role.MODERATOR: "Moderation",
    Role.HOST: "Gastgeberin oder Gastgeber",
}


class Consent(Row):
    """One decision of one person."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("participant_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    participant_id: Mapped[str] = mapped_column(
        ForeignKey("participant.id"), index=True
    )
    number: Mapped[int]  #: 1 for the first decision of this person, then rising
    level: Mapped[ConsentLevel] = mapped_column(stored_enum(ConsentLevel))
    wording_version: Mapped[str]
    given_at: Mapped[datetime]


def give_consent(
    db: Session,
    *,
    participant: Participant,
    level: ConsentLevel,
    actor: str,
    now: datetime,
) -> Consent:
    """Note down how far somebody agrees."""
    return _note_decision(
        db, participant, level, act="consent.given", actor=actor, now=now
    )


def withdraw_consent(
    db: Session,
    *,
    participant: Participant,
    now: datetime,
    actor: str = "the person",
    to: ConsentLevel = ConsentLevel.NONE,
) -> Consent:
    """Take consent back, wholly or down to a lower level.

    Raises:
        InvalidInput: that would not be less than now.
    """
    level = level_of(db, participant.id)
    if _ORDER.index(to) <= _ORDER.index(level):
        raise InvalidInput(
            field="consent",
            reason=phrase(
                "it already is {level}; nothing is left to withdraw", level=str(level)
            ),
        )
    return _note_decision(
        db, participant, to, act="consent.withdrawn", actor=actor, now=now
    )


def _note_decision(
    db: Session,
    participant: Participant,
    level: ConsentLevel,
    *,
    act: str,
    actor: str,
    now: datetime,
) -> Consent:
    last = _newest(db, participant.id)
    consent = Consent(
        id=new_id(),
        participant_id=participant.id,
        number=last.number + 1 if last else 1,
        level=level,
        wording_version=WORDING_VERSION,
        given_at=now,
    )
    db.add(consent)
    record_act(
        db, actor=actor, act=act, subject=participant.id, now=now, level=str(level)
    )
    return consent


def _newest(db: Session, participant_id: str) -> Consent | None:
    return db.scalars(
        select(Consent)
        .where(Consent.participant_id == participant_id)
        .order_by(Consent.number.desc())
        .limit(1)
    ).first()


def level_of(db: Session, participant_id: str) -> ConsentLevel:
    """How far somebody agrees now; who never decided is not published."""
    newest = _newest(db, participant_id)
    return newest.level if newest else ConsentLevel.NONE


def levels_of(db: Session, consultation_id: str) -> dict[str, ConsentLevel]:
    """How far everybody in a conversation agrees now, by participant id."""
    return {
        participant.id: level_of(db, participant.id)
        for participant in participants_of(db, consultation_id)
    }


def covers(level: ConsentLevel, built_with: ConsentLevel) -> bool:
    """Whether ``level`` still allows what was built under ``built_with``."""
    return _ORDER.index(level) <= _ORDER.index(built_with)


def people_of(
    db: Session,
    consultation_id: str,
    *,
    levels: Mapping[str, ConsentLevel] | None = None,
) -> tuple[Person, ...]:
    """Everybody in a conversation as the public may know them.

    By the consents ``levels``; by default those of now.
    """
    if levels is None:
        levels = levels_of(db, consultation_id)
    people = []
    for participant in participants_of(db, consultation_id):
        level = levels.get(participant.id, ConsentLevel.NONE)
        people.append(
            Person(
                participant_id=participant.id,
                name=participant.name if level.names else _NAMELESS[participant.role],
                role=participant.role,
                consent=level,
            )
        )
    return tuple(people)


def withdrawal_token(participant_id: str, *, secret: bytes) -> str:
    """The token on somebody's slip: it finds them and proves it is theirs.

    Derived, so the clerk can print it again and a stolen database does not hold it.
    """
    message = participant_id.encode(errors="replace")
    proof = hmac.digest(secret, message, "sha256").hex()[:20]
    return f"{participant_id}-{proof}"


def participant_by_token(db: Session, token: str, *, secret: bytes) -> Participant:
    """Whose slip this is.

    Raises:
        NotFound: nobody's; the same answer for every wrong token.
    """
    given = token.strip()
    participant_id = given.rpartition("-")[0]
    right = withdrawal_token(participant_id, secret=secret)
    # as bytes: texts that are not ASCII cannot be compared in constant time
    if not hmac.compare_digest(
        right.encode(errors="replace"), given.encode(errors="replace")
    ):
        raise NotFound(kind="Consent", id=token)
    return fetch(db, Participant, participant_id)
