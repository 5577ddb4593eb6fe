"""Publish everything that is due at once, because a person asked for it.

The same errand with the same lease as the errands worker's; only nobody waits for
Prefect. What the worker already has in hand is waited for.
"""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING

from flows.errors import NotPublished
from flows.leases import lease, utc_now, worker_name
from flows.publishing import STEP, PublicationWork, due_now, give_up, note_due

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from townhall.house import House

_log = logging.getLogger(__name__)
LOOK_EACH_S = 0.2
WAIT_AT_MOST_S = 60.0


def publish_now(house: House, *, clock: Callable[[], datetime] = utc_now) -> None:
    """Return when nothing is due any more.

    Raises:
        NotPublished: something still is.
    """
    note_due(house, clock=clock)
    deadline = time.monotonic() + WAIT_AT_MOST_S
    while due := due_now(house):
        for publication_id, revision in due:
            _publish(house, publication_id, revision, clock)
        if not due_now(house):
            return
        if time.monotonic() >= deadline:
            raise NotPublished(ids=", ".join(publication for publication, _ in due))
        time.sleep(LOOK_EACH_S)


def _publish(
    house: House, publication_id: str, revision: str, clock: Callable[[], datetime]
) -> None:
    with lease(
        house,
        step=STEP,
        subject=publication_id,
        revision=revision,
        worker=worker_name(f"publish-{os.getpid()}"),
    ) as held:
        if held is None:
            return
        try:
            for step in PublicationWork(
                house, publication_id, held, clock=clock
            ).steps():
                step.run()
        except Exception as error:
            if held.fail(error):
                give_up(house, publication_id, error, clock=clock)
            raise
