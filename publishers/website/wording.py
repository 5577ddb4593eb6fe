"""Dates, times, durations and sizes as people read them, German or English."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from markupsafe import Markup

from site_templates.locales import translations

if TYPE_CHECKING:
    from babel.support import NullTranslations

#: CLDR locale for each language of the site: British dates with English
CLDR_LOCALES = {"de": "de_DE", "en": "en_GB"}
_DATE = {"de": "EEEE, d. MMMM y", "en": "EEEE, d MMMM y"}
_DAY = {"de": "d. MMMM y", "en": "d MMMM y"}
_MEGABYTE = 1_000_000


class Wording:
    """How one language says things, in the municipality's time zone."""

    def __init__(self, language: str, timezone: str) -> None:
        """Prepare for a language such as ``de`` and an IANA time zone."""
        self.language = language if language in CLDR_LOCALES else "en"
        self.timezone = ZoneInfo(timezone)
        self.catalogue: NullTranslations = translations(language)

    def local(self, moment: datetime) -> datetime:
        """The moment in the municipality's time zone."""
        return moment.astimezone(self.timezone)

    def full_date(self, moment: date) -> str:
        """Weekday and date, e.g. ``Dienstag, 1. Dezember 2026``."""
        return _format_date(self._day_of(moment), _DATE[self.language], self.language)

    def day(self, moment: date) -> str:
        """Date without weekday, e.g. ``1. Dezember 2026``."""
        return _format_date(self._day_of(moment), _DAY[self.language], self.language)

    def month(self, moment: date) -> str:
        """The month in short, e.g. ``Dez.``."""
        return _format_date(self._day_of(moment), "LLL", self.language)

    def time(self, moment: datetime) -> str:
        """The time of day, e.g. ``18:00 Uhr``."""
        clock = f"{self.local(moment):%H:%M}"
        return str(self.catalogue.pgettext("clock", "{time}")).format(time=clock)

    def time_range(self, start: datetime, end: datetime | None) -> str:
        """From when to when, e.g. ``18:00 bis 19:00 Uhr``; the end may be unknown."""
        if end is None:
            return self.time(start)
        sentence = str(self.catalogue.pgettext("clock", "{start} to {end}"))
        return sentence.format(
            start=f"{self.local(start):%H:%M}", end=f"{self.local(end):%H:%M}"
        )

    def zone(self, moment: datetime) -> str:
        """The zone's short name at that moment, e.g. ``MEZ``."""
        return format_datetime(
            moment, "z", tzinfo=self.timezone, locale=CLDR_LOCALES[self.language]
        )

    def size(self, size_bytes: int) -> str:
        """A file size in megabytes, e.g. ``12,3 MB``."""
        number = size_bytes / _MEGABYTE
        shape = "#,##0" if number >= 10 else "#,##0.0"  # three figures are enough
        text = format_decimal(number, shape, locale=CLDR_LOCALES[self.language])
        return f"{text}\N{NO-BREAK SPACE}MB"

    def _day_of(self, moment: date) -> date:
        return self.local(moment).date() if isinstance(moment, datetime) else moment


@lru_cache(maxsize=20_000)
def _format_date(day: date, pattern: str, language: str) -> str:
    return format_date(day, pattern, locale=CLDR_LOCALES[language])


def clock(seconds: float) -> str:
    """A place in the recording as a player shows it: ``3:12`` or ``1:03:12``."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    if hours:
        return f"{hours}:{minutes:02d}:{whole % 60:02d}"
    return f"{minutes}:{whole % 60:02d}"


def iso_duration(seconds: float) -> str:
    """A duration as ISO 8601 writes it, e.g. ``PT1H3M12S``."""
    whole = round(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"PT{f'{hours}H' if hours else ''}{f'{minutes}M' if minutes else ''}{whole % 60}S"


def paragraphs(text: str) -> list[str]:
    """Plain text, parted at blank lines; single line breaks are kept by the style."""
    parts = (part.strip() for part in text.replace("\r\n", "\n").split("\n\n"))
    return [part for part in parts if part]


def data_block(value: str) -> Markup:
    """JSON for a ``<script type=application/ld+json>``: it can never end the element."""
    safe = value.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704  # every character that HTML knows is escaped above
