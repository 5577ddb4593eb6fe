"""Chapters of the programme: answers found in the recordings, moved along with cuts.

An answer that was cut out entirely is no answer any more; a question asked in two
recordings keeps the more certain one. What is only proposed never gets into the
chapters file, which the public sees as fact.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.answers import find_answers
from pipeline.withheld import withheld_people
from townhall.media import Chapter, Speech, Transcript

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.answers import Answer
    from pipeline.edit_list import EditList
    from townhall.media import HandedInQuestion, ProgrammePart, ProgrammePlan

#: a chapter shorter than this is what a cut left over
_LEAST_CHAPTER_S = 1.0
_TITLE_CHARS = 80


def answers_of(
    part: ProgrammePart, questions: Sequence[HandedInQuestion]
) -> tuple[Answer, ...]:
    """Where one recording answers which question, on its session clock."""
    speech = audible(part)
    return tuple(
        find_answers(part.recording, speech, questions, placements=part.placements)
    )


def audible(part: ProgrammePart) -> Speech:
    """What may be used of what was heard: words of withheld people are not there."""
    withheld = withheld_people(part.recording)
    segments = tuple(
        segment
        for segment in part.speech.transcript.segments
        if segment.participant_id not in withheld
    )
    language = part.speech.transcript.language
    return Speech(
        spans=part.speech.spans,
        transcript=Transcript(language=language, segments=segments),
    )


def programme_chapters(
    plan: ProgrammePlan, answers: Sequence[Sequence[Answer]], edit_list: EditList
) -> tuple[Chapter, ...]:
    """All chapters in programme time, in order; one per question or group."""
    found: list[Chapter] = []
    for index, of_part in enumerate(answers):
        for answer in of_part:
            span = edit_list.span_to_programme(index, answer.start_s, answer.end_s)
            if span is None or span[1] - span[0] < _LEAST_CHAPTER_S:
                continue
            found.append(
                Chapter(
                    question_ids=answer.question_ids,
                    start_s=span[0],
                    end_s=span[1],
                    confidence=answer.confidence,
                    source=answer.source,
                    needs_review=answer.needs_review,
                )
            )
    return _one_each(found, {question.question_id for question in plan.questions})


def open_questions(plan: ProgrammePlan, chapters: Sequence[Chapter]) -> tuple[str, ...]:
    """Accepted questions without a sure chapter, in the order they were handed in.

    A proposal that the press office must confirm leaves its question open: a guess is
    never shown as fact.
    """
    answered = {
        found
        for chapter in chapters
        if not chapter.needs_review
        for found in chapter.question_ids
    }
    return tuple(
        question.question_id
        for question in plan.questions
        if question.question_id not in answered
    )


def chapters_vtt(
    chapters: Sequence[Chapter], questions: Mapping[str, HandedInQuestion]
) -> str:
    """The chapters as WebVTT (``kind=chapters``); proposals are left out."""
    blocks = ["WEBVTT\n"]
    for chapter in chapters:
        if chapter.needs_review:
            continue
        titles = [_title(questions[found]) for found in chapter.question_ids]
        begin, end = _clock(chapter.start_s), _clock(chapter.end_s)
        blocks.append(f"{begin} --> {end}\n{_escaped(' · '.join(titles))}\n")
    return "\n".join(blocks)


def _one_each(found: Sequence[Chapter], known: set[str]) -> tuple[Chapter, ...]:
    best: dict[str, Chapter] = {}
    for chapter in found:
        for question_id in chapter.question_ids:
            other = best.get(question_id)
            if other is None or _certainty(chapter) > _certainty(other):
                best[question_id] = chapter
    kept = (
        replace(
            chapter,
            question_ids=tuple(
                question_id
                for question_id in chapter.question_ids
                if question_id in known and best[question_id] is chapter
            ),
        )
        for chapter in found
    )
    chapters = [chapter for chapter in kept if chapter.question_ids]
    return tuple(sorted(chapters, key=lambda each: (each.start_s, each.question_ids)))


def _certainty(chapter: Chapter) -> tuple[bool, float]:
    return not chapter.needs_review, chapter.confidence


def _title(question: HandedInQuestion) -> str:
    text = " ".join((question.topic or question.text).split())
    if len(text) <= _TITLE_CHARS:
        return text
    return text[: _TITLE_CHARS - 1].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def _escaped(text: str) -> str:
    """WebVTT cue text (W3C WebVTT 1, § 4.2.2)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(at_s: float) -> str:
    millis = round(at_s * 1000)
    hours, rest = divmod(millis, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    seconds, millis = divmod(rest, 1000)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{millis:03}"
