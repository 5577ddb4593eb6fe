"""Looking at what lies in a site folder, byte by byte."""

from __future__ import annotations

import gzip
from pathlib import Path

#: Pagefind's files are gzip with this mark before the JSON inside
_GZIP = b"\x1f\x8b"


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder: relative path → bytes."""
    root = folder.resolve()
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def holders_of(word: str, folder: Path) -> list[str]:
    """The files anywhere below ``folder`` that hold a word, packed ones looked into."""
    wanted = word.encode()
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        if data.startswith(_GZIP):
            data += gzip.decompress(data)
        if wanted in data:
            found.append(path.relative_to(folder).as_posix())
    return found


def inodes_below(folder: Path) -> set[int]:
    """The files on disk below a folder, whatever their names."""
    return {path.stat().st_ino for path in folder.rglob("*") if path.is_file()}
