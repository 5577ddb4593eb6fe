from __future__ import annotations

from datetime import timedelta

import pytest

from tests.factories import (
    NOW,
    SECOND,
    approve,
    edit,
    finish_build,
    make_office_hour,
    make_programme,
    make_publication,
    people_by_name,
)
from townhall.audit import entries_about
from townhall.errors import InvalidInput, NotFound, WrongState
from townhall.officehours import consents, publications, recordings
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.programmes import find_programme
from townhall.officehours.publications import PublicationState
from townhall.officehours.schedule import find_office_hour

P = PublicationState
LATER = NOW + SECOND


def _office_hour(db, publication):
    programme = find_programme(db, publication.programme_id)
    return find_office_hour(db, programme.office_hour_id)


def _retract(db, office_hour, reason="Ein Name wurde genannt.", now=LATER):
    return publications.retract(
        db, office_hour=office_hour, reason=reason, actor="Bea Chef", now=now
    )


def test_one_click_takes_it_down_on_every_channel(db):
    programme = make_programme(db)
    both = {
        make_publication(db, programme),
        make_publication(db, programme, channel=PublishingChannel.REHEARSAL),
    }
    office_hour = find_office_hour(db, programme.office_hour_id)

    assert set(_retract(db, office_hour)) == both

    assert set(publications.publications_to_retract(db, now=LATER)) == both
    for publication in both:
        assert publication.retract_reason == "Ein Name wurde genannt."
        assert publication.retract_requested_at == LATER
        entry = entries_about(db, publication.id)[-1]
        assert (entry.actor, entry.act, entry.details) == (
            "Bea Chef",
            "publication.retract_requested",
            {},
        )


@pytest.mark.parametrize("state", [P.DUE, P.PUBLISHING, P.PUBLISHED, P.FAILED])
def test_a_retracted_publication_goes_and_stays_gone_until_a_new_approval(db, state):
    publication = make_publication(db, state=state)
    programme = find_programme(db, publication.programme_id)

    _retract(db, _office_hour(db, publication))
    assert publications.publications_to_retract(db, now=LATER) == [publication]
    publications.begin_retracting(db, publication=publication, now=LATER)
    publications.mark_retracted(db, publication=publication, now=LATER)

    assert publication.state is P.RETRACTED
    assert publication.retract_reason == "Ein Name wurde genannt."
    assert publications.approved_programmes_due(db, now=LATER) == []

    approve(db, programme, now=LATER + SECOND)
    assert publications.approved_programmes_due(db, now=LATER + SECOND) == [publication]


def test_what_waits_for_its_embargo_does_not_come_out_after_a_retraction(db):
    programme = make_programme(db)
    embargo = NOW + timedelta(days=1)
    approve(db, programme, not_before=embargo)

    assert _retract(db, find_office_hour(db, programme.office_hour_id)) == []

    assert publications.approved_programmes_due(db, now=embargo) == []
    entry = entries_about(db, programme.id)[-1]
    assert (entry.actor, entry.act) == ("Bea Chef", "programme.approval_revoked")


def test_a_newer_approved_version_does_not_come_out_either(db):
    shown = make_publication(db)
    newer = finish_build(db, edit(db, find_programme(db, shown.programme_id)))
    approve(db, newer, not_before=NOW + timedelta(days=1))

    _retract(db, _office_hour(db, shown))

    assert publications.publications_to_retract(db, now=LATER) == [shown]
    later = NOW + timedelta(days=2)
    assert publications.approved_programmes_due(db, now=later) == []


def test_retracting_without_a_reason_is_refused(db):
    publication = make_publication(db)

    with pytest.raises(InvalidInput, match="the tombstone page says why"):
        _retract(db, _office_hour(db, publication), reason=" ")

    assert publication.retract_requested_at is None


def test_retracting_what_is_not_public_is_refused(db):
    with pytest.raises(NotFound):
        _retract(db, make_office_hour(db))
    gone = make_publication(db, state=P.RETRACTED)
    with pytest.raises(NotFound):
        _retract(db, _office_hour(db, _with_approvals_revoked(db, gone)))


def _with_approvals_revoked(db, publication):
    from townhall.officehours.approvals import revoke_approvals

    revoke_approvals(
        db, programme=find_programme(db, publication.programme_id), now=LATER
    )
    return publication


def test_the_tombstone_says_that_a_consent_is_gone_but_not_whose(db):
    publication = make_publication(db)
    programme = find_programme(db, publication.programme_id)
    recording = recordings.find_recording(db, programme.parts[0]["recording"])
    consents.withdraw_consent(
        db, participant=people_by_name(db, recording)["Max Muster"], now=LATER
    )

    publications.begin_retracting(db, publication=publication, now=LATER)

    assert publication.state is P.RETRACTING
    assert publication.retract_reason == publications.CONSENT_REASON
    assert "Max" not in publication.retract_reason
    assert publication.retract_requested_at == LATER
    assert _office_hour(db, publication).changed_at == LATER


def test_without_another_reason_the_recording_is_being_revised(db):
    publication = make_publication(db, state=P.PUBLISHING)
    edit(db, find_programme(db, publication.programme_id))

    publications.begin_retracting(db, publication=publication, now=LATER)

    assert publication.retract_reason == publications.REVISION_REASON


def test_beginning_twice_keeps_the_first_moment_and_reason(db):
    publication = make_publication(db)
    _retract(db, _office_hour(db, publication))
    publications.begin_retracting(db, publication=publication, now=LATER)

    publications.begin_retracting(db, publication=publication, now=LATER + SECOND)

    assert publication.retract_requested_at == LATER
    assert publication.retract_reason == "Ein Name wurde genannt."


def test_what_is_gone_has_no_address_and_stands_in_the_trail(db):
    publication = make_publication(db, state=P.RETRACTING)

    publications.mark_retracted(db, publication=publication, now=LATER)

    assert (publication.state, publication.address) == (P.RETRACTED, None)
    assert publication.retracted_at == LATER
    entry = entries_about(db, publication.id)[-1]
    assert (entry.act, entry.details) == (
        "publication.retracted",
        {"channel": "website"},
    )


@pytest.mark.parametrize("state", [P.DUE, P.PUBLISHED, P.RETRACTED])
def test_what_nobody_began_to_take_down_is_not_gone(db, state):
    with pytest.raises(WrongState):
        publications.mark_retracted(
            db, publication=make_publication(db, state=state), now=LATER
        )


def test_what_is_gone_cannot_be_taken_down_again(db):
    publication = make_publication(db, state=P.RETRACTED)

    with pytest.raises(WrongState):
        publications.begin_retracting(db, publication=publication, now=LATER)
