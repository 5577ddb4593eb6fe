"""German text made comparable: the steps of the word error rate, in one place.

Lower case, abbreviations and numbers written out, hyphens and punctuation removed; the
same for reference and transcript. Figures are digits in Whisper's text and words in
the references.
"""

import re
from collections.abc import Iterable

from jiwer import process_words
from num2words import num2words

_ABBREVIATIONS = (
    (r"\bdr\.", " doktor "),
    (r"\bnr\.", " nummer "),
    (r"\bz\.\s*b\.", " zum beispiel "),
    (r"\bca\.", " circa "),
    ("%", " prozent "),
    ("€", " euro "),
    ("§", " paragraf "),
    ("&", " und "),
)


def normalised(text: str) -> str:
    text = text.lower().replace("ß", "ss")
    for pattern, words in _ABBREVIATIONS:
        text = re.sub(pattern, words, text)
    text = re.sub(r"(?<=\d)[.\u202f\u00a0 ](?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(\d+),(\d+)", r"\1 komma \2", text)
    text = re.sub(r"\d+", _written, text)
    text = re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", "", text)
    return " ".join(re.sub(r"[^\w]|_", " ", text).split()).replace("ß", "ss")


def _written(digits: re.Match[str]) -> str:
    number = int(digits.group())
    kind = "year" if 1100 <= number <= 1999 else "cardinal"
    return f" {num2words(number, lang='de', to=kind)} "


def error_rate(pairs: Iterable[tuple[str, str]]) -> float:
    """Errors over words, summed over all pairs of reference and transcript."""
    errors = words = 0
    for reference, heard in pairs:
        result = process_words(normalised(reference), normalised(heard) or "∅")
        errors += result.substitutions + result.deletions + result.insertions
        words += result.hits + result.substitutions + result.deletions
    return errors / words
