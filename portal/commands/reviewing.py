"""``review``, ``cut``, ``chapter`` and ``transcript``: the press office's desk."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pipeline.captions import reassign_words
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
    show_table,
)
from portal.language import _, word
from portal.review_sheet import ReviewSheet, review_sheet
from portal.timecode import read_range, read_time, write_time
from portal.transcript_text import read_transcript_text, write_transcript_text
from portal.usage import Commands
from townhall.errors import InvalidInput, phrase
from townhall.house import House
from townhall.media import ChapterPlacement, Cut, CutKind, ProgrammePlan
from townhall.officehours import (
    plans,
    programmes,
    questions,
    recordings,
    schedule,
    transcripts,
)
from townhall.officehours.programmes import Edit, Programme

transcript_app = Commands(help=_("Transcripts, to correct."))
_ReasonOption = Annotated[str, typer.Option(help=_("Why; stands in the trail."))]


def review(
    office_hour_id: OfficeHourArgument,
    port: Annotated[
        int, typer.Option(help=_("Loopback port of the preview; 0 finds a free one."))
    ] = 0,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.reading() as db:
        programme = programmes.reviewable_programme(db, office_hour_id)
        sheet = review_sheet(db, house, programme)
    if as_json:
        show_json(sheet.as_json())
        return
    _print_sheet(sheet)
    from portal.preview import serve_preview

    folder = Path(tempfile.mkdtemp(prefix="preview-", dir=_private(house)))
    try:
        serve_preview(house, sheet, folder=folder, port=port, now=now())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _private(house: House) -> Path:
    house.run_folder.mkdir(parents=True, exist_ok=True)
    return house.run_folder


def _print_sheet(sheet: ReviewSheet) -> None:
    out.print(
        _(
            "Version {version}, {duration}, {state}",
            version=sheet.programme.version,
            duration=write_time(sheet.build.duration_s),
            state=str(sheet.programme.state),
        )
    )
    show_table(
        [_("Question"), _("From"), _("To"), _("Found by"), _("Certainty")],
        [
            [
                ", ".join(sheet.refs[i] for i in chapter.question_ids),
                write_time(chapter.start_s),
                write_time(chapter.end_s),
                word(chapter.source),
                _("please check")
                if chapter.needs_review
                else f"{chapter.confidence:.0%}",
            ]
            for chapter in sheet.build.chapters
        ],
    )
    if sheet.build.open_question_ids:
        out.print(
            _(
                "No answer found for: {refs}",
                refs=", ".join(sheet.refs[i] for i in sheet.build.open_question_ids),
            )
        )
    unsure = [s for s in sheet.build.transcript.segments if s.unsure]
    if unsure:
        out.print(
            _(
                "Please listen at: {times}",
                times=", ".join(write_time(s.start_s) for s in unsure),
            )
        )
    out.print(_("Digest: {digest}", digest=sheet.programme.digest or ""))


def _plan(house: House, programme: Programme) -> tuple[ProgrammePlan, EditList]:
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
    plan, edits = _plan(house, programme)
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
    _say_new_version(fresh, office_hour_id, as_json=as_json)


def _in_recordings(
    edits: EditList, from_s: float, to_s: float
) -> list[tuple[int, float, float]]:
    """A stretch of the programme as (part, start, end) on the recordings' clocks."""
    if to_s > edits.duration_s:
        raise InvalidInput(
            field="cut",
            reason=phrase(
                "the programme ends at {end}", end=write_time(edits.duration_s)
            ),
        )
    found = []
    for kept in edits.ranges:
        begin_s = kept.programme_frame / 25
        end_s = begin_s + kept.frames / 25
        start, stop = max(from_s, begin_s), min(to_s, end_s)
        if start < stop:
            shift = kept.start_frame / 25 - begin_s
            found.append((kept.part_index, start + shift, stop + shift))
    return found


def _say_new_version(fresh: Programme, office_hour_id: str, *, as_json: bool) -> None:
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
    plan, edits = _plan(house, programme)
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
    _say_new_version(fresh, office_hour_id, as_json=as_json)


@transcript_app.command(help=_("Write the transcript as text to correct, or as JSON."))
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
    plan, _edits = _plan(house, programme)
    text = write_transcript_text(plan)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text)
        out.print(_("Written to {file}.", file=str(output)))


@transcript_app.command(
    "import", help=_("Take corrections back from the exported text.")
)
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
    plan, _edits = _plan(house, programme)
    _keep_corrections(
        house,
        programme,
        plan,
        read_transcript_text(file, plan),
        actor=actor_name(as_),
        as_json=as_json,
    )


@transcript_app.command(help=_("Correct one passage, or a word everywhere."))
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
    plan, edits = _plan(house, programme)
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
    _say_new_version(fresh, programme.office_hour_id, as_json=as_json)
