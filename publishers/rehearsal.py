"""The rehearsal channel: a private folder that shows what would go out.

One folder a programme, with the finished files under readable names. Nothing in it
is served; it is for looking at, and for trying the whole way without a public page.
"""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING

from publishers.errors import ContentRefused, MediaMissing
from publishers.website.draft import bring

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from townhall.media import ProgrammeBuild, PublicationPackage

_DIGEST_FILE = "digest.txt"


class RehearsalPublisher:
    """Keeps one folder holding exactly the programmes on this channel."""

    def __init__(self, folder: Path) -> None:
        """Publish into ``folder``, which need not exist yet."""
        self.folder = folder

    def build(self, packages: Iterable[PublicationPackage]) -> None:
        """Bring the folder to ``packages``; equal packages do nothing.

        Raises:
            ContentRefused: an id cannot be the name of a folder.
            MediaMissing: a file of a programme is gone.
        """
        wanted = {package.programme_id: package for package in packages}
        self.folder.mkdir(parents=True, exist_ok=True)
        for found in self.folder.iterdir():
            package = wanted.get(found.name)
            if package is None or _digest_in(found) != package.digest:
                shutil.rmtree(found)
        for package in wanted.values():
            if not self.place_of(package.programme_id).exists():
                self._bring(package)

    def place_of(self, programme_id: str) -> Path:
        """Where a programme's files lie.

        Raises:
            ContentRefused: the id cannot be the name of a folder.
        """
        if not programme_id or programme_id[0] == "." or "/" in programme_id:
            raise ContentRefused(what="programme_id", value=programme_id)
        return self.folder / programme_id

    def _bring(self, package: PublicationPackage) -> None:
        draft = self.folder / f".draft-{uuid.uuid4().hex}"
        draft.mkdir()
        for source in _files_of(package.build):
            try:
                bring(source, draft / source.name)
            except FileNotFoundError as error:
                raise MediaMissing(file=source) from error
        (draft / _DIGEST_FILE).write_text(f"{package.digest}\n")
        draft.rename(self.place_of(package.programme_id))


def _files_of(build: ProgrammeBuild) -> list[Path]:
    return [
        *(rendition.path for rendition in build.renditions),
        build.captions_path,
        build.chapters_path,
        build.poster_path,
    ]


def _digest_in(folder: Path) -> str | None:
    try:
        return (folder / _DIGEST_FILE).read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
