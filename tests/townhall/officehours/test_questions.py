from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import NOW, SECOND, make_office_hour, make_question
from townhall.audit import AuditEntry, entries_about
from townhall.errors import DeadlinePassed, InvalidInput, NotFound, WrongState
from townhall.officehours import questions
from townhall.officehours.questions import QUESTION_MAX_CHARS, QuestionState

LATER = NOW + SECOND
ANYTHING = st.characters(codec=None)


@pytest.fixture
def office_hour(db):
    return make_office_hour(db)


def _doing(question, **more):
    return {"question": question, "actor": "Anna Berg", "now": LATER, **more}


def _last_act(db, row):
    return entries_about(db, row.id)[-1]


def test_a_question_arrives_unconfirmed_with_its_asker(db, office_hour):
    question = make_question(
        db,
        office_hour,
        state=QuestionState.SUBMITTED,
        author=" Max  Muster ",
        email="max@example.org",
        topic="Verkehr",
        may_be_named=True,
    )

    (asker,) = questions.askers_of(db, question)
    assert question.state is QuestionState.SUBMITTED
    assert (question.ref, question.topic) == ("1", "Verkehr")
    assert (asker.name, asker.email, asker.may_be_named) == (
        "Max Muster",
        "max@example.org",
        True,
    )
    entry = _last_act(db, question)
    assert (entry.actor, entry.act, entry.details) == (
        "the website",
        "question.submitted",
        {"channel": "web"},
    )


def test_nobody_may_be_named_unless_they_said_so(db, office_hour):
    question = make_question(db, office_hour, author="Max Muster")

    assert [a.may_be_named for a in questions.askers_of(db, question)] == [False]


def test_staff_vouch_for_an_author(db, office_hour):
    question = make_question(
        db, office_hour, state=QuestionState.SUBMITTED, confirmed=True
    )

    assert question.state is QuestionState.CONFIRMED


def test_numbers_go_on_after_the_highest(db, office_hour):
    refs = [
        make_question(db, office_hour, ref=ref).ref for ref in (None, "7", "a-1", None)
    ]

    assert refs == ["1", "7", "a-1", "8"]
    assert make_question(db, make_office_hour(db)).ref == "1"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": " \n\x00 "}, "text"),
        ({"text": "x" * (QUESTION_MAX_CHARS + 1)}, "text"),
        ({"ref": "1"}, "ref"),
        ({"ref": ""}, "ref"),
        ({"ref": "-"}, "ref"),
        ({"ref": "7 a"}, "ref"),
        ({"ref": "ü"}, "ref"),
        ({"ref": "<b>"}, "ref"),
        ({"ref": "7" * 21}, "ref"),
    ],
)
def test_a_question_that_cannot_be_used_is_refused(db, office_hour, changes, field):
    make_question(db, office_hour, ref="1")

    with pytest.raises(InvalidInput) as refusal:
        make_question(db, office_hour, **changes)

    assert refusal.value.details["field"] == field
    assert len(questions.questions_of(db, office_hour.id)) == 1


@settings(max_examples=60)
@given(
    line=st.fixed_dictionaries(
        {},
        optional={
            "text": st.text(ANYTHING, min_size=1, max_size=80),
            "ref": st.text(ANYTHING, max_size=8),
            "author": st.text(ANYTHING, max_size=20),
            "email": st.text(ANYTHING, max_size=20),
            "topic": st.text(ANYTHING, max_size=20),
        },
    )
)
def test_whatever_stands_in_a_list_is_taken_in_or_refused_in_words(
    db, office_hour, line
):
    try:
        question = make_question(db, office_hour, **line)
    except InvalidInput:
        return
    db.flush()
    db.expire(question)

    assert question.text == " ".join(question.text.split())
    assert question.ref.isascii()


def test_after_the_deadline_only_staff_can_hand_in(db):
    office_hour = make_office_hour(db, questions_until=NOW)

    with pytest.raises(DeadlinePassed):
        make_question(db, office_hour, now=LATER)

    assert make_question(db, office_hour, now=NOW).ref == "1"
    assert make_question(db, office_hour, now=LATER, confirmed=True).ref == "2"


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [
        (questions.confirm, QuestionState.SUBMITTED, QuestionState.CONFIRMED),
        (questions.accept, QuestionState.CONFIRMED, QuestionState.ACCEPTED),
        (questions.withdraw, QuestionState.ACCEPTED, QuestionState.WITHDRAWN),
        (questions.mark_answered, QuestionState.ACCEPTED, QuestionState.ANSWERED),
    ],
)
def test_each_decision_moves_the_question_and_stands_in_the_trail(
    db, office_hour, act, before, after
):
    question = make_question(db, office_hour, state=before)

    act(db, **_doing(question))

    assert question.state is after
    entry = _last_act(db, question)
    assert (entry.actor, entry.act, entry.at) == (
        "Anna Berg",
        f"question.{after}",
        LATER,
    )


def test_a_decision_out_of_turn_is_refused(db, office_hour):
    question = make_question(db, office_hour, state=QuestionState.SUBMITTED)

    with pytest.raises(WrongState, match="only confirmed, withdrawn is possible"):
        questions.accept(db, **_doing(question))


def test_an_answer_noted_twice_is_noted_once(db, office_hour):
    question = make_question(db, office_hour, state=QuestionState.ANSWERED)

    questions.mark_answered(db, **_doing(question))

    acts = [entry.act for entry in entries_about(db, question.id)]
    assert acts.count("question.answered") == 1


def test_a_refused_question_says_why(db, office_hour):
    question = make_question(db, office_hour, state=QuestionState.CONFIRMED)

    questions.refuse(db, **_doing(question, reason=" Kein Thema \n"))

    assert question.state is QuestionState.REFUSED
    assert question.refusal_reason == "Kein Thema"
    assert _last_act(db, question).act == "question.refused"


def test_refusing_without_a_reason_is_refused(db, office_hour):
    question = make_question(db, office_hour, state=QuestionState.CONFIRMED)

    with pytest.raises(InvalidInput, match="the asker wants to know why"):
        questions.refuse(db, **_doing(question, reason=" "))

    assert question.state is QuestionState.CONFIRMED


def test_a_refusal_that_comes_too_late_leaves_no_reason_behind(db, office_hour):
    question = make_question(db, office_hour)

    with pytest.raises(WrongState):
        questions.refuse(db, **_doing(question, reason="zu spät"))

    assert question.refusal_reason is None


def test_a_written_answer_stands_with_the_question(db, office_hour):
    question = make_question(db, office_hour)

    questions.answer_in_writing(db, **_doing(question, answer=" Ab Mai.\n"))

    assert question.state is QuestionState.WRITTEN_ANSWER
    assert question.written_answer == "Ab Mai."
    assert _last_act(db, question).act == "question.written_answer"


@pytest.mark.parametrize(
    ("answer", "state", "refusal"),
    [
        (" ", QuestionState.ACCEPTED, InvalidInput),
        ("Ab Mai.", QuestionState.CONFIRMED, WrongState),
    ],
)
def test_a_written_answer_that_is_empty_or_too_early_is_refused(
    db, office_hour, answer, state, refusal
):
    question = make_question(db, office_hour, state=state)

    with pytest.raises(refusal):
        questions.answer_in_writing(db, **_doing(question, answer=answer))

    assert question.written_answer is None


def test_merging_keeps_all_who_asked(db, office_hour):
    question = make_question(db, office_hour, author="Max")
    stays = make_question(db, office_hour, author="Eva")

    questions.merge(db, **_doing(question, into=stays))

    assert question.state is QuestionState.MERGED
    assert question.merged_into_id == stays.id
    assert {a.name for a in questions.askers_of(db, stays)} == {"Eva", "Max"}
    assert questions.askers_of(db, question) == []
    assert _last_act(db, question).details == {"into": stays.id}


def test_merging_with_itself_or_into_another_office_hour_is_refused(db, office_hour):
    question = make_question(db, office_hour)
    elsewhere = make_question(db, make_office_hour(db))

    for into in (question, elsewhere):
        with pytest.raises(InvalidInput, match="another question of the same"):
            questions.merge(db, **_doing(question, into=into))


@pytest.mark.parametrize(
    "state",
    [
        QuestionState.SUBMITTED,
        QuestionState.REFUSED,
        QuestionState.ANSWERED,
        QuestionState.WITHDRAWN,
    ],
)
def test_merging_into_a_question_that_is_not_open_is_refused(db, office_hour, state):
    question = make_question(db, office_hour)
    into = make_question(db, office_hour, state=state)

    with pytest.raises(InvalidInput, match=f"question 2 is {state}"):
        questions.merge(db, **_doing(question, into=into))


def test_a_merge_that_is_refused_moves_no_asker(db, office_hour):
    question = make_question(db, office_hour, state=QuestionState.REFUSED, author="Max")
    into = make_question(db, office_hour, author="Eva")

    with pytest.raises(WrongState):
        questions.merge(db, **_doing(question, into=into))

    assert [a.name for a in questions.askers_of(db, question)] == ["Max"]
    assert question.merged_into_id is None


def test_a_question_is_found_by_its_number_in_its_office_hour_only(db, office_hour):
    question = make_question(db, office_hour)

    assert questions.find_question(db, office_hour=office_hour, ref="1") is question
    with pytest.raises(NotFound, match="no Question with the id 2"):
        questions.find_question(db, office_hour=office_hour, ref="2")
    with pytest.raises(NotFound):
        questions.find_question(db, office_hour=make_office_hour(db), ref="1")


def test_questions_are_listed_as_people_count_and_by_state(db, office_hour):
    for ref in ("10", "b", "9", "a"):
        make_question(db, office_hour, ref=ref)
    make_question(db, office_hour, ref="2", state=QuestionState.REFUSED)

    listed = questions.questions_of(db, office_hour.id)
    accepted = questions.questions_of(db, office_hour.id, QuestionState.ACCEPTED)

    assert [q.ref for q in listed] == ["2", "9", "10", "a", "b"]
    assert [q.ref for q in accepted] == ["9", "10", "a", "b"]


@pytest.mark.parametrize(
    ("state", "act", "page_changes"),
    [
        (QuestionState.SUBMITTED, questions.confirm, False),
        (QuestionState.SUBMITTED, questions.withdraw, False),
        (QuestionState.CONFIRMED, questions.withdraw, False),
        (QuestionState.CONFIRMED, questions.accept, True),
        (QuestionState.ACCEPTED, questions.withdraw, True),
        (QuestionState.ACCEPTED, questions.mark_answered, True),
    ],
)
def test_the_page_shows_a_change_only_when_something_public_changed(
    db, office_hour, state, act, page_changes
):
    """Else the date of the page would tell when somebody handed something in."""
    question = make_question(db, office_hour, state=state)
    before = office_hour.changed_at

    act(db, **_doing(question))

    assert (office_hour.changed_at == LATER) is page_changes
    assert (office_hour.changed_at == before) is not page_changes


def test_the_trail_holds_no_name_address_or_word_of_an_asker(db, office_hour):
    for state in QuestionState:
        make_question(
            db,
            office_hour,
            state=state,
            author="Max Geheim",
            email="max@geheim.example",
            text="Geheime Frage",
            topic="Geheimes",
        )

    trail = [f"{e.actor} {e.act} {e.subject} {e.details}" for e in db.query(AuditEntry)]

    assert len(trail) > len(QuestionState)
    assert not [line for line in trail if "geheim" in line.casefold()]
