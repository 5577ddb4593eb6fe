"""Plans: everything that decides how a programme comes out, gathered for the pipeline.

Looks back at: questions, consultations, recordings, transcripts, programmes.
Is looked at by: approvals, publications.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from townhall.database import fetch
from townhall.errors import NotFound
from townhall.media import (
    ChapterPlacement,
    ConsentLevel,
    Cut,
    CutKind,
    HandedInQuestion,
    ProgrammePart,
    ProgrammePlan,
    Speech,
)
from townhall.officehours.consents import level_of
from townhall.officehours.consultations import (
    Participant,
    consultations_of,
    participants_of,
)
from townhall.officehours.programmes import Programme
from townhall.officehours.questions import (
    Question,
    QuestionState,
    askers_of,
    questions_of,
)
from townhall.officehours.recordings import (
    Recording,
    recording_value,
    save_speech_spans,
    speech_spans_of,
)
from townhall.officehours.schedule import find_office_hour
from townhall.officehours.transcripts import (
    newest_revision,
    revision_numbered,
    save_transcript,
    transcript_value,
)
from townhall.wording import same_name


def recordings_to_hear(db: Session, programme: Programme) -> list[Recording]:
    """Recordings of this version that nobody has listened to yet."""
    return [
        recording
        for part in programme.parts
        if (recording := fetch(db, Recording, part["recording"])).speech_spans is None
        or newest_revision(db, recording.id) is None
    ]


def save_speech(
    db: Session, *, recording: Recording, speech: Speech, actor: str, now: datetime
) -> None:
    """Keep what the machine heard. Hearing the same twice changes nothing."""
    if recording.speech_spans is None:
        save_speech_spans(recording=recording, spans=speech.spans)
    if newest_revision(db, recording.id) is None:
        save_transcript(
            db,
            recording=recording,
            transcript=speech.transcript,
            actor=actor,
            now=now,
        )


def handed_in_questions(
    db: Session, office_hour_id: str
) -> tuple[HandedInQuestion, ...]:
    """The questions that are, or were, to be answered on air."""
    office_hour = find_office_hour(db, office_hour_id)
    return tuple(
        HandedInQuestion(
            question_id=question.id,
            ref=question.ref,
            text=question.text,
            topic=question.topic,
            author=public_author(db, question),
            participant_id=_asking_participant(db, question),
        )
        for question in questions_of(
            db, office_hour.id, QuestionState.ACCEPTED, QuestionState.ANSWERED
        )
    )


def public_author(db: Session, question: Question) -> str | None:
    """Names of those askers who agreed to be named; ``None`` if nobody did.

    Who then came into the room and agreed to less there, stays unnamed here too.
    """
    named = [
        asker.name
        for asker in askers_of(db, question)
        if asker.may_be_named
        and asker.name
        and all(
            level_of(db, participant.id).names
            for participant in _participants_named(db, question, asker.name)
        )
    ]
    return ", ".join(named) or None


def _asking_participant(db: Session, question: Question) -> str | None:
    """Who asks it in the room: a participant with the asker's name."""
    return next(
        (
            participant.id
            for asker in askers_of(db, question)
            if asker.name
            for participant in _participants_named(db, question, asker.name)
        ),
        None,
    )


def _participants_named(
    db: Session, question: Question, name: str
) -> list[Participant]:
    return [
        participant
        for consultation in consultations_of(db, question.office_hour_id)
        for participant in participants_of(db, consultation.id)
        if same_name(participant.name, name)
    ]


def plan_of(
    db: Session, programme: Programme, *, municipality: str, recordings_folder: Path
) -> ProgrammePlan:
    """Everything that decides how this version comes out.

    People appear with the consents of the version, not of now: whether it still
    may be shown is decided before anything is published.

    Raises:
        NotFound: a recording was not listened to yet.
    """
    parts = []
    for part in programme.parts:
        recording = fetch(db, Recording, part["recording"])
        spans = speech_spans_of(recording)
        if spans is None:
            raise NotFound(kind="TranscriptRevision", id=recording.id)
        revision = revision_numbered(db, recording.id, part["revision"])
        levels = {key: ConsentLevel(level) for key, level in part["consents"].items()}
        parts.append(
            ProgrammePart(
                recording=recording_value(
                    db, recording, folder=recordings_folder, levels=levels
                ),
                speech=Speech(spans=spans, transcript=transcript_value(revision)),
                cuts=tuple(
                    Cut(**{**cut, "kind": CutKind(cut["kind"])}) for cut in part["cuts"]
                ),
                placements=tuple(
                    ChapterPlacement(**placement) for placement in part["placements"]
                ),
            )
        )
    office_hour = find_office_hour(db, programme.office_hour_id)
    return ProgrammePlan(
        programme_id=programme.id,
        title=office_hour.title,
        municipality=municipality,
        language="de",
        parts=tuple(parts),
        questions=handed_in_questions(db, office_hour.id),
    )
