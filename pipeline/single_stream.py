"""Answers in a recording in which nobody knows who speaks.

A single film from another system has one stream of sound. Voice prints would tell the
speakers apart, but they are biometric data (DSGVO Art. 9) and stay out of this house.
What is left: people pause before they answer, what is read before the pause resembles
the question, what follows is about it. That is a proposal, never more.

Looks back at: question_likeness.  Is looked at by: answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipeline.question_likeness import likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from townhall.media import SpeechSpan, Transcript

_PAUSE_S: Final = 0.15  #: between two spans, which are 0.2 s longer at either end
_READING_S: Final = 20.0
_ANSWER_S: Final = 30.0
_PROPOSED_FROM: Final = 0.5
_NO_READING: Final = (
    0.6  #: factor when what comes before does not sound like a question
)
_READING_ENDS: Final = re.compile(
    r"\?[“\"]?\s*$|\b(wissen|fragt|fragen|frage|schreibt|möchte)\b[^.?!]*[.?!]?\s*$",
    re.IGNORECASE,
)
_LIKENESS_FULL: Final = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer may begin; times of voice activity."""

    start_s: float
    end_s: float
    confidence: float


def answers_in_stream(
    questions: Sequence[tuple[str, str]],
    spans: Sequence[SpeechSpan],
    transcript: Transcript,
) -> dict[str, Place]:
    """Proposals by question id; questions that resemble nothing are left out."""
    onsets = _onsets(spans)
    if not onsets or not questions:
        return {}
    words = sorted(
        ((word.start_s + word.end_s) / 2, word.text)
        for segment in transcript.segments
        for word in segment.words
    )

    def said(start_s: float, end_s: float) -> str:
        return " ".join(text for at_s, text in words if start_s <= at_s < end_s)

    readings = [said(onset_s - _READING_S, onset_s) for onset_s in onsets]
    replies = [said(onset_s, onset_s + _ANSWER_S) for onset_s in onsets]
    texts = [text for _, text in questions]
    read, replied = likeness(texts, readings), likeness(texts, replies)
    factors = [1.0 if _READING_ENDS.search(text) else _NO_READING for text in readings]
    best: dict[str, tuple[int, float]] = {}
    for number, (question_id, _) in enumerate(questions):
        scores = [
            factor * (before + after / 2)
            for factor, before, after in zip(
                factors, read[number], replied[number], strict=True
            )
        ]
        index = max(range(len(onsets)), key=scores.__getitem__)
        if scores[index] >= _PROPOSED_FROM:
            best[question_id] = (index, scores[index])
    taken = sorted(onsets[index] for index, _ in best.values())
    last_s = max(span.end_s for span in spans)
    return {
        question_id: Place(
            start_s=onsets[index],
            end_s=next(
                (start_s for start_s in taken if start_s > onsets[index]), last_s
            ),
            confidence=min(score / _LIKENESS_FULL, 1.0),
        )
        for question_id, (index, score) in best.items()
        if not any(
            other == index and strength > 2 * score for other, strength in best.values()
        )
    }


def _onsets(spans: Sequence[SpeechSpan]) -> list[float]:
    """Where somebody begins to speak after a pause."""
    ordered = sorted(spans, key=lambda span: span.start_s)
    return [
        span.start_s
        for before, span in zip([None, *ordered], ordered, strict=False)
        if before is None or span.start_s - before.end_s >= _PAUSE_S
    ]
