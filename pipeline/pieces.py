"""Content-addressed pieces: what was built once is never built again.

A piece is a file, or a small set of files, stored under a key made of the step's
name, the step's version and the digests of all its inputs and parameters. The
key says what is inside, so any process may use a piece another one built, and a
crash costs only the piece in hand.

    store/ab/abcdef…/           one folder a piece
        .piece.json             names, sizes and digests of the files in it
        picture_720p.mp4 …

A piece appears in one step (rename of its folder), is checked when it is used
(a lost or damaged file is rebuilt, not believed), and each build is written to
``builds.log``, so that tests can count.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import uuid
from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_MANIFEST = ".piece.json"
_READ_BYTES = 1 << 20


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, as hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def digest_of(value: object) -> str:
    """SHA-256 of a value's canonical JSON: dataclasses, enums, paths, numbers, text."""
    text = json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A finished piece on disk."""

    key: str
    folder: Path
    built: bool  #: built by this call; ``False``: it was there already

    def file(self, name: str) -> Path:
        """The path of one of the piece's files."""
        return self.folder / name


class PieceStore:
    """The folder that holds all pieces. Safe to use from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        """Open the store, creating its folder."""
        self.folder = folder
        self._log = folder / "builds.log"
        self._busy: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def key(self, step: str, version: int, inputs: Mapping[str, object]) -> str:
        """The key of a piece: step, its version, and everything that decides it."""
        return digest_of({"step": step, "version": version, "inputs": dict(inputs)})

    def find(self, key: str) -> Piece | None:
        """The finished piece, or ``None`` when it is missing or damaged."""
        folder = self._folder_of(key)
        try:
            manifest = json.loads((folder / _MANIFEST).read_text())
        except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
            return None
        for name, entry in manifest["files"].items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != entry["size_bytes"]:
                return None
        return Piece(key=key, folder=folder, built=False)

    def build(
        self,
        step: str,
        version: int,
        inputs: Mapping[str, object],
        make: Callable[[Path], None],
    ) -> Piece:
        """Return the piece, calling ``make(empty_folder)`` only when it is not there.

        Raises:
            whatever ``make`` raises; nothing is left behind then.
        """
        key = self.key(step, version, inputs)
        with self._guard:
            lock = self._busy.setdefault(key, threading.Lock())
        with lock:
            if found := self.find(key):
                return found
            return self._make(step, key, make)

    def _make(self, step: str, key: str, make: Callable[[Path], None]) -> Piece:
        folder = self._folder_of(key)
        draft = self.folder / "drafts" / f"{os.getpid()}-{uuid.uuid4().hex}"
        draft.mkdir(parents=True)
        try:
            make(draft)
            files = {
                path.name: {
                    "size_bytes": path.stat().st_size,
                    "sha256": sha256_of_file(path),
                }
                for path in sorted(draft.iterdir())
            }
            (draft / _MANIFEST).write_text(json.dumps({"step": step, "files": files}))
            folder.parent.mkdir(parents=True, exist_ok=True)
            if folder.exists():  # damaged: find() did not accept it
                shutil.rmtree(folder)
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        self._record_build(step, key)
        return Piece(key=key, folder=folder, built=True)

    def _record_build(self, step: str, key: str) -> None:
        line = f"{step} {key}\n".encode()
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)

    def builds(self) -> list[tuple[str, str]]:
        """Each build so far as (step, key), in order; a key twice was built twice."""
        if not self._log.exists():
            return []
        return [
            (step, key)
            for step, key in (line.split() for line in self._log.read_text().splitlines())
        ]

    def remove_drafts(self) -> None:
        """Throw away what a killed process left half-built. Call when nothing builds."""
        shutil.rmtree(self.folder / "drafts", ignore_errors=True)

    def remove_except(self, keep: Iterable[str]) -> int:
        """Erase every piece whose key is not in ``keep``; return how many went."""
        kept, gone = set(keep), 0
        for folder in self.folder.glob("??/*"):
            if folder.name not in kept:
                shutil.rmtree(folder)
                gone += 1
        return gone

    def _folder_of(self, key: str) -> Path:
        return self.folder / key[:2] / key
