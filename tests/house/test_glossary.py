"""docs/glossary.md knows every noun and every state of the town hall."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import townhall
from townhall.database import Row

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text("utf-8")


def _modules():
    return [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(townhall.__path__, "townhall.")
        if not found.name.startswith("townhall.migrations.")  # Alembic's own files
    ]


def _is_noun(kind):
    return issubclass(kind, Row | enum.Enum) or dataclasses.is_dataclass(kind)


def _nouns():
    return {
        name
        for module in _modules()
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and _is_noun(kind) and name[0] != "_"
    }


def _states():
    return {
        kind.__name__: [member.value for member in kind]
        for module in _modules()
        for _name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, enum.Enum)
        and kind.__module__ == module.__name__
        and (kind.__name__.endswith("State") or kind.__name__ == "ConsentLevel")
        and kind.__name__ != "PublicQuestionState"  # has its own line above
    }


def test_every_noun_of_the_town_hall_stands_in_the_glossary():
    explained = set(re.findall(r"`([A-Z]\w+)`", PAGE))

    assert _nouns() - explained == set()


def test_the_glossary_explains_no_noun_that_is_not_there():
    columns = [
        line.split("|")[2] for line in PAGE.splitlines() if line.startswith("| ")
    ]
    explained = set(re.findall(r"`([A-Z]\w+)`", " ".join(columns)))

    assert explained - _nouns() == set()


def test_the_glossary_names_every_state_in_order_with_its_german_word():
    table = PAGE.split("## States")[1].split("##")[0]
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in table.splitlines()
        if line.startswith("| `")
    ]
    words = {kind.strip("`"): code.split(" · ") for kind, code, _german in rows}

    assert words == _states()
    assert [len(code.split(" · ")) for _kind, code, _german in rows] == [
        len(german.split(" · ")) for _kind, _code, german in rows
    ]
