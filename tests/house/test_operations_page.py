"""docs/operations.md names every setting and every command, with today's defaults."""

import re
from pathlib import Path

import typer

from portal.cli import app
from townhall.settings import documented_settings

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()


def _commands():
    group = typer.main.get_command(app)
    for name, command in group.commands.items():
        inner = getattr(command, "commands", None)
        if inner is None:
            yield (name,)
        else:
            yield from ((name, part) for part in inner)


def test_every_setting_is_documented_with_its_explanation():
    documented = dict(
        re.findall(r"^\| `([a-z_.]+)` \| .*? \| (.+) \|$", PAGE, re.MULTILINE)
    )

    assert documented == {key: about for key, _, about in documented_settings()}


def test_every_command_is_documented():
    table = PAGE.split("## Commands")[1].split("## Interface")[0]
    lines = [line for line in table.splitlines() if line.startswith("| `")]
    documented = set()
    for line in lines:
        words = re.findall(r"`([a-z -]+)`", line.split("|")[1])
        group = words[0].split()[0] if " " in words[0] else None
        for word in words:
            parts = tuple(word.split())
            documented.add(
                parts if group is None or len(parts) > 1 else (group, *parts)
            )

    assert documented == set(_commands())
