"""Publications: what is shown where, derived by looking back.

Nobody tells this room that a consent was withdrawn or an embargo ended. Each
second it is asked what is due and what must go, and it looks back at approvals,
consents and newer versions. Nothing to forget, no event to lose.

Looks back at: approvals, programmes, consents.  Is looked at by: retention.
"""

from __future__ import annotations

from townhall.officehours.publications.outlook import (
    approved_programmes_due,
    publications_due,
    publications_to_retract,
)
from townhall.officehours.publications.permission import is_allowed, permission_of
from townhall.officehours.publications.publication import (
    OUT_THERE,
    Publication,
    PublicationState,
    publication_of,
    publications_of,
)
from townhall.officehours.publications.showing import (
    begin_publishing,
    mark_failed,
    mark_published,
    publish_again,
)
from townhall.officehours.publications.takedown import (
    CONSENT_REASON,
    EMBARGO_REASON,
    REVISION_REASON,
    begin_retracting,
    mark_retracted,
    retract,
)

__all__ = [
    "CONSENT_REASON",
    "EMBARGO_REASON",
    "OUT_THERE",
    "REVISION_REASON",
    "Publication",
    "PublicationState",
    "approved_programmes_due",
    "begin_publishing",
    "begin_retracting",
    "is_allowed",
    "mark_failed",
    "mark_published",
    "mark_retracted",
    "permission_of",
    "publication_of",
    "publications_due",
    "publications_of",
    "publications_to_retract",
    "publish_again",
    "retract",
]
