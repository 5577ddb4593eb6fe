"""List every sentence people can meet, for the German catalogue.

Where sentences stand, and under which context the dictionary keeps them:

    ``_("…")``, ``_finding(check, health, "…")``       none
    ``gettext("…")``, and what templates say            none
    ``pgettext("…", "…")``                              as it says
    first docstring line of an error class              none
    message template given to an error                  none
    explanation of a setting                            none
    ``phrase("…")``, ``word("…")``, ``_tell("…")``       ``detail``
    literals given to an error's placeholders           ``detail``
    names of rows: ``There is no {kind} …``             ``detail``
    values of enums of town hall and portal             ``detail``
    steps of errands                                    ``detail``
    reasons that pydantic hands on (``ValueError``)     ``detail``

Enums of pipeline and publishers are machinery: nobody is shown their values, and
the website has sentences of its own in its templates.

Prints what the German catalogue lacks as .po entries; the test
``tests/house/test_dictionary.py`` wants nothing printed.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po

CHECKOUT = Path(__file__).resolve().parent.parent
_ROOMS = ("townhall", "pipeline", "publishers", "flows", "portal")
_ROOMS_WITH_SHOWN_ENUMS = frozenset({"townhall", "portal"})
#: calls whose first literal is translated as it stands, by the context it is kept under
_CALLS = {
    "_": None,
    "gettext": None,
    "phrase": "detail",
    "word": "detail",
    "_tell": "detail",
}
_TEMPLATES = CHECKOUT / "site_templates" / "website"
_TEMPLATE_CALLS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
#: literals under these names are the steps of errands, which ``status`` shows
_STEP_NAMES = frozenset({"STEP", "step"})


@dataclass(frozen=True, kw_only=True, order=True)
class Sentence:
    """One sentence people can meet."""

    where: str  #: path below the checkout
    context: str  #: empty for sentences of their own
    text: str

    @property
    def key(self) -> tuple[str | None, str]:
        """Under which it stands in a catalogue."""
        return self.context or None, self.text


def sentences() -> Iterator[Sentence]:
    """Each sentence, as often as it stands in the code."""
    trees = _trees()
    errors = _classes_below("SprechstundeError", trees.values())
    rows = _classes_below("Row", trees.values()) - {"Row"}
    for path, tree in trees.items():
        where = str(path.relative_to(CHECKOUT))
        for node in ast.walk(tree):
            for context, text in (
                *_of_class(node, where, errors, rows),
                *_of_call(node, errors),
                *_of_step(node),
                *_of_pydantic(node, where),
            ):
                yield Sentence(where=where, context=context or "", text=text)
    yield from _of_templates()


def _of_templates() -> Iterator[Sentence]:
    """What the pages say; of a plural, its singular is the key."""
    for path in sorted(_TEMPLATES.glob("*.*")):
        with path.open("rb") as template:
            for _line, text, _comments, context in extract(
                "jinja2.ext:babel_extract",
                template,
                _TEMPLATE_CALLS,
                options={"trimmed": "true", "extensions": "jinja2.ext.do"},
            ):
                yield Sentence(
                    where=str(path.relative_to(CHECKOUT)),
                    context=context or "",
                    text=text if isinstance(text, str) else text[0],
                )


def f_strings_in_refusals() -> Iterator[str]:
    """Where words are put into a refusal in a way that no dictionary can undo."""
    trees = _trees()
    errors = _classes_below("SprechstundeError", trees.values()) | {"phrase"}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in errors:
                for value in (*node.args, *(word.value for word in node.keywords)):
                    if isinstance(value, ast.JoinedStr) and _has_words(value):
                        yield f"{path.relative_to(CHECKOUT)}:{value.lineno}"


def _trees() -> dict[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text())
        for room in _ROOMS
        for path in sorted((CHECKOUT / room).rglob("*.py"))
        if "migrations" not in path.parts
    }


def _classes_below(root: str, trees: Iterable[ast.Module]) -> set[str]:
    """Names of a class and of all classes below it."""
    parents = {
        node.name: {_name(part) for part in node.bases}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {root}
    while more := {name for name, above in parents.items() if above & found} - found:
        found |= more
    return found


def _name(node: ast.expr) -> str:
    """``phrase`` of ``phrase``, ``_tell`` of ``self._tell``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _of_class(
    node: ast.AST, where: str, errors: set[str], rows: set[str]
) -> Iterator[tuple[str | None, str]]:
    if not isinstance(node, ast.ClassDef):
        return
    if node.name in errors and (text := ast.get_docstring(node)):
        yield None, text.split("\n", maxsplit=1)[0]
    if node.name in rows:
        yield "detail", node.name
    shown = where.partition("/")[0] in _ROOMS_WITH_SHOWN_ENUMS
    if shown and any(_name(part) == "StrEnum" for part in node.bases):
        for item in node.body:
            if isinstance(item, ast.Assign):
                yield from (("detail", text) for text in _literals(item.value))


def _of_call(node: ast.AST, errors: set[str]) -> Iterator[tuple[str | None, str]]:
    if not isinstance(node, ast.Call):
        return
    name = _name(node.func)
    given = [text for part in node.args for text in _literals(part)]
    if name in _CALLS:
        yield from ((_CALLS[name], text) for text in given[:1])
    elif name == "pgettext" and len(given) == 2:
        yield given[0], given[1]
    elif name == "_finding":
        yield from zip(("detail", None), given, strict=False)
    elif name in errors:
        yield from ((None, text) for text in given[:1])
        for part in node.keywords:
            yield from (("detail", text) for text in _literals(part.value))


def _of_step(node: ast.AST) -> Iterator[tuple[str | None, str]]:
    if isinstance(node, ast.keyword) and node.arg in _STEP_NAMES:
        yield from (("detail", text) for text in _literals(node.value))
    if isinstance(node, ast.Assign) and _name(node.targets[0]) in _STEP_NAMES:
        yield from (("detail", text) for text in _literals(node.value))


def _of_pydantic(node: ast.AST, where: str) -> Iterator[tuple[str | None, str]]:
    """What stands in models that are read from files people write."""
    if not isinstance(node, ast.Call):
        return
    if where == "townhall/settings.py" and _name(node.func) == "Field":
        for part in node.keywords:
            if part.arg == "description":
                yield from ((None, text) for text in _literals(part.value))
    if where == "pipeline/tracks_file.py" and _name(node.func) == "ValueError":
        yield from (("detail", text) for part in node.args for text in _literals(part))


def _literals(node: ast.expr) -> Iterator[str]:
    """The literal texts an expression can become: ``"a" if b else "c"``, ``d or "e"``."""
    match node:
        case ast.Constant(value=str(text)):
            if not text.startswith("--"):  # an option's name
                yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from _literals(body)
            yield from _literals(orelse)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _literals(value)
        case ast.Subscript(value=value):  # the beginning of one
            yield from _literals(value)


def _has_words(text: ast.JoinedStr) -> bool:
    return any(
        isinstance(part, ast.Constant) and any(map(str.isalpha, str(part.value)))
        for part in text.values
    )


def key_of(message: Message) -> str:
    """Of a plural, the singular."""
    return message.id if isinstance(message.id, str) else message.id[0]


def missing(locale: str = "de") -> list[Sentence]:
    """Sentences the catalogue of a language lacks."""
    from site_templates.locales import catalogue_files

    known = set()
    for file in catalogue_files(locale):
        with file.open("rb") as stream:
            for message in read_po(stream):
                if message.id and message.string:
                    known.add((message.context, key_of(message)))
    return sorted({s for s in sentences() if s.text and s.key not in known})


if __name__ == "__main__":
    sys.path.insert(0, str(CHECKOUT))
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    catalogue = Catalog(locale="de")
    for sentence in missing():
        catalogue.add(
            sentence.text,
            context=sentence.context or None,
            locations=[(sentence.where, 0)],
        )
    write_po(sys.stdout.buffer, catalogue, include_lineno=False, omit_header=True)
