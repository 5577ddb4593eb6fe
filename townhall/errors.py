"""Refusals of the town hall. The docstring's first line is the message people see.

    TownhallError
    ├── NotFound            the thing is not there
    ├── NotAllowed          this person may not do it
    ├── WrongState          the thing is not in a state that allows it
    ├── DeadlinePassed      too late
    ├── InvalidInput        what was handed in cannot be used as it is
    ├── ConsentMissing      somebody did not agree to this
    ├── FourEyesRequired    the approver was the last editor
    ├── DigestMismatch      not what was reviewed
    ├── AuditBroken         the trail has been tampered with
    ├── SettingsInvalid     the settings file cannot be used
    └── MigrationMissing    the database is older or newer than the program

Messages are English here and German on screen: the locale catalogue in
``site_templates/locales`` is the one dictionary. ``{placeholders}`` are filled
from the keyword arguments, which are kept in ``details``.
"""

from __future__ import annotations

from collections.abc import Iterable


class Phrase(str):
    """A piece of a sentence that is a sentence of its own: translatable, with details.

    Reads as its English text; the dictionary looks up ``template`` instead.
    """

    __slots__ = ("details", "template")

    template: str
    details: dict[str, object]


def phrase(template: str, /, **details: object) -> Phrase:
    """A translatable reason for an error, its placeholders filled from ``details``."""
    made = Phrase(template.format(**details) if details else template)
    made.template, made.details = template, details
    return made


def listed(words: Iterable[str], *, between: str = ", ") -> Phrase:
    """Several words or phrases as one detail, each of them translatable on its own."""
    named = {f"word_{number}": word for number, word in enumerate(words)}
    return phrase(between.join(f"{{{name}}}" for name in named), **named)


class AsWritten(str):
    """A word as it stands in a file or was typed by somebody: never translated."""

    __slots__ = ()


class SprechstundeError(Exception):
    """Something did not work."""

    #: whether doing the same again later may help
    retryable = False

    def __init__(self, message: str | None = None, /, **details: object) -> None:
        """Take the message from the docstring unless one is given."""
        doc = (type(self).__doc__ or "").strip().split("\n", maxsplit=1)[0]
        self.template = message or doc
        self.details = details
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The English sentence, placeholders filled."""
        return self.template.format(**self.details) if self.details else self.template


class TownhallError(SprechstundeError):
    """The town hall refuses this."""


class NotFound(TownhallError):
    """There is no {kind} with the id {id}."""


class NotAllowed(TownhallError):
    """You may not do this: {reason}"""


class WrongState(TownhallError):
    """{kind} {id} is {state}; from there only {allowed} is possible, not {wanted}."""


class DeadlinePassed(TownhallError):
    """The deadline passed on {deadline}."""


class InvalidInput(TownhallError):
    """{field}: {reason}"""


class ConsentMissing(TownhallError):
    """{names} did not agree to be published on {channel}."""


class FourEyesRequired(TownhallError):
    """{name} edited this version last; a second person has to approve it."""


class DigestMismatch(TownhallError):
    """The programme has changed since it was reviewed: it is {actual} now, not {given}. Review it again."""


class AuditBroken(TownhallError):
    """The audit trail is broken at entry {entry}: {reason}"""


class SettingsInvalid(TownhallError):
    """The settings in {path} cannot be used: {reason}"""


class MigrationMissing(TownhallError):
    """The database is at revision {found}, the program needs {needed}. Run `sprechstunde init`."""
