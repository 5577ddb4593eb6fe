"""How the commands explain themselves: help pages and misuse, in the terminal's language.

Typer brings English sentences of its own. Headings and fixed words of a help page
pass through a formatter here; what is wrong with a command line is told from the
error's class, or from its sentence where the class says too little.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import typer
from typer._click import HelpFormatter
from typer._click.exceptions import (
    BadParameter,
    MissingParameter,
    NoArgsIsHelpError,
    UsageError,
)
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from portal.language import _
from townhall.errors import AsWritten, Phrase, phrase

#: Typer's own sentences, and ours for them
_MISUSES = (
    (r"No such command '(?P<name>.*)'\..*", phrase("There is no command {name}.")),
    (
        r"No such option: (?P<name>\S+) \(Possible options: (?P<known>.*)\)",
        phrase("There is no option {name}; perhaps {known}."),
    ),
    (r"No such option: (?P<name>\S+)", phrase("There is no option {name}.")),
    (r"Missing command\.", phrase("The command is missing.")),
    (
        r"Option '(?P<name>.*)' requires an argument\.",
        phrase("After {name} a value is missing."),
    ),
    (
        r"Option '(?P<name>.*)' does not take a value\.",
        phrase("After {name} no value may stand."),
    ),
    (
        r"Got unexpected extra argument\(s\) \((?P<name>.*)\)",
        phrase("{name} is too much."),
    ),
    (
        r"Value error, '(?P<name>.*)' is not one of (?P<known>.*)\.",
        phrase("{name} is none of {known}."),
    ),
    (
        r"Input should be a valid integer.*",
        phrase("It must be a whole number."),
    ),
)
#: what Typer puts in brackets behind an explanation
_BRACKETS = re.compile(r"  \[(?P<inside>[^\[\]]+)\]$")


class _Formatter(HelpFormatter):
    """A help page in the terminal's language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, _usage_words(args), prefix or _("Usage:") + " ")

    def write_heading(self, heading: str) -> None:
        headings = {
            "Options": _("Options"),
            "Arguments": _("Arguments"),
            "Commands": _("Commands"),
        }
        super().write_heading(headings.get(heading, heading))

    def write_dl(
        self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        told = [(_option_words(names), _explanation(text)) for names, text in rows]
        super().write_dl(told, col_max, col_spacing)


def _usage_words(arguments: str) -> str:
    return arguments.replace("[OPTIONS]", _("[OPTIONS]")).replace(
        "COMMAND [ARGS]...", _("COMMAND [ARGS]...")
    )


def _option_words(names: str) -> str:
    for kind, ours in (
        ("<str>", _("<text>")),
        ("<int>", _("<number>")),
        ("<path>", _("<path>")),
    ):
        names = names.replace(kind, ours)
    return names


def _explanation(text: str) -> str:
    if text == "Show this message and exit.":
        return _("Show this page.")
    found = _BRACKETS.search(text)
    if found is None:
        return text
    words = [_bracket(part) for part in found["inside"].split("; ")]
    return f"{text[: found.start()]}  [{'; '.join(words)}]"


def _bracket(part: str) -> str:
    name, colon, value = part.partition(": ")
    if part == "required":
        return _("required")
    if colon and name == "default":
        return _("default: {value}", value=AsWritten(value))
    if colon and name == "env var":
        return _("env var: {value}", value=AsWritten(value))
    return part


_F = TypeVar("_F", bound=Callable[..., Any])


class _Context(typer.Context):
    formatter_class = _Formatter


class _Command(TyperCommand):
    context_class = _Context

    def get_short_help_str(self, limit: int = 0) -> str:
        """The whole sentence: a list of commands may wrap, but it cuts nothing off."""
        return self.help or ""


class _Group(TyperGroup):
    context_class = _Context

    def get_short_help_str(self, limit: int = 0) -> str:
        """Like a command's."""
        return self.help or ""


class Commands(typer.Typer):
    """A group of commands whose help is in the terminal's language."""

    def __init__(self, *, help: str, name: str | None = None) -> None:  # noqa: A002 - Typer's word
        super().__init__(
            name=name,
            help=help,
            cls=_Group,
            no_args_is_help=True,
            add_completion=False,
            pretty_exceptions_enable=False,
            rich_markup_mode=None,
        )

    def command(self, name: str | None = None, **settings: Any) -> Callable[[_F], _F]:
        """Like ``typer.Typer.command``."""
        return super().command(name, cls=_Command, **settings)


def explain_misuse(misuse: TyperException) -> None:
    """Say on stderr how the command is used and what was wrong."""
    if isinstance(misuse, NoArgsIsHelpError):
        sys.stderr.write(f"{misuse.format_message()}\n")
        return
    if isinstance(misuse, UsageError) and misuse.ctx is not None:
        sys.stderr.write(f"{misuse.ctx.get_usage()}\n")
        command = f"{misuse.ctx.command_path} --help"
        sys.stderr.write(_("More about it: {command}", command=command) + "\n\n")
    sys.stderr.write(_what_is_wrong(misuse) + "\n")


def _what_is_wrong(misuse: TyperException) -> str:
    if isinstance(misuse, MissingParameter) and misuse.param is not None:
        return _("{name} is missing.", name=_name_of(misuse))
    if isinstance(misuse, BadParameter) and misuse.param is not None:
        return _(
            "{name} cannot be used: {reason}",
            name=_name_of(misuse),
            reason=_told(misuse.message),
        )
    return _("{reason}", reason=_told(misuse.format_message()))


def _name_of(misuse: BadParameter) -> AsWritten:
    hint = misuse.param.get_error_hint() if misuse.param is not None else ""
    return AsWritten(hint.partition(" (")[0].replace("'", ""))


def _told(sentence: str) -> Phrase | str:
    for pattern, ours in _MISUSES:
        if found := re.fullmatch(pattern, sentence):
            details = {name: AsWritten(v) for name, v in found.groupdict().items()}
            return phrase(ours.template, **details)
    return sentence
