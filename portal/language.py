"""The language of this terminal: German where the locale says so, else English."""

from __future__ import annotations

import os
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from site_templates.locales import DETAIL_CONTEXT, translate, translations
from townhall.errors import SprechstundeError


@lru_cache
def locale_name() -> str:
    """``de`` or ``en``, from LC_ALL, LC_MESSAGES or LANG (POSIX order)."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return "de" if value.lower().startswith("de") else "en"
    return "en"


def _(sentence: str, /, **details: object) -> str:
    """The sentence in the terminal's language, placeholders filled."""
    return translate(locale_name(), sentence, **details)


def word(value: object) -> str:
    """A state, role or other single word of the code, in the terminal's language."""
    catalogue = translations(locale_name())
    return str(catalogue.pgettext(DETAIL_CONTEXT, str(value)))


def refusal(error: SprechstundeError) -> str:
    """An error's sentence in the terminal's language."""
    return _(error.template, **error.details)


def moment(at: datetime, timezone: str) -> str:
    """A date and time as people of the terminal's language write it."""
    return format_datetime(at, "short", tzinfo=ZoneInfo(timezone), locale=locale_name())
