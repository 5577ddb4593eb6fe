"""Blocks: a reading by others, then a turn of the one who answers.

Built from voice activity, not from words: one window that could not be made out would
lose a block (5 of 6 found instead of 6 of 6, measured).

Looks back at: speech_activity.  Is looked at by: answers.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from townhall.media import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from townhall.media import Recording, SpeechSpan, Transcript

TURN_GAP_S: Final = 6.0  #: silence of the answerer that does not end a turn …
_INTERRUPTION_S: Final = 1.0  #: … unless somebody else spoke this long in it
_BLOCK_MIN_S: Final = 8.0  #: shorter turns are greetings and thanks


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of the answerer's speech."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Block:
    """A turn that may be an answer, with what others said since the one before."""

    turn: Turn
    reading_from_s: float
    #: seconds each other person spoke in the reading
    spoken_s: dict[str | None, float]
    text: str  #: reading and answer together: each alone finds less (measured)

    def asker(self) -> str | None:
        """Who spoke most in the reading."""
        return max(self.spoken_s, key=lambda who: self.spoken_s[who], default=None)


def answerers(recording: Recording, spans: Iterable[SpeechSpan]) -> set[str | None]:
    """Those who answer: the hosts, or without one heard the person who speaks most."""
    spoken_s: dict[str | None, float] = defaultdict(float)
    for span in spans:
        spoken_s[span.participant_id] += span.end_s - span.start_s
    hosts: set[str | None] = {
        person.participant_id
        for person in recording.people
        if person.role is Role.HOST and person.participant_id in spoken_s
    }
    if hosts or not spoken_s:
        return hosts
    return {max(spoken_s, key=lambda who: spoken_s[who])}


def turns_of(spans: Sequence[SpeechSpan], who: set[str | None]) -> list[Turn]:
    """The answerers' turns, short ones too, in order."""
    own = sorted(
        (span for span in spans if span.participant_id in who),
        key=lambda span: span.start_s,
    )
    others = [span for span in spans if span.participant_id not in who]
    turns: list[Turn] = []
    for span in own:
        last = turns[-1] if turns else None
        if (
            last
            and span.start_s - last.end_s < TURN_GAP_S
            and _spoken_s(others, last.end_s, span.start_s) < _INTERRUPTION_S
        ):
            turns[-1] = replace(last, end_s=max(last.end_s, span.end_s))
        else:
            turns.append(Turn(span.start_s, span.end_s))
    return turns


def blocks_of(
    spans: Sequence[SpeechSpan], transcript: Transcript, who: set[str | None]
) -> list[Block]:
    """All turns long enough to be an answer, each with its reading."""
    words = [
        (segment.participant_id in who, (word.start_s + word.end_s) / 2, word.text)
        for segment in transcript.segments
        for word in segment.words
    ]
    others = [span for span in spans if span.participant_id not in who]
    blocks: list[Block] = []
    since_s = float("-inf")
    for turn in turns_of(spans, who):
        if turn.duration_s < _BLOCK_MIN_S:
            continue
        reading = [span for span in others if since_s <= span.start_s < turn.start_s]
        spoken_s: dict[str | None, float] = defaultdict(float)
        for span in reading:
            spoken_s[span.participant_id] += span.end_s - span.start_s
        said = [
            text
            for own, at_s, text in words
            if (own and turn.start_s <= at_s < turn.end_s)
            or (not own and since_s <= at_s < turn.start_s)
        ]
        reading_from_s = min((span.start_s for span in reading), default=turn.start_s)
        blocks.append(Block(turn, reading_from_s, dict(spoken_s), " ".join(said)))
        since_s = turn.end_s
    return blocks


def _spoken_s(spans: Iterable[SpeechSpan], start_s: float, end_s: float) -> float:
    return sum(
        max(0.0, min(span.end_s, end_s) - max(span.start_s, start_s)) for span in spans
    )
