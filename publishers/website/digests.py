"""Digests of what the website shows: equal content, equal digest, equal bytes.

A programme goes in by its build digest, which covers every published byte and
value of it; a thousand transcripts are never read to find out that nothing changed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from townhall.media import PublicationPackage

if TYPE_CHECKING:
    from townhall.publishing import OfficeHourPage, SiteContent

DIGEST_BYTES = 16


def digest_of(value: object) -> str:
    """A short digest (hex) of plain values, dataclasses, enums and dates."""
    text = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def office_hour_digest(page: OfficeHourPage) -> str:
    """The digest of everything the website shows of one office hour."""
    return digest_of(page)


def content_digest(content: SiteContent) -> str:
    """The digest of the whole content; the same as :func:`built_digest` once it is built."""
    site = [
        _plain(getattr(content, field.name))
        for field in fields(content)
        if field.name != "office_hours"
    ]
    return digest_of(
        [site, sorted(office_hour_digest(page) for page in content.office_hours)]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, PublicationPackage):
        return [
            value.programme_id,
            value.version,
            value.digest,
            value.build.digest,
            _plain(value.approved_at),
            _plain(value.published_at),
        ]
    if is_dataclass(value) and not isinstance(value, type):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(value[key]) for key in sorted(value)}
    if isinstance(value, date):  # datetime is a date
        return value.isoformat()
    return value
