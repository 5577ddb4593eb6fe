"""``cut`` and ``chapter``: edits of the newest version, in its own times."""

from __future__ import annotations

from typing import Annotated

import typer

from pipeline.edit_list import EditList
from pipeline.programme import edit_list_of
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
)
from portal.language import _
from portal.timecode import read_range, read_time, write_time
from townhall.errors import InvalidInput, phrase
from townhall.house import House
from townhall.media import ChapterPlacement, Cut, CutKind, ProgrammePlan
from townhall.officehours import (
    plans,
    programmes,
    questions,
    schedule,
)
from townhall.officehours.programmes import Edit, Programme

_ReasonOption = Annotated[str, typer.Option(help=_("Why; stands in the trail."))]


def plan_in_hand(house: House, programme: Programme) -> tuple[ProgrammePlan, EditList]:
    """The plan of a version and the edit list that its times go by."""
    with house.reading() as db:
        plan = plans.plan_of(
            db,
            db.merge(programme, load=False),
            municipality=house.settings.municipality.name,
            recordings_folder=house.recordings_folder,
        )
    return plan, edit_list_of(plan)


def cut(
    office_hour_id: OfficeHourArgument,
    reason: _ReasonOption,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="A-B", help=_("Take out; the programme gets shorter.")),
    ] = None,
    bleep: Annotated[
        list[str] | None, typer.Option(metavar="A-B", help=_("Cover the sound."))
    ] = None,
    blank: Annotated[
        list[str] | None, typer.Option(metavar="A-B", help=_("Cover the picture."))
    ] = None,
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    wanted = [
        (kind, *read_range(text))
        for kind, texts in (
            (CutKind.REMOVE, remove),
            (CutKind.BLEEP, bleep),
            (CutKind.BLANK, blank),
        )
        for text in texts or []
    ]
    if not wanted:
        raise InvalidInput(
            field="cut", reason=phrase("give --remove, --bleep or --blank A-B")
        )
    house = open_house(data)
    with house.reading() as db:
        programme = programmes.reviewable_programme(db, office_hour_id)
    plan, edits = plan_in_hand(house, programme)
    changes = [
        Edit(
            recording_id=plan.parts[part].recording.recording_id,
            cut=Cut(start_s=start_s, end_s=end_s, kind=kind, reason=reason),
        )
        for kind, from_s, to_s in wanted
        for part, start_s, end_s in _in_recordings(edits, from_s, to_s)
    ]
    with house.writing() as db:
        fresh = programmes.edit(
            db,
            programme=programmes.find_programme(db, programme.id),
            edits=changes,
            reason=reason,
            actor=actor_name(as_),
            now=now(),
        )
    say_new_version(fresh, office_hour_id, as_json=as_json)


def _in_recordings(
    edits: EditList, from_s: float, to_s: float
) -> tuple[tuple[int, float, float], ...]:
    """A stretch of the programme as (part, start, end) on the recordings' clocks."""
    if to_s > edits.duration_s:
        raise InvalidInput(
            field="cut",
            reason=phrase(
                "the programme ends at {end}", end=write_time(edits.duration_s)
            ),
        )
    return edits.stretch_to_sessions(from_s, to_s)


def say_new_version(fresh: Programme, office_hour_id: str, *, as_json: bool) -> None:
    """Tell that an edit made a version, and how to have it."""
    if as_json:
        show_json({"programme": fresh.id, "version": fresh.version})
    else:
        out.print(
            _(
                "Version {version} will be built. Watch: sprechstunde process {id} --wait",
                version=fresh.version,
                id=office_hour_id,
            )
        )


def chapter(
    office_hour_id: OfficeHourArgument,
    question: Annotated[str, typer.Option(metavar="REF", help=_("Which question."))],
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help=_("Where its answer begins."))
    ] = None,
    unanswered: Annotated[
        bool, typer.Option("--unanswered", help=_("It was never answered."))
    ] = False,
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    if (at is None) is not unanswered:
        raise InvalidInput(
            field="chapter", reason=phrase("give --at TIME or --unanswered")
        )
    house = open_house(data)
    with house.reading() as db:
        programme = programmes.reviewable_programme(db, office_hour_id)
        asked = questions.find_question(
            db, office_hour=schedule.find_office_hour(db, office_hour_id), ref=question
        )
    plan, edits = plan_in_hand(house, programme)
    if at is None:
        places: list[tuple[int, float | None]] = [
            (i, None) for i in range(len(plan.parts))
        ]
    else:
        at_s = read_time(at)
        if at_s >= edits.duration_s:
            raise InvalidInput(
                field="--at", reason=phrase("the programme is shorter than that")
            )
        places = [edits.programme_to_session(at_s)]
    with house.writing() as db:
        fresh = programmes.edit(
            db,
            programme=programmes.find_programme(db, programme.id),
            edits=[
                Edit(
                    recording_id=plan.parts[part].recording.recording_id,
                    placement=ChapterPlacement(question_id=asked.id, at_s=session_s),
                )
                for part, session_s in places
            ],
            reason=f"chapter of question {question}",
            actor=actor_name(as_),
            now=now(),
        )
    say_new_version(fresh, office_hour_id, as_json=as_json)
