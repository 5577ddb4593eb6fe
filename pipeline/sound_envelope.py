"""How loud a microphone is at each sample: open, turned down, or shut.

All spans are half-open, in samples. Inside a piece they count from its first sample and
may reach beyond its ends, so that neighbouring pieces continue one another exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.edit_list import SAMPLES_PER_S
from pipeline.spans import merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: what is left of a microphone whose owner is silent
_CLOSED_DB = -18.0
_OPENING_S, _CLOSING_S = 0.06, 0.25
#: of mutes, bleeps and joins: shorter clicks, longer lets something through
EDGE = round(0.008 * SAMPLES_PER_S)
#: how far beyond a piece a gate's span still matters in it
GATE_MARGIN = round((_OPENING_S + _CLOSING_S) * SAMPLES_PER_S)

Span = tuple[int, int]


def inside(
    spans: Sequence[Span], first: int, last: int, margin: int
) -> tuple[Span, ...]:
    """Spans that matter for some samples, counted from the first of them.

    What lies beyond the margin is cut off, so that it does not decide the piece.
    """
    low, high = -margin, last - first + margin
    return tuple(
        (max(low, start - first), min(high, end - first))
        for start, end in spans
        if end - first > low and start - first < high
    )


def covers(spans: Sequence[Span], first: int, last: int) -> bool:
    """Whether one span covers all samples from first to last."""
    return any(start <= first and end >= last for start, end in spans)


def in_samples(spans: Sequence[tuple[float, float]]) -> tuple[Span, ...]:
    """Seconds as samples."""
    return tuple(
        (round(start_s * SAMPLES_PER_S), round(end_s * SAMPLES_PER_S))
        for start_s, end_s in spans
    )


def gate(spans: tuple[Span, ...] | None, samples: int) -> NDArray[np.float64]:
    """Open while somebody speaks, nearly closed in between, without a step."""
    if spans is None:
        return np.ones(samples)
    floor = 10 ** (_CLOSED_DB / 20)
    opening, closing = (
        round(_OPENING_S * SAMPLES_PER_S),
        round(_CLOSING_S * SAMPLES_PER_S),
    )
    points = [(-2.0 * samples - opening, floor)]
    for start, end in merged((a - opening, b + closing) for a, b in spans):
        points += [
            (start, floor),
            (start + opening, 1.0),
            (end - closing, 1.0),
            (end, floor),
        ]
    return _interpolated(points, samples)


def shut(spans: tuple[Span, ...], samples: int) -> NDArray[np.float64]:
    """0 inside the spans, 1 outside; the ramps lie outside."""
    if not spans:
        return np.ones(samples)
    points = [(-2.0 * samples - EDGE, 1.0)]
    for start, end in merged((a - EDGE, b + EDGE) for a, b in spans):
        points += [(start, 1.0), (start + EDGE, 0.0), (end - EDGE, 0.0), (end, 1.0)]
    return _interpolated(points, samples)


def _interpolated(
    points: Sequence[tuple[float, float]], samples: int
) -> NDArray[np.float64]:
    times, values = zip(*points, strict=True)
    envelope: NDArray[np.float64] = np.interp(np.arange(samples), times, values)
    return envelope
