"""Styles, scripts and fonts under names that carry their digest: cached for ever."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

import site_templates

TEMPLATES = Path(site_templates.__file__).parent / "website"
ASSETS = TEMPLATES / "assets"

#: the style sheets that make up ``site.css``, in order
STYLE_SHEETS = ("kern-tokens.css", "site.css")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_BLANKS = re.compile(r"\s+")


@lru_cache
def assets() -> dict[str, tuple[str, bytes]]:
    """Name in templates → (path in the site, bytes)."""
    plain = {
        path.name: path.read_bytes()
        for path in sorted(ASSETS.iterdir())
        if path.suffix in {".js", ".woff2", ".svg"}
    }
    hashed = {name: (_hashed(name, data), data) for name, data in plain.items()}
    style = "\n".join((ASSETS / name).read_text() for name in STYLE_SHEETS)
    for name, (path, _) in hashed.items():
        style = style.replace(f'url("{name}")', f'url("{Path(path).name}")')
    small = _BLANKS.sub(" ", _COMMENT.sub("", style)).strip().encode()
    hashed["site.css"] = (_hashed("site.css", small), small)
    return hashed


def _hashed(name: str, data: bytes) -> str:
    digest = hashlib.blake2b(data, digest_size=5).hexdigest()
    stem, _, ending = name.rpartition(".")
    return f"assets/{stem}.{digest}.{ending}"
