"""Turns of people who are not published, and what stands in their place.

Somebody who did not agree to be published (or withdrew) is neither seen nor
heard. That they spoke cannot be hidden, so a calm card shows the question they
asked, as it was handed in. As nobody speaks then, the passage is shortened to what
reading the card needs.

Who spoke when comes from voice activity alone: withheld people are never
transcribed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.spans import bridged, merged, outside
from townhall.media import Cut, CutKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from townhall.media import HandedInQuestion, Recording, SpeechSpan

#: pauses inside one turn
_TURN_GAP_S = 2.0
#: what is shorter is an interjection: muted, but no card flashes up
_CARD_FROM_S = 2.0
#: German subtitles are set for 13–17 characters a second; a card may be read twice
_READING_CHARS_PER_S = 15.0
_READING_RUN_UP_S = 2.0
_READING_LEAST_S = 4.0
#: nothing shorter is worth a cut
_LEAST_CUT_S = 1.0
#: stays silent around other people's words
_MARGIN_S = 0.3
#: an answer that begins later than this after the turn belongs to another question
_ANSWER_WITHIN_S = 30.0


@dataclass(frozen=True, kw_only=True, slots=True)
class WithheldTurn:
    """A stretch in which somebody speaks who is not published, session clock."""

    participant_id: str
    start_s: float
    end_s: float

    @property
    def needs_card(self) -> bool:
        """Whether it is long enough to be noticed."""
        return self.end_s - self.start_s >= _CARD_FROM_S


@dataclass(frozen=True, kw_only=True, slots=True)
class WithheldCard:
    """What is shown instead of somebody; ``text`` ``None``: a neutral sentence."""

    start_s: float
    end_s: float
    text: str | None


def withheld_people(recording: Recording) -> frozenset[str]:
    """Who is not published at all."""
    return frozenset(
        person.participant_id
        for person in recording.people
        if not person.consent.lets_hear
    )


def own_speech(
    spans: Iterable[SpeechSpan], participant_id: str | None
) -> tuple[tuple[float, float], ...]:
    """When somebody speaks themselves; not what their microphone hears of others."""
    return merged(
        (span.start_s, span.end_s)
        for span in spans
        if span.participant_id == participant_id and span.bleed_of is None
    )


def withheld_turns(
    recording: Recording, spans: Sequence[SpeechSpan]
) -> tuple[WithheldTurn, ...]:
    """All turns of those who are not published, in order."""
    turns = [
        WithheldTurn(participant_id=participant_id, start_s=start_s, end_s=end_s)
        for participant_id in sorted(withheld_people(recording))
        for start_s, end_s in bridged(own_speech(spans, participant_id), _TURN_GAP_S)
    ]
    return tuple(sorted(turns, key=lambda turn: (turn.start_s, turn.end_s)))


def withheld_cards(
    turns: Sequence[WithheldTurn],
    questions: Sequence[HandedInQuestion],
    answer_starts: Sequence[tuple[str, float]],
) -> tuple[WithheldCard, ...]:
    """The card for each turn, with the wording of the question it asks.

    Args:
        turns: as ``withheld_turns`` gives them.
        questions: those handed in; one that names the asker is theirs.
        answer_starts: question id and session time of answers known for sure.
    """
    return tuple(
        WithheldCard(
            start_s=turn.start_s,
            end_s=turn.end_s,
            text=_wording(turn, questions, answer_starts),
        )
        for turn in turns
        if turn.needs_card
    )


def _wording(
    turn: WithheldTurn,
    questions: Sequence[HandedInQuestion],
    answer_starts: Sequence[tuple[str, float]],
) -> str | None:
    wording = {question.question_id: question.text for question in questions}
    asked = [
        question.question_id
        for question in questions
        if question.participant_id == turn.participant_id
    ]
    following = sorted(
        (start_s, question_id)
        for question_id, start_s in answer_starts
        if turn.start_s <= start_s <= turn.end_s + _ANSWER_WITHIN_S
    )
    for _, question_id in following:
        if question_id in wording and (not asked or question_id in asked):
            return wording[question_id]
    return wording[asked[0]] if asked else None


def shortening_cuts(
    cards: Sequence[WithheldCard],
    recording: Recording,
    spans: Sequence[SpeechSpan],
    *,
    reason: str = "shortened: not published",
) -> tuple[Cut, ...]:
    """Take out of each card's time what reading it does not need.

    Only where nobody else speaks: their words stay.
    """
    heard = merged(
        (span.start_s - _MARGIN_S, span.end_s + _MARGIN_S)
        for person in recording.people
        if person.consent.lets_hear
        for span in spans
        if span.participant_id == person.participant_id and span.bleed_of is None
    )
    cuts = []
    for card in cards:
        left_s = reading_s(card.text)
        for start_s, end_s in outside([(card.start_s, card.end_s)], heard):
            kept_s = min(left_s, end_s - start_s)
            left_s -= kept_s
            if end_s - start_s - kept_s >= _LEAST_CUT_S:
                cuts.append(
                    Cut(
                        start_s=start_s + kept_s,
                        end_s=end_s,
                        kind=CutKind.REMOVE,
                        reason=reason,
                    )
                )
    return tuple(cuts)


def reading_s(text: str | None) -> float:
    """How long a card has to stand."""
    return max(
        _READING_LEAST_S, len(text or "") / _READING_CHARS_PER_S + _READING_RUN_UP_S
    )
