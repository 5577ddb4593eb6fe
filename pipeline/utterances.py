"""From words to segments: turns and parts of turns, short enough to read and correct.

Looks back at: nothing.  Is looked at by: transcribe.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Final

from townhall.media import TranscriptSegment, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

TURN_PAUSE_S: Final = 2.0  #: a pause this long ends a turn
SEGMENT_MAX_S: Final = 20.0  #: sentences are joined up to this length
SENTENCE_MAX_S: Final = 26.0  #: a sentence beyond this is cut at its longest pause
#: below this mean probability somebody should listen. Of 34 turns of the development
#: office hours those with a third of the words wrong had 0.63–0.74, those with less than
#: a tenth wrong 0.82–0.99
UNSURE_BELOW: Final = 0.66
_SENTENCE_END: Final = (".", "?", "!", "…", ".“", "?“", "!“", '."', '?"', '!"')


@dataclass(frozen=True, slots=True)
class Unheard:
    """Speech that could not be made out, on the session clock."""

    participant_id: str | None
    start_s: float
    end_s: float


def utterances(
    words: Mapping[str | None, Sequence[Word]], unheard: Iterable[Unheard] = ()
) -> tuple[TranscriptSegment, ...]:
    """All segments in order of their start."""
    segments = [
        TranscriptSegment(
            start_s=round(gap.start_s, 3),
            end_s=round(gap.end_s, 3),
            participant_id=gap.participant_id,
            text="",
            words=(),
            unsure=True,
        )
        for gap in unheard
    ]
    for participant_id, spoken in words.items():
        others = sorted(
            (word.start_s + word.end_s) / 2
            for other, theirs in words.items()
            if other != participant_id
            for word in theirs
        )
        segments += [
            _segment(participant_id, group)
            for group in _groups(_in_order(spoken), others)
        ]
    return tuple(
        sorted(segments, key=lambda part: (part.start_s, part.participant_id or ""))
    )


def _in_order(words: Sequence[Word]) -> list[Word]:
    """Words by time; none begins before the one in front of it has begun."""
    return sorted(words, key=lambda word: (word.start_s, word.end_s))


def _groups(words: Sequence[Word], others: Sequence[float]) -> list[list[Word]]:
    groups: list[list[Word]] = []
    for sentence in _sentences(words):
        last = groups[-1] if groups else None
        if (
            last
            and sentence[0].start_s - last[-1].end_s < TURN_PAUSE_S
            and sentence[-1].end_s - last[0].start_s <= SEGMENT_MAX_S
            and not _spoken_between(others, last[-1].end_s, sentence[0].start_s)
        ):
            last += sentence
        else:
            groups.append(sentence)
    return groups


def _spoken_between(moments: Sequence[float], start_s: float, end_s: float) -> bool:
    return bisect_left(moments, start_s) < bisect_right(moments, end_s)


def _sentences(words: Sequence[Word]) -> list[list[Word]]:
    sentences: list[list[Word]] = []
    for word in words:
        last = sentences[-1] if sentences else None
        if (
            last
            and not last[-1].text.endswith(_SENTENCE_END)
            and word.start_s - last[-1].end_s < TURN_PAUSE_S
        ):
            last.append(word)
        else:
            sentences.append([word])
    return [part for sentence in sentences for part in _short_enough(sentence)]


def _short_enough(sentence: list[Word]) -> list[list[Word]]:
    if len(sentence) < 2 or sentence[-1].end_s - sentence[0].start_s <= SENTENCE_MAX_S:
        return [sentence]
    middle_s = (sentence[0].start_s + sentence[-1].end_s) / 2
    reach_s = middle_s - sentence[0].start_s

    def fitness(index: int) -> float:
        before, after = sentence[index - 1], sentence[index]
        comma = 0.3 if before.text.endswith((",", ";", ":")) else 0.0
        far = abs(after.start_s - middle_s) / reach_s
        return after.start_s - before.end_s + comma - far

    cut = max(range(1, len(sentence)), key=fitness)
    return [*_short_enough(sentence[:cut]), *_short_enough(sentence[cut:])]


def _segment(participant_id: str | None, words: Sequence[Word]) -> TranscriptSegment:
    return TranscriptSegment(
        start_s=words[0].start_s,
        end_s=max(word.end_s for word in words),
        participant_id=participant_id,
        text=" ".join(word.text for word in words),
        words=tuple(words),
        unsure=fmean(word.probability or 0.0 for word in words) < UNSURE_BELOW,
    )
