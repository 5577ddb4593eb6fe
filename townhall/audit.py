"""The audit trail: who did what when, append-only, each entry bound to the one before.

An entry's hash covers its content and the hash of its predecessor, so nobody can
change or take out one without breaking all that follow. The database refuses
UPDATE and DELETE by trigger (see the migrations). Details hold ids and numbers,
never a citizen's name or words: the trail outlives what retention erases.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.database import Row
from townhall.errors import AuditBroken, phrase

_FIRST = "0" * 64


class AuditEntry(Row):
    """One act of one person or of the house itself."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    act: Mapped[str]  #: e.g. ``question.accepted``
    subject: Mapped[str]  #: id of the row it was done to
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[str]
    hash: Mapped[str]

    def expected_hash(self) -> str:
        """The hash this entry must have."""
        content = json.dumps(
            [
                self.id,
                self.at.astimezone(UTC).isoformat(timespec="microseconds"),
                self.actor,
                self.act,
                self.subject,
                self.details,
                self.previous_hash,
            ],
            ensure_ascii=False,
            sort_keys=True,
        )
        return hashlib.sha256(content.encode()).hexdigest()


def record_act(
    db: Session, *, actor: str, act: str, subject: str, now: datetime, **details: Any
) -> AuditEntry:
    """Write one entry. Called inside the use case, in the same transaction.

    Nobody else writes meanwhile (see ``database``), so the chain cannot fork.
    """
    db.flush()
    last = db.scalars(
        select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)
    ).first()
    entry = AuditEntry(
        id=last.id + 1 if last else 1,
        at=now,
        actor=actor,
        act=act,
        subject=subject,
        details=details,
        previous_hash=last.hash if last else _FIRST,
    )
    entry.hash = entry.expected_hash()
    db.add(entry)
    db.flush()
    return entry


def verify_chain(db: Session) -> int:
    """Check every entry; return how many there are.

    Raises:
        AuditBroken: an entry was changed, taken out or put in.
    """
    previous, number = _FIRST, 0
    for entry in db.scalars(select(AuditEntry).order_by(AuditEntry.id)):
        number += 1
        if entry.id != number:
            raise AuditBroken(entry=number, reason=phrase("it is missing"))
        if entry.previous_hash != previous:
            raise AuditBroken(
                entry=number, reason=phrase("it does not follow its predecessor")
            )
        if entry.hash != entry.expected_hash():
            raise AuditBroken(entry=number, reason=phrase("its content was changed"))
        previous = entry.hash
    return number


def entries_about(db: Session, subject: str) -> list[AuditEntry]:
    """All that was done to one row, oldest first."""
    return list(
        db.scalars(
            select(AuditEntry)
            .where(AuditEntry.subject == subject)
            .order_by(AuditEntry.id)
        )
    )
