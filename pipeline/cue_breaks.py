"""Where a turn is cut into cues, and a cue into lines.

Dynamic programming over the words of one turn: each possible cue has a cost, the
cheapest chain wins. The costs were chosen once and held on development and held-out
sessions (151 cues: none over the limits, 135 end at a punctuation mark).

Looks back at: german_words.  Is looked at by: captions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from pipeline.german_words import ARTICLES_AND_PREPOSITIONS, CONJUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from townhall.media import Word

LINE_MAX_CHARS: Final = 42
LINES_MAX: Final = 2
CUE_MIN_S: Final = 1.0
CUE_MAX_S: Final = 7.0
GAP_S: Final = 0.08  #: two frames of dark between two cues, so that a change is seen
READING_CHARS_PER_S: Final = 16.0  #: a cue stays this long if the pause allows
FAST_CHARS_PER_S: Final = 17.0
_PAUSE_INSIDE_S: Final = 1.5

#: costs of ending a cue here
_AT_SENTENCE, _AT_COMMA, _AT_CONJUNCTION, _ANYWHERE = 0.0, 4.0, 7.0, 14.0
_AFTER_ARTICLE: Final = 8.0
_LINE_AFTER_ARTICLE: Final = 16.0
_PER_CUE: Final = 1.0
_PER_CHAR_PER_S: Final = 60.0
_PER_S_TOO_SHORT: Final = 40.0
_PER_PAUSE_INSIDE: Final = 15.0


@dataclass(frozen=True, slots=True)
class CueDraft:
    """A cue before the others' cues are looked at."""

    start_s: float
    end_s: float  #: as long as there is room for
    spoken_start_s: float
    spoken_end_s: float
    lines: tuple[str, ...]
    participant_ids: tuple[str | None, ...]


def fitting(word: Word) -> list[Word]:
    """A word in pieces that fit a line; nearly always the word itself."""
    pieces = word.text.split()
    while len(pieces[-1] if pieces else "") > LINE_MAX_CHARS:
        last = pieces.pop()
        pieces += [f"{last[: LINE_MAX_CHARS - 1]}-", last[LINE_MAX_CHARS - 1 :]]
    length_s = (word.end_s - word.start_s) / max(len(pieces), 1)
    return [
        replace(
            word,
            text=text,
            start_s=word.start_s + index * length_s,
            end_s=word.start_s + (index + 1) * length_s,
        )
        for index, text in enumerate(pieces)
    ]


def cut_turn(
    participant_id: str | None, words: Sequence[Word], next_start_s: float
) -> list[CueDraft]:
    """The cheapest way to cut one turn into cues (dynamic programming)."""
    best: list[float] = [0.0] + [float("inf")] * len(words)
    come_from = [0] * (len(words) + 1)
    drafts: dict[int, CueDraft] = {}
    for end in range(1, len(words) + 1):
        until_s = words[end].start_s if end < len(words) else next_start_s
        for start in range(end - 1, -1, -1):
            part = words[start:end]
            lines = _lines([word.text for word in part])
            too_long = part[-1].end_s - part[0].start_s > CUE_MAX_S
            if lines is None or (too_long and len(part) > 1):
                break
            draft = _drafted(participant_id, part, lines, until_s)
            following = words[end].text if end < len(words) else None
            cost = best[start] + _cost(draft, part, following)
            if cost < best[end]:
                best[end], come_from[end], drafts[end] = cost, start, draft
    found: list[CueDraft] = []
    end = len(words)
    while end:
        found.append(drafts[end])
        end = come_from[end]
    return found[::-1]


def _drafted(
    participant_id: str | None,
    part: Sequence[Word],
    lines: tuple[str, ...],
    until_s: float,
) -> CueDraft:
    start_s, spoken_end_s = part[0].start_s, part[-1].end_s
    wanted_s = start_s + max(CUE_MIN_S, chars(lines) / READING_CHARS_PER_S)
    end_s = max(spoken_end_s, min(wanted_s, until_s - GAP_S))
    return CueDraft(
        start_s=start_s,
        end_s=min(end_s, start_s + CUE_MAX_S),
        spoken_end_s=min(spoken_end_s, start_s + CUE_MAX_S),
        lines=lines,
        participant_ids=(participant_id,),
        spoken_start_s=start_s,
    )


def _cost(draft: CueDraft, part: Sequence[Word], following: str | None) -> float:
    length_s = max(draft.end_s - draft.start_s, 0.01)
    cost = _PER_CUE + _ending_cost(part[-1].text, following)
    cost += _PER_CHAR_PER_S * max(
        0.0, min(chars(draft.lines) / length_s, 100.0) - FAST_CHARS_PER_S
    )
    cost += _PER_S_TOO_SHORT * max(0.0, CUE_MIN_S - length_s)
    cost += _PER_PAUSE_INSIDE * sum(
        after.start_s - before.end_s > _PAUSE_INSIDE_S
        for before, after in pairwise(part)
    )
    return cost


def _ending_cost(last: str, following: str | None) -> float:
    if following is None or last.rstrip("“”\"')»").endswith((".", "?", "!", "…")):
        return _AT_SENTENCE
    if last.endswith((",", ";", ":", "–")):
        return _AT_COMMA
    cost = _ANYWHERE
    if following.casefold().strip(",.") in CONJUNCTIONS:
        cost = _AT_CONJUNCTION
    if last.casefold() in ARTICLES_AND_PREPOSITIONS:
        cost += _AFTER_ARTICLE
    return cost


def _lines(texts: Sequence[str]) -> tuple[str, ...] | None:
    """The text in one or two lines, as even as the language allows; ``None``: too long."""
    whole = " ".join(texts)
    if len(whole) <= LINE_MAX_CHARS:
        return (whole,)
    best: tuple[float, tuple[str, str]] | None = None
    for index in range(1, len(texts)):
        upper, lower = " ".join(texts[:index]), " ".join(texts[index:])
        if max(len(upper), len(lower)) > LINE_MAX_CHARS:
            continue
        cost = abs(len(upper) - len(lower)) + _ending_cost(
            texts[index - 1], texts[index]
        )
        if texts[index - 1].casefold() in ARTICLES_AND_PREPOSITIONS:
            cost += _LINE_AFTER_ARTICLE
        if best is None or cost < best[0]:
            best = (cost, (upper, lower))
    return best[1] if best else None


def chars(lines: Sequence[str]) -> int:
    """Characters to read, the line break counting as one."""
    return sum(len(line) for line in lines) + len(lines) - 1
