"""Show what is due, take down what must go.

Taking down never waits: not for Prefect, not for a lease of a process that died.
Any number of processes may try at once; the rows and the site's lock keep them in
order, and each step may be done twice without harm.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flows.leases import Lease, utc_now
from flows.rehearsal import refresh_rehearsals, rehearsal_publisher
from flows.site import refresh_site
from flows.steps import Step
from publishers.errors import PublisherError
from publishers.website import addresses
from townhall.errands import Errand, ErrandState, errand_id, finish_errand, try_again
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.programmes import find_programme, rebuild_stale_programmes
from townhall.officehours.publications import (
    Publication,
    PublicationState,
    approved_programmes_due,
    begin_publishing,
    begin_retracting,
    mark_failed,
    mark_published,
    mark_retracted,
    publications_due,
    publications_to_retract,
)
from townhall.officehours.schedule import find_office_hour

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from townhall.house import House

_log = logging.getLogger(__name__)
STEP = "publish"
_P = PublicationState


def refresh_channels(house: House, *, clock: Callable[[], datetime] = utc_now) -> None:
    """Bring every channel to what the rows say.

    Raises:
        PublisherError: a channel could not be brought up to date.
    """
    refresh_site(house, clock=clock)
    refresh_rehearsals(house, clock=clock)


def take_down(house: House, *, clock: Callable[[], datetime] = utc_now) -> list[str]:
    """Carry out every due retraction; return the ids of what is gone now.

    Then ask for new versions without those who withdrew.

    Raises:
        PublisherError: the pages could not be built. Rows say RETRACTING: try again.
    """
    with house.writing() as db:
        now = clock()
        doomed = publications_to_retract(db, now=now)
        for publication in doomed:
            begin_retracting(db, publication=publication, now=now)
        ids = [publication.id for publication in doomed]
    if ids:
        refresh_channels(house, clock=clock)
        with house.writing() as db:
            for publication_id in ids:
                publication = db.get_one(Publication, publication_id)
                if publication.state is _P.RETRACTING:
                    mark_retracted(db, publication=publication, now=clock())
        _log.info("taken down: %s", ", ".join(ids))
    with house.writing() as db:
        rebuild_stale_programmes(db, now=clock())
    return ids


def note_due(house: House, *, clock: Callable[[], datetime] = utc_now) -> list[str]:
    """Put down what is approved and past its embargo; return ids of the new ones."""
    with house.writing() as db:
        return [p.id for p in approved_programmes_due(db, now=clock())]


def due_now(house: House) -> list[tuple[str, str]]:
    """What a publisher has to show, as (publication, revision of the errand).

    A person may have asked for another try of what was given up: then it has one.
    """
    with house.reading() as db:
        due = [(p.id, p.due_at.isoformat(), p.state) for p in publications_due(db)]
        given_up = {
            publication_id
            for publication_id, revision, _ in due
            if _is_given_up(db, errand_id(STEP, publication_id, revision))
        }
    for publication_id, revision, state in due:
        if publication_id in given_up and state is _P.DUE:
            with house.writing() as db:
                try_again(db, key=errand_id(STEP, publication_id, revision))
    return [(publication_id, revision) for publication_id, revision, _ in due]


def _is_given_up(db: Session, key: str) -> bool:
    errand = db.get(Errand, key)
    return errand is not None and errand.state is ErrandState.FAILED


class PublicationWork:
    """One publication on its way to the public, step by step."""

    def __init__(
        self,
        house: House,
        publication_id: str,
        held: Lease,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Work under the lease ``held``."""
        self.house = house
        self.publication_id = publication_id
        self.held = held
        self.clock = clock

    def steps(self) -> tuple[Step, ...]:
        """What has to be done, in order."""
        return (Step(name="show", run=self.show), Step(name="note", run=self.note))

    def show(self) -> None:
        """Look at embargo and consents once more, then let the page appear."""
        with self.house.writing() as db:
            publication = db.get_one(Publication, self.publication_id)
            allowed = publication.state in {_P.DUE, _P.PUBLISHING} and begin_publishing(
                db, publication=publication, now=self.clock()
            )
        if allowed:
            self.held.check()
            refresh_channels(self.house, clock=self.clock)

    def note(self) -> None:
        """Write down that people can see it, unless it must go again already."""
        with self.house.writing() as db:
            publication = db.get_one(Publication, self.publication_id)
            if publication.state is _P.PUBLISHING:
                mark_published(
                    db,
                    publication=publication,
                    address=self._address(db, publication),
                    now=self.clock(),
                )
            finish_errand(db, key=self.held.key, now=self.clock())
        try:
            refresh_channels(self.house, clock=self.clock)  # answered questions
        except PublisherError as error:  # the errands worker looks again by itself
            _log.warning("the channels are not up to date yet: %s", error)

    def _address(self, db: Session, publication: Publication) -> str:
        programme = find_programme(db, publication.programme_id)
        if publication.channel is PublishingChannel.REHEARSAL:
            place = rehearsal_publisher(self.house).place_of(programme.id)
            return place.as_uri()
        hour = find_office_hour(db, programme.office_hour_id)
        return f"{self.house.settings.site.url}/{addresses.office_hour(hour.slug)}"


def give_up(
    house: House,
    publication_id: str,
    error: Exception,
    *,
    clock: Callable[[], datetime] = utc_now,
) -> None:
    """Tell the press office that it could not be published."""
    with house.writing() as db:
        publication = db.get_one(Publication, publication_id)
        if publication.state is _P.PUBLISHING:
            mark_failed(
                db,
                publication=publication,
                error=f"{type(error).__name__}: {error}",
                now=clock(),
            )
    refresh_channels(house, clock=clock)
