"""The rehearsal folder, kept equal to what the rows say; see ``publishers.rehearsal``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import select

from flows.leases import utc_now
from flows.locks import locked
from flows.site import read_build
from publishers.rehearsal import RehearsalPublisher
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.public_pages import package_of
from townhall.officehours.publications import (
    Publication,
    PublicationState,
    is_allowed,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from townhall.house import House

_SHOWN = (PublicationState.PUBLISHING, PublicationState.PUBLISHED)


def rehearsal_publisher(house: House) -> RehearsalPublisher:
    """The publisher of this house's private folder."""
    return RehearsalPublisher(house.data / "rehearsal")


def refresh_rehearsals(
    house: House, *, clock: Callable[[], datetime] = utc_now
) -> None:
    """Put there what is on this channel, take away what is not.

    Raises:
        PublisherError: a programme cannot be shown.
    """
    publisher = rehearsal_publisher(house)
    with locked(house.run_folder / "rehearsal.lock"):
        with house.reading() as db:
            packages = [
                package
                for publication in db.scalars(
                    select(Publication).where(
                        Publication.channel == PublishingChannel.REHEARSAL,
                        Publication.state.in_(_SHOWN),
                    )
                )
                if is_allowed(db, publication, now=clock())
                if (
                    package := package_of(
                        db, publication, read_build=partial(read_build, house)
                    )
                )
            ]
        if packages or publisher.folder.exists():
            publisher.build(packages)
