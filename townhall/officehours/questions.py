"""Questions citizens hand in before an office hour, or ask live.

A question arrives through a channel, is confirmed by its author, moderated by
the press office and finally answered, on air or in writing. Merged questions keep
all who asked, so that each of them hears of the answer.

Looks back at: schedule.  Is looked at by: recordings, programmes, publications.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from townhall.audit import record_act
from townhall.database import Row, fetch, new_id, stored_enum
from townhall.errors import DeadlinePassed, InvalidInput, NotFound, phrase
from townhall.officehours.schedule import OfficeHour
from townhall.states import move
from townhall.wording import one_line, paragraphs

QUESTION_MAX_CHARS = 1_500  # fits one screen of the moderation page
REF_MAX_CHARS = 20


class Channel(StrEnum):
    """The way a question came in."""

    WEB = "web"  #: form on the website
    EMAIL = "email"  #: letter to the mailbox
    SOCIAL = "social"  #: mention in a social network
    PHONE = "phone"  #: noted down by staff
    ON_AIR = "on_air"  #: asked live


class QuestionState(StrEnum):
    """Where a question stands."""

    SUBMITTED = "submitted"  #: arrived, author not yet confirmed
    CONFIRMED = "confirmed"  #: the author is real; waits for the press office
    ACCEPTED = "accepted"  #: public, to be answered
    REFUSED = "refused"  #: not accepted; the asker sees why
    MERGED = "merged"  #: the same as another one, which carries its askers
    ANSWERED = "answered"  #: answered on air
    WRITTEN_ANSWER = "written_answer"  #: answered in writing
    WITHDRAWN = "withdrawn"  #: taken back by its author


_Q = QuestionState
#: what the website shows; any other question is nobody's business
PUBLIC_STATES = frozenset({_Q.ACCEPTED, _Q.ANSWERED, _Q.WRITTEN_ANSWER})


class Question(Row):
    """One question in the wording of its first asker."""

    __tablename__ = "question"
    __table_args__ = (UniqueConstraint("office_hour_id", "ref"),)
    MOVES: ClassVar[Mapping[QuestionState, frozenset[QuestionState]]] = {
        _Q.SUBMITTED: frozenset({_Q.CONFIRMED, _Q.WITHDRAWN}),
        _Q.CONFIRMED: frozenset({_Q.ACCEPTED, _Q.REFUSED, _Q.MERGED, _Q.WITHDRAWN}),
        _Q.ACCEPTED: frozenset(
            {_Q.ANSWERED, _Q.WRITTEN_ANSWER, _Q.MERGED, _Q.WITHDRAWN}
        ),
        _Q.REFUSED: frozenset(),
        _Q.MERGED: frozenset(),
        _Q.ANSWERED: frozenset(),
        _Q.WRITTEN_ANSWER: frozenset({_Q.ANSWERED}),
        _Q.WITHDRAWN: frozenset(),
    }

    id: Mapped[str] = mapped_column(primary_key=True)
    office_hour_id: Mapped[str] = mapped_column(
        ForeignKey("office_hour.id"), index=True
    )
    ref: Mapped[str]  #: the number people see
    text: Mapped[str]
    topic: Mapped[str | None]
    channel: Mapped[Channel] = mapped_column(stored_enum(Channel))
    state: Mapped[QuestionState] = mapped_column(stored_enum(QuestionState))
    refusal_reason: Mapped[str | None]
    merged_into_id: Mapped[str | None] = mapped_column(ForeignKey("question.id"))
    written_answer: Mapped[str | None]
    submitted_at: Mapped[datetime]


class Asker(Row):
    """Somebody who asked; several after merging."""

    __tablename__ = "asker"

    id: Mapped[str] = mapped_column(primary_key=True)
    question_id: Mapped[str] = mapped_column(ForeignKey("question.id"), index=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    may_be_named: Mapped[bool]


def submit_question(
    db: Session,
    *,
    office_hour: OfficeHour,
    text: str,
    channel: Channel,
    actor: str,
    now: datetime,
    ref: str | None = None,
    topic: str | None = None,
    author: str | None = None,
    email: str | None = None,
    may_be_named: bool = False,
    confirmed: bool = False,
) -> Question:
    """Take in a question.

    ``confirmed``: staff vouch for the author, no confirmation link is needed.

    Raises:
        InvalidInput: it is empty, too long, or its number is taken.
        DeadlinePassed: the office hour no longer takes questions from outside.
    """
    text = one_line(text)
    if not text:
        raise InvalidInput(field="text", reason=phrase("the question is empty"))
    if len(text) > QUESTION_MAX_CHARS:
        raise InvalidInput(
            field="text",
            reason=phrase(
                "{count} characters; at most {limit} are possible",
                count=len(text),
                limit=QUESTION_MAX_CHARS,
            ),
        )
    until = office_hour.questions_until
    if until is not None and now > until and not confirmed:
        raise DeadlinePassed(deadline=until.isoformat(timespec="minutes"))
    taken = set(
        db.scalars(
            select(Question.ref).where(Question.office_hour_id == office_hour.id)
        )
    )
    if ref is None:
        ref = str(max((int(r) for r in taken if r.isdigit()), default=0) + 1)
    elif ref in taken:
        raise InvalidInput(
            field="ref", reason=phrase("question {ref} exists already", ref=ref)
        )
    elif (
        not ref.replace("-", "").isalnum()
        or not ref.isascii()
        or len(ref) > REF_MAX_CHARS
    ):
        raise InvalidInput(
            field="ref",
            reason=phrase(
                "at most {limit} letters, digits and -, not {ref}",
                limit=REF_MAX_CHARS,
                ref=ref,
            ),
        )
    question = Question(
        id=new_id(),
        office_hour_id=office_hour.id,
        ref=ref,
        text=text,
        topic=one_line(topic or "") or None,
        channel=channel,
        state=_Q.CONFIRMED if confirmed else _Q.SUBMITTED,
        submitted_at=now,
    )
    db.add(question)
    db.flush()
    db.add(
        Asker(
            id=new_id(),
            question_id=question.id,
            name=one_line(author or "") or None,
            email=one_line(email or "") or None,
            may_be_named=may_be_named,
        )
    )
    record_act(
        db,
        actor=actor,
        act="question.submitted",
        subject=question.id,
        now=now,
        channel=str(channel),
    )
    return question


def find_question(db: Session, *, office_hour: OfficeHour, ref: str) -> Question:
    """The question with this number.

    Raises:
        NotFound: the office hour has none.
    """
    question = db.scalars(
        select(Question).where(
            Question.office_hour_id == office_hour.id, Question.ref == ref
        )
    ).one_or_none()
    if question is None:
        raise NotFound(kind="Question", id=ref)
    return question


def questions_of(
    db: Session, office_hour_id: str, *states: QuestionState
) -> list[Question]:
    """An office hour's questions in the order people number them."""
    query = select(Question).where(Question.office_hour_id == office_hour_id)
    if states:
        query = query.where(Question.state.in_(states))
    found = db.scalars(query)
    return sorted(
        found, key=lambda q: (not q.ref.isdigit(), q.ref.rjust(12, "0"), q.id)
    )


def askers_of(db: Session, question: Question) -> list[Asker]:
    """All who asked it, those of merged questions included."""
    return list(
        db.scalars(
            select(Asker).where(Asker.question_id == question.id).order_by(Asker.id)
        )
    )


def confirm(db: Session, *, question: Question, actor: str, now: datetime) -> None:
    """The author is real.

    Raises:
        WrongState: it does not wait for that.
    """
    _move(db, question, _Q.CONFIRMED, actor=actor, now=now)


def accept(db: Session, *, question: Question, actor: str, now: datetime) -> None:
    """Make the question public and ask the host to answer it.

    Raises:
        WrongState: its author is not confirmed, or it was decided already.
    """
    _move(db, question, _Q.ACCEPTED, actor=actor, now=now)


def refuse(
    db: Session, *, question: Question, reason: str, actor: str, now: datetime
) -> None:
    """Do not accept the question; the asker sees the reason.

    Raises:
        InvalidInput: no reason is given.
        WrongState: it was decided already.
    """
    if not reason.strip():
        raise InvalidInput(field="reason", reason=phrase("the asker wants to know why"))
    _move(db, question, _Q.REFUSED, actor=actor, now=now)
    question.refusal_reason = paragraphs(reason)


def merge(
    db: Session, *, question: Question, into: Question, actor: str, now: datetime
) -> None:
    """Two ask the same: ``into`` stays and carries the askers of both.

    Raises:
        InvalidInput: into itself, or of another office hour.
        WrongState: one of them is not open.
    """
    if question.id == into.id or question.office_hour_id != into.office_hour_id:
        raise InvalidInput(
            field="into",
            reason=phrase("choose another question of the same office hour"),
        )
    if into.state not in {_Q.CONFIRMED, _Q.ACCEPTED}:
        raise InvalidInput(
            field="into",
            reason=phrase(
                "question {ref} is {state}", ref=into.ref, state=str(into.state)
            ),
        )
    _move(db, question, _Q.MERGED, actor=actor, now=now, into=into.id)
    question.merged_into_id = into.id
    for asker in askers_of(db, question):
        asker.question_id = into.id
    if into.state in PUBLIC_STATES:  # it may name one more asker now
        fetch(db, OfficeHour, into.office_hour_id).changed_at = now


def withdraw(db: Session, *, question: Question, actor: str, now: datetime) -> None:
    """The author takes it back.

    Raises:
        WrongState: it was answered or decided already.
    """
    _move(db, question, _Q.WITHDRAWN, actor=actor, now=now)


def answer_in_writing(
    db: Session, *, question: Question, answer: str, actor: str, now: datetime
) -> None:
    """Answer on the page instead of on air.

    Raises:
        InvalidInput: the answer is empty.
        WrongState: the question is not accepted.
    """
    if not answer.strip():
        raise InvalidInput(field="answer", reason=phrase("it is empty"))
    _move(db, question, _Q.WRITTEN_ANSWER, actor=actor, now=now)
    question.written_answer = paragraphs(answer)


def mark_answered(
    db: Session, *, question: Question, actor: str, now: datetime
) -> None:
    """It was answered on air, and the answer is published."""
    if question.state is not _Q.ANSWERED:
        _move(db, question, _Q.ANSWERED, actor=actor, now=now)


def _move(
    db: Session,
    question: Question,
    to: QuestionState,
    *,
    actor: str,
    now: datetime,
    **details: str,
) -> None:
    before = question.state
    move(question, to)
    if not PUBLIC_STATES.isdisjoint({before, to}):
        fetch(db, OfficeHour, question.office_hour_id).changed_at = now
    record_act(
        db, actor=actor, act=f"question.{to}", subject=question.id, now=now, **details
    )
