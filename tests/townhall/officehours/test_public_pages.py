from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import (
    MUNICIPALITY,
    NOW,
    SECOND,
    approve,
    edit,
    finish_build,
    make_build,
    make_chapter,
    make_office_hour,
    make_programme,
    make_publication,
    make_question,
    people_by_name,
    read_build,
)
from townhall.errors import TownhallError
from townhall.media import ConsentLevel, PublicationPackage
from townhall.officehours import (
    approvals,
    consents,
    programmes,
    publications,
    questions,
    recordings,
    schedule,
)
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.programmes import ProgrammeState, find_programme
from townhall.officehours.public_pages import page_of, site_content
from townhall.officehours.publications import PublicationState
from townhall.officehours.questions import QuestionState
from townhall.officehours.schedule import OfficeHourState
from townhall.publishing import (
    OfficeHourPage,
    Politician,
    PublicQuestion,
    PublicQuestionState,
    SiteContent,
    Tombstone,
)

P = PublicationState
LATER = NOW + SECOND


def _content(db, now=LATER):
    return site_content(
        db,
        municipality=MUNICIPALITY,
        site_url="http://127.0.0.1:8020",
        timezone="Europe/Berlin",
        languages=["de", "en"],
        read_build=read_build,
        now=now,
    )


def _page(db, now=LATER):
    (page,) = _content(db, now).office_hours
    return page


def _withdraw(db, programme):
    recording = recordings.find_recording(db, programme.parts[0]["recording"])
    consents.withdraw_consent(
        db, participant=people_by_name(db, recording)["Max Muster"], now=LATER
    )


@pytest.fixture
def held(db):
    return make_office_hour(db, state=OfficeHourState.HELD)


def test_an_announced_office_hour_is_shown_whole(db):
    office_hour = make_office_hour(
        db, description="Fragen zum Haushalt", host_office="Bürgermeisterin"
    )
    question = make_question(
        db, office_hour, author="Eva Frage", may_be_named=True, topic="Verkehr"
    )

    assert _content(db) == SiteContent(
        municipality=MUNICIPALITY,
        site_url="http://127.0.0.1:8020",
        timezone="Europe/Berlin",
        languages=("de", "en"),
        office_hours=(
            OfficeHourPage(
                office_hour_id=office_hour.id,
                slug="2026-11-30-haushalt-und-radwege",
                title="Haushalt und Radwege",
                description="Fragen zum Haushalt",
                politician=Politician(
                    politician_id="dr-jana-roth",
                    name="Dr. Jana Roth",
                    office="Bürgermeisterin",
                ),
                starts_at=NOW + timedelta(days=7),
                ends_at=None,
                cancelled=False,
                cancellation_reason=None,
                changed_at=NOW,
                sequence=0,
                questions=(
                    PublicQuestion(
                        question_id=question.id,
                        ref="1",
                        text="Wann fährt der Bus wieder?",
                        topic="Verkehr",
                        author="Eva Frage",
                        state=PublicQuestionState.OPEN,
                    ),
                ),
            ),
        ),
    )


def test_equal_rows_make_equal_content_whenever_it_is_asked_for(db):
    make_publication(db)

    assert _content(db) == _content(db, now=LATER + timedelta(days=1))


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (OfficeHourState.DRAFT, False),
        (OfficeHourState.ANNOUNCED, True),
        (OfficeHourState.LIVE, True),
        (OfficeHourState.HELD, True),
    ],
)
def test_an_office_hour_has_a_page_once_it_is_announced(db, state, shown):
    make_office_hour(db, state=state)

    assert len(_content(db).office_hours) == shown


def test_a_draft_that_is_called_off_stays_unseen(db):
    make_office_hour(db, state=OfficeHourState.CANCELLED)

    assert _content(db).office_hours == ()


def test_an_announced_one_that_is_called_off_says_why(db):
    schedule.cancel(
        db,
        office_hour=make_office_hour(db),
        reason="Krankheit",
        actor="Anna Berg",
        now=NOW,
    )

    page = _page(db)

    assert (page.cancelled, page.cancellation_reason) == (True, "Krankheit")


def test_one_held_elsewhere_stays_unseen_until_something_of_it_is_shown(db):
    office_hour = make_office_hour(db, state=OfficeHourState.DRAFT)
    schedule.hold(db, office_hour=office_hour, actor="Anna Berg", now=NOW)
    publication = make_publication(db, make_programme(db, office_hour), state=P.DUE)
    assert _content(db).office_hours == ()

    publications.begin_publishing(db, publication=publication, now=NOW)

    assert _page(db).publication is not None


@pytest.mark.parametrize("state", QuestionState)
def test_only_accepted_and_answered_questions_are_shown(db, held, state):
    shown = {
        QuestionState.ACCEPTED: PublicQuestionState.OPEN,
        QuestionState.ANSWERED: PublicQuestionState.ANSWERED,
        QuestionState.WRITTEN_ANSWER: PublicQuestionState.WRITTEN_ANSWER,
    }
    question = make_question(db, held, state=state)

    found = {q.question_id: q.state for q in _page(db).questions}

    assert found.get(question.id) is shown.get(state)


def test_nothing_private_of_anybody_is_in_the_content(db, held):
    """Everything that must not get out is marked, and is really there to get out."""
    secret = "geheim"
    for state in QuestionState:
        make_question(
            db,
            held,
            state=state,
            author=f"Max {secret}",
            email=f"max@{secret}.example",
            text=f"Frage {state}"
            if state in questions.PUBLIC_STATES
            else f"Frage {secret}",
        )
    make_office_hour(db, state=OfficeHourState.DRAFT, title=secret)
    programme = make_programme(
        db, held, people={f"Eva {secret}": ConsentLevel.SOUND_WITHOUT_NAME}
    )
    programme = finish_build(db, edit(db, programme, actor=f"Redaktion {secret}"))
    approve(db, programme, name=f"Leitung {secret}")
    make_publication(db, programme)

    content = _content(db)

    assert content.office_hours[0].publication is not None
    assert len(questions.questions_of(db, held.id)) > len(
        content.office_hours[0].questions
    )
    assert secret not in repr(content)


def test_a_published_programme_is_shown_as_it_was_approved(db, held):
    question = make_question(db, held)
    chapter = make_chapter(question)
    programme = make_programme(db, held, chapters=[chapter])

    publication = make_publication(db, programme)

    assert _page(db).publication == PublicationPackage(
        office_hour_id=held.id,
        programme_id=programme.id,
        version=1,
        digest=programme.digest,
        approved_at=NOW,
        published_at=publication.published_at,
        build=make_build(digest=programme.digest, chapters=[chapter]),
    )
    assert _page(db).tombstone is None


@pytest.mark.parametrize(
    ("state", "shown", "tombstone"),
    [
        (P.DUE, False, False),
        (P.PUBLISHING, True, False),
        (P.PUBLISHED, True, False),
        (P.RETRACTING, False, True),
        (P.RETRACTED, False, True),
        (P.FAILED, False, False),
    ],
)
def test_a_programme_is_shown_only_while_it_is_out(db, state, shown, tombstone):
    make_publication(db, state=state)

    page = _page(db)

    assert (page.publication is not None) is shown
    assert (page.tombstone is not None) is tombstone


def _edited(db, programme):
    edit(db, programme)


def _refused(db, programme):
    approvals.refuse(db, programme=programme, reason="x", name="Bea", now=LATER)


def _retracted(db, programme):
    publications.retract(
        db,
        office_hour=schedule.find_office_hour(db, programme.office_hour_id),
        reason="x",
        actor="Bea",
        now=LATER,
    )


def _under_embargo_again(db, programme):
    approve(db, programme, not_before=NOW + timedelta(days=1), now=LATER)


@pytest.mark.parametrize("state", [P.PUBLISHING, P.PUBLISHED])
@pytest.mark.parametrize("act", [_withdraw, _refused, _retracted, _under_embargo_again])
def test_it_is_gone_from_the_content_at_once_before_anybody_takes_it_down(
    db, state, act
):
    publication = make_publication(db, state=state)
    assert _page(db).publication is not None

    act(db, find_programme(db, publication.programme_id))

    assert publication.state is state
    assert _page(db).publication is None


def test_an_edit_while_it_is_being_shown_takes_it_out_for_good(db):
    publication = make_publication(db, state=P.PUBLISHING)
    _edited(db, find_programme(db, publication.programme_id))
    assert _page(db).publication is None

    publications.mark_published(db, publication=publication, address="x", now=LATER)

    assert _page(db).publication is None


def test_an_edit_after_it_was_shown_leaves_it_standing(db):
    publication = make_publication(db)

    _edited(db, find_programme(db, publication.programme_id))

    assert _page(db).publication.programme_id == publication.programme_id


def test_the_newer_version_stands_in_the_place_of_the_older(db):
    first = make_publication(db)
    second = finish_build(db, edit(db, find_programme(db, first.programme_id)))

    make_publication(db, second, state=P.PUBLISHING)

    assert _page(db).publication.version == 2


def test_a_rehearsal_is_not_on_the_website(db):
    make_publication(db, channel=PublishingChannel.REHEARSAL)

    assert _page(db).publication is None


def test_a_tombstone_says_why_and_never_who(db):
    publication = make_publication(db)
    _withdraw(db, find_programme(db, publication.programme_id))
    publications.begin_retracting(db, publication=publication, now=LATER)

    during = _page(db).tombstone
    publications.mark_retracted(db, publication=publication, now=LATER + SECOND)

    assert during == Tombstone(retracted_at=LATER, reason=publications.CONSENT_REASON)
    assert _page(db).tombstone == during


def test_what_nobody_ever_saw_leaves_no_tombstone(db):
    publication = make_publication(db, state=P.DUE)
    _withdraw(db, find_programme(db, publication.programme_id))
    publications.begin_retracting(db, publication=publication, now=LATER)
    publications.mark_retracted(db, publication=publication, now=LATER)

    assert _page(db).tombstone is None


def test_a_new_version_takes_the_place_of_the_tombstone(db):
    publication = make_publication(db)
    _withdraw(db, find_programme(db, publication.programme_id))
    publications.begin_retracting(db, publication=publication, now=LATER)
    publications.mark_retracted(db, publication=publication, now=LATER)
    (fresh,) = programmes.rebuild_stale_programmes(db, now=LATER)
    assert _page(db).tombstone is not None

    make_publication(db, finish_build(db, fresh), now=LATER + SECOND)

    page = _page(db, now=LATER + SECOND)
    assert (page.publication.version, page.tombstone) == (2, None)


ACTS = {
    "edit": _edited,
    "withdraw": _withdraw,
    "refuse": _refused,
    "retract": _retracted,
    "approve": lambda db, programme: approve(db, programme, now=LATER),
    "build": finish_build,
    "rebuild": lambda db, _p: programmes.rebuild_stale_programmes(db, now=LATER),
    "due": lambda db, _p: publications.approved_programmes_due(db, now=LATER),
    "begin": lambda db, _p: [
        publications.begin_publishing(db, publication=p, now=LATER)
        for p in publications.publications_due(db)
    ],
    "publish": lambda db, _p: [
        publications.mark_published(db, publication=p, address="x", now=LATER)
        for p in publications.publications_due(db)
        if p.state is P.PUBLISHING
    ],
    "take down": lambda db, _p: [
        publications.begin_retracting(db, publication=p, now=LATER)
        for p in publications.publications_to_retract(db, now=LATER)
    ],
    "gone": lambda db, _p: [
        publications.mark_retracted(db, publication=p, now=LATER)
        for p in publications.publications_to_retract(db, now=LATER)
        if p.state is P.RETRACTING
    ],
}


@settings(max_examples=25)
@given(
    start=st.sampled_from([P.DUE, P.PUBLISHING, P.PUBLISHED]),
    walk=st.lists(st.sampled_from(sorted(ACTS)), min_size=2, max_size=10),
)
def test_in_whatever_order_people_and_machines_act_only_what_is_approved_is_shown(
    db, start, walk
):
    with db.begin_nested() as house_of_this_walk:
        _walk(db, start, walk)
        house_of_this_walk.rollback()


def _walk(db, start, walk):
    office_hour = make_office_hour(db, state=OfficeHourState.HELD)
    make_publication(db, make_programme(db, office_hour), state=start)
    for act in walk:
        current = programmes.reviewable_programme(db, office_hour.id)
        try:
            with db.begin_nested():
                ACTS[act](db, current)
        except (TownhallError, AssertionError):
            continue  # refused: that is an answer, too

        shown = page_of(db, office_hour, read_build=read_build, now=LATER).publication
        if shown is None:
            continue
        version = find_programme(db, shown.programme_id)
        in_force = [
            a
            for a in approvals.approvals_of(db, version.id)
            if a.digest == shown.digest == version.digest == shown.build.digest
        ]
        assert in_force
        assert version.state is ProgrammeState.APPROVED
        assert not programmes.is_stale(db, version)
        if version is not programmes.reviewable_programme(db, office_hour.id):
            (publication,) = [
                p
                for p in publications.publications_of(db, office_hour.id)
                if p.programme_id == version.id
            ]
            assert publication.state is P.PUBLISHED  # shown before it was edited
