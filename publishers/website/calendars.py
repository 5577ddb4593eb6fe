"""Dates as iCalendar files (RFC 5545) that update themselves when a date moves.

The UID never changes and SEQUENCE rises with each change, so a calendar that
took the date in once moves or strikes it out instead of adding a second one.
"""

from __future__ import annotations

from datetime import UTC, date
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from icalendar import Calendar, Event, Timezone

from publishers.website import addresses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from publishers.website.wording import Wording
    from townhall.publishing import OfficeHourPage, SiteContent


def calendar_bytes(
    content: SiteContent, pages: Sequence[OfficeHourPage], wording: Wording
) -> bytes:
    """One calendar with the given office hours, in order of time."""
    gettext = wording.catalogue.gettext
    calendar = Calendar()
    calendar.add("prodid", "-//Sprechstunde//DE")
    calendar.add("version", "2.0")
    calls_off = len(pages) == 1 and pages[0].cancelled
    calendar.add("method", "CANCEL" if calls_off else "PUBLISH")
    calendar.add(
        "x-wr-calname", f"{gettext('Office hours')} {content.municipality.name}"
    )
    if pages:
        years = [wording.local(page.starts_at).year for page in pages]
        calendar.add_component(_timezone(content.timezone, min(years), max(years) + 1))
    for page in pages:
        calendar.add_component(_event(content, page, wording))
    data: bytes = calendar.to_ical()
    return data


def _event(content: SiteContent, page: OfficeHourPage, wording: Wording) -> Event:
    gettext = wording.catalogue.gettext
    address = f"{content.site_url}/{addresses.office_hour(page.slug)}"
    about = page.cancellation_reason if page.cancelled else page.description
    event = Event()
    event.add("uid", f"{page.office_hour_id}@{urlsplit(content.site_url).hostname}")
    event.add("sequence", page.sequence)
    event.add("dtstamp", page.changed_at.astimezone(UTC))
    event.add("dtstart", wording.local(page.starts_at))
    if page.ends_at is not None:
        event.add("dtend", wording.local(page.ends_at))
    event.add("summary", f"{gettext('Office hour')}: {page.title}")
    event.add("description", "\n\n".join(part for part in (about, address) if part))
    event.add("location", gettext("Online, by video"))
    event.add("url", address)
    event.add("status", "CANCELLED" if page.cancelled else "CONFIRMED")
    return event


@lru_cache
def _timezone(name: str, first_year: int, last_year: int) -> Timezone:
    return Timezone.from_tzid(
        name, first_date=date(first_year, 1, 1), last_date=date(last_year, 12, 31)
    )
