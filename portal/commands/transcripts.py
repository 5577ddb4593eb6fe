"""``transcript …``: correct what the machine heard, in any text editor."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pipeline.captions import reassign_words
from portal.commands.editing import plan_in_hand, say_new_version
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
)
from portal.language import _
from portal.timecode import read_time
from portal.transcript_text import read_transcript_text, write_transcript_text
from portal.usage import Commands
from townhall.errors import InvalidInput, phrase
from townhall.house import House
from townhall.media import ProgrammePlan
from townhall.officehours import (
    programmes,
    recordings,
    transcripts,
)
from townhall.officehours.programmes import Programme

app = Commands(help=_("Transcripts, to correct."))


@app.command(help=_("Write the transcript as text to correct, or as JSON."))
def export(
    office_hour_id: OfficeHourArgument,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help=_("Where to; else the screen."))
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    house = open_house(data)
    with house.reading() as db:
        programme = programmes.reviewable_programme(db, office_hour_id)
    plan, _edits = plan_in_hand(house, programme)
    text = write_transcript_text(plan)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text)
        out.print(_("Written to {file}.", file=str(output)))


@app.command("import", help=_("Take corrections back from the exported text."))
def import_(
    office_hour_id: OfficeHourArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help=_("Corrected text."))],
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.reading() as db:
        programme = programmes.reviewable_programme(db, office_hour_id)
    plan, _edits = plan_in_hand(house, programme)
    _keep_corrections(
        house,
        programme,
        plan,
        read_transcript_text(file, plan),
        actor=actor_name(as_),
        as_json=as_json,
    )


@app.command(help=_("Correct one passage, or a word everywhere."))
def correct(
    office_hour_id: OfficeHourArgument,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help=_("Where the passage is."))
    ] = None,
    text: Annotated[str | None, typer.Option(help=_("What was really said."))] = None,
    replace_: Annotated[
        str | None, typer.Option("--replace", metavar="WORDS", help=_("Wrong words."))
    ] = None,
    with_: Annotated[
        str | None, typer.Option("--with", metavar="WORDS", help=_("Right words."))
    ] = None,
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.reading() as db:
        programme = programmes.reviewable_programme(db, office_hour_id)
    plan, edits = plan_in_hand(house, programme)
    texts: dict[tuple[int, int], str] = {}
    if at is not None and text is not None:
        part, session_s = edits.programme_to_session(read_time(at))
        segments = plan.parts[part].speech.transcript.segments
        near = [
            index
            for index, segment in enumerate(segments)
            if segment.start_s - 0.5 <= session_s < segment.end_s + 0.5
        ]
        if not near:
            raise InvalidInput(field="--at", reason=phrase("nobody speaks there"))
        nearest = min(near, key=lambda i: abs(segments[i].start_s - session_s))
        texts[part, nearest] = text
    elif replace_ and with_ is not None:
        for part, each in enumerate(plan.parts):
            for index, segment in enumerate(each.speech.transcript.segments):
                if replace_ in segment.text:
                    texts[part, index] = segment.text.replace(replace_, with_)
        if not texts:
            raise InvalidInput(
                field="--replace", reason=phrase("nobody says {words}", words=replace_)
            )
    else:
        raise InvalidInput(
            field="correct",
            reason=phrase("give --at TIME --text …, or --replace … --with …"),
        )
    _keep_corrections(
        house, programme, plan, texts, actor=actor_name(as_), as_json=as_json
    )


def _keep_corrections(
    house: House,
    programme: Programme,
    plan: ProgrammePlan,
    texts: dict[tuple[int, int], str],
    *,
    actor: str,
    as_json: bool,
) -> None:
    """Save new words of (part, segment); a version with them is built."""
    at, changed = now(), False
    with house.writing() as db:
        for number, part in enumerate(plan.parts):
            segments = part.speech.transcript.segments
            corrected = [
                replace(reassign_words(segments[index], text), unsure=False)
                for (part_index, index), text in texts.items()
                if part_index == number and segments[index].text != text
            ]
            if corrected:
                changed |= (
                    transcripts.correct_segments(
                        db,
                        recording=recordings.find_recording(
                            db, part.recording.recording_id
                        ),
                        corrected=corrected,
                        actor=actor,
                        now=at,
                    )
                    is not None
                )
        if not changed:
            raise InvalidInput(field="transcript", reason=phrase("nothing was changed"))
        fresh = programmes.pin_newest_transcripts(
            db,
            programme=programmes.find_programme(db, programme.id),
            reason="transcript corrected",
            actor=actor,
            now=at,
        )
    say_new_version(fresh, programme.office_hour_id, as_json=as_json)
