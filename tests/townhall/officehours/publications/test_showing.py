from __future__ import annotations

import pytest

from tests.factories import (
    NOW,
    SECOND,
    make_chapter,
    make_office_hour,
    make_programme,
    make_publication,
    make_question,
)
from townhall.audit import entries_about
from townhall.errors import WrongState
from townhall.officehours import publications
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.publications import PublicationState
from townhall.officehours.questions import QuestionState
from townhall.officehours.schedule import OfficeHourState, find_office_hour

P = PublicationState
LATER = NOW + SECOND


@pytest.fixture
def held(db):
    return make_office_hour(db, state=OfficeHourState.HELD)


def test_beginning_twice_is_beginning_once(db):
    publication = make_publication(db, state=P.PUBLISHING)

    assert publications.begin_publishing(db, publication=publication, now=LATER)

    assert publication.state is P.PUBLISHING
    assert publication.published_at == NOW


@pytest.mark.parametrize("state", [P.PUBLISHED, P.FAILED])
def test_only_what_is_due_can_be_begun(db, state):
    publication = make_publication(db, state=state)

    with pytest.raises(WrongState):
        publications.begin_publishing(db, publication=publication, now=LATER)


def test_a_shown_publication_says_where_and_since_when_and_stands_in_the_trail(db):
    publication = make_publication(db, state=P.PUBLISHING)

    assert publications.mark_published(
        db, publication=publication, address="http://stadt.example", now=LATER
    )

    assert publication.state is P.PUBLISHED
    assert publication.address == "http://stadt.example"
    assert publication.published_at == NOW
    entry = entries_about(db, publication.id)[-1]
    assert (entry.actor, entry.act, entry.details) == (
        "the house",
        "publication.published",
        {"programme": publication.programme_id, "channel": "website"},
    )


@pytest.mark.parametrize("state", [P.DUE, P.PUBLISHED, P.RETRACTING, P.RETRACTED])
def test_what_nobody_began_cannot_be_shown(db, state):
    publication = make_publication(db, state=state)

    with pytest.raises(WrongState):
        publications.mark_published(db, publication=publication, address="x", now=NOW)


def test_questions_answered_in_it_are_answered_once_it_is_public(db, held):
    answered, unsure, written, elsewhere = (make_question(db, held) for _ in range(4))
    from townhall.officehours.questions import answer_in_writing

    answer_in_writing(
        db, question=written, answer="Ab Mai.", actor="Anna Berg", now=NOW
    )
    chapters = [
        make_chapter(answered, written),
        make_chapter(unsure, needs_review=True),
    ]
    publication = make_publication(
        db, make_programme(db, held, chapters=chapters), state=P.PUBLISHING
    )
    assert answered.state is QuestionState.ACCEPTED

    publications.mark_published(db, publication=publication, address="x", now=LATER)

    assert [q.state for q in (answered, unsure, written, elsewhere)] == [
        QuestionState.ANSWERED,
        QuestionState.ACCEPTED,
        QuestionState.ANSWERED,
        QuestionState.ACCEPTED,
    ]
    assert entries_about(db, answered.id)[-1].act == "question.answered"
    assert held.changed_at == LATER


def test_a_rehearsal_changes_nothing_that_the_public_sees(db, held):
    question = make_question(db, held)
    programme = make_programme(db, held, chapters=[make_chapter(question)])

    make_publication(db, programme, channel=PublishingChannel.REHEARSAL, now=LATER)

    assert question.state is QuestionState.ACCEPTED
    assert find_office_hour(db, held.id).changed_at == NOW


def test_a_publisher_that_gives_up_says_why(db):
    publication = make_publication(db, state=P.PUBLISHING)

    publications.mark_failed(db, publication=publication, error="disk full", now=LATER)

    assert (publication.state, publication.error) == (P.FAILED, "disk full")
    assert entries_about(db, publication.id)[-1].act == "publication.failed"
    with pytest.raises(WrongState):
        publications.mark_failed(db, publication=publication, error="x", now=LATER)


def test_a_person_can_have_a_failed_publication_tried_again(db):
    publication = make_publication(db, state=P.FAILED)

    publications.publish_again(db, publication=publication, actor="Bea Chef", now=LATER)

    assert (publication.state, publication.error) == (P.DUE, None)
    assert publications.publications_due(db) == [publication]
    entry = entries_about(db, publication.id)[-1]
    assert (entry.actor, entry.act) == ("Bea Chef", "publication.due")


@pytest.mark.parametrize("state", [P.DUE, P.PUBLISHED])
def test_trying_again_what_has_not_failed_is_refused(db, state):
    with pytest.raises(WrongState):
        publications.publish_again(
            db, publication=make_publication(db, state=state), actor="B", now=LATER
        )
