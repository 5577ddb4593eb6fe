"""What the website shows at one moment: hours in order, people, topics, digests.

Templates read it as ``plan``.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from markupsafe import Markup

from publishers.website import addresses
from publishers.website.digests import content_digest, digest_of
from publishers.website.hours import Hour, HourState
from publishers.website.structured_data import json_ld
from publishers.website.templates import builder_digest
from publishers.website.transcript_html import transcript_html
from publishers.website.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from townhall.publishing import Politician, SiteContent

Key = TypeVar("Key")
Item = TypeVar("Item")


class SitePlan:
    """The content, seen at one moment."""

    def __init__(self, content: SiteContent, *, now: datetime, search: bool) -> None:
        """Look at ``content`` as it is ``now``; nothing is rendered yet."""
        self.content = content
        self.root_language = content.languages[0]
        self.hours = sorted(
            (
                Hour(page, now=now, timezone=content.timezone)
                for page in content.office_hours
            ),
            key=lambda hour: (hour.page.starts_at, hour.page.slug),
            reverse=True,
        )
        #: a site on which nothing can be found has no search
        self.search = search and any(hour.findable for hour in self.hours)
        self.topic_slugs = addresses.topic_slugs(
            t for h in self.hours for t in h.topics
        )
        self.wordings = {
            language: Wording(language, content.timezone)
            for language in content.languages
        }
        self._last_transcript = ("", Markup())

    @cached_property
    def upcoming(self) -> list[Hour]:
        """The dates to come, the next first; one called off stays until its day is over."""
        states = {HourState.ANNOUNCED, HourState.CANCELLED}
        return [h for h in reversed(self.hours) if not h.over and h.state in states]

    @cached_property
    def published(self) -> list[Hour]:
        """What can be watched, the newest first."""
        return [hour for hour in self.hours if hour.state is HourState.PUBLISHED]

    @cached_property
    def people(self) -> list[Politician]:
        """Who holds office hours, by last name, each with the newest office."""
        known: dict[str, Politician] = {}
        for hour in self.hours:
            known.setdefault(hour.page.politician.politician_id, hour.page.politician)
        return sorted(
            known.values(), key=lambda person: person.name.split()[-1].lower()
        )

    @cached_property
    def hours_of_politician(self) -> dict[str, list[Hour]]:
        """Politician id → office hours, the newest first."""
        return _grouped((h.page.politician.politician_id, h) for h in self.hours)

    @cached_property
    def hours_of_topic(self) -> dict[str, list[Hour]]:
        """Topic → office hours, the newest first; topics by name."""
        found = _grouped((topic, hour) for hour in self.hours for topic in hour.topics)
        return dict(sorted(found.items(), key=lambda item: item[0].lower()))

    @cached_property
    def hours_of_year(self) -> dict[int, list[Hour]]:
        """Year → office hours, the newest first."""
        return _grouped((hour.year, hour) for hour in self.hours)

    @cached_property
    def content_digest(self) -> str:
        """See :func:`publishers.website.digests.content_digest`."""
        return content_digest(self.content, [hour.page_digest for hour in self.hours])

    @property
    def prefixes(self) -> list[str]:
        """The path of each language below the root of the site."""
        return [
            "" if x == self.root_language else f"{x}/" for x in self.content.languages
        ]

    @property
    def base_path(self) -> str:
        """The path of the site on its host, with a slash at the end."""
        return urlsplit(self.content.site_url).path.rstrip("/") + "/"

    @cached_property
    def moment_digest(self) -> str:
        """The digest of what depends on the clock: which dates are over."""
        return digest_of(sorted(hour.page.slug for hour in self.hours if hour.over))

    @cached_property
    def shared_digest(self) -> str:
        """The digest of what every page shows, and of the builder itself."""
        content = self.content
        return digest_of(
            [
                builder_digest(),
                content.municipality,
                content.site_url,
                content.timezone,
                content.languages,
                self.search,
            ]
        )

    @cached_property
    def claims(self) -> frozenset[str]:
        """A digest of each thing somebody may want gone: each programme, each question.

        An old release may stay only while everything in it is still public.
        """
        found = set()
        for hour in self.hours:
            if hour.publication is not None:
                found.add(digest_of(hour.publication))
            found.update(
                digest_of([hour.page.office_hour_id, q]) for q in hour.questions
            )
        return frozenset(found)

    def structured(self, hour: Hour, language: str) -> str:
        """The office hour as JSON-LD."""
        return json_ld(self.content, hour, self.wordings[language])

    def transcript(self, hour: Hour) -> Markup:
        """The transcript as HTML. It is the same in every language, so it is made once."""
        slug, html = self._last_transcript
        if slug != hour.page.slug:
            question = self.wordings[self.root_language].catalogue.gettext("Question")
            html = transcript_html(hour.sections, question)
            self._last_transcript = (hour.page.slug, html)
        return html


def _grouped(pairs: Iterable[tuple[Key, Item]]) -> dict[Key, list[Item]]:
    found: dict[Key, list[Item]] = defaultdict(list)
    for key, item in pairs:
        found[key].append(item)
    return dict(found)
