"""What a reviewer needs to know of a version, as one value and as JSON.

The shape of ``as_json`` is part of the interface for scripts (docs/operations.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from pipeline.programme import build_from_json
from townhall.errors import WrongState
from townhall.house import House
from townhall.media import Chapter, ProgrammeBuild
from townhall.officehours.programmes import Programme
from townhall.officehours.questions import questions_of


@dataclass(frozen=True, kw_only=True)
class ReviewSheet:
    """One built version, with questions by the numbers people know."""

    programme: Programme
    build: ProgrammeBuild
    refs: dict[str, str]  #: question id → ref

    @property
    def names(self) -> dict[str, str]:
        """Participant id → the name that may be shown."""
        return {person.participant_id: person.name for person in self.build.people}

    def refs_of(self, chapter: Chapter) -> list[str]:
        """The numbers of the questions answered in a chapter."""
        return [self.refs[i] for i in chapter.question_ids]

    def as_json(self) -> dict[str, Any]:
        """The answer of ``review ID --json``."""
        build, names = self.build, self.names
        files = {rendition.kind: str(rendition.path) for rendition in build.renditions}
        return {
            "programme": self.programme.id,
            "version": self.programme.version,
            "digest": self.programme.digest,
            "state": str(self.programme.state),
            "duration_s": build.duration_s,
            "chapters": [
                {
                    "questions": self.refs_of(chapter),
                    "start_s": chapter.start_s,
                    "end_s": chapter.end_s,
                    "confidence": chapter.confidence,
                    "source": str(chapter.source),
                    "needs_review": chapter.needs_review,
                }
                for chapter in build.chapters
            ],
            "open_questions": [self.refs[i] for i in build.open_question_ids],
            "segments": [
                {
                    "speaker": names.get(segment.participant_id or ""),
                    "start_s": segment.start_s,
                    "end_s": segment.end_s,
                    "text": segment.text,
                    "unsure": segment.unsure,
                }
                for segment in build.transcript.segments
            ],
            "files": {
                **files,
                "captions": str(build.captions_path),
                "chapters": str(build.chapters_path),
                "poster": str(build.poster_path),
                "peaks": str(build.peaks_path),
            },
            "loudness_lufs": build.loudness_lufs,
            "true_peak_dbtp": build.true_peak_dbtp,
            "pieces_used": build.pieces_used,
            "pieces_built": build.pieces_built,
        }


def review_sheet(db: Session, house: House, programme: Programme) -> ReviewSheet:
    """Gather what a reviewer needs.

    Raises:
        WrongState: it is not built yet, or its files are gone.
    """
    if programme.build is None:
        raise WrongState(
            kind="Programme",
            id=programme.id,
            state=str(programme.state),
            allowed="waiting until it is built",
            wanted="a review",
        )
    return ReviewSheet(
        programme=programme,
        build=build_from_json(programme.build, house.programmes_folder / programme.id),
        refs={q.id: q.ref for q in questions_of(db, programme.office_hour_id)},
    )
