"""``sprechstunde recording …``: tracks from the live engine or another system come in."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from pipeline.pieces import digest_of
from pipeline.recording_folder import (
    RecordingFolder,
    read_recording_folder,
    read_single_file,
    stage_files,
)
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
from portal.language import _, word
from portal.timecode import write_time
from portal.usage import Commands
from townhall.database import new_id
from townhall.errors import InvalidInput, phrase
from townhall.house import House
from townhall.media import ConsentLevel, Mark, Role
from townhall.officehours import (
    consents,
    consultations,
    questions,
    recordings,
    schedule,
)
from townhall.officehours.recordings import Recording

app = Commands(help=_("Recordings: isolated tracks."))


@app.command("import", help=_("Take in a folder with tracks.toml, or a finished file."))
def import_(
    source: Annotated[Path, typer.Argument(metavar="DIR", help=_("Folder or file."))],
    office_hour: Annotated[
        str, typer.Option(metavar="ID", help=_("Where it belongs."))
    ],
    single: Annotated[
        bool,
        typer.Option(
            "--single", help=_("It is one finished file; nobody knows who speaks.")
        ),
    ] = False,
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.reading() as db:
        schedule.find_office_hour(db, office_hour)
    brought = read_single_file(source) if single else read_recording_folder(source)
    recording = adopt(house, brought, office_hour_id=office_hour, actor=actor_name(as_))
    with house.reading() as db:
        slips = {
            participant.name: consents.withdrawal_token(
                participant.id, secret=house.secret
            )
            for participant in consultations.participants_of(
                db, recording.consultation_id
            )
        }
    if as_json:
        show_json(
            {
                "recording": recording.id,
                "consultation": recording.consultation_id,
                "withdrawal_tokens": slips,
            }
        )
        return
    out.print(
        _(
            "Taken in: {tracks} tracks, {duration}. Recording {id}.",
            tracks=len(brought.tracks),
            duration=write_time(recording.duration_s),
            id=recording.id,
        )
    )
    if single:
        err.print(
            _(
                "Nobody is named in a finished file. Make sure that everybody who is seen "
                "or heard in it has agreed before you approve it."
            )
        )


def adopt(
    house: House, brought: RecordingFolder, *, office_hour_id: str, actor: str
) -> Recording:
    """Copy the files into the house and register them; the same again changes nothing.

    Raises:
        MediaChanging: a file is no longer what was measured.
        NotFound: a mark names a question that does not exist.
    """
    digest = _source_digest(brought, office_hour_id)
    folder = house.recordings_folder / new_id()
    try:
        with house.writing() as db:
            known = recordings.recording_by_source(db, digest)
            if known is not None:
                return known
            at = now()
            hour = schedule.find_office_hour(db, office_hour_id)
            consultation = consultations.plan_consultation(
                db, office_hour=hour, actor=actor, now=at
            )
            ids: dict[str, str] = {}
            for track in brought.tracks:
                if track.participant is None or track.participant in ids:
                    continue
                participant = consultations.admit_participant(
                    db,
                    consultation=consultation,
                    name=track.participant,
                    role=track.role or Role.CITIZEN,
                    actor=actor,
                    now=at,
                )
                consents.give_consent(
                    db,
                    participant=participant,
                    level=track.consent or ConsentLevel.NONE,
                    actor=actor,
                    now=at,
                )
                ids[track.participant] = participant.id
            marks = [
                Mark(
                    question_id=questions.find_question(
                        db, office_hour=hour, ref=mark.question
                    ).id,
                    at_s=mark.at_ms / 1000,
                )
                for mark in brought.marks
            ]
            return recordings.register_recording(
                db,
                consultation=consultation,
                source_digest=digest,
                tracks=stage_files(brought, folder, ids),
                marks=marks,
                folder=house.recordings_folder,
                actor=actor,
                now=at,
            )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _source_digest(brought: RecordingFolder, office_hour_id: str) -> str:
    return digest_of(
        {
            "office_hour": office_hour_id,
            "tracks": [
                [t.participant, t.role, t.consent, t.kind, t.offset_ms, t.media.sha256]
                for t in brought.tracks
            ],
            "marks": [[mark.question, mark.at_ms] for mark in brought.marks],
        }
    )


@app.command("list", help=_("The recordings of an office hour."))
def list_(
    office_hour_id: OfficeHourArgument,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.reading() as db:
        schedule.find_office_hour(db, office_hour_id)
        found = recordings.recordings_of(db, office_hour_id)
        tracks = {r.id: recordings.tracks_of(db, r.id) for r in found}
    if as_json:
        show_json(
            [
                {
                    "recording": recording.id,
                    "consultation": recording.consultation_id,
                    "state": str(recording.state),
                    "duration_s": recording.duration_s,
                    "tracks": [
                        {
                            "kind": str(track.kind),
                            "offset_ms": track.offset_ms,
                            "duration_s": track.duration_s,
                            "erased": track.erased_at is not None,
                        }
                        for track in tracks[recording.id]
                    ],
                }
                for recording in found
            ]
        )
        return
    if not found:
        raise InvalidInput(
            field="recording", reason=phrase("nothing was recorded or imported yet")
        )
    show_table(
        [_("Recording"), _("State"), _("Length"), _("Tracks")],
        [
            [r.id, word(r.state), write_time(r.duration_s), str(len(tracks[r.id]))]
            for r in found
        ],
    )
