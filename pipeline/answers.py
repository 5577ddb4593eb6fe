"""From questions to the seconds at which they are answered.

The press office's word beats the host's mark, a mark beats the words of the transcript,
and what the words leave unclear is never shown as fact: an answer found there carries a
confidence, and below the threshold the press office is asked. A question without an
answer stays open; nothing is placed for the sake of placing it.

Looks back at: answer_blocks, question_likeness, single_stream.
Is looked at by: programme_chapters, portal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pipeline.answer_blocks import Block, answerers, blocks_of, turns_of
from pipeline.question_likeness import likeness
from pipeline.single_stream import answers_in_stream
from pipeline.speech_activity import SPEECH_PAD_S
from townhall.media import ChapterSource, Role, SpeechSpan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pipeline.answer_blocks import Turn
    from townhall.media import (
        ChapterPlacement,
        HandedInQuestion,
        Mark,
        Recording,
        Speech,
    )

#: below this the press office must confirm. 0 of 18 never answered questions reached it
#: at four grades of recognition, 83–100 % of the answered ones did (measured)
REVIEW_BELOW: Final = 0.7
#: below this likeness an answer is not even proposed
_PROPOSED_FROM: Final = 0.25
#: likeness at which a claim stands beside a stronger one on the same block; never
#: answered questions reach 0.75
_STRONG: Final = 0.8
#: even a strong claim falls when another's on the same block is twice as strong
_CLAIM_SHARE: Final = 0.5
_SURE_LIKENESS: Final = 1.05
_SURE_RATIO: Final = 2.0  #: to the best block that it is not
#: what a citizen asks in person is seldom also a question handed in by another
_LIVE_DISCOUNT: Final = 0.5
_IN_PERSON_BONUS: Final = 1.0  #: the asker of this question speaks in the reading
_IN_PERSON_S: Final = 2.0
_LEAD_S: Final = 0.3  #: the viewer's player starts this long before the first sound
_ONSET_MIN_S: Final = 1.5  #: "Ja." and "Danke." are no answer yet
_LATE_CLICK_S: Final = 5.0  #: a mark may come this long after the answer has begun
_DISAGREE_S: Final = 15.0  #: mark and words this far apart: somebody should look
_FOLLOW_UP_S: Final = 6.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Where one or more questions are answered, on the session clock."""

    question_ids: tuple[str, ...]  #: two answered together share one stretch
    start_s: float
    end_s: float
    confidence: float  #: 0 … 1; 1 for marks and the press office
    source: ChapterSource
    needs_review: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class UnclaimedBlock:
    """An answer to no question handed in: asked live, or not recognised."""

    start_s: float
    end_s: float
    asked_from_s: float
    asked_by: str | None  #: who spoke most before it; ``None``: unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What was found in one recording; iterating gives the answers in order."""

    answers: tuple[Answer, ...]
    open_question_ids: tuple[str, ...]  #: in the order they were handed in
    unclaimed: tuple[UnclaimedBlock, ...]

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.answers)

    def __len__(self) -> int:
        return len(self.answers)


@dataclass(frozen=True, slots=True)
class _Found:
    question_id: str
    onset_s: float  #: the first sound
    end_s: float
    confidence: float
    source: ChapterSource
    needs_review: bool


def find_answers(
    recording: Recording,
    speech: Speech,
    questions: Sequence[HandedInQuestion],
    *,
    placements: Sequence[ChapterPlacement] = (),
) -> Answers:
    """Where each question is answered in a recording, on its session clock.

    ``placements`` are the press office's; one without a time says "never answered".
    """
    spans = [span for span in speech.spans if span.bleed_of is None]
    who = answerers(recording, spans)
    one_voice = len({span.participant_id for span in spans}) < 2
    blocks = [] if one_voice else blocks_of(spans, speech.transcript, who)
    found = (
        _from_stream(questions, spans, speech)
        if one_voice
        else _from_words(recording, questions, blocks)
    )
    marked = _from_marks(recording.marks, questions, spans, turns_of(spans, who))
    for question_id, answer in marked.items():
        words = found.get(question_id)
        doubted = (
            words is not None
            and not words.needs_review
            and abs(words.onset_s - answer.onset_s) > _DISAGREE_S
        )
        found[question_id] = replace(answer, needs_review=doubted)
    placed = _from_press(placements, blocks, recording.duration_s)
    for placement in placements:
        found.pop(placement.question_id, None)
    found |= placed
    asked = [question.question_id for question in questions]
    answers = _answers(
        [found[question_id] for question_id in asked if question_id in found],
        blocks,
        pressed={answer.question_id for answer in placed.values()},
    )
    return Answers(
        answers=answers,
        open_question_ids=tuple(name for name in asked if name not in found),
        unclaimed=_unclaimed(blocks, answers),
    )


def _from_words(
    recording: Recording, questions: Sequence[HandedInQuestion], blocks: Sequence[Block]
) -> dict[str, _Found]:
    if not blocks or not questions:
        return {}
    scores = likeness(
        [question.text for question in questions], [block.text for block in blocks]
    )
    citizens = {
        person.participant_id
        for person in recording.people
        if person.role is Role.CITIZEN
    }
    for question, row in zip(questions, scores, strict=True):
        for index, block in enumerate(blocks):
            in_person = question.participant_id is not None and (
                block.spoken_s.get(question.participant_id, 0.0) >= _IN_PERSON_S
            )
            if in_person:
                row[index] += _IN_PERSON_BONUS
            elif block.asker() in citizens:
                row[index] *= _LIVE_DISCOUNT
    best = [max(range(len(blocks)), key=row.__getitem__) for row in scores]
    top = [row[index] for row, index in zip(scores, best, strict=True)]
    found: dict[str, _Found] = {}
    for number, question in enumerate(questions):
        rivals = [
            score
            for other, score in enumerate(top)
            if other != number and best[other] == best[number]
        ]
        if not _may_claim(top[number], max(rivals, default=0.0)):
            continue
        others = [*scores[number][: best[number]], *scores[number][best[number] + 1 :]]
        confidence = _confidence(top[number], max(others, default=0.0))
        turn = blocks[best[number]].turn
        found[question.question_id] = _Found(
            question_id=question.question_id,
            onset_s=turn.start_s + SPEECH_PAD_S,
            end_s=turn.end_s,
            confidence=confidence,
            source=ChapterSource.TRANSCRIPT,
            needs_review=confidence < REVIEW_BELOW,
        )
    return found


def _may_claim(score: float, rival: float) -> bool:
    if score < _PROPOSED_FROM or score < _CLAIM_SHARE * rival:
        return False
    return score >= _STRONG or score >= rival


def _confidence(score: float, runner_up: float) -> float:
    likely = min(score / _SURE_LIKENESS, 1.0)
    apart = min(score / (_SURE_RATIO * runner_up), 1.0) if runner_up else 1.0
    return round(0.95 * likely * apart, 2)


def _from_stream(
    questions: Sequence[HandedInQuestion], spans: Sequence[SpeechSpan], speech: Speech
) -> dict[str, _Found]:
    """Without tracks nobody knows who speaks: proposals, always to be confirmed."""
    return {
        question_id: _Found(
            question_id=question_id,
            onset_s=place.start_s + SPEECH_PAD_S,
            end_s=place.end_s,
            confidence=round(min(place.confidence, REVIEW_BELOW - 0.01), 2),
            source=ChapterSource.TRANSCRIPT,
            needs_review=True,
        )
        for question_id, place in answers_in_stream(
            [(question.question_id, question.text) for question in questions],
            spans,
            speech.transcript,
        ).items()
    }


def _from_marks(
    marks: Sequence[Mark],
    questions: Sequence[HandedInQuestion],
    spans: Sequence[SpeechSpan],
    turns: Sequence[Turn],
) -> dict[str, _Found]:
    """The first words of the answerer after each mark; the last mark counts."""
    known = {question.question_id for question in questions}
    found: dict[str, _Found] = {}
    for mark in sorted(marks, key=lambda mark: mark.at_s):
        place = _answer_after(mark.at_s, turns, spans)
        if mark.question_id in known and place is not None:
            found[mark.question_id] = _Found(
                question_id=mark.question_id,
                onset_s=place[0] + SPEECH_PAD_S,
                end_s=place[1],
                confidence=1.0,
                source=ChapterSource.MARK,
                needs_review=False,
            )
    return found


def _answer_after(
    at_s: float, turns: Sequence[Turn], spans: Sequence[SpeechSpan]
) -> tuple[float, float] | None:
    for index, turn in enumerate(turns):
        if turn.end_s <= at_s or turn.duration_s < _ONSET_MIN_S:
            continue
        if turn.start_s >= at_s - _LATE_CLICK_S:
            return turn.start_s, turn.end_s
        # Clicked in the middle of a turn. Either the host goes on to the next question
        # without anybody's help, or clicked while finishing, and somebody reads it now.
        following = turns[index + 1] if index + 1 < len(turns) else None
        goes_on = [
            span.start_s
            for span in spans
            if at_s <= span.start_s < turn.end_s
            and span.end_s - span.start_s >= _ONSET_MIN_S
        ]
        if goes_on and (following is None or turn.end_s - at_s > 2 * _LATE_CLICK_S):
            return goes_on[0], turn.end_s
    return None


def _from_press(
    placements: Sequence[ChapterPlacement], blocks: Sequence[Block], duration_s: float
) -> dict[str, _Found]:
    return {
        placement.question_id: _Found(
            question_id=placement.question_id,
            onset_s=placement.at_s,
            end_s=next(
                (
                    block.turn.end_s
                    for block in blocks
                    if block.turn.end_s > placement.at_s + _ONSET_MIN_S
                ),
                duration_s,
            ),
            confidence=1.0,
            source=ChapterSource.PRESS,
            needs_review=False,
        )
        for placement in placements
        if placement.at_s is not None
    }


def _answers(
    found: Sequence[_Found], blocks: Sequence[Block], pressed: set[str]
) -> tuple[Answer, ...]:
    """One answer per stretch and certainty, ended where the next one begins."""
    groups: dict[tuple[float, ChapterSource, bool], list[_Found]] = {}
    for one in found:
        lead_s = 0.0 if one.question_id in pressed else _LEAD_S
        start_s = round(max(one.onset_s - lead_s, 0.0), 3)
        groups.setdefault((start_s, one.source, one.needs_review), []).append(one)
    starts = sorted({start_s for start_s, _, _ in groups})
    answers = []
    for (start_s, source, needs_review), members in groups.items():
        end_s = _with_follow_ups(max(one.end_s for one in members), blocks, starts)
        later = [other for other in starts if other > start_s]
        answers.append(
            Answer(
                question_ids=tuple(one.question_id for one in members),
                start_s=start_s,
                end_s=round(min([end_s, *later]), 3),
                confidence=min(one.confidence for one in members),
                source=source,
                needs_review=needs_review,
            )
        )
    return tuple(sorted(answers, key=lambda one: (one.start_s, one.question_ids)))


def _with_follow_ups(
    end_s: float, blocks: Sequence[Block], starts: Iterable[float]
) -> float:
    """A short remark of others and the answerer's reply belong to the same answer."""
    taken = [start_s + _LEAD_S for start_s in starts]
    for block in blocks:
        gap_s = block.turn.start_s - end_s
        claimed = any(abs(block.turn.start_s - start_s) < 1.0 for start_s in taken)
        if 0 <= gap_s < _FOLLOW_UP_S and not claimed:
            end_s = block.turn.end_s
    return end_s


def _unclaimed(
    blocks: Sequence[Block], answers: Sequence[Answer]
) -> tuple[UnclaimedBlock, ...]:
    return tuple(
        UnclaimedBlock(
            start_s=round(max(block.turn.start_s + SPEECH_PAD_S - _LEAD_S, 0.0), 3),
            end_s=round(block.turn.end_s, 3),
            asked_from_s=round(block.reading_from_s, 3),
            asked_by=block.asker(),
        )
        for block in blocks
        if not any(
            answer.start_s < block.turn.end_s and answer.end_s > block.turn.start_s
            for answer in answers
        )
    )


def by_question(answers: Answers) -> Mapping[str, Answer]:
    """The answer of each answered question."""
    return {
        question_id: answer
        for answer in answers.answers
        for question_id in answer.question_ids
    }
