"""The doctor: looks at the machine and the house, and says what to do.

Each check answers with one finding. ``bad`` stops the main job, ``worrying`` does
not yet.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from urllib.error import URLError

from sqlalchemy import func, select

from pipeline.errors import ModelMissing
from pipeline.speech_model import model_folder
from portal.errand_runner import running_house
from portal.language import _
from townhall import migrations
from townhall.audit import AuditEntry
from townhall.errors import SprechstundeError
from townhall.house import House

#: what composing, sound and captions need of ffmpeg; Debian's build has all of it
_ENCODERS = ("libx264", "aac")
_FILTERS = ("overlay", "scale", "ebur128", "alimiter", "amix", "sine")
#: older ones lack filters and fixes that were measured with (Debian 12 has 5.1)
_OLDEST_FFMPEG = 5
_CLOCK_TOLERANCE = timedelta(minutes=2)
_ANSWER_WITHIN_S = 5


class Health(StrEnum):
    """How bad a finding is."""

    GOOD = "good"
    WORRYING = "worrying"  #: works, but look at it
    BAD = "bad"  #: the main job does not work


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check found, and what to do about it."""

    check: str
    health: Health
    sentence: str


def examine(
    house: House, *, now: datetime, free_bytes: Callable[[Path], int] | None = None
) -> Iterator[Finding]:
    """Look at everything; nothing is changed.

    ``free_bytes`` tells how much space a folder's disk has left.
    """
    yield _ffmpeg(house)
    yield _model(house)
    yield _folder(house)
    yield _disk(house, free_bytes or (lambda folder: shutil.disk_usage(folder).free))
    yield from _database(house, now)
    yield _prefect(house)


def _finding(check: str, health: Health, sentence: str, **details: object) -> Finding:
    return Finding(check=check, health=health, sentence=_(sentence, **details))


def _ffmpeg(house: House) -> Finding:
    program = house.settings.media.ffmpeg
    if shutil.which(program) is None:
        return _finding(
            "ffmpeg",
            Health.BAD,
            "ffmpeg was not found as {program}. Install it: apt install ffmpeg",
            program=program,
        )
    version = _says(program, "-version").split("\n", maxsplit=1)[0]
    lacking = [
        name
        for name, listing in (
            *((encoder, "-encoders") for encoder in _ENCODERS),
            *((name, "-filters") for name in _FILTERS),
        )
        if f" {name} " not in _says(program, "-hide_banner", listing)
    ]
    number = version.removeprefix("ffmpeg version ").lstrip("n").split(".")[0]
    too_old = number.isdigit() and int(number) < _OLDEST_FFMPEG
    if lacking or too_old:
        return _finding(
            "ffmpeg",
            Health.BAD,
            "This build of ffmpeg cannot be used ({what}). Install Debian's: "
            "apt install ffmpeg",
            what=", ".join(lacking) or version,
        )
    return _finding("ffmpeg", Health.GOOD, "{version}", version=version)


def _says(program: str, *arguments: str) -> str:
    return subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, timeout=30
    ).stdout


def _model(house: House) -> Finding:
    try:
        folder = model_folder(house.settings.speech.model, house.models_folder)
    except ModelMissing as error:
        return _finding("speech model", Health.BAD, error.template, **error.details)
    except OSError as error:
        return _finding(
            "speech model",
            Health.BAD,
            "The speech model cannot be put into {folder}: {reason}",
            folder=house.models_folder,
            reason=error.strerror,
        )
    return _finding("speech model", Health.GOOD, "{folder}", folder=folder)


def _folder(house: House) -> Finding:
    for folder in (
        house.data,
        *sorted(path for path in house.data.glob("*") if path.is_dir()),
    ):
        # root may write everywhere, so the mode is looked at, not tried
        if not os.access(folder, os.W_OK) or not folder.stat().st_mode & 0o200:
            return _finding(
                "data directory",
                Health.BAD,
                "{folder} is not writable. Give it to this account: chown -R {user} {folder}",
                folder=folder,
                user=os.geteuid(),
            )
    return _finding("data directory", Health.GOOD, "{folder}", folder=house.data)


def _disk(house: House, free_bytes: Callable[[Path], int]) -> Finding:
    free_gb = free_bytes(house.data) / 1e9
    needed_gb = house.settings.media.min_free_gb
    if free_gb < needed_gb:
        return _finding(
            "disk",
            Health.BAD,
            "Only {free:.1f} GB are free; below {needed:.1f} GB nothing new is built. "
            "Make room or lower [media] min_free_gb.",
            free=free_gb,
            needed=needed_gb,
        )
    return _finding("disk", Health.GOOD, "{free:.0f} GB are free.", free=free_gb)


def _database(house: House, now: datetime) -> Iterator[Finding]:
    try:
        migrations.require_newest(house.engine)
    except SprechstundeError as error:
        yield _finding("database", Health.BAD, error.template, **error.details)
        return
    except Exception as error:  # noqa: BLE001 - any driver, any reason: say it
        yield _finding(
            "database",
            Health.BAD,
            "The database cannot be reached: {reason}",
            reason=str(error).split("\n", maxsplit=1)[0],
        )
        return
    yield _finding("database", Health.GOOD, "{address}", address=house.engine.url)
    with house.reading() as db:
        newest = db.scalar(select(func.max(AuditEntry.at)))
    yield _clock(newest, now)


def _clock(newest_entry: datetime | None, now: datetime) -> Finding:
    """A clock that runs behind what was already written down is wrong."""
    if newest_entry is not None and now < newest_entry - _CLOCK_TOLERANCE:
        return _finding(
            "clock",
            Health.BAD,
            "The clock says {now:%Y-%m-%d %H:%M}, but the trail already has {entry:%Y-%m-%d %H:%M} "
            "(UTC). Set it: timedatectl set-ntp true",
            now=now,
            entry=newest_entry,
        )
    answer = _timedatectl()
    if answer == "NTPSynchronized=no":
        return _finding(
            "clock",
            Health.WORRYING,
            "The clock is not kept right by a time server. Embargoes depend on it: "
            "timedatectl set-ntp true",
        )
    return _finding("clock", Health.GOOD, "{now:%Y-%m-%d %H:%M} UTC", now=now)


def _timedatectl() -> str | None:
    if shutil.which("timedatectl") is None:
        return None
    try:
        return _says("timedatectl", "show", "-p", "NTPSynchronized").strip()
    except subprocess.TimeoutExpired:
        return None


def _prefect(house: House) -> Finding:
    running = running_house(house)
    if running is None:
        return _finding(
            "Prefect",
            Health.WORRYING,
            "The house is not running; nothing is processed. Start it: sprechstunde up",
        )
    address = str(running.get("prefect_api_url") or "")
    try:
        with urllib.request.urlopen(
            f"{address}/health", timeout=_ANSWER_WITHIN_S
        ) as answer:
            answer.read()
    except (URLError, OSError, ValueError) as error:
        return _finding(
            "Prefect",
            Health.BAD,
            "The Prefect server does not answer at {address} ({reason}). It takes up to "
            "three minutes to start; then look into {log}.",
            address=address,
            reason=error,
            log=house.logs_folder,
        )
    return _finding("Prefect", Health.GOOD, "{address}", address=address)
