"""The resident process that publishes, retracts and erases.

Three threads. One keeps the website true each half second and needs no Prefect: what
must go, goes. One publishes, as Prefect runs, and waits while its server is away. One
reconciles and erases once in a while.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from flows.errors import LeaseLost, PrefectUnreachable
from flows.leases import lease, release_dead, utc_now, worker_name
from flows.lookout import Lookout, Sight
from flows.prefect_server import answers, prefect_runs
from flows.publishing import (
    STEP,
    PublicationWork,
    due_now,
    give_up,
    note_due,
    refresh_channels,
    take_down,
)
from flows.retention import RetentionWork

if TYPE_CHECKING:
    from collections.abc import Callable

    from townhall.house import House

_log = logging.getLogger(__name__)

WORKER = "errands"
LOOK_EACH_S = 0.5
KEEP_HOUSE_EACH_S = 60.0
REST_AFTER_TROUBLE_S = 2.0
SHORT_PAUSE = timedelta(seconds=5)
#: recordings grow too old without anybody doing anything
RETENTION_EACH = timedelta(hours=1)


class ErrandsWorker:
    """Keeps the website true and does what is due, as long as the process lives."""

    def __init__(self, house: House, *, api_url: str) -> None:
        """Work for ``house``, making runs visible at ``api_url``."""
        self.house = house
        self.api_url = api_url
        self.name = worker_name(WORKER)
        self._site_lookout = Lookout()
        self._retention_lookout = Lookout(anyway_each=RETENTION_EACH)

    def work(self, stop: threading.Event) -> None:
        """Look for work until ``stop``."""
        release_dead(self.house, self.name)
        rounds = (
            (self.keep_site_true, LOOK_EACH_S),
            (self.publish_due, LOOK_EACH_S),
            (self.keep_house, KEEP_HOUSE_EACH_S),
        )
        threads = [
            threading.Thread(target=self._repeat, args=(*round_, stop), daemon=True)
            for round_ in rounds
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _repeat(
        self, look: Callable[[], None], each_s: float, stop: threading.Event
    ) -> None:
        while True:
            try:
                look()
            except Exception:  # noqa: BLE001 - the worker outlives any errand
                _log.exception("%s failed", look.__name__)
                stop.wait(REST_AFTER_TROUBLE_S)
            if stop.wait(each_s):
                return

    def keep_site_true(self) -> None:
        """Take down what must go, note what is due, rebuild what has changed."""
        with self.house.reading() as db:
            sight = self._site_lookout.news(db, now=utc_now())
        if sight is None:
            return
        take_down(self.house)
        note_due(self.house)
        refresh_channels(self.house)
        self._site_lookout.seen(sight)

    def publish_due(self) -> None:
        """Publish what is due, as long as Prefect answers."""
        due = due_now(self.house)
        if due and answers(self.api_url):
            for publication_id, revision in due:
                self._publish(publication_id, revision)

    def keep_house(self) -> None:
        """Tell Prefect what really became of its runs; erase what is overdue."""
        visible = answers(self.api_url)
        if visible:
            prefect_runs().settle_runs(self.house)
        with self.house.reading() as db:
            sight = self._retention_lookout.news(db, now=utc_now())
        if sight is not None:
            self._erase(sight, visible=visible)
            self._retention_lookout.seen(sight)

    def _publish(self, publication_id: str, revision: str) -> None:
        with lease(
            self.house,
            step=STEP,
            subject=publication_id,
            revision=revision,
            worker=self.name,
        ) as held:
            if held is None:
                return
            work = PublicationWork(self.house, publication_id, held)
            try:
                prefect_runs().carry_out(STEP, held.run_name, work.steps())
            except LeaseLost:
                _log.info("%s is somebody else's now", held.key)
            except PrefectUnreachable as error:
                held.put_off(reason=error.message, pause=SHORT_PAUSE)
            except Exception as error:  # noqa: BLE001 - it is written down
                _log.exception("%s failed", held.key)
                if held.fail(error):
                    give_up(self.house, publication_id, error)

    def _erase(self, sight: Sight, *, visible: bool) -> None:
        work = RetentionWork(self.house)
        work.erase_words()
        if not work.is_due():
            return
        if visible:
            with contextlib.suppress(PrefectUnreachable):
                prefect_runs().carry_out(
                    "retention", f"retention:{sight.last_entry}", work.steps()
                )
                return
        work.run()  # the law does not wait for Prefect; what is gone is gone
