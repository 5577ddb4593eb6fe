"""The publisher's steps on the way out: begin, people can see it, or it did not work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from townhall.audit import record_act
from townhall.database import fetch
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.programmes import THE_HOUSE, Programme
from townhall.officehours.publications.permission import is_allowed
from townhall.officehours.publications.publication import (
    Publication,
    PublicationState,
    touch_page,
)
from townhall.officehours.questions import Question, QuestionState, mark_answered
from townhall.states import move

_P = PublicationState


def begin_publishing(db: Session, *, publication: Publication, now: datetime) -> bool:
    """The embargo and the consents are looked at again; ``False``: do not publish.

    Raises:
        WrongState: it is neither due nor left behind by a dead worker.
    """
    if not is_allowed(db, publication, now=now):
        return False
    if publication.state is not _P.PUBLISHING:
        move(publication, _P.PUBLISHING)
        publication.published_at = now  # from here on somebody may see it
    return True


def mark_published(
    db: Session, *, publication: Publication, address: str, now: datetime
) -> bool:
    """People can see it; earlier versions on this channel are replaced by it.

    ``False`` when an edit, a withdrawal or a refusal came in while it was published:
    it then is one of ``publications_to_retract``.

    Raises:
        WrongState: nobody began to publish it.
    """
    if publication.state is _P.PUBLISHING and not is_allowed(db, publication, now=now):
        return False
    move(publication, _P.PUBLISHED)
    publication.address, publication.error = address, None
    programme = fetch(db, Programme, publication.programme_id)
    for earlier in _others_shown(db, publication, programme):
        move(earlier, _P.REPLACED)
        earlier.retracted_at, earlier.address = now, None
    if publication.channel is not PublishingChannel.REHEARSAL:
        _mark_answered_questions(db, programme, now=now)
        touch_page(db, programme, now=now)
    record_act(
        db,
        actor=THE_HOUSE,
        act="publication.published",
        subject=publication.id,
        now=now,
        programme=programme.id,
        channel=str(publication.channel),
    )
    return True


def _others_shown(
    db: Session, publication: Publication, programme: Programme
) -> list[Publication]:
    return list(
        db.scalars(
            select(Publication)
            .join(Programme, Publication.programme_id == Programme.id)
            .where(
                Programme.office_hour_id == programme.office_hour_id,
                Publication.channel == publication.channel,
                Publication.state == _P.PUBLISHED,
                Publication.id != publication.id,
            )
        )
    )


def _mark_answered_questions(
    db: Session, programme: Programme, *, now: datetime
) -> None:
    answered = {
        question_id
        for chapter in (programme.build or {}).get("chapters", [])
        if not chapter.get("needs_review")
        for question_id in chapter["question_ids"]
    }
    for question in db.scalars(
        select(Question)
        .where(
            Question.id.in_(answered),
            Question.state.in_([QuestionState.ACCEPTED, QuestionState.WRITTEN_ANSWER]),
        )
        .order_by(Question.id)
    ):
        mark_answered(db, question=question, actor=THE_HOUSE, now=now)


def mark_failed(
    db: Session, *, publication: Publication, error: str, now: datetime
) -> None:
    """The publisher gave up; a person has to look.

    Raises:
        WrongState: nobody began to publish it.
    """
    move(publication, _P.FAILED)
    publication.error = error
    record_act(
        db,
        actor=THE_HOUSE,
        act="publication.failed",
        subject=publication.id,
        now=now,
    )


def publish_again(
    db: Session, *, publication: Publication, actor: str, now: datetime
) -> None:
    """A person has looked: another try of what the publisher gave up.

    Raises:
        WrongState: the publisher has not given up.
    """
    move(publication, _P.DUE)
    publication.error = None
    record_act(
        db,
        actor=actor,
        act="publication.due",
        subject=publication.id,
        now=now,
        programme=publication.programme_id,
    )
