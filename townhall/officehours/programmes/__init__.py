"""Programmes: what the public would see; ordered consultations with their cuts.

Each edit makes a new version; a version never changes once it is built. The
newest version is the current one. Which transcript revision and which consents a
version was built with is written down in it, so that it can be told later whether
it still may be shown.

Looks back at: questions, recordings, transcripts, consents.  Is looked at by: approvals.
"""

from __future__ import annotations

from townhall.officehours.programmes.edits import Edit, edit, pin_newest_transcripts
from townhall.officehours.programmes.programme import (
    THE_HOUSE,
    Programme,
    ProgrammeState,
    current_programme,
    current_programmes,
    find_programme,
    programmes_to_build,
    reviewable_programme,
)
from townhall.officehours.programmes.staleness import (
    consents_lost,
    consents_of,
    is_stale,
    questions_lost,
)
from townhall.officehours.programmes.versions import (
    rebuild_stale_programmes,
    request_programme,
    save_build,
)

__all__ = [
    "THE_HOUSE",
    "Edit",
    "Programme",
    "ProgrammeState",
    "consents_lost",
    "consents_of",
    "current_programme",
    "current_programmes",
    "edit",
    "find_programme",
    "is_stale",
    "pin_newest_transcripts",
    "programmes_to_build",
    "questions_lost",
    "rebuild_stale_programmes",
    "request_programme",
    "reviewable_programme",
    "save_build",
]
