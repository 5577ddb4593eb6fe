"""The language of this terminal: German where the locale says so, else English."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from site_templates.locales import (
    DETAIL_CONTEXT,
    locale_name,
    translate,
    translations,
)
from townhall.errors import SprechstundeError, phrase


def _(sentence: str, /, **details: object) -> str:
    """The sentence in the terminal's language, placeholders filled."""
    return translate(locale_name(), sentence, **details)


def word(value: object) -> str:
    """A state, role or other single word of the code, in the terminal's language."""
    catalogue = translations(locale_name())
    return str(catalogue.pgettext(DETAIL_CONTEXT, str(value)))


def told_progress(told: str) -> str:
    """How far an errand is, ``hear 43 %``, in the terminal's language."""
    step, blank, share = told.partition(" ")
    return f"{word(step)}{blank}{share}"


def refusal(error: SprechstundeError) -> str:
    """An error's sentence in the terminal's language."""
    return _(error.template, **error.details)


def why_unreadable(error: OSError | UnicodeDecodeError) -> str:
    """Why a file somebody named could not be read, as the reason of a refusal."""
    match error:
        case FileNotFoundError():
            return phrase("there is no such file")
        case IsADirectoryError():
            return phrase("it is a folder, not a file")
        case PermissionError():
            return phrase("this account may not read it")
        case UnicodeDecodeError():
            return phrase("it is no text in UTF-8")
    return error.strerror or str(error)


def moment(at: datetime, timezone: str) -> str:
    """A date and time as people of the terminal's language write it."""
    return format_datetime(at, "short", tzinfo=ZoneInfo(timezone), locale=locale_name())
