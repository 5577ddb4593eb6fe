from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories import (
    BERLIN,
    NOW,
    SECOND,
    approve,
    edit,
    finish_build,
    make_chapter,
    make_office_hour,
    make_programme,
    make_publication,
    make_question,
    people_by_name,
)
from townhall.audit import entries_about
from townhall.media import ConsentLevel
from townhall.officehours import (
    approvals,
    consents,
    publications,
    questions,
    recordings,
    retention,
)
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.programmes import ProgrammeState
from townhall.officehours.publications import OUT_THERE, PublicationState
from townhall.officehours.schedule import OfficeHourState

P = PublicationState
WEBSITE, REHEARSAL = PublishingChannel.WEBSITE, PublishingChannel.REHEARSAL
LATER = NOW + timedelta(minutes=1)
NOT_YET_GONE = [P.DUE, P.PUBLISHING, P.PUBLISHED, P.FAILED]


def _due(db, now=NOW):
    return publications.approved_programmes_due(db, now=now)


def _doomed(db, now=LATER):
    return publications.publications_to_retract(db, now=now)


def _person(db, programme, name="Max Muster"):
    recording = recordings.find_recording(db, programme.parts[0]["recording"])
    return people_by_name(db, recording)[name]


def _withdraw(db, programme, to=ConsentLevel.NONE):
    consents.withdraw_consent(db, participant=_person(db, programme), to=to, now=LATER)


def _refuse(db, programme):
    approvals.refuse(db, programme=programme, reason="x", name="Bea Chef", now=LATER)


def _programme_of(db, publication):
    from townhall.officehours.programmes import find_programme

    return find_programme(db, publication.programme_id)


def test_nothing_is_due_before_an_approval(db):
    make_programme(db)

    assert _due(db) == []


def test_what_is_approved_becomes_due_once_per_channel(db):
    programme = make_programme(db)
    approve(db, programme, channels=[WEBSITE, REHEARSAL])

    fresh = _due(db)

    assert sorted((p.channel, p.state, p.due_at) for p in fresh) == [
        (REHEARSAL, P.DUE, NOW),
        (WEBSITE, P.DUE, NOW),
    ]
    assert _due(db) == []
    assert set(publications.publications_due(db)) == set(fresh)
    entry = entries_about(db, fresh[0].id)[0]
    assert (entry.actor, entry.act, entry.details) == (
        "the house",
        "publication.due",
        {"programme": programme.id},
    )


def test_an_embargo_holds_to_the_second(db):
    embargo = NOW + timedelta(days=3)
    approve(db, make_programme(db), not_before=embargo)

    assert _due(db, now=embargo - SECOND) == []
    (publication,) = _due(db, now=embargo)

    assert publication.due_at == embargo
    assert not publications.is_allowed(db, publication, now=embargo - SECOND)
    assert publications.is_allowed(db, publication, now=embargo)
    assert not publications.begin_publishing(
        db, publication=publication, now=embargo - SECOND
    )
    assert publications.begin_publishing(db, publication=publication, now=embargo)


def test_an_embargo_to_the_repeated_hour_ends_the_second_time(db):
    """02:30 comes twice on 25 October 2026; the press office meant the second."""
    second = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0)
    early = datetime(2026, 10, 24, 12, 0, tzinfo=BERLIN)
    approve(db, make_programme(db), not_before=second, now=early)

    assert _due(db, now=first) == []
    assert len(_due(db, now=second)) == 1


def test_an_edit_after_the_approval_needs_an_approval_of_its_own(db):
    first = make_programme(db)
    approve(db, first)

    second = edit(db, first)
    assert _due(db) == []
    finish_build(db, second)
    assert _due(db) == []

    approve(db, second)
    assert [p.programme_id for p in _due(db)] == [second.id]


def test_an_edit_during_an_embargo_stops_the_first_version(db):
    first = make_programme(db)
    embargo = NOW + timedelta(days=1)
    approve(db, first, not_before=embargo)

    edit(db, first)

    assert _due(db, now=embargo) == []


@pytest.mark.parametrize("state", [P.DUE, P.PUBLISHING, P.FAILED])
def test_an_edit_before_it_was_shown_takes_the_old_version_off_the_way(db, state):
    publication = make_publication(db, state=state)
    edit(db, _programme_of(db, publication))

    assert _doomed(db) == [publication]
    assert not publications.is_allowed(db, publication, now=LATER)


def test_an_edit_after_it_was_shown_leaves_it_until_the_new_version_comes(db):
    publication = make_publication(db)
    second = finish_build(db, edit(db, _programme_of(db, publication)))
    assert _doomed(db) == []

    newer = make_publication(db, second, now=LATER)

    assert (publication.state, newer.state) == (P.REPLACED, P.PUBLISHED)
    assert publication.retracted_at == LATER
    assert publication.address is None
    assert _doomed(db) == []


def test_an_edit_while_it_is_being_shown_keeps_it_from_standing(db):
    """Began, then edited, then the site was built without it: it must not come up later."""
    publication = make_publication(db, state=P.PUBLISHING)
    edit(db, _programme_of(db, publication))

    stands = publications.mark_published(
        db, publication=publication, address="x", now=LATER
    )

    assert not stands
    assert publication.state is P.PUBLISHING
    assert _doomed(db) == [publication]


@pytest.mark.parametrize("state", NOT_YET_GONE)
@pytest.mark.parametrize("to", [ConsentLevel.SOUND, ConsentLevel.NONE])
def test_a_withdrawn_consent_takes_it_down_whatever_it_is_doing(db, state, to):
    publication = make_publication(db, state=state)
    assert _doomed(db) == []

    _withdraw(db, _programme_of(db, publication), to=to)

    assert _doomed(db) == [publication]
    assert not publications.begin_publishing(db, publication=publication, now=LATER)


@pytest.mark.parametrize("state", NOT_YET_GONE)
def test_a_refused_programme_goes_whatever_it_is_doing(db, state):
    publication = make_publication(db, state=state)

    _refuse(db, _programme_of(db, publication))

    assert _doomed(db) == [publication]


def test_a_question_taken_back_takes_it_down(db):
    office_hour = make_office_hour(db, state=OfficeHourState.HELD)
    question = make_question(db, office_hour)
    chapter = make_chapter(question, needs_review=True)
    publication = make_publication(
        db, make_programme(db, office_hour, chapters=[chapter])
    )
    assert question.state == "accepted"

    questions.withdraw(db, question=question, actor="the person", now=LATER)

    assert _doomed(db) == [publication]


def test_what_is_being_taken_down_is_found_until_it_is_gone(db):
    publication = make_publication(db, state=P.RETRACTING)
    assert _doomed(db) == [publication]

    publications.mark_retracted(db, publication=publication, now=LATER)

    assert _doomed(db) == []


@pytest.mark.parametrize("state", [P.DUE, P.PUBLISHING])
def test_what_a_dead_worker_left_behind_is_found_and_begun_again(db, state):
    publication = make_publication(db, state=state)

    assert publications.publications_due(db) == [publication]
    assert publications.begin_publishing(db, publication=publication, now=LATER)
    assert publication.state is P.PUBLISHING
    assert publications.mark_published(
        db, publication=publication, address="x", now=LATER
    )
    assert publications.publications_due(db) == []


def test_what_was_taken_down_comes_back_only_after_a_new_approval(db):
    publication = make_publication(db)
    programme = _programme_of(db, publication)
    _withdraw(db, programme)
    publications.begin_retracting(db, publication=publication, now=LATER)
    publications.mark_retracted(db, publication=publication, now=LATER)
    consents.give_consent(
        db,
        participant=_person(db, programme),
        level=ConsentLevel.PICTURE_AND_SOUND,
        actor="the host",
        now=LATER,
    )

    assert _due(db, now=LATER + SECOND) == []  # the old yes does not count any more

    approve(db, programme, now=LATER + SECOND)
    assert _due(db, now=LATER + SECOND) == [publication]
    assert publication.state is P.DUE
    assert publication.retract_reason is None
    assert publications.is_allowed(db, publication, now=LATER + SECOND)


def test_a_later_embargo_makes_what_nobody_has_seen_wait(db):
    publication = make_publication(db, state=P.DUE)
    embargo = NOW + timedelta(days=1)
    approve(db, _programme_of(db, publication), not_before=embargo)

    assert _doomed(db) == []
    assert not publications.begin_publishing(db, publication=publication, now=LATER)
    assert publications.begin_publishing(db, publication=publication, now=embargo)


def test_a_later_embargo_hides_what_is_public_and_then_shows_it_again(db):
    publication = make_publication(db)
    embargo = NOW + timedelta(days=1)
    approve(db, _programme_of(db, publication), not_before=embargo, now=LATER)

    assert _doomed(db) == [publication]
    publications.begin_retracting(db, publication=publication, now=LATER)
    publications.mark_retracted(db, publication=publication, now=LATER)
    assert publication.retract_reason == publications.EMBARGO_REASON
    assert _due(db, now=embargo - SECOND) == []
    assert _due(db, now=embargo) == [publication]


def test_a_version_whose_files_have_gone_is_never_due(db):
    programme = make_programme(db, state=ProgrammeState.APPROVED)
    retention.note_programme_erased(db, programme=programme, actor="the house", now=NOW)

    assert _due(db) == []


def test_an_approval_of_other_bytes_covers_nothing(db):
    publication = make_publication(db)

    _programme_of(db, publication).digest = "e" * 64

    assert _doomed(db) == [publication]


def test_an_approval_for_one_channel_does_not_cover_another(db):
    website = make_publication(db)
    programme = _programme_of(db, website)
    make_publication(db, programme, channel=REHEARSAL)

    (rehearsal,) = [
        a for a in approvals.approvals_of(db, programme.id) if a.channel is REHEARSAL
    ]
    rehearsal.revoked_at = LATER

    assert [p.channel for p in _doomed(db)] == [REHEARSAL]


def test_failed_ones_count_as_out_there():
    assert set(OUT_THERE) == {P.PUBLISHING, P.PUBLISHED, P.RETRACTING, P.FAILED}
