"""``sprechstunde demo``: the main job on real input, step by step, with nothing faked.

The rehearsed office hour in ``demo/`` is imported, heard, composed, reviewed,
approved and published by the same commands a town hall uses.
"""

from __future__ import annotations

import re
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from demo.recording import build_rehearsal, questions_csv
from demo.screenplay import read_screenplay
from pipeline.recording_folder import read_recording_folder
from portal.commands.housekeeping import init
from portal.commands.processing import wait_for_review
from portal.commands.recordings import adopt
from portal.console import err, now, open_house, out
from portal.errand_runner import house_at_work, look_again, running_house
from portal.language import _
from portal.question_list import read_question_list, take_in
from portal.review_sheet import ReviewSheet, review_sheet
from portal.timecode import write_time
from townhall.errors import SprechstundeError, listed, phrase
from townhall.house import House
from townhall.officehours import (
    approvals,
    programmes,
    publications,
    schedule,
)
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.publications import PublicationState
from townhall.settings import SETTINGS_FILE

_MODERATION = "Demo-Redaktion"
_APPROVER = "Demo-Freigabe"
_PUBLISH_WITHIN = timedelta(minutes=5)


class DemoFailed(SprechstundeError):
    """The demo is not complete: {reason}"""


def demo(
    exit_: Annotated[
        bool,
        typer.Option("--exit", help=_("End after publication instead of serving.")),
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option("--data", help=_("Data directory; a temporary one by default.")),
    ] = None,
    port: Annotated[
        int, typer.Option(help=_("Port of the website; 0 finds a free one."))
    ] = 8020,
) -> None:
    folder = data or Path(tempfile.mkdtemp(prefix="sprechstunde-demo-"))
    _step(_("Setting up {folder}", folder=str(folder)))
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / SETTINGS_FILE).exists():
        (folder / SETTINGS_FILE).write_text(_settings(port))
    init(folder)
    house = open_house(folder)
    with house_at_work(house):
        office_hour_id = _announce(house)
        _bring_recording(house, office_hour_id)
        sheet = _process(house, office_hour_id)
        address = _publish(house, office_hour_id)
        look_at_page(house, sheet, address)
        if exit_:
            return
        _serve(house, address)


def _step(sentence: str) -> None:
    out.print(f"• {sentence}", markup=False)


def _settings(port: int) -> str:
    play = read_screenplay()
    names = ", ".join(f'"{name}"' for name in play.proper_names)
    return (
        f'[municipality]\nname = "{play.town}"\n'
        f'[site]\nurl = "http://127.0.0.1:{port}"\n'
        f"[speech]\nglossary = [{names}]\n"
    )


def _announce(house: House) -> str:
    play = read_screenplay()
    _step(_("Announcing “{title}”, taking in the questions", title=play.title))
    host = next(person for person in play.people if person.role == "host")
    at = now()
    with house.writing() as db:
        hour = schedule.create_office_hour(
            db,
            title=play.title,
            host_name=host.name,
            host_office="Bürgermeisterin",
            starts_at=at - timedelta(hours=1),
            actor=_MODERATION,
            now=at,
        )
        schedule.announce(db, office_hour=hour, actor=_MODERATION, now=at)
        for listed in read_question_list(questions_csv()):
            take_in(
                db, listed, office_hour=hour, accepted=True, actor=_MODERATION, now=at
            )
    return hour.id


def _bring_recording(house: House, office_hour_id: str) -> None:
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as scratch:
        _step(_("Making the rehearsal's pictures"))
        folder = build_rehearsal(
            Path(scratch) / "recording", ffmpeg=house.settings.media.ffmpeg
        )
        _step(_("Importing the recorded tracks"))
        adopt(
            house,
            read_recording_folder(folder),
            office_hour_id=office_hour_id,
            actor=_MODERATION,
        )
    with house.writing() as db:
        hour = schedule.find_office_hour(db, office_hour_id)
        schedule.hold(db, office_hour=hour, actor=_MODERATION, now=now())
        programmes.request_programme(db, office_hour=hour, actor=_MODERATION, now=now())


def _process(house: House, office_hour_id: str) -> ReviewSheet:
    _step(_("Composing, transcribing and finding the answers (some minutes)"))
    with house.reading() as db:
        programme = programmes.reviewable_programme(db, office_hour_id)
    programme = wait_for_review(house, programme.id)
    with house.reading() as db:
        sheet = review_sheet(db, house, db.merge(programme, load=False))
    for chapter in sheet.build.chapters:
        out.print(
            _(
                "  {time}  question {refs}",
                time=write_time(chapter.start_s),
                refs=", ".join(sheet.refs_of(chapter)),
            ),
            markup=False,
        )
    return sheet


def _publish(house: House, office_hour_id: str) -> str:
    _step(_("Approving and publishing"))
    with house.writing() as db:
        programme = programmes.reviewable_programme(db, office_hour_id)
        approvals.approve(
            db,
            programme=programme,
            digest=programme.digest or "",
            name=_APPROVER,
            channels=[PublishingChannel.WEBSITE],
            four_eyes=True,
            now=now(),
        )
    deadline = now() + _PUBLISH_WITHIN
    while now() < deadline:
        with house.reading() as db:
            found = publications.publications_of(db, office_hour_id)
        for publication in found:
            if publication.state is PublicationState.PUBLISHED and publication.address:
                return publication.address
            if publication.state is PublicationState.FAILED:
                raise DemoFailed(reason=publication.error or "")
        look_again()
    raise DemoFailed(reason=phrase("it was not published in time"))


def look_at_page(house: House, sheet: ReviewSheet, address: str) -> None:
    """Nothing is taken for granted: the files people will fetch are opened."""
    site = house.site_folder / "current"
    path = address.removeprefix(house.settings.site.url).split("#")[0].strip("/")
    folder = site / path
    page = (folder / "index.html").read_text()
    tracks = re.findall(r'<track kind="(\w+)"[^>]* src="([^"]+)"', page)
    asked = {ref for chapter in sheet.build.chapters for ref in sheet.refs_of(chapter)}
    there = {
        "video": "<video" in page,
        "captions": _has_cues(site, folder, tracks, "captions"),
        "chapters": _has_cues(site, folder, tracks, "chapters")
        and bool(asked)
        and all(f'id="frage-{ref}"' in page for ref in asked),
    }
    missing = [what for what, found in there.items() if not found]
    if missing:
        raise DemoFailed(reason=phrase("the page lacks {parts}", parts=listed(missing)))


def _has_cues(
    site: Path, folder: Path, tracks: list[tuple[str, str]], kind: str
) -> bool:
    """Whether the page names a track of this kind, and the track holds cues."""
    return any(
        "-->"
        in ((site if src.startswith("/") else folder) / src.lstrip("/")).read_text()
        for found, src in tracks
        if found == kind
    )


def _serve(house: House, address: str) -> None:
    running: dict[str, Any] = running_house(house) or {}
    out.print()
    out.print(_("Published: {address}", address=address), markup=False)
    if flows := running.get("prefect_api_url"):
        out.print(_("Prefect API: {address}", address=flows), markup=False)
    err.print(
        _("Ctrl-C ends the demo. The data stays in {data}.", data=str(house.data))
    )
    from portal.site_server import serve_site

    serve_site(
        house.site_folder,
        host="127.0.0.1",
        port=int(house.settings.site.url.rsplit(":", maxsplit=1)[-1]),
    )
