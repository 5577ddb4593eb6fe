"""``review``: see the newest version as the public would."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from portal.console import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    OfficeHourArgument,
    now,
    open_house,
    out,
    show_json,
    show_table,
)
from portal.language import _, word
from portal.review_sheet import ReviewSheet, review_sheet
from portal.timecode import write_time
from townhall.house import House
from townhall.officehours import (
    programmes,
)


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
                ", ".join(sheet.refs_of(chapter)),
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
