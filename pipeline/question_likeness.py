"""How much a stretch of talk is about a question: shared letter groups, weighted.

Groups of four letters survive what speech recognition does to words and find compounds
(Schlaglöcher/Loch, Krippenplatz/Krippe). Words that any question to a town hall may
hold are left out. On 54 questions and paraphrases of two sessions the best stretch was
the right one each time, at four grades of recognition; whole words or stems were right
in 4–5 of 6, a sentence embedding added nothing.

Looks back at: german_words.  Is looked at by: answers, single_stream.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Final

from pipeline.german_words import EVERYDAY_WORDS, FUNCTION_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_LETTERS: Final = 4
_TEXTS_MEASURED: Final = 13
#: two words have something to do with each other when they share two groups, or one
#: that is a good part of either (short words)
_SHARED_LEAST: Final = 2
_SHARE_OF_ASKED: Final = 0.3
_SHARE_OF_SAID: Final = 0.5
_WORD: Final = re.compile(r"[^\W_]+")


def likeness(questions: Sequence[str], blocks: Sequence[str]) -> list[list[float]]:
    """A score of each question (outer) with each block (inner); 0 is nothing shared.

    The score is the rarity of the shared groups (over all questions and blocks given),
    divided by the root of the question's own and, softly, by the block's length.
    Answered questions reach 0.3–2.7, mostly above 0.8; never answered ones stay below
    0.75, half of them below 0.4 (measured on 18 of them).
    """
    asked = [_words(text) for text in questions]
    said = [_words(text) for text in blocks]
    groups = [_groups_of_all(words) for words in [*asked, *said]]
    spread = Counter(chain.from_iterable(groups))
    rarity = _rarity(spread, len(groups))
    sizes = [len(found) for found in groups[len(asked) :]]
    scores = []
    for words, own in zip(asked, groups, strict=False):
        whole = math.sqrt(sum(rarity[group] for group in own)) or 1.0
        scores.append(
            [
                sum(rarity[group] for group in _shared(words, block))
                / whole
                / math.sqrt(1 + math.log(max(size, 1)))
                for block, size in zip(said, sizes, strict=True)
            ]
        )
    return scores


def _rarity(spread: Mapping[str, int], texts: int) -> dict[str, float]:
    """Inverse document frequency on one scale, however many texts there are.

    The thresholds were found with seven questions and six blocks. One question and one
    block count as if there were eleven others about something else; a hundred texts
    give no higher scores than thirteen.
    """
    texts = max(texts, _TEXTS_MEASURED)
    scale = math.log(_TEXTS_MEASURED) / math.log(texts)
    return {group: scale * math.log(texts / spread[group]) for group in spread}


def _shared(asked: frozenset[str], said: frozenset[str]) -> set[str]:
    found: set[str] = set()
    for word in asked:
        own = _groups(word)
        for other in said:
            theirs = _groups(other)
            shared = own & theirs
            if shared and (
                len(shared) >= _SHARED_LEAST
                or len(shared) >= _SHARE_OF_ASKED * len(own)
                or len(shared) >= _SHARE_OF_SAID * len(theirs)
            ):
                found |= shared
    return found


def _words(text: str) -> frozenset[str]:
    """The words that mean something; ``ß`` is ``ss`` (casefold)."""
    return frozenset(_WORD.findall(text.casefold())) - _LEFT_OUT


def _groups_of_all(words: Iterable[str]) -> frozenset[str]:
    return frozenset(chain.from_iterable(_groups(word) for word in words))


@functools.lru_cache(maxsize=20_000)
def _groups(word: str) -> frozenset[str]:
    framed = f"<{word}>"
    count = max(len(framed) - _LETTERS + 1, 1)
    return frozenset(framed[at : at + _LETTERS] for at in range(count))


_LEFT_OUT: Final = frozenset(
    word.casefold() for word in FUNCTION_WORDS | EVERYDAY_WORDS
)
