"""What search engines read: schema.org as JSON-LD, oEmbed, podcast chapters.

The transcript itself stays out of it: it is on the page and in the caption file,
and a second copy would double the page.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from publishers.website.programme_view import question_anchor
from publishers.website.wording import iso_duration

if TYPE_CHECKING:
    from publishers.website.hours import Hour
    from publishers.website.wording import Wording
    from townhall.publishing import SiteContent

EMBED_WIDTH_PX = 720
EMBED_HEIGHT_PX = 640
#: how much of a question a title may take
_TITLE_CHARS = 120


def json_ld(content: SiteContent, hour: Hour, wording: Wording) -> str:
    """The office hour as ``VideoObject`` with its clips, before that as ``Event``."""
    value = (
        _video(content, hour, wording)
        if hour.publication
        else _event(content, hour, wording)
    )
    return json.dumps({"@context": "https://schema.org", **value}, ensure_ascii=False)


def _video(content: SiteContent, hour: Hour, wording: Wording) -> dict[str, object]:
    page, publication = hour.page, hour.publication
    address = f"{content.site_url}/{hour.path}"
    value: dict[str, object] = {
        "@type": "VideoObject",
        "name": page.title,
        "description": page.description or page.title,
        "uploadDate": wording.local(publication.published_at).isoformat()
        if publication
        else None,
        "duration": iso_duration(hour.build.duration_s),
        "thumbnailUrl": f"{content.site_url}/{hour.media['poster'].path}",
        "embedUrl": f"{address}einbetten.html",
        "inLanguage": hour.build.transcript.language,
        "publisher": {
            "@type": "GovernmentOrganization",
            "name": content.municipality.name,
        },
        "hasPart": [
            {
                "@type": "Clip",
                "name": _short(mark.questions[0].text),
                "startOffset": int(mark.start_s),
                "endOffset": max(int(mark.start_s) + 1, round(mark.end_s)),
                "url": f"{address}#{question_anchor(mark.questions[0])}",
            }
            for mark in hour.marks
        ],
    }
    if hour.videos:
        value["contentUrl"] = f"{content.site_url}/{hour.videos[0].path}"
    return value


def _event(content: SiteContent, hour: Hour, wording: Wording) -> dict[str, object]:
    page = hour.page
    status = "EventCancelled" if page.cancelled else "EventScheduled"
    value: dict[str, object] = {
        "@type": "Event",
        "name": page.title,
        "startDate": wording.local(page.starts_at).isoformat(),
        "eventStatus": f"https://schema.org/{status}",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": {
            "@type": "VirtualLocation",
            "url": f"{content.site_url}/{hour.path}",
        },
        "organizer": {
            "@type": "GovernmentOrganization",
            "name": content.municipality.name,
        },
        "performer": {"@type": "Person", "name": page.politician.name},
    }
    if page.ends_at is not None:
        value["endDate"] = wording.local(page.ends_at).isoformat()
    if page.description:
        value["description"] = page.description
    return value


def oembed(content: SiteContent, hour: Hour) -> bytes:
    """The oEmbed answer as a static file (oembed.com, type ``video``)."""
    frame = (
        f'<iframe src="{content.site_url}/{hour.path}einbetten.html" '
        f'width="{EMBED_WIDTH_PX}" height="{EMBED_HEIGHT_PX}" '
        f'title="{_attribute(hour.page.title)}" allowfullscreen></iframe>'
    )
    value = {
        "version": "1.0",
        "type": "video",
        "title": hour.page.title,
        "author_name": hour.page.politician.name,
        "provider_name": content.municipality.name,
        "provider_url": f"{content.site_url}/",
        "thumbnail_url": f"{content.site_url}/{hour.media['poster'].path}",
        "width": EMBED_WIDTH_PX,
        "height": EMBED_HEIGHT_PX,
        "html": frame,
    }
    return json.dumps(value, ensure_ascii=False).encode()


def podcast_chapters(hour: Hour) -> bytes:
    """The jump marks for podcast players (podcast namespace, JSON chapters 1.2)."""
    chapters = [
        {"startTime": round(mark.start_s, 1), "title": _short(mark.questions[0].text)}
        for mark in hour.marks
    ]
    return json.dumps(
        {"version": "1.2.0", "chapters": chapters}, ensure_ascii=False
    ).encode()


def _short(text: str) -> str:
    if len(text) <= _TITLE_CHARS:
        return text
    return text[: _TITLE_CHARS - 1].rsplit(" ", 1)[0] + "…"


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
