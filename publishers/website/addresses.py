"""Where things stand on the website. Addresses are promises: they never change.

Every path here is relative to the root of a language; German is the root itself,
English lies under ``en/``. Pages link to each other relatively, so the site works
under any address of any web server.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from publishers.errors import ContentRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

HOME = ""
ARCHIVE = "archiv/"
PEOPLE = "personen/"
TOPICS = "themen/"
SEARCH = "suche/"
IMPRINT = "impressum/"
PRIVACY = "datenschutz/"
ACCESSIBILITY = "barrierefreiheit/"
EASY = "einfach-erklaert/"

ATOM_FEED = "feed.xml"
PODCAST_FEED = "podcast.xml"
CALENDAR = "termine.ics"
SITEMAP = "sitemap.xml"
ROBOTS = "robots.txt"
NOT_FOUND = "404.html"
SEARCH_INDEX = "pagefind/"

_SAFE = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?", re.IGNORECASE)
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def office_hour(slug: str) -> str:
    """The page of one office hour."""
    return f"sprechstunden/{checked(slug, 'slug')}/"


def year(number: int) -> str:
    """The archive of one year."""
    return f"{ARCHIVE}{number}/"


def politician(politician_id: str) -> str:
    """The page of one politician."""
    return f"{PEOPLE}{checked(politician_id, 'politician_id')}/"


def topic(slug: str) -> str:
    """The page of one topic."""
    return f"{TOPICS}{slug}/"


def question_anchor(ref: str) -> str:
    """The anchor of a question, e.g. ``frage-7``."""
    return f"frage-{slug_of(ref)}"


def media_folder(build_digest: str) -> str:
    """Where the files of one build of a programme lie: content-addressed, so never stale."""
    return f"media/{checked(build_digest, 'digest')[:32]}/"


def checked(value: str, what: str) -> str:
    """The value, if it is safe as one step of an address.

    Raises:
        ContentRefused: it could lead out of the site or break a link.
    """
    if not _SAFE.fullmatch(value):
        raise ContentRefused(what=what, value=value)
    return value


@lru_cache(maxsize=4_096)
def slug_of(text: str) -> str:
    """German text as one step of an address: ``Rad- & Fußwege`` → ``rad-fusswege``."""
    plain = unicodedata.normalize("NFC", text).lower().translate(_GERMAN)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "x"


def topic_slugs(topics: Iterable[str]) -> dict[str, str]:
    """A distinct slug for each topic; look-alikes get a part of their digest."""
    names = sorted(set(topics))
    plain = [slug_of(name) for name in names]
    return {
        name: slug
        if plain.count(slug) == 1
        else f"{slug}-{hashlib.blake2b(name.encode(), digest_size=3).hexdigest()}"
        for name, slug in zip(names, plain, strict=True)
    }
