"""The one dictionary of the house: English sentences in code, German on screen.

The English sentence is the key. ``de/*.po`` hold the German ones; they are read
as they stand, so there is no compiled file that could be out of date. Error
sentences, command line, website and letters all look here.
"""

from __future__ import annotations

import os
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from townhall.errors import AsWritten, Phrase

FOLDER = Path(__file__).parent

#: languages with a catalogue, and English, the language of the keys
LANGUAGES = ("de", "en")

#: context under which words that fill placeholders are kept (states, kinds)
DETAIL_CONTEXT = "detail"


@lru_cache
def locale_name() -> str:
    """``de`` or ``en``, from LC_ALL, LC_MESSAGES or LANG (POSIX order)."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "de" if value.lower().startswith("de") else "en"
    return "en"


def catalogue_files(locale: str) -> list[Path]:
    """The catalogue files of a language, in reading order."""
    return sorted((FOLDER / locale.partition("_")[0].partition("-")[0]).glob("*.po"))


@lru_cache
def translations(locale: str) -> NullTranslations:
    """The sentences of a language, e.g. ``de`` or ``de_AT``; without a catalogue English."""
    files = catalogue_files(locale)
    if not files:
        return NullTranslations()
    merged = Catalog(locale=locale.partition("_")[0].partition("-")[0])
    for path in files:
        with path.open("rb") as stream:
            for message in read_po(stream, locale=merged.locale):
                if message.id and message.string:
                    merged[message.id] = message
    compiled = BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)


def translate(locale: str, template: str, /, **details: object) -> str:
    """The sentence ``template`` in a language, placeholders filled from ``details``.

    Words among the details (a state, a kind of thing) are translated too where
    the catalogue has them under the context ``detail``; names stay as they are.
    """
    catalogue = translations(locale)
    sentence = str(catalogue.gettext(template))
    if not details:
        return sentence
    return sentence.format(
        **{name: _translated(catalogue, value) for name, value in details.items()}
    )


def _translated(catalogue: NullTranslations, value: object) -> object:
    if isinstance(value, Phrase):  # a reason with placeholders of its own
        template = str(catalogue.pgettext(DETAIL_CONTEXT, value.template))
        if template == value.template:  # a whole sentence within a list of them
            template = str(catalogue.gettext(value.template))
        if not value.details:
            return template
        return template.format(
            **{name: _translated(catalogue, v) for name, v in value.details.items()}
        )
    if isinstance(value, str) and not isinstance(value, AsWritten):
        return catalogue.pgettext(DETAIL_CONTEXT, value)
    return value
