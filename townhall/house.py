"""One house: a data directory with its settings, its database and its folders.

DIR/sprechstunde.toml    settings
DIR/secret.key           signs withdrawal tokens
DIR/townhall.sqlite3     rows (unless an address says otherwise)
DIR/recordings/          isolated tracks as adopted, never changed
DIR/pieces/              content-addressed pieces of processing
DIR/programmes/          finished versions, private
DIR/site/current         the public website
DIR/models/              speech models
DIR/prefect/  DIR/logs/  DIR/run/
"""

from __future__ import annotations

import os
import secrets
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from townhall.database import open_engine, reading, writing
from townhall.errors import SettingsInvalid, phrase
from townhall.publishing import Municipality
from townhall.settings import Settings, read_settings

_KEY_BYTES = 32


def _write_key_once(path: Path) -> None:
    """Whole or not at all, and never over another process's key."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(_KEY_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()


@dataclass(frozen=True)
class House:
    """A data directory, opened."""

    data: Path
    settings: Settings = field(repr=False)

    @classmethod
    def at(cls, data: Path) -> House:
        """Open a data directory; it need not exist yet.

        Raises:
            SettingsInvalid: its settings cannot be used.
        """
        data = data.resolve()
        return cls(data=data, settings=read_settings(data))

    @cached_property
    def engine(self) -> Engine:
        """The database, connected on first use."""
        return open_engine(self.database_address)

    @property
    def database_address(self) -> str:
        """SQLAlchemy address of the database."""
        return (
            self.settings.database.address
            or f"sqlite:///{self.data / 'townhall.sqlite3'}"
        )

    def writing(self) -> AbstractContextManager[Session]:
        """A session whose changes are kept together, or not at all."""
        return writing(self.engine)

    def reading(self) -> AbstractContextManager[Session]:
        """A session that only looks."""
        return reading(self.engine)

    @property
    def recordings_folder(self) -> Path:
        """Isolated tracks as adopted."""
        return self.data / "recordings"

    @property
    def pieces_folder(self) -> Path:
        """Content-addressed pieces."""
        return self.data / "pieces"

    @property
    def programmes_folder(self) -> Path:
        """Finished versions; private until published."""
        return self.data / "programmes"

    @property
    def site_folder(self) -> Path:
        """The public website: ``current`` and its releases."""
        return self.data / "site"

    @property
    def models_folder(self) -> Path:
        """Speech models."""
        return self.data / "models"

    @property
    def run_folder(self) -> Path:
        """Process ids and addresses of what is running."""
        return self.data / "run"

    @property
    def logs_folder(self) -> Path:
        """What the running processes say."""
        return self.data / "logs"

    @property
    def prefect_folder(self) -> Path:
        """Prefect's own files."""
        return self.data / "prefect"

    @cached_property
    def secret(self) -> bytes:
        """The key that signs tokens, made on first use, readable by its owner only.

        Raises:
            SettingsInvalid: the file holds no key; an empty one would sign anything.
        """
        path = self.data / "secret.key"
        if not path.exists():
            _write_key_once(path)
        try:
            key = bytes.fromhex(path.read_text(encoding="ascii"))
        except ValueError:
            key = b""
        if len(key) != _KEY_BYTES:
            raise SettingsInvalid(
                path=path, reason=phrase("it holds no key; restore it from a backup")
            )
        return key

    @property
    def municipality(self) -> Municipality:
        """Who runs this house, as the website shows it."""
        about = self.settings.municipality
        return Municipality(
            name=about.name,
            imprint=about.imprint,
            privacy=about.privacy,
            accessibility=about.accessibility,
            contact_email=about.contact_email,
            arbitration_body=about.arbitration_body,
            accessibility_reviewed_on=about.accessibility_reviewed_on,
            ask_url=about.ask_url,
        )
