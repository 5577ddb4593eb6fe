"""``sprechstunde questions …``: from the list that came in to the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from portal.console import (
    DEFAULT_DATA,
    ActorOption,
    DataOption,
    JsonOption,
    OfficeHourArgument,
    actor_name,
    now,
    open_house,
    out,
    show_json,
    show_table,
)
from portal.language import _, word
from portal.question_list import line_of, read_question_list, take_in
from portal.usage import Commands
from townhall.errors import InvalidInput, SprechstundeError, phrase
from townhall.officehours import questions, schedule
from townhall.officehours.questions import Question
from townhall.officehours.schedule import OfficeHour

app = Commands(help=_("Questions that citizens hand in."))
RefArgument = Annotated[
    str, typer.Argument(metavar="REF", help=_("Number of the question."))
]


@contextmanager
def _question(
    data: Path, office_hour_id: str, ref: str
) -> Iterator[tuple[Session, OfficeHour, Question]]:
    house = open_house(data)
    with house.writing() as db:
        office_hour = schedule.find_office_hour(db, office_hour_id)
        yield (
            db,
            office_hour,
            questions.find_question(db, office_hour=office_hour, ref=ref),
        )


@app.command(
    "import", help=_("Take in a CSV list: ref,author,email,channel,topic,text.")
)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("The list."))],
    office_hour: Annotated[str, typer.Option(metavar="ID", help=_("Whose questions."))],
    accept: Annotated[
        bool, typer.Option("--accept", help=_("Accept all of them at once."))
    ] = False,
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    listed = read_question_list(file)
    actor, at = actor_name(as_), now()
    with house.writing() as db:  # all of them, or none
        hour = schedule.find_office_hour(db, office_hour)
        refs = []
        for line in listed:
            try:
                question = take_in(
                    db, line, office_hour=hour, accepted=accept, actor=actor, now=at
                )
            except SprechstundeError as error:
                raise InvalidInput(
                    field=line_of(file, line.line),
                    reason=phrase(error.template, **error.details),
                ) from error
            refs.append(question.ref)
    if as_json:
        show_json({"imported": refs})
    else:
        out.print(_("{count} questions taken in.", count=len(refs)))


@app.command("list", help=_("All questions of an office hour."))
def list_(
    office_hour_id: OfficeHourArgument,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.reading() as db:
        schedule.find_office_hour(db, office_hour_id)
        found = questions.questions_of(db, office_hour_id)
        askers = {q.id: len(questions.askers_of(db, q)) for q in found}
    if as_json:
        show_json(
            [
                {
                    "ref": q.ref,
                    "state": str(q.state),
                    "topic": q.topic,
                    "text": q.text,
                    "askers": askers[q.id],
                }
                for q in found
            ]
        )
        return
    show_table(
        [_("Question"), _("State"), _("Askers"), _("Topic"), _("Text")],
        [
            [q.ref, word(q.state), str(askers[q.id]), q.topic or "", q.text]
            for q in found
        ],
    )


@app.command(help=_("Accept questions: they become public and are to be answered."))
def accept(
    office_hour_id: OfficeHourArgument,
    refs: Annotated[
        list[str], typer.Argument(metavar="REF…", help=_("Numbers of the questions."))
    ],
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    house = open_house(data)
    with house.writing() as db:
        hour = schedule.find_office_hour(db, office_hour_id)
        for ref in refs:
            question = questions.find_question(db, office_hour=hour, ref=ref)
            questions.accept(db, question=question, actor=actor_name(as_), now=now())
    out.print(_("Accepted."))


@app.command(help=_("Refuse a question; the asker sees the reason."))
def refuse(
    office_hour_id: OfficeHourArgument,
    ref: RefArgument,
    reason: Annotated[str, typer.Option(help=_("A sentence for the asker."))],
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    with _question(data, office_hour_id, ref) as (db, _hour, question):
        questions.refuse(
            db, question=question, reason=reason, actor=actor_name(as_), now=now()
        )
    out.print(_("Refused."))


@app.command(help=_("Two ask the same: the second one carries both."))
def merge(
    office_hour_id: OfficeHourArgument,
    ref: RefArgument,
    into: Annotated[str, typer.Option(metavar="REF", help=_("The one that stays."))],
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    with _question(data, office_hour_id, ref) as (db, hour, question):
        questions.merge(
            db,
            question=question,
            into=questions.find_question(db, office_hour=hour, ref=into),
            actor=actor_name(as_),
            now=now(),
        )
    out.print(_("Merged."))


@app.command("answer-in-writing", help=_("Answer on the page instead of on air."))
def answer_in_writing(
    office_hour_id: OfficeHourArgument,
    ref: RefArgument,
    answer: Annotated[str, typer.Option(help=_("The answer."))],
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    with _question(data, office_hour_id, ref) as (db, _hour, question):
        questions.answer_in_writing(
            db, question=question, answer=answer, actor=actor_name(as_), now=now()
        )
    out.print(_("Answered."))
