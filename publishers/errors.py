"""What can go wrong when something approved is shown to the public.

    PublisherError
    ├── ContentRefused    the town hall handed over something that cannot be shown
    ├── MediaMissing      a finished file is gone or is not the one that was approved
    └── IndexFailed       the search index could not be made; trying again may help

The docstring's first line is the message people see.
"""

from __future__ import annotations

from townhall.errors import SprechstundeError


class PublisherError(SprechstundeError):
    """The publication did not work."""


class ContentRefused(PublisherError):
    """{what} cannot be used in an address: {value}"""


class MediaMissing(PublisherError):
    """{file} is missing or is not the approved file. Process the office hour again."""


class IndexFailed(PublisherError):
    """The search index could not be made: {reason}"""

    retryable = True
