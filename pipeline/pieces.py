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
``builds.log``, so that tests can count. Who wants a piece that somebody else is
building waits for it: a lock per key, held by the kernel, so that ``kill -9``
releases it. Where a file system has no such locks, two may build one key; then
the first to finish wins, both go on with its files, and both builds are counted.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
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
    from collections.abc import Callable, Iterable, Iterator, Mapping

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
        #: files whose digest this process has checked: path → what stat said then
        self._checked: dict[Path, tuple[int, int, int]] = {}
        self._guard = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)

    def key(self, step: str, version: int, inputs: Mapping[str, object]) -> str:
        """The key of a piece: step, its version, and everything that decides it."""
        return digest_of({"step": step, "version": version, "inputs": dict(inputs)})

    def find(self, key: str) -> Piece | None:
        """The finished piece, or ``None`` when it is missing or damaged.

        Every file is read and compared with its digest the first time this
        process uses it, and again whenever the file was touched since.
        """
        folder = self._folder_of(key)
        try:
            manifest = json.loads((folder / _MANIFEST).read_text())
            intact = all(
                self._is_intact(folder / name, entry["sha256"])
                for name, entry in manifest["files"].items()
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return Piece(key=key, folder=folder, built=False) if intact else None

    def _is_intact(self, path: Path, sha256: str) -> bool:
        status = path.stat()
        state = (status.st_ino, status.st_size, status.st_mtime_ns)
        with self._guard:
            if self._checked.get(path) == state:
                return True
        if sha256_of_file(path) != sha256:
            return False
        with self._guard:
            self._checked[path] = state
        return True

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
        if found := self.find(key):
            return found
        with self._locked(key):
            return self.find(key) or self._make(step, key, make)

    def _make(self, step: str, key: str, make: Callable[[Path], None]) -> Piece:
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
            self._move_in(draft, key)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        self._record_build(step, key)
        return Piece(key=key, folder=self._folder_of(key), built=True)

    def _move_in(self, draft: Path, key: str) -> None:
        folder = self._folder_of(key)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.rename(folder)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
                raise
            if self.find(key):  # somebody else was faster, without our lock
                shutil.rmtree(draft)
                return
            # Damaged. Moved aside first, so that there never is half a piece.
            aside = self.folder / "drafts" / f"damaged-{uuid.uuid4().hex}"
            folder.rename(aside)
            draft.rename(folder)
            shutil.rmtree(aside, ignore_errors=True)

    @contextlib.contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """Hold the key's lock: one builder among all threads and processes."""
        path = self.folder / "locks" / key
        path.parent.mkdir(exist_ok=True)
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
            try:
                with contextlib.suppress(OSError):  # a file system without locks
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
                # the one before us removes the file it locked: then lock the new one
                if _same_file(descriptor, path):
                    try:
                        yield
                    finally:
                        path.unlink(missing_ok=True)
                    return
            finally:
                os.close(descriptor)

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
            for step, key in (
                line.split() for line in self._log.read_text().splitlines()
            )
        ]

    def remove_drafts(self) -> None:
        """Throw away what a killed process left half-built. Call when nothing builds."""
        shutil.rmtree(self.folder / "drafts", ignore_errors=True)
        shutil.rmtree(self.folder / "locks", ignore_errors=True)

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


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
