"""Names the model should expect: the cheapest gain there is.

Whisper writes a town or street it has never met as it sounds. Told beforehand, the
base model had 8 of 10 names right instead of 2 (measured). The list must be short: 42
names cost time and gave back the gain.

Looks back at: nothing.  Is looked at by: transcribe.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pipeline.german_words import EVERYDAY_WORDS, FUNCTION_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from townhall.media import HandedInQuestion, Recording

WORDS_MAX: Final = 40  #: beyond this the list does harm (measured)
_NO_NAMES: Final = FUNCTION_WORDS | EVERYDAY_WORDS
_WORD: Final = re.compile(r"\w+(?:[-’']\w+)*")
_SENTENCE: Final = re.compile(r"[.?!:;]+\s+|[„“\"()]")
_STREET: Final = re.compile(
    r"\w(straße|strasse|gasse|weg|platz|allee|ring|damm|ufer|markt|berg|park|wiesen?)$",
    re.IGNORECASE,
)


def names_for(
    recording: Recording,
    questions: Sequence[HandedInQuestion],
    glossary: Sequence[str],
) -> list[str]:
    """The names that may come up in a recording, most likely first, ≤ 40 words in all.

    People in the room, entries of the municipality's glossary that the questions
    mention, proper names in the questions, the rest of the glossary, other nouns of
    the questions. Persons who did not agree to be named stay out.
    """
    texts = [question.text for question in questions]
    asked = " ".join(texts).casefold()
    found = list(_capitalised(texts))
    chosen = [
        *(person.name for person in recording.people if person.consent.names),
        *(question.author for question in questions if question.author),
        *(entry for entry in glossary if entry.casefold() in asked),
        *(name for name in found if " " in name or _STREET.search(name)),
        *glossary,
        *found,
    ]
    names: list[str] = []
    known = ""
    left = WORDS_MAX
    for name in (" ".join(entry.split()) for entry in chosen):
        words = len(name.split())
        if name and words <= left and name.casefold() not in known:
            names.append(name)
            known += f"|{name.casefold()}|"
            left -= words
    return names


def prompt_of(names: Iterable[str], language: str) -> str | None:
    """What the model is told to have heard before; ``None`` without names."""
    listed = ", ".join(names)
    if not listed:
        return None
    return f"Bürgersprechstunde: {listed}." if language == "de" else f"{listed}."


def _capitalised(texts: Iterable[str]) -> Iterator[str]:
    """Runs of capitalised words, e.g. "Kita Löwenzahn"; German nouns among them."""
    for text in texts:
        for sentence in _SENTENCE.split(text):
            run: list[str] = []
            for index, match in enumerate(_WORD.finditer(sentence)):
                word = match.group()
                if word[0].isupper() and word.casefold() not in _NO_NAMES:
                    if index or len(word) > 7:
                        run.append(word)
                    continue
                if run:
                    yield " ".join(run)
                run = []
            if run:
                yield " ".join(run)
