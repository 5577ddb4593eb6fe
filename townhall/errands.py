"""Errands: who is doing which piece of work right now, and how often it was tried.

The flows derive what is due from the rows of ``officehours``. Before they begin
they take the errand here: a lease that they renew while they work. A killed
worker's lease runs out, and the next one takes the errand as attempt n+1.
Independent of Prefect: its server may be down or its automations may miss a crash.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.database import Row, stored_enum
from townhall.errors import WrongState

LEASE_FOR = timedelta(seconds=90)  # three missed renewals of 30 s
RENEW_EACH = timedelta(seconds=30)
ATTEMPTS_AT_MOST = 6
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)


class ErrandState(StrEnum):
    """Where an errand stands."""

    RUNNING = "running"  #: somebody holds the lease, or held it and died
    DONE = "done"  #: finished; the same revision is never done again
    PAUSED = "paused"  #: failed, to be tried again after ``not_before``
    FAILED = "failed"  #: given up; a person has to look


class Errand(Row):
    """One piece of work on one revision of one row."""

    __tablename__ = "errand"

    id: Mapped[str] = mapped_column(primary_key=True)  #: ``step:subject:revision``
    step: Mapped[str]
    subject: Mapped[str]
    state: Mapped[ErrandState] = mapped_column(stored_enum(ErrandState))
    attempt: Mapped[int]
    worker: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    progress: Mapped[str | None]  #: step at work and its share, for ``status``
    error: Mapped[str | None]

    @property
    def idempotency_key(self) -> str:
        """Name of this attempt, for Prefect."""
        return f"{self.id}:{self.attempt}"


def errand_id(step: str, subject: str, revision: str) -> str:
    """The id of the work ``step`` on ``revision`` of a row."""
    return f"{step}:{subject}:{revision}"


def take_errand(
    db: Session, *, step: str, subject: str, revision: str, worker: str, now: datetime
) -> Errand | None:
    """Take the lease, or ``None`` if it is done, given up, pausing or in good hands."""
    key = errand_id(step, subject, revision)
    errand = db.get(Errand, key, populate_existing=True)
    if errand is None:
        errand = Errand(id=key, step=step, subject=subject, attempt=0)
        db.add(errand)
    elif not _is_free(errand, now):
        return None
    errand.state = ErrandState.RUNNING
    errand.attempt += 1
    errand.worker = worker
    errand.leased_until = now + LEASE_FOR
    errand.started_at = now
    errand.finished_at = errand.not_before = errand.progress = None
    db.flush()
    return errand


def _is_free(errand: Errand, now: datetime) -> bool:
    if errand.state is ErrandState.PAUSED:
        return errand.not_before is None or errand.not_before <= now
    return (
        errand.state is ErrandState.RUNNING
        and errand.leased_until is not None
        and errand.leased_until <= now
    )


def renew_lease(
    db: Session, *, key: str, worker: str, now: datetime, progress: str | None = None
) -> bool:
    """Hold on to the lease; ``False`` when somebody else has taken over: stop working."""
    errand = db.get(Errand, key)
    if (
        errand is None
        or errand.worker != worker
        or errand.state is not ErrandState.RUNNING
    ):
        return False
    errand.leased_until = now + LEASE_FOR
    if progress is not None:
        errand.progress = progress
    return True


def finish_errand(db: Session, *, key: str, now: datetime) -> None:
    """The work is done and its result is saved in the same transaction."""
    errand = db.get_one(Errand, key)
    errand.state = ErrandState.DONE
    errand.finished_at = now
    errand.leased_until = errand.error = errand.progress = None


def fail_errand(
    db: Session, *, key: str, error: str, retryable: bool, now: datetime
) -> Errand:
    """Put the errand off with a growing pause, or give it up."""
    errand = db.get_one(Errand, key)
    errand.error = error
    errand.leased_until = errand.progress = None
    if retryable and errand.attempt < ATTEMPTS_AT_MOST:
        pause = min(FIRST_PAUSE * 2 ** (errand.attempt - 1), LONGEST_PAUSE)
        errand.state, errand.not_before = ErrandState.PAUSED, now + pause
    else:
        errand.state, errand.finished_at = ErrandState.FAILED, now
    return errand


def put_off_errand(db: Session, *, key: str, reason: str, until: datetime) -> None:
    """Nothing failed, but it cannot go on before ``until``: the attempt does not count."""
    errand = db.get_one(Errand, key)
    errand.state, errand.not_before = ErrandState.PAUSED, until
    errand.attempt = max(errand.attempt - 1, 0)
    errand.error = reason
    errand.leased_until = errand.progress = None


def release_leases(db: Session, *, worker: str, now: datetime) -> int:
    """Let go of everything a worker held: it is known to be dead."""
    held = db.scalars(
        select(Errand).where(
            Errand.worker == worker, Errand.state == ErrandState.RUNNING
        )
    ).all()
    for errand in held:
        errand.leased_until = now
    return len(held)


def try_again(db: Session, *, key: str) -> None:
    """A person asks for another try of an errand that was given up, or waits too long.

    Raises:
        WrongState: somebody is at it, or it is done.
    """
    errand = db.get_one(Errand, key)
    if errand.state not in {ErrandState.FAILED, ErrandState.PAUSED}:
        raise WrongState(
            kind="Errand",
            id=key,
            state=str(errand.state),
            allowed="waiting",
            wanted="another try",
        )
    errand.state, errand.attempt = ErrandState.PAUSED, 0
    errand.not_before = errand.finished_at = None


def errands_of(db: Session, subject: str) -> list[Errand]:
    """All errands about one row, the newest last."""
    return list(
        db.scalars(
            select(Errand)
            .where(Errand.subject == subject)
            .order_by(Errand.started_at, Errand.id)
        )
    )
