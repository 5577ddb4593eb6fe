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
#: below this a change of speaker inside a span is not looked for
_SHORTEST_S: Final = 0.25
_QUIET_DB: Final = -80.0  #: all that is quieter counts alike
_ABOVE_NOISE_DB: Final = 12.0
_LAGS: Final = round(LAG_MAX_S / FRAME_S)
_SHORTEST: Final = round(_SHORTEST_S / FRAME_S)

_NEITHER: Final = -1
_OWN: Final = 0
_FOREIGN: Final = 1


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


def mark_bleed(heard: Sequence[Heard]) -> tuple[SpeechSpan, ...]:
    """All spans in order of their start, foreign ones with ``bleed_of`` set.

    A span that holds own speech and bleed (the other began within the 400 ms that the
    detector bridges) is cut where the louder track takes over.
    """
    spans: list[SpeechSpan] = []
    for own in heard:
        others = [
            other for other in heard if other.participant_id != own.participant_id
        ]
        noise_db = _noise_db(own)
        for span in own.spans:
            spans += _judged(span, own, others, noise_db) if others else [span]
    return tuple(
        sorted(spans, key=lambda span: (span.start_s, span.participant_id or ""))
    )


def _noise_db(heard: Heard) -> float:
    if heard.envelope_db.size == 0:
        return _QUIET_DB
    return max(float(np.percentile(heard.envelope_db, 10)), _QUIET_DB)


def _judged(
    span: SpeechSpan, own: Heard, others: Iterable[Heard], noise_db: float
) -> list[SpeechSpan]:
    first = round(span.start_s / FRAME_S)
    count = max(round(span.end_s / FRAME_S) - first, 1)
    mine = own.levels(first, count)
    # what may arrive now was said up to LAG_MAX_S ago
    before = {
        id(other): (other, other.levels(first - _LAGS, count + _LAGS))
        for other in others
    }
    loudest = np.max(
        [_latest_peak(levels, count) for _, levels in before.values()], axis=0
    )
    label = np.full(count, _NEITHER)
    label[mine >= noise_db + _ABOVE_NOISE_DB] = _OWN
    label[loudest >= mine + LOUDER_DB] = _FOREIGN
    parts = []
    for start, end, kind in _runs(label):
        source = None
        if kind == _FOREIGN:
            source = _source(mine[start:end], before.values(), start)
        parts.append((start, end, source))
    return [
        replace(
            span,
            start_s=span.start_s if start == 0 else (first + start) * FRAME_S,
            end_s=span.end_s if end == count else (first + end) * FRAME_S,
            loudness_db=span.loudness_db
            if end - start == count
            else round(_mean_db(mine[start:end]), 2),
            bleed_of=source,
        )
        for start, end, source in _joined(parts)
    ]


def _latest_peak(levels: Levels, count: int) -> Levels:
    """For each frame the highest level of the last ``LAG_MAX_S``."""
    windows = np.lib.stride_tricks.sliding_window_view(levels, _LAGS + 1)
    peak: Levels = windows.max(axis=1)[:count]
    return peak


def _runs(label: NDArray[np.int_]) -> list[tuple[int, int, int]]:
    """Stretches of own and foreign frames; what is neither goes half to each side."""
    known = np.flatnonzero(label != _NEITHER)
    if known.size == 0:
        return [(0, label.size, _OWN)]
    edges: list[tuple[int, int]] = []  # (first frame, kind) of each run of known frames
    for before, frame in zip([None, *known[:-1].tolist()], known.tolist(), strict=True):
        kind = int(label[frame])
        if before is None or not edges:
            edges.append((0, kind))
        elif kind != edges[-1][1]:
            edges.append(((before + frame + 1) // 2, kind))
    runs = [
        (start, end, kind)
        for (start, kind), end in zip(
            edges, [*(edge for edge, _ in edges[1:]), label.size], strict=True
        )
    ]
    while len(runs) > 1:
        shortest = min(range(len(runs)), key=lambda at: runs[at][1] - runs[at][0])
        if runs[shortest][1] - runs[shortest][0] >= _SHORTEST:
            break
        runs = _without(runs, shortest)
    return runs


def _without(
    runs: list[tuple[int, int, int]], index: int
) -> list[tuple[int, int, int]]:
    """Give a run too short to be speech to its neighbours, which are of one kind."""
    left = runs[index - 1] if index else None
    right = runs[index + 1] if index + 1 < len(runs) else None
    start = left[0] if left else runs[index][0]
    end = right[1] if right else runs[index][1]
    kind = (left or right or runs[index])[2]
    return [*runs[: max(index - 1, 0)], (start, end, kind), *runs[index + 2 :]]


def _source(
    mine: Levels, others: Iterable[tuple[Heard, Levels]], start: int
) -> str | None:
    """Whose loudspeaker is heard in these frames, if anybody's."""
    best: tuple[float, str | None] = (CORRELATION, None)
    own_db = _mean_db(mine)
    for other, levels in others:
        for lag in range(_LAGS + 1):
            shifted = levels[start + _LAGS - lag :][: mine.size]
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
