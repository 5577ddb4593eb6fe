"""``sprechstunde process`` and ``status``: the machine's part of the work."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.orm import Session

from portal.console import (
    DEFAULT_DATA,
    ActorOption,
    DataOption,
    JsonOption,
    OfficeHourArgument,
    actor_name,
    err,
    now,
    open_house,
    out,
    show_json,
    show_table,
)
from portal.errand_runner import house_at_work, look_again, running_house
from portal.language import _, told_progress, word
from townhall.errands import ErrandState, errands_of, try_again
from townhall.errors import SprechstundeError
from townhall.house import House
from townhall.officehours import programmes, publications, schedule
from townhall.officehours.programmes import Programme, ProgrammeState
from townhall.officehours.publications import Publication
from townhall.officehours.schedule import OfficeHourState


class ProcessingFailed(SprechstundeError):
    """The programme could not be built: {reason} Try again with: sprechstunde process {id}"""


def process(
    office_hour_id: OfficeHourArgument,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait",
            help=_("Wait for the review; starts what it needs, and stops it again."),
        ),
    ] = False,
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.writing() as db:
        office_hour = schedule.find_office_hour(db, office_hour_id)
        actor, at = actor_name(as_), now()
        if office_hour.state in {
            OfficeHourState.DRAFT,
            OfficeHourState.ANNOUNCED,
            OfficeHourState.LIVE,
        }:
            schedule.hold(db, office_hour=office_hour, actor=actor, now=at)
        programme = programmes.request_programme(
            db, office_hour=office_hour, actor=actor, now=at
        )
        retry_given_up(db, programme.id)
    if wait:
        programme = wait_for_review(house, programme.id)
    if as_json:
        show_json({"programme": programme.id, "state": str(programme.state)})
    elif programme.state is ProgrammeState.BUILDING:
        out.print(_("Will be built. See: sprechstunde status {id}", id=office_hour_id))
    else:
        out.print(
            _(
                "Version {version} is {state}. See: sprechstunde review {id}",
                version=programme.version,
                state=str(programme.state),
                id=office_hour_id,
            )
        )


def retry_given_up(db: Session, programme_id: str) -> None:
    """Whoever asks again wants another try of what was given up."""
    for errand in errands_of(db, programme_id):
        if errand.state is ErrandState.FAILED:
            try_again(db, key=errand.id)


def wait_for_review(house: House, programme_id: str) -> Programme:
    """Wait until a version is built, showing how far it is.

    Raises:
        ProcessingFailed: the machine gave up.
    """
    with house.reading() as db:
        programme = programmes.find_programme(db, programme_id)
    if programme.state is not ProgrammeState.BUILDING:
        return programme
    with (
        house_at_work(house),
        Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=err,
            transient=True,
        ) as progress,
    ):
        task = progress.add_task(_("waiting for the machine"), total=None)
        while True:
            with house.reading() as db:
                programme = programmes.find_programme(db, programme_id)
                errands = errands_of(db, programme_id)
            if programme.state is not ProgrammeState.BUILDING:
                return programme
            for errand in errands:
                if errand.state is ErrandState.FAILED:
                    raise ProcessingFailed(
                        reason=errand.error or "", id=programme.office_hour_id
                    )
                if errand.progress:
                    progress.update(task, description=told_progress(errand.progress))
            look_again()


def status(
    office_hour_id: Annotated[
        str | None, typer.Argument(metavar="ID", help=_("Only this office hour."))
    ] = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.reading() as db:
        hours = (
            [schedule.find_office_hour(db, office_hour_id)]
            if office_hour_id
            else schedule.office_hours(db)
        )
        rows = [office_hour_status(db, hour.id) for hour in hours]
    running = running_house(house)
    if as_json:
        answer: dict[str, Any] = {"running": running is not None, "office_hours": rows}
        show_json({**answer, **rows[0]} if office_hour_id else answer)
        return
    out.print(_("The house is running.") if running else _("The house is not running."))
    show_table(
        ["ID", _("State"), _("Version"), _("Programme"), _("Channels"), _("At work")],
        [
            [
                row["office_hour"],
                word(row["state"]),
                str(row["version"] or ""),
                word(row["programme_state"]) if row["programme_state"] else "",
                ", ".join(f"{c}: {word(s)}" for c, s in row["channels"].items()),
                "; ".join(
                    f"{word(e['step'])}: {_at_work(e)}"
                    for e in row["errands"]
                    if e["state"] != "done"
                ),
            ]
            for row in rows
        ],
    )


def _at_work(errand: dict[str, Any]) -> str:
    if errand["progress"]:
        return told_progress(errand["progress"])
    return errand["error"] or word(errand["state"])


def office_hour_status(db: Session, office_hour_id: str) -> dict[str, Any]:
    """Where an office hour stands, with the newest state on each channel."""
    hour = schedule.find_office_hour(db, office_hour_id)
    current = programmes.current_programme(db, office_hour_id)
    found = publications.publications_of(db, office_hour_id)
    subjects = [hour.id, *([current.id] if current else []), *[p.id for p in found]]
    return {
        "office_hour": hour.id,
        "title": hour.title,
        "state": str(hour.state),
        "programme": current.id if current else None,
        "version": current.version if current else None,
        "programme_state": str(current.state) if current else None,
        "channels": channel_states(found),
        "addresses": {str(p.channel): p.address for p in found if p.address},
        "errands": [
            {
                "step": errand.step,
                "state": str(errand.state),
                "attempt": errand.attempt,
                "progress": errand.progress,
                "error": errand.error,
            }
            for subject in subjects
            for errand in errands_of(db, subject)
        ],
    }


def channel_states(found: list[Publication]) -> dict[str, str]:
    """The state of the newest version on each channel."""
    return {str(p.channel): str(p.state) for p in found}
