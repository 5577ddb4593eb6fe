"""The edit list: what of the recordings is kept, and where it stands afterwards.

Two clocks meet here. *Session time* is seconds from a recording's start;
*programme time* is what the viewer's player shows after the recordings were put
in order and the removed passages taken out. Everything that must move along with
a cut (words, chapters, picture, sound) asks this list.

Cuts are half-open like a slice and snapped outwards to whole frames: a passage
that was taken out is out entirely.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline.spans import merged
from townhall.media import CutKind, Transcript, TranscriptSegment, Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from townhall.media import Cut

#: frames a second of every programme (issue: 25 fps, the European rate)
FRAMES_PER_S = 25
#: sound samples a frame lasts at 48 kHz: a whole number, so nothing ever drifts
SAMPLES_PER_S = 48_000
SAMPLES_PER_FRAME = SAMPLES_PER_S // FRAMES_PER_S
#: what the captions show for words under a bleep
BLEEPED_TEXT = "[…]"
#: A word may reach so far into a cut before it counts as cut: the recogniser's word
#: times are right to 0.1–0.2 s (speech notes § 3), so more would let words slip through.
_WORD_TOLERANCE_S = 0.1
#: a recogniser may give a word no length at all; it still stands somewhere
_LEAST_WORD_S = 0.02
_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class EditedPart:
    """One recording and what is done to it, on its session clock."""

    duration_s: float
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptRange:
    """Frames of one recording that stay, half-open, and where they stand."""

    part_index: int
    start_frame: int  #: on the session clock
    end_frame: int
    programme_frame: int  #: programme time of ``start_frame``

    @property
    def frames(self) -> int:
        """How many frames it holds."""
        return self.end_frame - self.start_frame


@dataclass(frozen=True, kw_only=True, slots=True)
class EditList:
    """Kept ranges in programme order, and the bleeps of each part."""

    ranges: tuple[KeptRange, ...]
    bleeps: tuple[tuple[tuple[float, float], ...], ...]  #: per part, merged, seconds

    @property
    def frames(self) -> int:
        """Length of the programme in frames."""
        return sum(kept.frames for kept in self.ranges)

    @property
    def duration_s(self) -> float:
        """Length of the programme."""
        return self.frames / FRAMES_PER_S

    def of_part(self, part_index: int) -> tuple[KeptRange, ...]:
        """What is kept of one recording."""
        return tuple(kept for kept in self.ranges if kept.part_index == part_index)

    def to_programme(self, part_index: int, session_s: float) -> float | None:
        """Programme time of a moment; ``None`` when it was taken out."""
        frame = session_s * FRAMES_PER_S
        for kept in self.of_part(part_index):
            if kept.start_frame <= frame < kept.end_frame:
                return _seconds(kept.programme_frame + frame - kept.start_frame)
        return None

    def next_in_programme(self, part_index: int, session_s: float) -> float | None:
        """Programme time of the first kept moment at or after this one."""
        frame = session_s * FRAMES_PER_S
        for kept in self.of_part(part_index):
            if frame < kept.end_frame:
                at = max(frame, kept.start_frame)
                return _seconds(kept.programme_frame + at - kept.start_frame)
        return None

    def span_to_programme(
        self, part_index: int, start_s: float, end_s: float
    ) -> tuple[float, float] | None:
        """Where what is kept of a span begins and ends; ``None``: nothing is kept."""
        start, end = start_s * FRAMES_PER_S, end_s * FRAMES_PER_S
        kept = [
            (
                found.programme_frame
                + max(start, found.start_frame)
                - found.start_frame,
                found.programme_frame + min(end, found.end_frame) - found.start_frame,
            )
            for found in self.of_part(part_index)
            if start < found.end_frame and end > found.start_frame
        ]
        return (_seconds(kept[0][0]), _seconds(kept[-1][1])) if kept else None

    def stretch_to_sessions(
        self, start_s: float, end_s: float
    ) -> tuple[tuple[int, float, float], ...]:
        """A stretch of the programme as (part index, start, end) on the session clocks."""
        found = []
        for kept in self.ranges:
            begin_s = kept.programme_frame / FRAMES_PER_S
            stop_s = begin_s + kept.frames / FRAMES_PER_S
            first, last = max(start_s, begin_s), min(end_s, stop_s)
            if first < last:
                shift_s = kept.start_frame / FRAMES_PER_S - begin_s
                found.append((kept.part_index, first + shift_s, last + shift_s))
        return tuple(found)

    def programme_to_session(self, at_s: float) -> tuple[int, float]:
        """Which recording a moment of the programme comes from, and when in it.

        A moment at or after the end gives the end of the last kept range.

        Raises:
            ValueError: the moment is negative, or the programme is empty.
        """
        if at_s < 0 or not self.ranges:
            raise ValueError(f"{at_s} s is not inside the programme")
        frame = at_s * FRAMES_PER_S
        for kept in self.ranges:
            if frame < kept.programme_frame + kept.frames:
                session_frame = kept.start_frame + frame - kept.programme_frame
                return kept.part_index, _seconds(session_frame)
        last = self.ranges[-1]
        return last.part_index, _seconds(last.end_frame)


def frames_of(duration_s: float) -> int:
    """How many frames a recording of this length has; the last one may be partial."""
    return max(0, math.ceil(duration_s * FRAMES_PER_S - _ROUNDING))


def frame_spans(
    cuts: Iterable[Cut], kind: CutKind, frames: int
) -> tuple[tuple[int, int], ...]:
    """The frames that cuts of one kind touch, merged, inside the recording."""
    snapped = (
        (
            max(0, math.floor(cut.start_s * FRAMES_PER_S + _ROUNDING)),
            min(frames, math.ceil(cut.end_s * FRAMES_PER_S - _ROUNDING)),
        )
        for cut in cuts
        if cut.kind is kind and cut.end_s > cut.start_s
    )
    return tuple((int(start), int(end)) for start, end in merged(snapped))


def make_edit_list(parts: Sequence[EditedPart]) -> EditList:
    """Put the recordings in order and take out what was removed."""
    ranges: list[KeptRange] = []
    bleeps = []
    at = 0
    for index, part in enumerate(parts):
        frames = frames_of(part.duration_s)
        begin = 0
        removed = frame_spans(part.cuts, CutKind.REMOVE, frames)
        for start, end in (*removed, (frames, frames)):
            if start > begin:
                ranges.append(
                    KeptRange(
                        part_index=index,
                        start_frame=begin,
                        end_frame=start,
                        programme_frame=at,
                    )
                )
                at += start - begin
            begin = max(begin, end)
        bleeps.append(
            merged(
                (cut.start_s, cut.end_s)
                for cut in part.cuts
                if cut.kind is CutKind.BLEEP
            )
        )
    return EditList(ranges=tuple(ranges), bleeps=tuple(bleeps))


def transcript_in_programme(
    edit_list: EditList,
    transcripts: Sequence[Transcript],
    *,
    language: str,
    mark_bleeps: bool = False,
) -> Transcript:
    """All transcripts in programme time, without what was cut out.

    Words under a bleep leave the text; with ``mark_bleeps`` (for captions) an
    ellipsis in brackets stands in their place, so that who cannot hear the tone
    knows of it.
    """
    segments: list[TranscriptSegment] = []
    for index, transcript in enumerate(transcripts):
        moved = (
            _segment_in_programme(edit_list, index, segment, mark_bleeps=mark_bleeps)
            for segment in transcript.segments
        )
        kept = (segment for segment in moved if segment is not None)
        segments += sorted(kept, key=lambda segment: segment.start_s)
    return Transcript(language=language, segments=tuple(segments))


def _segment_in_programme(
    edit_list: EditList, index: int, segment: TranscriptSegment, *, mark_bleeps: bool
) -> TranscriptSegment | None:
    span = edit_list.span_to_programme(index, segment.start_s, segment.end_s)
    if span is None:
        return None
    if not segment.words:
        # Nobody knows which words a cut hits: then none may slip through.
        touched = _is_cut(edit_list, index, segment.start_s, segment.end_s)
        if touched or _is_bleeped(edit_list, index, segment.start_s, segment.end_s):
            return None
        return replace(segment, start_s=span[0], end_s=span[1])
    words = _words_in_programme(
        edit_list, index, segment.words, mark_bleeps=mark_bleeps
    )
    if not words:
        return None
    unchanged = [word.text for word in words] == [word.text for word in segment.words]
    return replace(
        segment,
        start_s=min(span[0], words[0].start_s) if unchanged else words[0].start_s,
        end_s=max(span[1], words[-1].end_s) if unchanged else words[-1].end_s,
        text=segment.text if unchanged else " ".join(word.text for word in words),
        words=words,
    )


def _words_in_programme(
    edit_list: EditList, index: int, words: Sequence[Word], *, mark_bleeps: bool
) -> tuple[Word, ...]:
    moved: list[Word] = []
    for spoken in words:
        word = replace(spoken, end_s=max(spoken.end_s, spoken.start_s + _LEAST_WORD_S))
        if _is_cut(edit_list, index, word.start_s, word.end_s):
            continue
        span = edit_list.span_to_programme(index, word.start_s, word.end_s)
        if span is None:
            start_s = edit_list.next_in_programme(index, word.start_s)
            if start_s is None:
                continue
            span = (start_s, start_s)
        text = word.text
        if _is_bleeped(edit_list, index, word.start_s, word.end_s):
            if not mark_bleeps:
                continue
            if moved and moved[-1].text == BLEEPED_TEXT:
                moved[-1] = replace(moved[-1], end_s=max(moved[-1].end_s, span[1]))
                continue
            text = BLEEPED_TEXT
        moved.append(replace(word, start_s=span[0], end_s=span[1], text=text))
    return tuple(moved)


def _is_cut(edit_list: EditList, index: int, start_s: float, end_s: float) -> bool:
    kept_s = sum(
        _overlap_s(
            start_s,
            end_s,
            kept.start_frame / FRAMES_PER_S,
            kept.end_frame / FRAMES_PER_S,
        )
        for kept in edit_list.of_part(index)
    )
    return end_s - start_s - kept_s > _allowed_s(start_s, end_s)


def _is_bleeped(edit_list: EditList, index: int, start_s: float, end_s: float) -> bool:
    covered_s = sum(
        _overlap_s(start_s, end_s, *bleep) for bleep in edit_list.bleeps[index]
    )
    return covered_s > _allowed_s(start_s, end_s)


def _allowed_s(start_s: float, end_s: float) -> float:
    return min(_WORD_TOLERANCE_S, (end_s - start_s) / 2)


def _overlap_s(
    start_s: float, end_s: float, other_start: float, other_end: float
) -> float:
    return max(0.0, min(end_s, other_end) - max(start_s, other_start))


def _seconds(frame: float) -> float:
    return round(frame / FRAMES_PER_S, 6)
