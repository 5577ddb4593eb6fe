from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import StatementError

from tests.factories import (
    BERLIN,
    NOW,
    approve,
    edit,
    finish_build,
    make_chapter,
    make_office_hour,
    make_programme,
    make_question,
    people_by_name,
)
from townhall.audit import entries_about
from townhall.errors import (
    ConsentMissing,
    DigestMismatch,
    FourEyesRequired,
    InvalidInput,
    WrongState,
)
from townhall.media import ConsentLevel
from townhall.officehours import approvals, consents, questions, recordings, retention
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.programmes import ProgrammeState
from townhall.officehours.schedule import OfficeHourState

WEBSITE, REHEARSAL = PublishingChannel.WEBSITE, PublishingChannel.REHEARSAL


def _withdraw(db, programme, to=ConsentLevel.NONE):
    recording = recordings.find_recording(db, programme.parts[0]["recording"])
    consents.withdraw_consent(
        db, participant=people_by_name(db, recording)["Max Muster"], to=to, now=NOW
    )


def test_an_approval_names_what_was_seen_where_and_from_when(db):
    programme = make_programme(db)
    embargo = NOW + timedelta(days=1)

    (approval,) = approve(db, programme, name=" Bea  Chef ", not_before=embargo)

    assert programme.state is ProgrammeState.APPROVED
    assert (approval.digest, approval.name, approval.channel) == (
        programme.digest,
        "Bea Chef",
        WEBSITE,
    )
    assert (approval.approved_at, approval.not_before) == (NOW, embargo)
    entry = entries_about(db, programme.id)[-1]
    assert (entry.actor, entry.act, entry.details) == (
        "Bea Chef",
        "programme.approved",
        {
            "channel": "website",
            "digest": programme.digest,
            "not_before": embargo.isoformat(),
        },
    )


def test_each_channel_has_an_approval_of_its_own(db):
    programme = make_programme(db)

    approve(db, programme, channels=[WEBSITE, REHEARSAL, WEBSITE])

    found = approvals.approvals_of(db, programme.id)
    assert sorted(a.channel for a in found) == [REHEARSAL, WEBSITE]


def test_another_date_replaces_the_approval_of_that_channel_only(db):
    programme = make_programme(db)
    approve(db, programme, channels=[WEBSITE, REHEARSAL])

    approve(db, programme, not_before=NOW + timedelta(hours=1))

    found = {a.channel: a.not_before for a in approvals.approvals_of(db, programme.id)}
    assert found == {WEBSITE: NOW + timedelta(hours=1), REHEARSAL: None}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"name": " "}, InvalidInput),
        ({"channels": []}, InvalidInput),
        ({"digest": "e" * 64}, DigestMismatch),
        ({"digest": ""}, DigestMismatch),
    ],
)
def test_an_approval_that_is_not_of_what_was_seen_is_refused(db, changes, refusal):
    programme = make_programme(db)

    with pytest.raises(refusal):
        approve(db, programme, **changes)

    assert programme.state is ProgrammeState.IN_REVIEW
    assert approvals.approvals_of(db, programme.id) == []


@pytest.mark.parametrize("state", [ProgrammeState.BUILDING, ProgrammeState.REFUSED])
def test_only_what_waits_for_review_can_be_approved(db, state):
    programme = make_programme(db, state=state)

    with pytest.raises(WrongState, match=f"is {state}; from there only in_review"):
        approve(db, programme, digest="d")


def test_an_edited_version_can_no_longer_be_approved_by_its_digest(db):
    first = make_programme(db)
    second = finish_build(db, edit(db, first))

    with pytest.raises(DigestMismatch, match="Review it again"):
        approve(db, first)
    with pytest.raises(DigestMismatch):
        approve(db, second, digest=first.digest)
    assert approve(db, second)


def test_a_version_whose_files_have_gone_cannot_be_approved(db):
    programme = make_programme(db)
    retention.note_programme_erased(db, programme=programme, actor="the house", now=NOW)

    with pytest.raises(WrongState, match="is erased"):
        approve(db, programme)


@pytest.mark.parametrize(
    ("name", "four_eyes", "refused"),
    [
        ("Anna Berg", True, True),
        (" anna   BERG ", True, True),
        ("Bea Chef", True, False),
        ("Anna Berg", False, False),
    ],
)
def test_with_four_eyes_nobody_approves_their_own_edit(db, name, four_eyes, refused):
    edited = finish_build(db, edit(db, make_programme(db), actor="Anna Berg"))
    yes = {"name": name, "four_eyes": four_eyes}

    if refused:
        with pytest.raises(FourEyesRequired, match="edited this version last"):
            approve(db, edited, **yes)
        assert edited.state is ProgrammeState.IN_REVIEW
    else:
        assert approve(db, edited, **yes)


def test_a_consent_withdrawn_since_the_build_forbids_the_approval_by_name(db):
    programme = make_programme(db)
    _withdraw(db, programme, to=ConsentLevel.SOUND)

    with pytest.raises(ConsentMissing) as refusal:
        approve(db, programme)

    assert refusal.value.message == (
        "Max Muster did not agree to be published on website."
    )


def test_a_question_taken_back_since_the_build_forbids_the_approval(db):
    office_hour = make_office_hour(db, state=OfficeHourState.HELD)
    question = make_question(db, office_hour)
    programme = make_programme(db, office_hour, chapters=[make_chapter(question)])
    questions.withdraw(db, question=question, actor="the person", now=NOW)

    with pytest.raises(ConsentMissing, match="the author of question 1"):
        approve(db, programme)


def test_an_embargo_without_a_zone_is_refused(db):
    programme = make_programme(db)

    with pytest.raises(StatementError, match="without a time zone"):
        approve(db, programme, not_before=datetime(2026, 12, 1, 18, 0))  # noqa: DTZ001 - the point


def test_a_refusal_says_why_and_takes_approvals_back(db):
    programme = make_programme(db, state=ProgrammeState.APPROVED)

    approvals.refuse(
        db, programme=programme, reason=" Name genannt ", name="Bea Chef", now=NOW
    )

    assert programme.state is ProgrammeState.REFUSED
    assert programme.refused_because == "Name genannt"
    assert approvals.approvals_of(db, programme.id) == []
    entry = entries_about(db, programme.id)[-1]
    assert (entry.actor, entry.act, entry.details) == (
        "Bea Chef",
        "programme.refused",
        {},
    )


def test_refusing_without_a_reason_or_too_early_is_refused(db):
    waiting = make_programme(db)
    building = make_programme(db, state=ProgrammeState.BUILDING)

    with pytest.raises(InvalidInput, match="say why it is refused"):
        approvals.refuse(db, programme=waiting, reason=" ", name="Bea", now=NOW)
    with pytest.raises(WrongState):
        approvals.refuse(db, programme=building, reason="x", name="Bea", now=NOW)

    assert (waiting.state, building.refused_because) == (ProgrammeState.IN_REVIEW, None)


def test_a_refused_version_is_edited_and_then_approved(db):
    refused = make_programme(db, state=ProgrammeState.REFUSED)

    edited = finish_build(db, edit(db, refused))

    assert approve(db, edited)
    assert refused.state is ProgrammeState.SUPERSEDED


def test_an_embargo_across_the_end_of_summer_time_is_one_moment(db):
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0)
    second = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)
    programme = make_programme(db)

    (approval,) = approve(db, programme, not_before=second)
    db.flush()
    db.expire(approval)

    assert approval.not_before - first.astimezone(approval.not_before.tzinfo) == (
        timedelta(hours=1)
    )
