"""Half-open spans of time: joined, bridged, and taken out of one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def merged(spans: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Half-open spans in order, those that overlap or touch made one."""
    result: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return tuple(result)


def bridged(
    spans: Iterable[tuple[float, float]], gap_s: float
) -> tuple[tuple[float, float], ...]:
    """Spans made one where less than ``gap_s`` lies between them."""
    widened = merged((start, end + gap_s) for start, end in spans)
    return tuple((start, end - gap_s) for start, end in widened)


def outside(
    spans: Iterable[tuple[float, float]], taken: Iterable[tuple[float, float]]
) -> tuple[tuple[float, float], ...]:
    """What is left of spans when others are taken out."""
    gone = merged(taken)
    result = []
    for start, end in spans:
        begin = start
        for low, high in gone:
            if high <= begin or low >= end:
                continue
            if low > begin:
                result.append((begin, low))
            begin = high
        if begin < end:
            result.append((begin, end))
    return tuple(result)
