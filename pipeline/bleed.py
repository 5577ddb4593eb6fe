"""Another person's loudspeaker in this person's microphone.

Without headphones a microphone hears the room: everything the others say comes out of
the loudspeaker and, some 150 ms late, into this track. Decoded, it would stand in the
transcript a second time under the wrong name. A stretch is taken for bleed when
another track is much louder over the same time *and* both rise and fall together; so
somebody who speaks softly while another speaks is not lost.

Looks back at: nothing.  Is looked at by: speech_activity.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from townhall.media import SpeechSpan

    Levels = NDArray[np.float32]

FRAME_S: Final = 0.01  #: one value of an envelope
#: how much louder the other track must be. Both thresholds were set before measuring:
#: 0 of 339 bleed spans kept, 0 own spans dropped in an office hour at four levels
LOUDER_DB: Final = 12.0
CORRELATION: Final = 0.5  #: of the two envelopes in dB, at the best lag
LAG_MAX_S: Final = 0.4  #: network and echo canceller; 150 ms is usual
#: what is shorter is no change of speaker inside a span: own speech may be a "Ja",
#: but a loud 0.4 s of another in between is a pause of one's own
_SHORTEST_OWN_S: Final = 0.25
_SHORTEST_FOREIGN_S: Final = 0.5
_QUIET_DB: Final = -80.0  #: all that is quieter counts alike
_ABOVE_NOISE_DB: Final = 12.0
_VOICE_RANGE_DB: Final = 15.0  #: from a voice's usual level down to its soft syllables
_LAGS: Final = round(LAG_MAX_S / FRAME_S)

#: labels of a frame; 0 and above: the number of the other person
_NEITHER: Final = -2
_OWN: Final = -1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Heard:
    """What was heard on one track file: spans and levels."""

    participant_id: str | None
    offset_s: float
    clock_slope: float
    envelope_db: Levels  #: a level each ``FRAME_S`` of the file
    spans: tuple[SpeechSpan, ...]

    def levels(self, first: int, count: int) -> Levels:
        """Levels of ``count`` frames of the *session* clock; quiet outside the file."""
        at_s = (first + np.arange(count)) * FRAME_S
        index = np.round((at_s - self.offset_s) / self.clock_slope / FRAME_S).astype(
            int
        )
        inside = (index >= 0) & (index < self.envelope_db.size)
        levels = np.full(count, _QUIET_DB, dtype=np.float32)
        levels[inside] = np.maximum(self.envelope_db[index[inside]], _QUIET_DB)
        return levels

    def speaks(self, first: int, count: int) -> bool:
        """Whether this person's own voice is heard in these frames."""
        start_s, end_s = first * FRAME_S, (first + count) * FRAME_S
        return any(
            span.bleed_of is None and span.start_s < end_s and span.end_s > start_s
            for span in self.spans
        )

    def voice_db(self) -> float:
        """The usual level of this person's own voice."""
        own = [span.loudness_db for span in self.spans if span.bleed_of is None]
        return float(np.median(own)) if own else 0.0

    def noise_db(self) -> float:
        """The level of the room around this person."""
        if self.envelope_db.size == 0:
            return _QUIET_DB
        return max(float(np.percentile(self.envelope_db, 10)), _QUIET_DB)


def mark_bleed(heard: Sequence[Heard]) -> tuple[SpeechSpan, ...]:
    """All spans in order of their start, foreign ones with ``bleed_of`` set.

    First whole spans are judged. Then spans that hold own speech and bleed (the other
    began within the 400 ms that the detector bridges) are cut where the other's
    loudspeaker takes over, looking only at those who really spoke then.
    """
    judged = [_with_whole_spans_judged(own, _others(own, heard)) for own in heard]
    spans = [
        part
        for own in judged
        for span in own.spans
        for part in _cut(span, own, _others(own, judged))
    ]
    return tuple(
        sorted(spans, key=lambda span: (span.start_s, span.participant_id or ""))
    )


def _others(own: Heard, heard: Iterable[Heard]) -> list[Heard]:
    return [other for other in heard if other.participant_id != own.participant_id]


def _with_whole_spans_judged(own: Heard, others: list[Heard]) -> Heard:
    spans = []
    for span in own.spans:
        first, count = _frames(span)
        spans.append(replace(span, bleed_of=_source(own, others, first, count)))
    return replace(own, spans=tuple(spans))


def _cut(span: SpeechSpan, own: Heard, others: list[Heard]) -> list[SpeechSpan]:
    first, count = _frames(span)
    speaking = [other for other in others if other.speaks(first - _LAGS, count + _LAGS)]
    if not speaking or span.bleed_of is not None:
        return [span]
    mine = own.levels(first, count)
    theirs = np.stack([_voice_lately(other, first, count) for other in speaking])
    label = np.full(count, _NEITHER)
    label[mine >= own.noise_db() + _ABOVE_NOISE_DB] = _OWN
    foreign = theirs.max(axis=0) >= mine + LOUDER_DB
    label[foreign] = theirs.argmax(axis=0)[foreign]
    parts = [
        (
            start,
            end,
            None
            if kind == _OWN
            else _source(own, [speaking[kind]], first + start, end - start),
        )
        for start, end, kind in _runs(label)
    ]
    return [
        span
        if end - start == count
        else replace(
            span,
            start_s=span.start_s if start == 0 else (first + start) * FRAME_S,
            end_s=span.end_s if end == count else (first + end) * FRAME_S,
            loudness_db=round(_mean_db(mine[start:end]), 2),
            bleed_of=source,
        )
        for start, end, source in _joined(parts)
    ]


def _frames(span: SpeechSpan) -> tuple[int, int]:
    first = round(span.start_s / FRAME_S)
    return first, max(round(span.end_s / FRAME_S) - first, 1)


def _voice_lately(other: Heard, first: int, count: int) -> Levels:
    """The other's own voice: for each frame its highest level of the last 0.4 s.

    What is far below that person's usual level is no voice but what their microphone
    hears of the room, and cannot be the cause of bleed.
    """
    levels = other.levels(first - _LAGS, count + _LAGS)
    voice = np.where(levels >= other.voice_db() - _VOICE_RANGE_DB, levels, _QUIET_DB)
    return _latest_peak(voice, count)


def _latest_peak(levels: Levels, count: int) -> Levels:
    """For each frame the highest level of the last ``LAG_MAX_S``."""
    windows = np.lib.stride_tricks.sliding_window_view(levels, _LAGS + 1)
    peak: Levels = windows.max(axis=1)[:count]
    return peak


def _runs(label: NDArray[np.int_]) -> list[tuple[int, int, int]]:
    """Stretches of one label; frames that are neither go half to each side.

    A stretch too short to be speech goes to the one before it.
    """
    edges: list[tuple[int, int]] = []  # (first frame, label)
    last_known = 0
    for frame in np.flatnonzero(label != _NEITHER).tolist():
        if not edges:
            edges.append((0, int(label[frame])))
        elif label[frame] != edges[-1][1]:
            edges.append(((last_known + frame + 1) // 2, int(label[frame])))
        last_known = frame
    if not edges:
        return [(0, label.size, _OWN)]
    while len(edges) > 1:
        ends = [*(first for first, _ in edges[1:]), label.size]
        surplus_s, shortest = min(
            (
                (end - first) * FRAME_S
                - (_SHORTEST_OWN_S if kind == _OWN else _SHORTEST_FOREIGN_S),
                at,
            )
            for at, ((first, kind), end) in enumerate(zip(edges, ends, strict=True))
        )
        if surplus_s >= 0:
            break
        del edges[shortest]
        edges[0] = (0, edges[0][1])
        edges = [
            edge
            for at, edge in enumerate(edges)
            if at == 0 or edge[1] != edges[at - 1][1]
        ]
    ends = [*(first for first, _ in edges[1:]), label.size]
    return [(first, end, kind) for (first, kind), end in zip(edges, ends, strict=True)]


def _source(own: Heard, others: Iterable[Heard], first: int, count: int) -> str | None:
    """Whose loudspeaker is heard in these frames, if anybody's."""
    best: tuple[float, str | None] = (CORRELATION, None)
    mine = own.levels(first, count)
    own_db = _mean_db(mine)
    for other in others:
        levels = other.levels(first - _LAGS, count + _LAGS)
        for lag in range(_LAGS + 1):
            shifted = levels[_LAGS - lag :][:count]
            if _mean_db(shifted) < own_db + LOUDER_DB:
                continue
            likeness = _correlation(mine, shifted)
            if likeness >= best[0]:
                best = (likeness, other.participant_id)
    return best[1]


def _joined(
    parts: list[tuple[int, int, str | None]],
) -> list[tuple[int, int, str | None]]:
    joined: list[tuple[int, int, str | None]] = []
    for start, end, source in parts:
        if joined and joined[-1][2] == source:
            joined[-1] = (joined[-1][0], end, source)
        else:
            joined.append((start, end, source))
    return joined


def _mean_db(levels: Levels) -> float:
    return float(10 * np.log10(np.mean(10 ** (levels / 10)) + 1e-15))


def _correlation(one: Levels, other: Levels) -> float:
    one, other = one - one.mean(), other - other.mean()
    scale = float(np.sqrt(np.sum(one**2) * np.sum(other**2)))
    return float(np.sum(one * other)) / scale if scale > 1e-6 else 0.0
