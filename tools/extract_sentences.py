"""List every sentence people can meet, for the German catalogue.

Sentences stand in ``_("…")``, ``_finding(check, health, "…")``, ``phrase("…")``
(context ``detail``), in the first docstring line of every error class, and as
message templates given to an error. Prints those that a catalogue lacks as .po
entries; the test ``tests/house/test_dictionary.py`` wants none.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
_ROOMS = ("townhall", "pipeline", "publishers", "flows", "portal")
#: words of the code that are shown as single words
_WORDS_OF = ("StrEnum",)


def sentences() -> Iterator[tuple[str | None, str, str]]:
    """Each sentence as (context, sentence, where)."""
    trees = {
        path: ast.parse(path.read_text())
        for room in _ROOMS
        for path in sorted((CHECKOUT / room).rglob("*.py"))
        if "migrations" not in path.parts
    }
    errors = _error_classes(trees.values())
    for path, tree in trees.items():
        where = str(path.relative_to(CHECKOUT))
        for node in ast.walk(tree):
            yield from ((c, s, where) for c, s in _sentences_of(node, errors))


def _error_classes(trees: object) -> set[str]:
    """Names of all classes below SprechstundeError."""
    parents: dict[str, set[str]] = {}
    for tree in trees:  # type: ignore[attr-defined]
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                parents[node.name] = {
                    part.id for part in node.bases if isinstance(part, ast.Name)
                }
    found = {"SprechstundeError"}
    while True:
        more = {name for name, above in parents.items() if above & found} - found
        if not more:
            return found
        found |= more


def _sentences_of(
    node: ast.AST, errors: set[str]
) -> Iterator[tuple[str | None, str]]:
    if isinstance(node, ast.ClassDef):
        if node.name in errors and (text := ast.get_docstring(node)):
            yield None, text.split("\n", maxsplit=1)[0]
        if any(isinstance(b, ast.Name) and b.id in _WORDS_OF for b in node.bases):
            for item in node.body:
                if isinstance(item, ast.Assign) and isinstance(item.value, ast.Constant):
                    yield "detail", str(item.value.value)
        return
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    name, text = node.func.id, [a for a in node.args if isinstance(a, ast.Constant)]
    words = [str(a.value) for a in text if isinstance(a.value, str)]
    if name == "_" and words:
        yield None, words[0]
    elif name == "phrase" and words:
        yield "detail", words[0]
    elif name == "_finding" and words:
        yield "detail", words[0]
        if len(words) > 1:
            yield None, words[1]
    elif name in errors and words:
        yield None, words[0]


def missing(locale: str = "de") -> list[tuple[str | None, str, str]]:
    """Sentences the catalogue of a language lacks."""
    from site_templates.locales import catalogue_files

    from babel.messages.pofile import read_po

    known = set()
    for file in catalogue_files(locale):
        with file.open("rb") as stream:
            for message in read_po(stream):
                if message.id and message.string:
                    known.add((message.context, message.id))
    return sorted(
        {s for s in sentences() if (s[0], s[1]) not in known},
        key=lambda s: (s[2], s[0] or "", s[1]),
    )


if __name__ == "__main__":
    sys.path.insert(0, str(CHECKOUT))
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    catalogue = Catalog(locale="de")
    for context, sentence, where in missing():
        catalogue.add(sentence, context=context, locations=[(where, 0)])
    write_po(sys.stdout.buffer, catalogue, include_lineno=False, omit_header=True)
