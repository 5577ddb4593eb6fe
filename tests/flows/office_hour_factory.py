"""A held office hour on disk: tracks made by ffmpeg, brought in by the real import."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flows.site import programme_folder
from pipeline.pieces import PieceStore, sha256_of_file
from pipeline.programme_json import build_to_json
from pipeline.recording_folder import read_recording_folder
from portal.commands.recordings import adopt
from tests.factories import make_build, make_chapter
from townhall.house import House
from townhall.media import ConsentLevel, Rendition
from townhall.officehours import (
    approvals,
    consents,
    consultations,
    programmes,
    publications,
    questions,
    schedule,
)
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.questions import Channel

HOST, CITIZEN = "Dr. Jana Roth", "Max Muster"
CITIZEN_SAYS = "Wann fährt der Bus wieder?"
_TRACKS = """\
[[track]]
file = "host.ogg"
participant = "{host}"
role = "host"
kind = "audio"
offset_ms = 0
consent = "picture_and_sound"

[[track]]
file = "host.mkv"
participant = "{host}"
role = "host"
kind = "video"
offset_ms = 0
consent = "picture_and_sound"

[[track]]
file = "citizen.ogg"
participant = "{citizen}"
role = "citizen"
kind = "audio"
offset_ms = 500
consent = "sound"

[[mark]]
question = "1"
at_ms = 1000
"""


def film(folder: Path, *, seconds: float, tone_hz: int = 330) -> Path:
    """A recording folder: the host's bars and tone, the citizen's other tone.

    Another ``tone_hz`` makes other bytes, hence other pieces.
    """
    folder.mkdir(parents=True)
    tone = "sine=frequency={}:sample_rate=48000"
    for name, source, encoder in (
        ("host.ogg", tone.format(tone_hz), "libopus"),
        ("citizen.ogg", tone.format(tone_hz + 220), "libopus"),
        ("host.mkv", f"testsrc2=size={tone_hz // 2 * 2}x180:rate=25", "libx264"),
    ):
        subprocess.run(
            [
                *("ffmpeg", "-hide_banner", "-loglevel", "error", "-y"),
                *("-f", "lavfi", "-i", source, "-t", str(seconds)),
                *("-c:v" if encoder == "libx264" else "-c:a", encoder),
                *("-threads", "1", str(folder / name)),
            ],
            check=True,
        )
    (folder / "tracks.toml").write_text(_TRACKS.format(host=HOST, citizen=CITIZEN))
    return folder


def make_house(data: Path, *, tables: Path, model: Path, **sections: object) -> House:
    """A house with a copy of migrated tables, ready for the flows' processes."""
    data.mkdir()
    (data / "townhall.sqlite3").write_bytes(tables.read_bytes())
    about = {
        "site": {"search": False},
        "speech": {"model": str(model)},
        "media": {"min_free_gb": 0.1},
        **sections,
    }
    (data / "sprechstunde.toml").write_text(
        "\n".join(
            f"[{section}]\n"
            + "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
            for section, values in about.items()
        )
    )
    return House.at(data)


def hold_office_hour(house: House, recording: Path, *, now) -> str:
    """Announce, ask, hold, import and ask for the programme; return the id."""
    doing = {"actor": "Anna Berg", "now": now}
    with house.writing() as db:
        hour = schedule.create_office_hour(
            db,
            title="Haushalt und Radwege",
            host_name=HOST,
            starts_at=now - timedelta(hours=1),
            **doing,
        )
        schedule.announce(db, office_hour=hour, **doing)
        question = questions.submit_question(
            db,
            office_hour=hour,
            text=CITIZEN_SAYS,
            channel=Channel.EMAIL,
            confirmed=True,
            **doing,
        )
        questions.accept(db, question=question, **doing)
    adopt(
        house,
        read_recording_folder(recording),
        office_hour_id=hour.id,
        actor="Anna Berg",
    )
    request_programme(house, hour.id, now=now)
    return hour.id


def finish_by_hand(house: House, programme_id: str, filmed: Path, *, now) -> None:
    """A finished version without the pipeline: real files, one chapter, one piece."""
    folder = programme_folder(house, programme_id)
    folder.mkdir(parents=True)
    with house.reading() as db:
        programme = programmes.find_programme(db, programme_id)
        (question,) = questions.questions_of(db, programme.office_hour_id)
    files = {}
    for name in ("captions.vtt", "chapters.vtt", "poster.jpg", "peaks.json"):
        files[name] = folder / name
        files[name].write_text(f"WEBVTT {programme_id} {name}")
    renditions = []
    for kind, name, media_type in (
        ("video_720p", "video_720p.mp4", "video/mp4"),
        ("video_360p", "video_360p.mp4", "video/mp4"),
        ("audio", "audio.m4a", "audio/mp4"),
    ):
        path = folder / name
        path.write_bytes((filmed / "host.mkv").read_bytes() + programme_id.encode())
        renditions.append(
            Rendition(
                kind=kind,
                path=path,
                media_type=media_type,
                width_px=1280 if kind == "video_720p" else None,
                height_px=720 if kind == "video_720p" else None,
                duration_s=20.0,
                size_bytes=path.stat().st_size,
                sha256=sha256_of_file(path),
            )
        )
    store = PieceStore(house.pieces_folder)
    piece = store.build(
        "picture", 1, {"of": programme_id}, lambda at: (at / "a").touch()
    )
    (folder / "pieces.json").write_text(json.dumps([piece.key]))
    made = replace(
        make_build(
            digest=f"{programme.version:064x}", chapters=[make_chapter(question)]
        ),
        renditions=tuple(renditions),
        captions_path=files["captions.vtt"],
        chapters_path=files["chapters.vtt"],
        poster_path=files["poster.jpg"],
        peaks_path=files["peaks.json"],
    )
    with house.writing() as db:
        assert programmes.save_build(
            db,
            programme=programmes.find_programme(db, programme_id),
            digest=made.digest,
            build=build_to_json(made, folder),
            actor="the house",
            now=now,
        )


def request_programme(house: House, office_hour_id: str, *, now) -> str:
    """Ask for the programme, as ``process`` does; return the version's id."""
    with house.writing() as db:
        hour = schedule.find_office_hour(db, office_hour_id)
        if hour.state is not schedule.OfficeHourState.HELD:
            schedule.hold(db, office_hour=hour, actor="Anna Berg", now=now)
        return programmes.request_programme(
            db, office_hour=hour, actor="Anna Berg", now=now
        ).id


def approve(house: House, programme_id: str, *, now, **changes) -> None:
    """Bea Chef says yes to the website."""
    with house.writing() as db:
        programme = programmes.find_programme(db, programme_id)
        approvals.approve(
            db,
            **{
                "programme": programme,
                "digest": programme.digest,
                "name": "Bea Chef",
                "channels": [PublishingChannel.WEBSITE],
                "four_eyes": True,
                "now": now,
                **changes,
            },
        )


def withdraw(house: House, office_hour_id: str, name: str, *, now) -> None:
    """Somebody takes back all consent."""
    with house.writing() as db:
        (consultation,) = consultations.consultations_of(db, office_hour_id)
        (participant,) = [
            p
            for p in consultations.participants_of(db, consultation.id)
            if p.name == name
        ]
        consents.withdraw_consent(
            db, participant=participant, to=ConsentLevel.NONE, now=now
        )


def publication_states(house: House, office_hour_id: str) -> list[str]:
    """The states of all publications, the oldest version first."""
    with house.reading() as db:
        return [str(p.state) for p in publications.publications_of(db, office_hour_id)]


def public_bytes(house: House) -> set[Path]:
    """Every media file anywhere in the site folder, old releases included."""
    return {
        path
        for path in house.site_folder.rglob("*")
        if path.suffix in {".mp4", ".m4a", ".vtt"}
    }


def wait_until(true, *, within_s: float, what: str) -> float:
    """Wait for something other processes do; return how long it took, in s."""
    begun = time.monotonic()
    while not true():
        assert time.monotonic() - begun < within_s, f"{what}: not within {within_s} s"
        time.sleep(0.02)
    return time.monotonic() - begun


def kill_9(pid: int) -> None:
    """What an out-of-memory killer or a power cut does."""
    os.kill(pid, signal.SIGKILL)
