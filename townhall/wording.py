"""Wording: what people typed, in a shape that can be stored, compared and shown.

PostgreSQL refuses NUL in a text and neither database stores lone surrogates; a CSV
list or a form may hold both. Joiners and soft hyphens stay: languages need them.
"""

from __future__ import annotations

import unicodedata

_UNSTORABLE = frozenset({"Cc", "Cs"})  # control characters, surrogates


def one_line(words: str) -> str:
    """Words on one line, composed (NFC), single blanks, no control characters."""
    kept = (" " if unicodedata.category(c) in _UNSTORABLE else c for c in words)
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


def paragraphs(words: str) -> str:
    """Like ``one_line``, but line breaks stay; none at the ends."""
    return "\n".join(one_line(line) for line in words.splitlines()).strip("\n")


def same_name(one: str, other: str) -> bool:
    """Whether two spellings name the same person: case, width and blanks aside."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return one_line(unicodedata.normalize("NFKC", name)).casefold()
