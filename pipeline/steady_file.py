"""A file from a stranger, opened once and watched while it is read.

Everything is read through one descriptor, so that nobody can put another file in
its place between two looks; and what changed meanwhile is noticed at the end.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import MediaChanging, MediaUnreadable
from townhall.errors import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _FileState:
    """What changes when somebody writes to a file or puts another in its place."""

    device: int
    inode: int
    size_bytes: int
    changed_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> _FileState:
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class SteadyFile:
    """An open regular file and how it looked when it was opened."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Remember the file's state; ``open_steadily`` calls this."""
        self.path = path
        self.descriptor = descriptor
        self._before = _FileState.of(os.fstat(descriptor))

    @property
    def size_bytes(self) -> int:
        """The size at the time of opening."""
        return self._before.size_bytes

    def sha256(self) -> str:
        """SHA-256 of all bytes there were at the time of opening, as hex."""
        digest, at = hashlib.sha256(), 0
        # not "until the end": somebody may write faster than we read
        while at < self.size_bytes and (
            block := os.pread(self.descriptor, _READ_BYTES, at)
        ):
            digest.update(block)
            at += len(block)
        return digest.hexdigest()

    def stream(self) -> NamelessStream:
        """The bytes from the beginning, for a reader that must not see a name."""
        return NamelessStream(self.descriptor, self.size_bytes)

    def refuse_changed(self) -> None:
        """Make sure that nobody wrote to the file or replaced it since.

        Raises:
            MediaChanging: somebody did.
        """
        try:
            now = {os.fstat(self.descriptor), self.path.stat()}
        except OSError as error:
            raise MediaChanging(file=self.path.name) from error
        if {_FileState.of(status) for status in now} != {self._before}:
            raise MediaChanging(file=self.path.name)


class NamelessStream(io.RawIOBase):
    """A file's bytes without its name, so that no demuxer is chosen by one."""

    def __init__(self, descriptor: int, size_bytes: int) -> None:
        """Begin at the first byte; the descriptor stays the caller's."""
        self._descriptor = descriptor
        self._size_bytes = size_bytes
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes from here; empty at the end."""
        left = max(0, self._size_bytes - self._at)
        wanted = min(left, _READ_BYTES, size if size >= 0 else left)
        block = os.pread(self._descriptor, wanted, self._at)
        self._at += len(block)
        return block

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a byte and return its number."""
        origin = {
            os.SEEK_SET: 0,
            os.SEEK_CUR: self._at,
            os.SEEK_END: self._size_bytes,
        }[whence]
        self._at = max(0, origin + offset)
        return self._at

    def tell(self) -> int:
        """The number of the next byte."""
        return self._at


@contextmanager
def open_steadily(path: Path) -> Iterator[SteadyFile]:
    """Open a regular file for reading.

    Raises:
        MediaUnreadable: not there, not permitted, or a pipe, device or folder.
    """
    try:
        # O_NONBLOCK: a pipe without a writer must not hold us up; no effect on files
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        reason = (
            phrase("it is not there.")
            if isinstance(error, FileNotFoundError)
            else (phrase("it cannot be opened; check its permissions."))
        )
        raise MediaUnreadable(file=path.name, reason=reason) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise MediaUnreadable(
                file=path.name, reason=phrase("it is not a regular file.")
            )
        yield SteadyFile(path, descriptor)
    finally:
        os.close(descriptor)
