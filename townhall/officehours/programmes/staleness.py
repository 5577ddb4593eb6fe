"""Whether a version still may be shown: who has taken something back since it was built."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from townhall.database import fetch
from townhall.media import ConsentLevel
from townhall.officehours.consents import covers, levels_of
from townhall.officehours.programmes.programme import Programme
from townhall.officehours.questions import Question, QuestionState
from townhall.officehours.recordings import Recording


def consents_of(programme: Programme) -> dict[str, ConsentLevel]:
    """The consents a version was built with, by participant id."""
    return {
        participant_id: ConsentLevel(level)
        for part in programme.parts
        for participant_id, level in part["consents"].items()
    }


def consents_lost(db: Session, programme: Programme) -> list[str]:
    """Participants whose consent of now no longer allows what was built."""
    lost = []
    for part in programme.parts:
        recording = fetch(db, Recording, part["recording"])
        levels = levels_of(db, recording.consultation_id)
        lost += [
            participant_id
            for participant_id, level in part["consents"].items()
            if not covers(
                levels.get(participant_id, ConsentLevel.NONE), ConsentLevel(level)
            )
        ]
    return lost


def questions_lost(db: Session, programme: Programme) -> list[Question]:
    """Questions shown as chapters whose authors have taken them back since."""
    shown = {
        question_id
        for chapter in (programme.build or {}).get("chapters", [])
        for question_id in chapter["question_ids"]
    }
    return list(
        db.scalars(
            select(Question)
            .where(Question.id.in_(shown), Question.state == QuestionState.WITHDRAWN)
            .order_by(Question.ref)
        )
    )


def is_stale(db: Session, programme: Programme) -> bool:
    """Whether somebody no longer allows this version: a speaker, or an asker."""
    return bool(consents_lost(db, programme) or questions_lost(db, programme))
