"""The resident process that hears and composes: one programme at a time.

It stays, so that the speech model is loaded once and work begins within a second of
somebody asking; a Prefect deployment run took 20–36 s to begin (measured).
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from flows.errors import DiskNearlyFull, LeaseLost, PrefectUnreachable
from flows.leases import lease, release_dead, worker_name
from flows.locks import locked, locked_if_free
from flows.prefect_server import answers, prefect_runs
from flows.processing import ProgrammeWork, is_wanted
from flows.retention import BUILDING_LOCK
from pipeline.pieces import PieceStore
from townhall.officehours.programmes import programmes_to_build

if TYPE_CHECKING:
    from townhall.house import House

_log = logging.getLogger(__name__)

WORKER = "media"
LOOK_EACH_S = 1.0
REST_AFTER_TROUBLE_S = 5.0
#: Prefect went away, or the disk is full: look again after so long
SHORT_PAUSE = timedelta(seconds=5)
DISK_PAUSE = timedelta(seconds=60)
#: people watching and the live engine come first
NICENESS = 5


class MediaWorker:
    """Builds what the rows ask for, as long as the process lives."""

    def __init__(self, house: House, *, api_url: str) -> None:
        """Work for ``house``, making runs visible at ``api_url``."""
        self.house = house
        self.api_url = api_url
        self.name = worker_name(WORKER)
        self.store = PieceStore(house.pieces_folder)

    def work(self, stop: threading.Event) -> None:
        """Look for work each second until ``stop``."""
        os.nice(NICENESS)
        released = release_dead(self.house, self.name)
        self._clear_drafts()
        _log.info("%s looks for work (%d left by a dead one)", self.name, released)
        while not stop.wait(LOOK_EACH_S):
            try:
                self.look()
            except Exception:  # noqa: BLE001 - the worker outlives any errand
                _log.exception("looking for work failed")
                stop.wait(REST_AFTER_TROUBLE_S)

    def _clear_drafts(self) -> None:
        """Throw away half-built pieces of a killed process, unless another one builds."""
        with locked_if_free(self.house.run_folder / BUILDING_LOCK) as alone:
            if alone:
                self.store.remove_drafts()

    def look(self) -> None:
        """Build what is due now, the oldest first."""
        with self.house.reading() as db:
            due = [(p.id, str(p.version)) for p in programmes_to_build(db)]
        if due and not answers(self.api_url):
            return  # they wait; nothing was begun, so nothing has failed
        for programme_id, version in due:
            self._build(programme_id, version)

    def _build(self, programme_id: str, version: str) -> None:
        with lease(
            self.house,
            step="process",
            subject=programme_id,
            revision=version,
            worker=self.name,
            wanted=lambda: is_wanted(self.house, programme_id),
        ) as held:
            if held is None:
                return
            work = ProgrammeWork(self.house, self.store, programme_id, held)
            try:
                self._require_room()
                with locked(self.house.run_folder / BUILDING_LOCK, shared=True):
                    prefect_runs().carry_out("process", held.run_name, work.steps())
            except LeaseLost:
                _log.info("%s is not wanted any more", held.key)
                work.give_way()
            except DiskNearlyFull as error:
                held.put_off(reason=error.message, pause=DISK_PAUSE)
            except PrefectUnreachable as error:
                held.put_off(reason=error.message, pause=SHORT_PAUSE)
            except Exception as error:  # noqa: BLE001 - it is written down
                _log.exception("%s failed", held.key)
                held.fail(error)

    def _require_room(self) -> None:
        needed_gb = self.house.settings.media.min_free_gb
        free_gb = shutil.disk_usage(self.house.data).free / 1e9
        if free_gb < needed_gb:
            raise DiskNearlyFull(
                free_gb=free_gb, needed_gb=needed_gb, folder=self.house.data
            )
