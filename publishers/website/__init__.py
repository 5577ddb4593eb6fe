"""The public website: static pages, built beside the old ones and switched in one step."""

from publishers.website.digests import content_digest
from publishers.website.publisher import (
    SiteBuild,
    WebsitePublisher,
    built_digest,
    is_up_to_date,
)

__all__ = [
    "SiteBuild",
    "WebsitePublisher",
    "built_digest",
    "content_digest",
    "is_up_to_date",
]
