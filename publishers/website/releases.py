"""The folder a web server shows, switched in one step, and nothing left of what had to go.

    site/
      current -> releases/7      what the web server shows; replaced by one rename
      releases/6, 7              the old site beside the current one, each complete
      manifests/7.json           which page has which key; never public
      drafts/                    being built; emptied at the next build
      built.json                 exists only while everything is settled

A file that is in a release is never written to again: releases share it by hard
links. The old release serves readers who are still in it, and is the start of the
next one. A process may be killed at any point: ``built.json`` is taken away before
anything is touched and written after everything is done, so an interrupted build
is seen and done again, and what it left is cleared away first.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: where the search index lies in a release
INDEX_FOLDER = "pagefind"
#: folders must be readable for a web server under another account
_FOLDER_MODE = 0o755


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What a release holds."""

    builder_digest: str
    content_digest: str
    moment_digest: str
    search_digest: str | None  #: ``None``: without a search index
    pages: dict[str, str] = field(default_factory=dict)  #: path → key
    media: tuple[str, ...] = ()  #: folders
    claims: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A complete site on disk."""

    number: int
    path: Path
    manifest: Manifest


class ReleaseFolder:
    """The folder with ``current`` in it. One builder at a time."""

    def __init__(self, folder: Path) -> None:
        """Use ``folder``, which need not exist yet."""
        self.folder = folder
        self.drafts = folder / "drafts"
        self._current = folder / "current"
        self._built = folder / "built.json"

    @contextmanager
    def building(self) -> Iterator[int]:
        """Hold the folder's lock and clear away what a killed build left.

        Gives the lock's file descriptor, to be inherited by programs we start.
        ``built.json`` comes back only through :meth:`settle`.
        """
        for path in (self.folder, self.folder / "releases", self.folder / "manifests"):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(_FOLDER_MODE)
        lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._built.unlink(missing_ok=True)
            self._clear()
            yield lock
        finally:
            shutil.rmtree(self.drafts, ignore_errors=True)
            os.close(lock)

    def current(self) -> Release | None:
        """The release people see, or ``None`` before the first."""
        number = self._current_number()
        return None if number is None else self._load(number)

    def _current_number(self) -> int | None:
        try:
            return int(self._current.readlink().name)
        except (FileNotFoundError, ValueError):
            return None

    def _load(self, number: int) -> Release | None:
        path = self.folder / "releases" / str(number)
        try:
            value = json.loads(self._manifest_path(number).read_text())
            manifest = Manifest(
                builder_digest=value["builder_digest"],
                content_digest=value["content_digest"],
                moment_digest=value["moment_digest"],
                search_digest=value["search_digest"],
                pages=value["pages"],
                media=tuple(value["media"]),
                claims=frozenset(value["claims"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None  # lost, damaged, or of another version of this program
        return (
            Release(number=number, path=path, manifest=manifest)
            if path.is_dir()
            else None
        )

    def _manifest_path(self, number: int) -> Path:
        return self.folder / "manifests" / f"{number}.json"

    def _numbers(self) -> list[int]:
        found = (path.name for path in (self.folder / "releases").iterdir())
        return sorted(int(name) for name in found if name.isdigit())

    def _clear(self) -> None:
        """Remove drafts, and releases that were never switched to."""
        shutil.rmtree(self.drafts, ignore_errors=True)
        self.drafts.mkdir()
        (self.folder / "current.new").unlink(missing_ok=True)
        current = self._current_number()
        old = [n for n in self._numbers() if n != current]
        for number in old:
            never_shown = current is None or number > current
            if never_shown or number != old[-1] or self._load(number) is None:
                self._remove(number)
        kept = {f"{number}.json" for number in self._numbers()}
        for path in (self.folder / "manifests").iterdir():
            if path.name not in kept:
                path.unlink()

    def other(self) -> Release | None:
        """The old release that is kept beside the current one."""
        number = self._current_number()
        for kept in self._numbers():
            if kept != number:
                return self._load(kept)
        return None

    def open_draft(self) -> tuple[Path, Manifest | None]:
        """A folder to put a release together in, and what is in it already.

        The old release is taken for it: nobody reads it any more, and only what
        changed since has to be put in or taken out.
        """
        draft = self.drafts / "release"
        other = self.other()
        if other is None:
            for number in self._numbers():
                if number != self._current_number():
                    self._remove(number)  # its manifest cannot be read
            draft.mkdir()
            return draft, None
        self._manifest_path(other.number).unlink()
        other.path.rename(draft)
        return draft, other.manifest

    def switch_to(self, draft: Path, manifest: Manifest) -> Release:
        """Make a finished draft the site people see, in one step."""
        release = self._place(draft, manifest, max(self._numbers(), default=1) + 1)
        link = self.folder / "current.new"
        link.symlink_to(Path("releases") / str(release.number))
        link.replace(self._current)
        return release

    def keep_beside(self, draft: Path, manifest: Manifest) -> Release:
        """Make a finished draft the old release beside the current one."""
        return self._place(draft, manifest, (self._current_number() or 1) - 1)

    def _place(self, draft: Path, manifest: Manifest, number: int) -> Release:
        value = {
            "builder_digest": manifest.builder_digest,
            "content_digest": manifest.content_digest,
            "moment_digest": manifest.moment_digest,
            "search_digest": manifest.search_digest,
            "pages": manifest.pages,
            "media": manifest.media,
            "claims": sorted(manifest.claims),
        }
        self._manifest_path(number).write_text(json.dumps(value))
        _open_folders(draft)
        path = self.folder / "releases" / str(number)
        draft.rename(path)
        return Release(number=number, path=path, manifest=manifest)

    def _remove(self, number: int) -> None:
        shutil.rmtree(self.folder / "releases" / str(number), ignore_errors=True)
        self._manifest_path(number).unlink(missing_ok=True)

    def settle(self, release: Release) -> None:
        """Say that everything is done: the site is built and what had to go is gone."""
        draft = self.drafts / "built.json"
        draft.write_text(json.dumps({"release": release.number}))
        draft.replace(self._built)

    def settled(self) -> Release | None:
        """The site as it stands, or ``None`` when a build is due."""
        current = self._current_number()
        try:
            release = json.loads(self._built.read_text())["release"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if current is None or release != current:
            return None
        return self._load(current)


def _open_folders(draft: Path) -> None:
    """Let a web server in where a strict umask would not."""
    if draft.stat().st_mode & _FOLDER_MODE == _FOLDER_MODE:
        return
    for folder, _, _ in os.walk(draft):
        Path(folder).chmod(_FOLDER_MODE)
