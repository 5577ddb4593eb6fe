"""One errand in one pair of hands: taken, renewed while it is worked on, let go.

The rules (who may take what, pauses, attempts) are in ``townhall.errands``; here
is the holding: a thread renews the lease while the work goes on, and tells the work
to stop when somebody else has taken over or nobody wants the result any more.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from flows.errors import LeaseLost
from townhall.errands import (
    RENEW_EACH,
    Errand,
    ErrandState,
    fail_errand,
    put_off_errand,
    release_leases,
    renew_lease,
    take_errand,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from townhall.house import House

_log = logging.getLogger(__name__)

#: how often the work's progress is written down and its purpose asked for, s
LOOK_EACH_S = 2.0
#: a worker that died so often over one errand will die over it again
DEATHS_AT_MOST = 50


def utc_now() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)


def worker_name(kind: str) -> str:
    """The name of the one worker of a kind on this machine."""
    return f"{kind}@{platform.node() or 'localhost'}"


class Lease:
    """An errand that is ours while this object lives."""

    def __init__(
        self, house: House, errand: Errand, *, wanted: Callable[[], bool] | None
    ) -> None:
        """Hold a taken errand; see ``lease``."""
        self.house = house
        self.key = errand.id
        self.run_name = errand.idempotency_key
        self.worker = errand.worker or ""
        self._wanted = wanted
        self._progress: str | None = None
        self._lost = threading.Event()
        self._over = False
        self._wake = threading.Event()
        self._thread = threading.Thread(
            target=self._keep, name=f"lease {self.key}", daemon=True
        )

    def report(self, progress: str) -> None:
        """Say how far the work is, for ``status``.

        Raises:
            LeaseLost: stop working.
        """
        new_step = progress.split(" ", 1)[0] != (self._progress or "").split(" ", 1)[0]
        self._progress = progress
        if new_step:
            self._wake.set()
        self.check()

    def check(self) -> None:
        """Go on only while the errand is ours.

        Raises:
            LeaseLost: stop working.
        """
        if self._lost.is_set():
            raise LeaseLost(key=self.key)

    def put_off(self, *, reason: str, pause: timedelta) -> None:
        """Try again after ``pause``; nothing failed, so the attempt does not count."""
        with self.house.writing() as db:
            if self._is_ours(db):
                put_off_errand(db, key=self.key, reason=reason, until=utc_now() + pause)
        _log.info("%s waits: %s", self.key, reason)

    def fail(self, error: Exception) -> bool:
        """Write a failure down; says whether the errand is given up."""
        # what is no refusal of ours may pass: a full disk, a busy database, a bug
        retryable = bool(getattr(error, "retryable", True))
        with self.house.writing() as db:
            if not self._is_ours(db):
                return False
            errand = fail_errand(
                db,
                key=self.key,
                error=f"{type(error).__name__}: {error}",
                retryable=retryable,
                now=utc_now(),
            )
            return errand.state is ErrandState.FAILED

    def _is_ours(self, db: Session) -> bool:
        errand = db.get_one(Errand, self.key)
        return errand.worker == self.worker and errand.state is ErrandState.RUNNING

    def begin(self) -> None:
        """Begin to renew."""
        self._thread.start()

    def end(self) -> None:
        """Stop renewing; what becomes of the errand is written down by others."""
        self._over = True
        self._wake.set()
        self._thread.join()

    def _keep(self) -> None:
        renewed_at, told = time.monotonic(), None
        while True:
            self._wake.wait(LOOK_EACH_S)
            self._wake.clear()
            if self._over:
                return
            try:
                if self._wanted is not None and not self._wanted():
                    self._lost.set()
                due = time.monotonic() - renewed_at >= RENEW_EACH.total_seconds()
                if due or self._progress != told:
                    told = self._progress
                    self._renew(told)
                    renewed_at = time.monotonic()
            except OperationalError as error:  # busy or away: the lease lasts 90 s
                _log.warning("lease %s not renewed: %s", self.key, error.orig)

    def _renew(self, progress: str | None) -> None:
        with self.house.writing() as db:
            ours = renew_lease(
                db,
                key=self.key,
                worker=self.worker,
                now=utc_now(),
                progress=progress,
            )
        if not ours:
            self._lost.set()


@contextlib.contextmanager
def lease(
    house: House,
    *,
    step: str,
    subject: str,
    revision: str,
    worker: str,
    wanted: Callable[[], bool] | None = None,
) -> Iterator[Lease | None]:
    """Take an errand and hold it for the block; ``None`` when it is not to be had.

    ``wanted`` is asked every few seconds; when it says no, ``check`` raises.
    """
    with house.writing() as db:
        errand = take_errand(
            db,
            step=step,
            subject=subject,
            revision=revision,
            worker=worker,
            now=utc_now(),
        )
        if errand is not None and errand.attempt > DEATHS_AT_MOST:
            fail_errand(
                db,
                key=errand.id,
                error=f"the worker died {DEATHS_AT_MOST} times over it",
                retryable=False,
                now=utc_now(),
            )
            errand = None
    if errand is None:
        yield None
        return
    held = Lease(house, errand, wanted=wanted)
    held.begin()
    try:
        yield held
    finally:
        held.end()


def release_dead(house: House, worker: str) -> int:
    """Let go of what an earlier process of this name held: we hold its lock, it is dead."""
    with house.writing() as db:
        return release_leases(db, worker=worker, now=utc_now())


def stop_at_once(house: House, worker: str) -> None:
    """End this process without finishing what is in hand; it is continued later.

    A crash and an orderly stop take the same way: finished pieces are kept, the
    encoders end with us, the errand is free for the next worker.
    """
    try:
        with house.writing() as db:
            for key in db.scalars(
                select(Errand.id).where(
                    Errand.worker == worker, Errand.state == ErrandState.RUNNING
                )
            ).all():
                put_off_errand(db, key=key, reason="stopped", until=utc_now())
    finally:
        logging.shutdown()
        os._exit(0)
