"""Digests of what the website shows: equal content, equal digest, equal bytes.

A programme goes in by its build digest, which covers every published byte and
value of it; a thousand transcripts are never read to find out that nothing changed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any

from townhall.media import PublicationPackage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from townhall.publishing import OfficeHourPage, SiteContent

DIGEST_BYTES = 16
_NAMES: dict[type[Any], tuple[str, ...]] = {}


def digest_of(value: object) -> str:
    """A short digest (hex) of plain values, dataclasses, enums and dates."""
    text = json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def office_hour_digest(page: OfficeHourPage) -> str:
    """The digest of everything the website shows of one office hour."""
    return digest_of(page)


def content_digest(content: SiteContent, hours: Iterable[str] | None = None) -> str:
    """The digest of the whole content; the same as :func:`built_digest` once it is built.

    ``hours``: the office hours' digests, where they are known already.
    """
    site = [
        getattr(content, name)
        for name in _names(type(content))
        if name != "office_hours"
    ]
    if hours is None:
        hours = (office_hour_digest(page) for page in content.office_hours)
    return digest_of([site, sorted(hours)])


def _plain(value: Any) -> Any:
    """What JSON does not know by itself."""
    if isinstance(value, PublicationPackage):
        return [
            value.programme_id,
            value.version,
            value.digest,
            value.build.digest,
            value.approved_at,
            value.published_at,
        ]
    if isinstance(value, date):  # datetime is a date
        return value.isoformat()
    return [getattr(value, name) for name in _names(type(value))]


def _names(kind: type[Any]) -> tuple[str, ...]:
    """The fields of a dataclass; asked a hundred thousand times for a large site."""
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(field.name for field in fields(kind))
    return names
