"""Words and their times when a person has changed the text.

Looks back at: nothing.  Is looked at by: captions.
"""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from townhall.media import TranscriptSegment, Word

if TYPE_CHECKING:
    from collections.abc import Sequence


def reassign_words(old: TranscriptSegment, new_text: str) -> TranscriptSegment:
    """The segment with another text: its words get the times they had, or likely ones.

    Words that are still there keep their times exactly (a changed comma or capital is
    no change); the others share, by their length, the time between their neighbours.
    Times never run backwards and stay within the segment. A typed word has no
    probability. A text that a person has written is no longer ``unsure``.
    """
    tokens = new_text.split()
    before = timed_words(old)
    matcher = difflib.SequenceMatcher(
        None,
        [_bare(word.text) for word in before],
        [_bare(token) for token in tokens],
        autojunk=False,
    )
    words: list[Word] = []
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            words += [
                replace(word, text=token)
                for word, token in zip(
                    before[old_from:old_to], tokens[new_from:new_to], strict=True
                )
            ]
        elif new_from < new_to:
            earliest_s = before[old_from - 1].end_s if old_from else old.start_s
            latest_s = before[old_to].start_s if old_to < len(before) else old.end_s
            if old_from < old_to:  # others stood here: the new ones take their time
                earliest_s = before[old_from].start_s
                latest_s = before[old_to - 1].end_s
            words += _spread(tokens[new_from:new_to], earliest_s, latest_s)
    return replace(
        old, text=" ".join(tokens), words=tuple(words), unsure=old.unsure and not tokens
    )


def timed_words(segment: TranscriptSegment) -> tuple[Word, ...]:
    """A segment's words, never running backwards and within the segment.

    Text that came without words (written by hand, imported) is spread over the
    segment.
    """
    if segment.text.split() != " ".join(word.text for word in segment.words).split():
        bare = replace(segment, text=" ".join(word.text for word in segment.words))
        if bare.words:
            return reassign_words(bare, segment.text).words
        return tuple(_spread(segment.text.split(), segment.start_s, segment.end_s))
    words: list[Word] = []
    now_s = segment.start_s
    for word in segment.words:
        start_s = min(max(word.start_s, now_s), segment.end_s)
        now_s = min(max(word.end_s, start_s), segment.end_s)
        words.append(replace(word, start_s=start_s, end_s=now_s))
    return tuple(words)


def _spread(tokens: Sequence[str], earliest_s: float, latest_s: float) -> list[Word]:
    """Words one after the other, each as long as its letters ask for."""
    length_s = max(latest_s - earliest_s, 0.0)
    lengths = [len(token) + 1 for token in tokens]
    edges = [earliest_s]
    for done in range(1, len(tokens) + 1):
        share = sum(lengths[:done]) / sum(lengths)
        edges.append(round(min(earliest_s + length_s * share, latest_s), 3))
    return [
        Word(start_s=start_s, end_s=max(end_s, start_s), text=token, probability=None)
        for (start_s, end_s), token in zip(pairwise(edges), tokens, strict=True)
    ]


def _bare(text: str) -> str:
    """A word without capitals and punctuation, or itself if that is all it is."""
    letters = "".join(
        letter
        for letter in unicodedata.normalize("NFC", text).casefold()
        if letter.isalnum()
    )
    return letters or text
