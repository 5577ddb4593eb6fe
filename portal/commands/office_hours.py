"""``sprechstunde office-hour …``: dates from draft to announcement."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text

from portal.console import (
    DEFAULT_DATA,
    ActorOption,
    DataOption,
    JsonOption,
    OfficeHourArgument,
    actor_name,
    local_datetime,
    now,
    open_house,
    out,
    show_json,
    show_table,
)
from portal.language import _, moment, word
from portal.usage import Commands
from townhall.officehours import schedule
from townhall.officehours.questions import questions_of
from townhall.officehours.recordings import recordings_of
from townhall.officehours.schedule import OfficeHour

app = Commands(help=_("Office hours: dates and their life."))


@app.command(help=_("Draft an office hour."))
def create(
    title: Annotated[str, typer.Option(help=_("What it is about."))],
    host: Annotated[str, typer.Option(help=_("The politician who answers."))],
    starts: Annotated[
        str, typer.Option(metavar="TIME", help=_("e.g. 2026-12-01T18:00, local time."))
    ],
    ends: Annotated[
        str | None, typer.Option(metavar="TIME", help=_("When it ends."))
    ] = None,
    office: Annotated[
        str | None, typer.Option(help=_("The host's office, e.g. Bürgermeisterin."))
    ] = None,
    questions_until: Annotated[
        str | None, typer.Option(metavar="TIME", help=_("Deadline for questions."))
    ] = None,
    description: Annotated[
        str | None, typer.Option(help=_("A paragraph for its page."))
    ] = None,
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    zone = house.settings.site.timezone
    with house.writing() as db:
        office_hour = schedule.create_office_hour(
            db,
            title=title,
            host_name=host,
            host_office=office,
            starts_at=local_datetime(starts, timezone=zone, field="--starts"),
            ends_at=local_datetime(ends, timezone=zone, field="--ends")
            if ends
            else None,
            questions_until=local_datetime(
                questions_until, timezone=zone, field="--questions-until"
            )
            if questions_until
            else None,
            description=description,
            actor=actor_name(as_),
            now=now(),
        )
    if as_json:
        show_json({"id": office_hour.id})
    else:
        out.print(_("Drafted. Its id is {id}.", id=office_hour.id))


@app.command("list", help=_("All office hours, the latest first."))
def list_(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    house = open_house(data)
    with house.reading() as db:
        found = schedule.office_hours(db)
    if as_json:
        show_json([_as_json(office_hour) for office_hour in found])
        return
    show_table(
        ["ID", _("Start"), _("State"), _("Host"), _("Title")],
        [
            [
                o.id,
                moment(o.starts_at, house.settings.site.timezone),
                word(o.state),
                o.host_name,
                o.title,
            ]
            for o in found
        ],
    )


def _as_json(office_hour: OfficeHour) -> dict[str, Any]:
    return {
        "id": office_hour.id,
        "title": office_hour.title,
        "host": office_hour.host_name,
        "starts": office_hour.starts_at.isoformat(),
        "state": str(office_hour.state),
        "slug": office_hour.slug,
    }


@app.command(help=_("One office hour with its questions and recordings."))
def show(
    office_hour_id: OfficeHourArgument,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.reading() as db:
        office_hour = schedule.find_office_hour(db, office_hour_id)
        questions = questions_of(db, office_hour.id)
        recordings = recordings_of(db, office_hour.id)
    if as_json:
        show_json(
            {
                **_as_json(office_hour),
                "questions": [
                    {"ref": q.ref, "state": str(q.state), "text": q.text}
                    for q in questions
                ],
                "recordings": [
                    {"id": r.id, "state": str(r.state), "duration_s": r.duration_s}
                    for r in recordings
                ],
            }
        )
        return
    out.print(Text(office_hour.title, style="bold"))
    out.print(
        f"{moment(office_hour.starts_at, house.settings.site.timezone)} · "
        f"{office_hour.host_name} · {word(office_hour.state)}"
    )
    show_table(
        [_("Question"), _("State"), _("Text")],
        [[q.ref, word(q.state), q.text] for q in questions],
    )


@app.command(help=_("Make the date public; questions are welcome."))
def announce(
    office_hour_id: OfficeHourArgument,
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    house = open_house(data)
    with house.writing() as db:
        office_hour = schedule.find_office_hour(db, office_hour_id)
        schedule.announce(db, office_hour=office_hour, actor=actor_name(as_), now=now())
    out.print(_("Announced."))


@app.command(help=_("Call it off; its page says why."))
def cancel(
    office_hour_id: OfficeHourArgument,
    reason: Annotated[str, typer.Option(help=_("A sentence for the public."))],
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    house = open_house(data)
    with house.writing() as db:
        office_hour = schedule.find_office_hour(db, office_hour_id)
        schedule.cancel(
            db,
            office_hour=office_hour,
            reason=reason,
            actor=actor_name(as_),
            now=now(),
        )
    out.print(_("Cancelled."))
