"""The website, kept equal to what the rows say.

Whoever builds first takes the lock and only then reads the rows, so the last
build always shows the newest truth: a build begun before somebody withdrew their
consent cannot overtake the one that takes them down.

No Prefect in here: the website must stay true while its server is down.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from flows.leases import utc_now
from flows.locks import locked
from publishers.errors import IndexFailed
from publishers.website import WebsitePublisher, is_up_to_date
from townhall.officehours.public_pages import site_content

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from townhall.house import House
    from townhall.media import ProgrammeBuild
    from townhall.publishing import SiteContent

_log = logging.getLogger(__name__)


def refresh_site(
    house: House,
    *,
    clock: Callable[[], datetime] = utc_now,
    settled: Callable[[], bool] | None = None,
) -> bool:
    """Build the website if it is not what the rows say; says whether it was built.

    When this returns, nothing that is public no longer is left in the site folder. A
    search index that cannot be made is logged and tried again by the next refresh:
    the pages themselves are right.

    Args:
        house: whose website.
        clock: the time inside the lock decides what is under embargo.
        settled: asked under the lock; ``True`` says that the work is done already.

    Raises:
        PublisherError: the pages could not be built; the old ones still stand.
    """
    with locked(house.run_folder / "site.lock"):
        if settled is not None and settled():
            return False
        now = clock()
        content = content_of(house, now=now)
        if is_up_to_date(house.site_folder, content, now=now):
            return False
        publisher = WebsitePublisher(
            house.site_folder, search=house.settings.site.search
        )
        try:
            built = publisher.build(content, now=now)
        except IndexFailed as error:
            _log.warning("pages are built, the search index is not: %s", error)
        else:
            _log.info(
                "site release %d: %d pages written, %d taken over",
                built.release,
                built.pages_rendered,
                built.pages_reused,
            )
        return True


def content_of(house: House, *, now: datetime) -> SiteContent:
    """Everything the website shows at ``now``."""
    with house.reading() as db:
        return site_content(
            db,
            municipality=house.municipality,
            site_url=house.settings.site.url,
            timezone=house.settings.site.timezone,
            languages=house.settings.site.languages,
            read_build=lambda programme_id, value: read_build(
                house, programme_id, value
            ),
            now=now,
        )


def programme_folder(house: House, programme_id: str) -> Path:
    """Where the files of one version lie."""
    return house.programmes_folder / programme_id


def read_build(
    house: House, programme_id: str, value: dict[str, Any]
) -> ProgrammeBuild:
    """A version's stored build as the noun, with paths on this machine."""
    from pipeline.programme_json import build_from_json  # only where something is shown

    return build_from_json(value, programme_folder(house, programme_id))
