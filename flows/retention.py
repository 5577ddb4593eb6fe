"""Erase what is overdue: rows say what, this takes it off the disk and writes it down.

First the file, then the row: a crash in between leaves a file already gone, and the
next run writes it down. Prefect's traces are forgotten by its own vacuum service (see
``prefect_server``).
"""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from flows.leases import utc_now
from flows.locks import locked
from flows.site import programme_folder
from flows.steps import Step
from pipeline.pieces import PieceStore
from pipeline.programme import piece_keys
from townhall.officehours.programmes import THE_HOUSE, Programme, ProgrammeState
from townhall.officehours.recordings import Recording, RecordingState
from townhall.officehours.retention import (
    Overdue,
    erase_unwanted_words,
    note_programme_erased,
    note_recording_erased,
    note_track_erased,
    overdue,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from townhall.house import House

_log = logging.getLogger(__name__)

#: who builds holds it shared, who cleans up holds it alone
BUILDING_LOCK = "building.lock"


class RetentionWork:
    """One round of erasing."""

    def __init__(
        self, house: House, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        """Erase what is overdue at ``clock()``."""
        self.house = house
        self.clock = clock

    def is_due(self) -> bool:
        """Whether there is anything to erase."""
        with self.house.reading() as db:
            found = self._overdue(db)
            return bool(
                found.tracks
                or found.recordings
                or found.programmes
                or any(self._left_over_folders(db))
                or self._pieces_to_sort_out(db)
            )

    def erase_words(self) -> None:
        """Erase words of people who withdrew after their tracks had gone by age."""
        with self.house.writing() as db:
            erase_unwanted_words(db, actor=THE_HOUSE, now=self.clock())

    def steps(self) -> tuple[Step, ...]:
        """The round as one step: it is alone with the files while it lasts."""
        return (Step(name="erase", run=self.run),)

    def run(self) -> None:
        """Wait until nothing is being built, then erase."""
        with locked(self.house.run_folder / BUILDING_LOCK):
            self._erase_files()
            with self.house.reading() as db:
                for folder in self._left_over_folders(db):
                    shutil.rmtree(folder)
                sort_out, keep = self._pieces_to_sort_out(db), self._pieces_in_use(db)
            if sort_out:
                store = PieceStore(self.house.pieces_folder)
                store.remove_drafts()
                _log.info("%d pieces erased", store.remove_except(keep))
                self._marker.unlink()

    @property
    def _marker(self) -> Path:
        """Exists from before files are erased until their pieces are, too."""
        return self.house.pieces_folder / "sort-out"

    def _pieces_to_sort_out(self, db: Session) -> bool:
        """Not while a version waits to be built: its finished pieces are in no list yet."""
        building = db.scalar(
            select(Programme.id).where(Programme.state == ProgrammeState.BUILDING)
        )
        return building is None and self._marker.exists()

    def _overdue(self, db: Session) -> Overdue:
        about = self.house.settings.retention
        return overdue(
            db,
            recordings_for=timedelta(days=about.recordings_days),
            superseded_for=timedelta(days=about.superseded_days),
            now=self.clock(),
        )

    def _erase_files(self) -> None:
        with self.house.writing() as db:
            found = self._overdue(db)
            if not (found.tracks or found.recordings or found.programmes):
                return
            self._marker.parent.mkdir(exist_ok=True)
            self._marker.touch()
            now = self.clock()
            for track in found.tracks:
                path = self.house.recordings_folder / track.path
                path.unlink(missing_ok=True)
                _remove_if_empty(path.parent, self.house.recordings_folder)
                note_track_erased(db, track=track, actor=THE_HOUSE, now=now)
            for recording in found.recordings:
                note_recording_erased(db, recording=recording, actor=THE_HOUSE, now=now)
            for programme in found.programmes:
                shutil.rmtree(
                    programme_folder(self.house, programme.id), ignore_errors=True
                )
                note_programme_erased(db, programme=programme, actor=THE_HOUSE, now=now)
            _log.info(
                "erased: %d tracks, %d recordings, %d programmes",
                len(found.tracks),
                len(found.recordings),
                len(found.programmes),
            )

    def _left_over_folders(self, db: Session) -> Iterator[Path]:
        """Folders of versions that were void before they were finished."""
        known = set(
            db.scalars(
                select(Programme.id).where(
                    Programme.build.is_not(None)
                    | (Programme.state == ProgrammeState.BUILDING)
                )
            )
        )
        if self.house.programmes_folder.exists():
            for folder in sorted(self.house.programmes_folder.iterdir()):
                if folder.is_dir() and folder.name not in known:
                    yield folder

    def _pieces_in_use(self, db: Session) -> set[str]:
        """Pieces that another edit of a programme would use again."""
        erased = set(
            db.scalars(
                select(Recording.id).where(Recording.state == RecordingState.ERASED)
            )
        )
        keep: set[str] = set()
        for programme in db.scalars(
            select(Programme).where(Programme.build.is_not(None))
        ):
            if any(part["recording"] in erased for part in programme.parts):
                continue  # without its recordings it cannot be edited any more
            keep |= piece_keys(programme_folder(self.house, programme.id))
        return keep


def _remove_if_empty(folder: Path, stop_at: Path) -> None:
    if folder != stop_at and not any(folder.iterdir()):
        folder.rmdir()
