"""What a publisher may know: plain values, already filtered by consent and approval.

The town hall assembles these by looking back; a publisher only shows them. What
is not in here cannot be published by accident.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from townhall.media import PublicationPackage


class PublicQuestionState(StrEnum):
    """What the public sees of a question's life."""

    OPEN = "open"  #: accepted, to be answered
    ANSWERED = "answered"  #: answered on air; the programme has its chapter
    WRITTEN_ANSWER = "written_answer"  #: answered in writing


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicQuestion:
    """An accepted question as shown on the website."""

    question_id: str
    ref: str  #: the number of ``#frage-REF``
    text: str
    topic: str | None
    author: str | None  #: ``None`` unless the asker agreed to be named
    state: PublicQuestionState
    written_answer: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Politician:
    """Somebody who holds office hours."""

    politician_id: str  #: stable, safe in addresses, e.g. ``dr-jana-roth``
    name: str
    office: str | None  #: e.g. "Bürgermeisterin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """What stands where a publication was taken down."""

    retracted_at: datetime
    reason: str  #: a sentence the public may read; never names the person


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeHourPage:
    """Everything the website shows about one announced office hour."""

    office_hour_id: str
    slug: str  #: stable, safe in addresses, e.g. ``2026-12-01-haushalt-und-radwege``
    title: str
    description: str | None
    politician: Politician
    starts_at: datetime
    ends_at: datetime | None
    cancelled: bool
    cancellation_reason: str | None
    changed_at: datetime  #: last change of anything public here
    sequence: int  #: rises with each change of the date (RFC 5545 SEQUENCE)
    questions: tuple[PublicQuestion, ...]
    publication: PublicationPackage | None = None
    tombstone: Tombstone | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Municipality:
    """Who runs this house, for the pages the law asks for (DDG § 5, DSGVO Art. 13, BITV)."""

    name: str  #: e.g. "Stadt Musterbach"
    imprint: str  #: plain text, blank lines part paragraphs
    privacy: str
    accessibility: str
    contact_email: str
    #: where barriers are reported; the arbitration body of the Land
    arbitration_body: str
    accessibility_reviewed_on: date | None
    ask_url: str | None = None  #: where questions are handed in; ``None``: by e-mail


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteContent:
    """The whole public website as a value; equal content builds equal bytes."""

    municipality: Municipality
    site_url: str  #: absolute, without trailing slash, for feeds and share links
    timezone: str  #: IANA name
    languages: tuple[str, ...] = ("de", "en")
    office_hours: tuple[OfficeHourPage, ...] = field(default=())
