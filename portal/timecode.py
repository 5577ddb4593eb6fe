"""Times as people write them: ``75``, ``1:15``, ``1:02:03.5`` and ranges ``A-B``."""

from __future__ import annotations

import re

from townhall.errors import InvalidInput, phrase

_TIME = re.compile(r"(?:(?:(\d+):)?([0-5]?\d):)?(\d+(?:[.,]\d+)?)")


def read_time(text: str) -> float:
    """Seconds of a written time.

    Raises:
        InvalidInput: it is none.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(
            field=text, reason=phrase("write times as 75, 1:15 or 1:02:03.5")
        )
    hours, minutes, seconds = found.groups()
    value = float(seconds.replace(",", "."))
    if minutes is not None and value >= 60:
        raise InvalidInput(field=text, reason=phrase("a minute has 60 seconds"))
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + value


def read_range(text: str) -> tuple[float, float]:
    """Start and end of a written range, half-open.

    Raises:
        InvalidInput: it is none, or it ends before it starts.
    """
    start, dash, end = text.replace("–", "-").partition("-")
    if not dash:
        raise InvalidInput(field=text, reason=phrase("write a range as 1:15-1:17"))
    start_s, end_s = read_time(start), read_time(end)
    if end_s <= start_s:
        raise InvalidInput(field=text, reason=phrase("it ends before it starts"))
    return start_s, end_s


def write_time(seconds: float) -> str:
    """Seconds as ``1:02:03`` or ``2:03``."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    start = f"{hours}:{minutes:02}" if hours else str(minutes)
    return f"{start}:{whole % 60:02}"
