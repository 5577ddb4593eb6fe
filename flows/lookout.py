"""Has anything happened since we last looked?

Finding out what is due looks back at every approval, consent and publication. To
do that each second for a thousand office hours would keep a core busy, so the
lookout first asks two cheap questions: is there a new entry in the audit trail
(every act writes one), and has an embargo ended? Once in a while it says yes
anyway: the dates on the website move on by themselves.

Looks at: townhall.audit, townhall.officehours.approvals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from townhall.audit import AuditEntry
from townhall.officehours.approvals import Approval

LOOK_ANYWAY_EACH = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What the house looked like at one moment."""

    last_entry: int
    at: datetime


class Lookout:
    """Remembers what was seen, and says when it is worth looking again."""

    def __init__(self, *, anyway_each: timedelta = LOOK_ANYWAY_EACH) -> None:
        """Look again after ``anyway_each`` even when nothing happened."""
        self.anyway_each = anyway_each
        self._seen: Sight | None = None

    def news(self, db: Session, *, now: datetime) -> Sight | None:
        """What to look at, or ``None``. Until it is ``seen``, it stays news."""
        sight = Sight(
            last_entry=db.scalar(select(func.max(AuditEntry.id))) or 0, at=now
        )
        seen = self._seen
        if (
            seen is None
            or seen.last_entry != sight.last_entry
            or now - seen.at >= self.anyway_each
            or _embargo_ended(db, after=seen.at, until=now)
        ):
            return sight
        return None

    def seen(self, sight: Sight) -> None:
        """All that ``sight`` asked for has been done."""
        self._seen = sight


def _embargo_ended(db: Session, *, after: datetime, until: datetime) -> bool:
    found = db.scalar(
        select(func.count())
        .select_from(Approval)
        .where(
            Approval.revoked_at.is_(None),
            Approval.not_before > after,
            Approval.not_before <= until,
        )
    )
    return bool(found)
