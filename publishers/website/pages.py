"""Which files the website has, and for each a key that tells whether it must be written anew.

The key covers everything a page shows: the builder itself, what all pages share,
and the office hours on it. A page whose key the last release already had is taken
over as it stands.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from publishers.website import addresses
from publishers.website.calendars import calendar_bytes
from publishers.website.digests import digest_of
from publishers.website.hours import Hour, HourState
from publishers.website.structured_data import oembed, podcast_chapters
from publishers.website.templates import Place, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from publishers.website.site_plan import SitePlan

#: how many the home page shows
HOME_UPCOMING, HOME_LATEST = 5, 6
#: how many office hours a topic's page goes back; older ones are in archive and search
TOPIC_HOURS = 50
#: how many entries a feed keeps; older ones are on the site
FEED_ENTRIES, PODCAST_EPISODES = 50, 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One file of the site, not yet written."""

    path: str  #: of the file, relative to the root of the site
    key: str
    render: Callable[[], bytes]


def pages_of(plan: SitePlan) -> list[Page]:
    """Every file of the site but media, assets and search index."""
    return [
        *_hour_pages(plan),
        *(
            page
            for language in plan.content.languages
            for page in _list_pages(plan, language)
        ),
        *_hour_files(plan),
        *_site_files(plan),
    ]


def _hour_pages(plan: SitePlan) -> Iterator[Page]:
    """The office hours; languages side by side, so that they share a transcript."""
    for hour in plan.hours:
        slugs = [plan.topic_slugs[topic] for topic in hour.topics]
        for language in plan.content.languages:
            yield _page(
                plan, language, hour.path, "office_hour.html", [hour], slugs, hour=hour
            )


def _list_pages(plan: SitePlan, language: str) -> Iterator[Page]:
    """Home, people, topics, archive, search and the texts, in one language."""

    def page(
        path: str,
        template: str,
        shown: Iterable[Hour] = (),
        facts: object = None,
        **context: object,
    ) -> Page:
        return _page(plan, language, path, template, shown, facts, **context)

    upcoming, latest = plan.upcoming[:HOME_UPCOMING], plan.published[:HOME_LATEST]
    yield page(
        addresses.HOME,
        "home.html",
        [*upcoming, *latest],
        [len(upcoming), len(plan.upcoming)],
        upcoming=upcoming,
        latest=latest,
    )
    people = [
        (person, len(plan.hours_of_politician[person.politician_id]))
        for person in plan.people
    ]
    who = [[asdict(person), count] for person, count in people]
    yield page(addresses.PEOPLE, "politicians.html", (), who, people=people)
    for person in plan.people:
        yield page(
            addresses.politician(person.politician_id),
            "politician.html",
            plan.hours_of_politician[person.politician_id],
            asdict(person),
            person=person,
        )
    topics = {
        topic: sum(q.topic == topic for hour in hours for q in hour.questions)
        for topic, hours in plan.hours_of_topic.items()
    }
    facts_of_topics = [
        [topic, plan.topic_slugs[topic], count] for topic, count in topics.items()
    ]
    yield page(addresses.TOPICS, "topics.html", (), facts_of_topics, topics=topics)
    for topic in topics:
        path, hours = (
            addresses.topic(plan.topic_slugs[topic]),
            plan.hours_of_topic[topic],
        )
        facts = [topic, len(hours) > TOPIC_HOURS]
        shown = hours[:TOPIC_HOURS]
        yield page(
            path, "topic.html", shown, facts, topic=topic, hours=shown, older=facts[1]
        )
    years = {year: len(hours) for year, hours in plan.hours_of_year.items()}
    for number in (None, *years):
        year = number or max(years, default=None)
        yield page(
            addresses.ARCHIVE if number is None else addresses.year(number),
            "archive.html",
            plan.hours_of_year.get(year, []) if year else [],
            years,
            year=year,
            years=years,
        )
    yield page(addresses.IMPRINT, "imprint.html")
    yield page(addresses.PRIVACY, "privacy.html")
    yield page(addresses.ACCESSIBILITY, "accessibility.html")
    yield page(addresses.EASY, "easy.html")
    if plan.search:
        yield page(addresses.SEARCH, "search.html")


def _hour_files(plan: SitePlan) -> Iterator[Page]:
    """What stands beside an office hour's page, once for all languages."""
    for hour in plan.hours:
        yield _file(plan, f"{hour.path}termin.ics", [hour], _calendar(plan, [hour]))
        if hour.state in {HourState.PUBLISHED, HourState.RETRACTED}:
            path = f"{hour.path}einbetten.html"
            yield _page(plan, plan.root_language, path, "embed.html", [hour], hour=hour)
        if hour.state is HourState.PUBLISHED:
            yield _file(plan, f"{hour.path}oembed.json", [hour], _oembed(plan, hour))
            yield _file(plan, f"{hour.path}kapitel.json", [hour], _chapters(hour))


def _site_files(plan: SitePlan) -> Iterator[Page]:
    """Feeds, calendar, sitemap: once for the whole site."""
    yield _file(plan, addresses.CALENDAR, plan.upcoming, _calendar(plan, plan.upcoming))
    newest = sorted(plan.hours, key=lambda hour: hour.page.changed_at, reverse=True)
    episodes = [hour for hour in plan.published if hour.audio]
    slugs = sorted(plan.topic_slugs.values())
    for path, hours in (
        (addresses.ATOM_FEED, newest[:FEED_ENTRIES]),
        (addresses.PODCAST_FEED, episodes[:PODCAST_EPISODES]),
        (addresses.SITEMAP, plan.hours),
        (addresses.ROBOTS, []),
    ):
        yield _page(plan, plan.root_language, path, path, hours, slugs, hours=hours)
    yield _page(plan, plan.root_language, addresses.NOT_FOUND, "404.html")


def _page(  # noqa: PLR0917  # what, where, how, then what its key covers
    plan: SitePlan,
    language: str,
    path: str,
    template: str,
    shown: Iterable[Hour] = (),
    facts: object = None,
    **context: object,
) -> Page:
    prefix = "" if language == plan.root_language else f"{language}/"
    # shown under any address, so it cannot link relatively
    base = plan.base_path if path == addresses.NOT_FOUND else None
    place = Place(path=path, prefix=prefix, base=base)

    # content keeps its own language on pages of another
    root = plan.root_language
    said = Markup("") if language == root else Markup(' lang="{}"').format(root)

    def render() -> bytes:
        text = (
            environment(language)
            .get_template(template)
            .render(
                addresses=addresses,
                content=plan.content,
                content_language=plan.root_language,
                language=language,
                municipality=plan.content.municipality,
                place=place,
                plan=plan,
                said=said,
                wording=plan.wordings[language],
                **context,
            )
        )
        return text.encode()

    ending = "index.html" if not path or path.endswith("/") else ""
    shown_digests = [hour.digest for hour in shown]
    return Page(
        path=f"{prefix}{path}{ending}",
        key=digest_of(
            [plan.shared_digest, template, language, path, shown_digests, facts]
        ),
        render=render,
    )


def _file(
    plan: SitePlan, path: str, shown: list[Hour], render: Callable[[], bytes]
) -> Page:
    key = digest_of([plan.shared_digest, path, [hour.digest for hour in shown]])
    return Page(path=path, key=key, render=render)


def _calendar(plan: SitePlan, hours: list[Hour]) -> Callable[[], bytes]:
    wording = plan.wordings[plan.root_language]
    return lambda: calendar_bytes(plan.content, [hour.page for hour in hours], wording)


def _oembed(plan: SitePlan, hour: Hour) -> Callable[[], bytes]:
    return lambda: oembed(plan.content, hour)


def _chapters(hour: Hour) -> Callable[[], bytes]:
    return lambda: podcast_chapters(hour)
