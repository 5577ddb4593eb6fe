"""A release being put together: what is the same as before is the same file on disk.

Files are only ever written new, linked or unlinked, never changed: other releases
share them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from publishers.errors import MediaMissing
from publishers.website.releases import INDEX_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from publishers.website.hours import MediaFile
    from publishers.website.releases import Manifest, Release

#: files must be readable for a web server under another account
_FILE_MODE = 0o644
_ASSETS_FOLDER = "assets"


class Draft:
    """A folder that becomes a release; it may hold an older one to start from."""

    def __init__(
        self, opened: tuple[Path, Manifest | None], before: Release | None
    ) -> None:
        """Start from what is in the folder; take from the release ``before`` what fits."""
        self.path, held = opened
        self._held_pages = dict(held.pages) if held else {}
        self._held_media = set(held.media) if held else set()
        self._held_index = held.search_digest if held else None
        self._before = before
        self._folders: set[str] = set()
        # thousands of files: plain strings are half the work of paths
        self._new = f"{self.path}/"
        self._old = f"{before.path}/" if before else ""

    def put_page(self, path: str, key: str, render: Callable[[], bytes]) -> bool:
        """Have the page in the release; says whether it had to be rendered."""
        held = self._held_pages.get(path)
        if held == key:
            return False
        if held is not None:
            (self.path / path).unlink()
        self._make_folder_of(path)
        if self._before and self._before.manifest.pages.get(path) == key:
            share(self._old + path, self._new + path)
            return False
        write_new(self.path / path, render())
        return True

    def drop_pages_except(self, paths: Collection[str]) -> None:
        """Take out the pages that are no longer there, and their empty folders."""
        for path in self._held_pages.keys() - set(paths):
            file = self.path / path
            file.unlink()
            _drop_empty_folders(file.parent, self.path)

    def put_assets(self, files: Mapping[str, bytes]) -> None:
        """Have exactly these styles, scripts and fonts in the release."""
        folder = self.path / _ASSETS_FOLDER
        folder.mkdir(exist_ok=True)
        for held in folder.iterdir():
            if f"{_ASSETS_FOLDER}/{held.name}" not in files:
                held.unlink()
        for path, data in files.items():
            if not (self.path / path).exists():
                write_new(self.path / path, data)

    def put_media(self, folders: Mapping[str, Iterable[MediaFile]]) -> None:
        """Have exactly the files of these programmes in the release.

        Raises:
            MediaMissing: a file is not there or not the approved one.
        """
        for folder in self._held_media - folders.keys():
            shutil.rmtree(self.path / folder)
        before = set(self._before.manifest.media) if self._before else set()
        for folder in folders.keys() - self._held_media:
            if folder in before:
                self._make_folder_of(folder)
                for name in os.listdir(self._old + folder):  # noqa: PTH208  # as above
                    share(self._old + folder + name, self._new + folder + name)
                continue
            for file in folders[folder]:
                self._make_folder_of(file.path)
                _bring_media(file, self.path / file.path)

    def become(self, release: Release, files: Mapping[str, bytes]) -> None:
        """Hold exactly what ``release`` holds; ``files``: its styles, scripts and fonts.

        What it does not hold any more goes first.
        """
        manifest = release.manifest
        self.drop_pages_except(manifest.pages)
        self.put_media(dict.fromkeys(manifest.media, ()))
        digest = manifest.search_digest
        self.put_index((release.path / INDEX_FOLDER, digest) if digest else None)
        for path, key in manifest.pages.items():
            self.put_page(path, key, (release.path / path).read_bytes)
        self.put_assets(files)

    def put_index(self, index: tuple[Path, str] | None) -> None:
        """Have this search index in the release, given as its folder and its digest."""
        wanted = index[1] if index else None
        if self._held_index == wanted:
            return
        target = self.path / INDEX_FOLDER
        if self._held_index is not None:
            shutil.rmtree(target)
        if index:
            _share_tree(index[0], target)

    def _make_folder_of(self, path: str) -> None:
        folder = path.rpartition("/")[0]
        if folder not in self._folders:
            os.makedirs(self._new + folder, exist_ok=True)  # noqa: PTH103  # as above
            self._folders.add(folder)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that no release shares yet."""
    path.write_bytes(data)
    path.chmod(_FILE_MODE)


def share(source: str, target: str) -> None:
    """Let ``target`` be the same file on disk as ``source``, a file of another release."""
    try:
        os.link(source, target)  # thousands of times: no paths
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links, or too many of them
        shutil.copyfile(source, target)


def bring(source: Path, target: Path) -> None:
    """Take a file from outside, as the same file on disk where that can be."""
    share(str(source), str(target))
    mode = target.stat().st_mode
    if mode & _FILE_MODE != _FILE_MODE:
        target.chmod(mode | _FILE_MODE)


def _bring_media(file: MediaFile, target: Path) -> None:
    try:
        size_bytes = file.source.stat().st_size
        if file.size_bytes is not None and size_bytes != file.size_bytes:
            raise MediaMissing(file=file.source)
        bring(file.source, target)
    except FileNotFoundError as error:
        raise MediaMissing(file=file.source) from error


def _share_tree(source: Path, target: Path) -> None:
    for folder, _, names in os.walk(source):
        place = target / os.path.relpath(folder, source)
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            bring(Path(folder) / name, place / name)


def _drop_empty_folders(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
