"""Captions: cues that can be read while they are spoken, as WebVTT.

At most two lines of 42 characters, one to seven seconds, never two at once, broken
where the language breathes, and every word of the transcript in one of them. Nobody's
words are dropped because they come too fast: such a cue is flagged for the editor.

Looks back at: words, cue_breaks.  Is looked at by: compose, publishers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pipeline.cue_breaks import (
    CUE_MAX_S,
    CUE_MIN_S,
    GAP_S,
    LINE_MAX_CHARS,
    CueDraft,
    chars,
    cut_turn,
    fitting,
)
from pipeline.words import reassign_words, timed_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from townhall.media import Transcript, Word

__all__ = ["Cue", "CueFlag", "captions_vtt", "cues", "reassign_words"]

TURN_PAUSE_S: Final = 2.0  #: after a pause this long a new cue begins
TOO_FAST_CHARS_PER_S: Final = 20.0
#: a later speaker's cue may wait this long before the two share one cue
_SHIFT_MAX_S: Final = 0.5
_DASH: Final = "– "


class CueFlag(StrEnum):
    """What an editor should look at."""

    FAST = "fast"  #: more than 20 characters a second: nobody can read that
    LATE = "late"  #: begins more than 0.5 s after its first word, others spoke


@dataclass(frozen=True, kw_only=True, slots=True)
class Cue:
    """What stands on the screen for a while."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]
    #: who speaks; of two persons in one cue the first line is the first one's
    participant_ids: tuple[str | None, ...]
    flags: tuple[CueFlag, ...] = ()

    @property
    def text(self) -> str:
        """All of it in one line."""
        return " ".join(self.lines)


def captions_vtt(transcript: Transcript, *, names: Mapping[Any, str | None]) -> str:
    """The transcript as WebVTT, in the transcript's own time.

    ``names`` gives the name to show for each participant; nobody's name, no voice tag.
    """
    blocks = ["WEBVTT"]
    for number, cue in enumerate(cues(transcript), start=1):
        times = f"{_timestamp(cue.start_s)} --> {_timestamp(cue.end_s)}"
        blocks.append(f"{number}\n{times}\n{_payload(cue, names)}")
    return "\n\n".join(blocks) + "\n"


def cues(transcript: Transcript) -> tuple[Cue, ...]:
    """The cues of a transcript, in order, none overlapping another."""
    drafts: list[CueDraft] = []
    turns = _turns(transcript)
    starts = sorted(words[0].start_s for _, words in turns)
    for participant_id, words in turns:
        later = (start_s for start_s in starts if start_s > words[-1].start_s)
        drafts += cut_turn(participant_id, words, next(later, float("inf")))
    drafts.sort(key=lambda draft: (draft.start_s, draft.spoken_end_s))
    return tuple(_finished(draft) for draft in _one_at_a_time(drafts))


def _turns(transcript: Transcript) -> list[tuple[str | None, list[Word]]]:
    """Words of one person without a long pause and without another in between."""
    turns: list[tuple[str | None, list[Word]]] = []
    for segment in transcript.segments:
        words = [piece for word in timed_words(segment) for piece in fitting(word)]
        if not words:
            continue
        if (
            turns
            and turns[-1][0] == segment.participant_id
            and 0 <= words[0].start_s - turns[-1][1][-1].end_s < TURN_PAUSE_S
        ):
            turns[-1][1].extend(words)
        else:
            turns.append((segment.participant_id, words))
    return turns


def _one_at_a_time(drafts: Sequence[CueDraft]) -> list[CueDraft]:
    """Move and join cues until none overlaps; each stays at least a second."""
    placed: list[CueDraft] = []
    for draft in drafts:
        cue = draft
        if placed:
            moved = _after(placed, draft)
            if moved is None:
                continue
            cue = moved
        end_s = min(max(cue.end_s, cue.start_s + CUE_MIN_S), cue.start_s + CUE_MAX_S)
        placed.append(replace(cue, end_s=end_s))
    return placed


def _after(placed: list[CueDraft], cue: CueDraft) -> CueDraft | None:
    """The cue, begun when the one before has ended; ``None``: now part of that one."""
    before = placed[-1]
    needed_s = max(before.start_s + CUE_MIN_S, before.spoken_end_s)
    before_end_s = min(before.end_s, max(cue.start_s - GAP_S, needed_s))
    if cue.start_s >= before_end_s:
        placed[-1] = replace(before, end_s=before_end_s)
        return cue
    if before_end_s - cue.start_s > _SHIFT_MAX_S and _can_share(before, cue):
        placed[-1] = _shared(before, cue)
        return None
    placed[-1] = replace(before, end_s=before_end_s)
    return replace(
        cue,
        start_s=before_end_s,
        end_s=max(cue.end_s, before_end_s + CUE_MIN_S),
        spoken_end_s=max(cue.spoken_end_s, before_end_s),
    )


def _can_share(before: CueDraft, cue: CueDraft) -> bool:
    return (
        len(before.lines) == len(cue.lines) == 1
        and before.participant_ids != cue.participant_ids
        and max(len(before.lines[0]), len(cue.lines[0])) + len(_DASH) <= LINE_MAX_CHARS
        and max(before.end_s, cue.end_s) - before.start_s <= CUE_MAX_S
    )


def _shared(before: CueDraft, cue: CueDraft) -> CueDraft:
    return replace(
        before,
        end_s=max(before.end_s, cue.end_s),
        spoken_end_s=max(before.spoken_end_s, cue.spoken_end_s),
        lines=(_DASH + before.lines[0], _DASH + cue.lines[0]),
        participant_ids=(*before.participant_ids, *cue.participant_ids),
    )


def _finished(draft: CueDraft) -> Cue:
    start_s, end_s = round(draft.start_s, 3), round(draft.end_s, 3)
    flags = []
    if chars(draft.lines) / (end_s - start_s) > TOO_FAST_CHARS_PER_S:
        flags.append(CueFlag.FAST)
    if draft.start_s - draft.spoken_start_s > _SHIFT_MAX_S:
        flags.append(CueFlag.LATE)
    return Cue(
        start_s=start_s,
        end_s=end_s,
        lines=draft.lines,
        participant_ids=draft.participant_ids,
        flags=tuple(flags),
    )


def _payload(cue: Cue, names: Mapping[Any, str | None]) -> str:
    if len(cue.participant_ids) == len(cue.lines):
        spoken = zip(cue.participant_ids, cue.lines, strict=True)
    else:
        spoken = zip(cue.participant_ids, ["\n".join(cue.lines)], strict=True)
    return "\n".join(
        _voiced(_escaped(text), names.get(participant_id))
        for participant_id, text in spoken
    )


def _voiced(text: str, name: str | None) -> str:
    shown = " ".join((name or "").split())
    return f"<v {_escaped(shown)}>{text}</v>" if shown else text


def _escaped(text: str) -> str:
    """W3C WebVTT § 4.2.2: these three may not stand as they are in cue text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _timestamp(time_s: float) -> str:
    total_ms = max(round(time_s * 1000), 0)
    hours, rest_ms = divmod(total_ms, 3_600_000)
    minutes, rest_ms = divmod(rest_ms, 60_000)
    seconds, ms = divmod(rest_ms, 1000)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{ms:03}"
