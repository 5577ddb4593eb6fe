"""The rehearsal folder, kept equal to what the rows say; see ``publishers.rehearsal``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from flows.leases import utc_now
from flows.locks import locked
from flows.site import read_build
from publishers.rehearsal import RehearsalPublisher
from townhall.media import PublicationPackage
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.programmes import find_programme
from townhall.officehours.publications import (
    Publication,
    PublicationState,
    is_allowed,
    permission_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

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
                if (package := _package(db, house, publication))
            ]
        if packages or publisher.folder.exists():
            publisher.build(packages)


def _package(
    db: Session, house: House, publication: Publication
) -> PublicationPackage | None:
    programme = find_programme(db, publication.programme_id)
    approval = permission_of(db, publication)
    if approval is None or programme.build is None or publication.published_at is None:
        return None
    return PublicationPackage(
        office_hour_id=programme.office_hour_id,
        programme_id=programme.id,
        version=programme.version,
        digest=approval.digest,
        approved_at=approval.approved_at,
        published_at=publication.published_at,
        build=read_build(house, programme.id, programme.build),
    )
