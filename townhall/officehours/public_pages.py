"""Public pages: the whole website as a value, with nothing in it that may not be shown.

Looks back at: publications and all before it.  Is looked at by: nobody in here;
``publishers.website`` turns it into files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from townhall.database import fetch
from townhall.errors import NotAllowed, phrase
from townhall.media import ProgrammeBuild, PublicationPackage
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.plans import public_author
from townhall.officehours.programmes import Programme
from townhall.officehours.publications import (
    Publication,
    PublicationState,
    is_allowed,
    permission_of,
    publications_of,
)
from townhall.officehours.questions import (
    PUBLIC_STATES,
    Question,
    QuestionState,
    questions_of,
)
from townhall.officehours.schedule import OfficeHour, OfficeHourState, office_hours
from townhall.publishing import (
    Municipality,
    OfficeHourPage,
    Politician,
    PublicQuestion,
    PublicQuestionState,
    SiteContent,
    Tombstone,
)

_PUBLIC_STATES = {
    QuestionState.ACCEPTED: PublicQuestionState.OPEN,
    QuestionState.ANSWERED: PublicQuestionState.ANSWERED,
    QuestionState.WRITTEN_ANSWER: PublicQuestionState.WRITTEN_ANSWER,
}
_SHOWN = {PublicationState.PUBLISHING, PublicationState.PUBLISHED}
_GONE = {PublicationState.RETRACTING, PublicationState.RETRACTED}

#: turns a programme's stored build into the noun: ``(programme_id, json) -> build``
ReadBuild = Callable[[str, dict[str, Any]], ProgrammeBuild]


def site_content(
    db: Session,
    *,
    municipality: Municipality,
    site_url: str,
    timezone: str,
    languages: Iterable[str],
    read_build: ReadBuild,
    now: datetime,
) -> SiteContent:
    """Everything the public website shows at ``now``."""
    return SiteContent(
        municipality=municipality,
        site_url=site_url,
        timezone=timezone,
        languages=tuple(languages),
        office_hours=tuple(
            page_of(db, office_hour, read_build=read_build, now=now)
            for office_hour in office_hours(db)
            if _is_public(db, office_hour)
        ),
    )


def _is_public(db: Session, office_hour: OfficeHour) -> bool:
    """Announced once, or something of it was published: it has a page from then on."""
    return office_hour.announced_at is not None or any(
        publication.channel is PublishingChannel.WEBSITE
        and publication.published_at is not None
        for publication in publications_of(db, office_hour.id)
    )


def page_of(
    db: Session, office_hour: OfficeHour, *, read_build: ReadBuild, now: datetime
) -> OfficeHourPage:
    """Everything the website shows about one office hour at ``now``."""
    publications = [
        publication
        for publication in publications_of(db, office_hour.id)
        if publication.channel is PublishingChannel.WEBSITE
    ]
    shown = [
        publication
        for publication in publications
        if publication.state in _SHOWN and is_allowed(db, publication, now=now)
    ]
    gone = [
        publication
        for publication in publications
        if publication.state in _GONE and publication.published_at is not None
    ]
    return OfficeHourPage(
        office_hour_id=office_hour.id,
        slug=office_hour.slug,
        title=office_hour.title,
        description=office_hour.description,
        politician=Politician(
            politician_id=office_hour.politician_id,
            name=office_hour.host_name,
            office=office_hour.host_office,
        ),
        starts_at=office_hour.starts_at,
        ends_at=office_hour.ends_at,
        cancelled=office_hour.state is OfficeHourState.CANCELLED,
        cancellation_reason=office_hour.cancellation_reason,
        changed_at=office_hour.changed_at,
        sequence=office_hour.sequence,
        questions=tuple(
            _public_question(db, question)
            for question in questions_of(db, office_hour.id, *PUBLIC_STATES)
        ),
        publication=_shown_package(db, shown[-1], read_build) if shown else None,
        tombstone=_tombstone(gone[-1]) if gone and not shown else None,
    )


def _public_question(db: Session, question: Question) -> PublicQuestion:
    return PublicQuestion(
        question_id=question.id,
        ref=question.ref,
        text=question.text,
        topic=question.topic,
        author=public_author(db, question),
        state=_PUBLIC_STATES[question.state],
        written_answer=question.written_answer,
    )


def _shown_package(
    db: Session, publication: Publication, read_build: ReadBuild
) -> PublicationPackage:
    package = package_of(db, publication, read_build=read_build)
    if package is None:
        raise NotAllowed(
            reason=phrase("nothing covers publication {id}", id=publication.id)
        )
    return package


def package_of(
    db: Session, publication: Publication, *, read_build: ReadBuild
) -> PublicationPackage | None:
    """What a publisher shows of a publication; ``None`` while nothing covers it."""
    programme = fetch(db, Programme, publication.programme_id)
    approval = permission_of(db, publication)
    if approval is None or publication.published_at is None or programme.build is None:
        return None
    return PublicationPackage(
        office_hour_id=programme.office_hour_id,
        programme_id=programme.id,
        version=programme.version,
        digest=approval.digest,
        approved_at=approval.approved_at,
        published_at=publication.published_at,
        build=read_build(programme.id, programme.build),
    )


def _tombstone(publication: Publication) -> Tombstone:
    return Tombstone(
        retracted_at=publication.retract_requested_at
        or publication.retracted_at
        or publication.due_at,
        reason=publication.retract_reason or "",
    )
