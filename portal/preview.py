"""The private preview: exactly the pages the public would see, for the press office only.

The version under review is built into a throw-away site with the same publisher
and templates, and served on loopback under a host name nobody can guess.
"""

from __future__ import annotations

import secrets
import socket
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline.programme import build_from_json
from portal.console import out
from portal.language import _
from portal.review_sheet import ReviewSheet
from portal.site_server import serve_site
from publishers.website import addresses
from publishers.website.publisher import WebsitePublisher
from townhall.errors import NotFound
from townhall.house import House
from townhall.media import PublicationPackage
from townhall.officehours.public_pages import page_of
from townhall.officehours.schedule import find_office_hour
from townhall.publishing import SiteContent


def build_preview(
    house: House, sheet: ReviewSheet, *, folder: Path, now: datetime
) -> str:
    """Build the preview site below ``folder``; return the page's path on it."""
    programme = sheet.programme
    with house.reading() as db:
        page = page_of(
            db,
            find_office_hour(db, programme.office_hour_id),
            read_build=lambda programme_id, stored: build_from_json(
                stored, house.programmes_folder / programme_id
            ),
            now=now,
        )
    if programme.digest is None:
        raise NotFound(kind="Programme", id=programme.id)
    package = PublicationPackage(
        office_hour_id=programme.office_hour_id,
        programme_id=programme.id,
        version=programme.version,
        digest=programme.digest,
        approved_at=now,
        published_at=now,
        build=sheet.build,
    )
    content = SiteContent(
        municipality=house.municipality,
        site_url="http://127.0.0.1",
        timezone=house.settings.site.timezone,
        languages=house.settings.site.languages[:1],
        office_hours=(replace(page, publication=package, tombstone=None),),
    )
    WebsitePublisher(folder, search=False).build(content, now=now)
    return addresses.office_hour(page.slug)


def serve_preview(
    house: House, sheet: ReviewSheet, *, folder: Path, port: int, now: datetime
) -> None:
    """Build the preview and serve it until Ctrl-C."""
    path = build_preview(house, sheet, folder=folder, now=now)
    name = f"{secrets.token_hex(12)}.localhost"  # RFC 6761: always loopback
    free = port or _free_port()
    out.print(
        _(
            "Preview, only on this machine: {address} (Ctrl-C ends it)",
            address=f"http://{name}:{free}/{path}",
        ),
        markup=False,
    )
    serve_site(folder, host="127.0.0.1", port=free, only_host=name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
