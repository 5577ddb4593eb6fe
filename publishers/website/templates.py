"""Jinja, set up for one language of the site; and a page's way to other pages."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from publishers.website.assets import TEMPLATES, assets
from publishers.website.wording import clock, data_block, paragraphs
from site_templates.locales import catalogue_files, translations


@lru_cache
def environment(language: str) -> Environment:
    """The templates in one language. Everything is escaped; nothing may be undefined."""
    jinja = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    catalogue = translations(language)
    # jinja2.ext.i18n adds this method at run time
    jinja.install_gettext_translations(catalogue)  # type: ignore[attr-defined]
    jinja.globals["_"] = catalogue.gettext  # without the detour over the context
    jinja.filters |= {
        "clock": clock,
        "data_block": data_block,
        "paragraphs": paragraphs,
        "rfc2822": format_datetime,
    }
    return jinja


@lru_cache
def builder_digest() -> str:
    """Changes whenever the code, a template, a style, a script or a sentence changes."""
    sources = [
        *sorted(Path(__file__).parent.glob("*.py")),
        *sorted(path for path in TEMPLATES.rglob("*") if path.is_file()),
        *catalogue_files("de"),
    ]
    digest = hashlib.blake2b(digest_size=8)
    for path in sources:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a page stands, and from there the way to everything else."""

    path: str  #: in its language, e.g. ``sprechstunden/x/`` or ``404.html``
    prefix: str  #: of its language: empty or ``en/``
    #: absolute path of the site; only for the page shown at any address (404)
    base: str | None = None

    @property
    def up(self) -> str:
        """The way to the root of the site."""
        if self.base is not None:
            return self.base
        return "../" * f"{self.prefix}{self.path}".count("/")

    def root(self, path: str) -> str:
        """The way to something all languages share."""
        return f"{self.up}{path}" or "./"

    def to(self, path: str) -> str:
        """The way to a page of the same language."""
        return self.root(f"{self.prefix}{path}")

    def asset(self, name: str) -> str:
        """The way to a style sheet, a script, a font or an icon."""
        return self.root(assets()[name][0])
