"""From sealed recordings to a programme in review, step by step.

hear → picture → sound → finish → save. Each step may be begun again after a crash:
what was built is a piece and stays, what was heard stands in the rows. Ids in,
load, call the pipeline, store; what the steps hand on lives in ``ProgrammeWork``.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from flows.leases import Lease, utc_now
from flows.site import programme_folder
from flows.steps import Step
from pipeline.programme import (
    build_picture,
    build_sound,
    build_to_json,
    finish_programme,
)
from pipeline.speech_activity import speech_spans
from pipeline.speech_model import load_model, model_folder
from pipeline.transcribe import names_for, transcribe
from townhall.errands import Errand, finish_errand
from townhall.media import Speech
from townhall.officehours.plans import (
    handed_in_questions,
    plan_of,
    recordings_to_hear,
    save_speech,
)
from townhall.officehours.programmes import (
    THE_HOUSE,
    ProgrammeState,
    find_programme,
    save_build,
)
from townhall.officehours.recordings import find_recording, recording_value

if TYPE_CHECKING:
    from pipeline.pieces import PieceStore
    from townhall.house import House
    from townhall.media import ProgrammeBuild, ProgrammePlan, Recording

LANGUAGE = "de"


def is_wanted(house: House, programme_id: str) -> bool:
    """Whether a version still is to be built: no newer one, no consent gone."""
    with house.reading() as db:
        return find_programme(db, programme_id).state is ProgrammeState.BUILDING


class ProgrammeWork:
    """One version of a programme on its way to the review."""

    def __init__(
        self, house: House, store: PieceStore, programme_id: str, held: Lease
    ) -> None:
        """Build with pieces of ``store`` under the lease ``held``."""
        self.house = house
        self.store = store
        self.programme_id = programme_id
        self.held = held
        self.folder = programme_folder(house, programme_id)
        self.plan: ProgrammePlan | None = None
        self.build: ProgrammeBuild | None = None
        self.pieces_built = 0

    def steps(self) -> tuple[Step, ...]:
        """What has to be done, in order."""
        return (
            Step(name="hear", run=self.hear),
            Step(name="picture", run=self.picture),
            Step(name="sound", run=self.sound),
            Step(name="finish", run=self.finish),
            Step(name="save", run=self.save),
        )

    def hear(self) -> None:
        """Listen to what nobody has listened to yet, then gather the plan."""
        with self.house.reading() as db:
            programme = find_programme(db, self.programme_id)
            questions = handed_in_questions(db, programme.office_hour_id)
            unheard = [
                recording_value(db, row, folder=self.house.recordings_folder)
                for row in recordings_to_hear(db, programme)
            ]
        for recording in unheard:
            names = names_for(recording, questions, self.house.settings.speech.glossary)
            self._hear(recording, names)
        with self.house.reading() as db:
            self.plan = plan_of(
                db,
                find_programme(db, self.programme_id),
                municipality=self.house.settings.municipality.name,
                recordings_folder=self.house.recordings_folder,
            )

    def _hear(self, recording: Recording, names: list[str]) -> None:
        self._tell("hear", 0.0)
        speech = self.house.settings.speech
        spans = speech_spans(self.store, recording)
        self.held.check()
        folder = model_folder(speech.model, self.house.models_folder)
        transcript = transcribe(
            self.store,
            recording,
            spans,
            load_model(folder, threads=speech.threads),
            names=names,
            language=LANGUAGE,
            progress=lambda done, known: self._tell("hear", done / max(known, 1)),
        )
        with self.house.writing() as db:
            save_speech(
                db,
                recording=find_recording(db, recording.recording_id),
                speech=Speech(spans=spans, transcript=transcript),
                actor=THE_HOUSE,
                now=utc_now(),
            )

    def picture(self) -> None:
        """Compose and encode the picture, piece by piece."""
        self._tell("picture", 0.0)
        self.pieces_built += build_picture(
            self._plan, self.store, **self._encoding()
        ).built

    def sound(self) -> None:
        """Mix and level the sound."""
        self._tell("sound", 0.0)
        self.pieces_built += build_sound(
            self._plan, self.store, **self._encoding()
        ).built

    def finish(self) -> None:
        """Join the pieces and write captions, chapters and all the rest."""
        self._tell("finish", 0.0)
        self.build = finish_programme(
            self._plan,
            self.store,
            folder=self.folder,
            built_before=self.pieces_built,
            **self._encoding(),
        )

    @property
    def _plan(self) -> ProgrammePlan:
        if self.plan is None:
            raise RuntimeError("nobody has listened yet")
        return self.plan

    def _encoding(self) -> dict[str, Any]:
        media = self.house.settings.media
        return {
            "workers": media.workers,
            "ffmpeg": media.ffmpeg,
            "progress": self._tell,
        }

    def _tell(self, stage: str, share: float) -> None:
        self.held.report(f"{stage} {100 * share:.0f} %")

    def save(self) -> None:
        """Hand the finished version to the review, in one transaction with the errand."""
        if self.build is None:
            raise RuntimeError("nothing was finished that could be saved")
        with self.house.writing() as db:
            taken = save_build(
                db,
                programme=find_programme(db, self.programme_id),
                digest=self.build.digest,
                build=build_to_json(self.build, self.folder),
                actor=THE_HOUSE,
                now=utc_now(),
            )
            finish_errand(db, key=self.held.key, now=utc_now())
        if not taken:
            shutil.rmtree(self.folder, ignore_errors=True)

    def give_way(self) -> None:
        """Leave it: a newer version came, or another worker has the errand now."""
        with self.house.writing() as db:
            void = (
                find_programme(db, self.programme_id).state
                is not ProgrammeState.BUILDING
            )
            errand = db.get_one(Errand, self.held.key)
            if void and errand.worker == self.held.worker:
                finish_errand(db, key=self.held.key, now=utc_now())
        if void:
            shutil.rmtree(self.folder, ignore_errors=True)
