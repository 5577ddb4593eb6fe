"""The tables' history: Alembic migrations, run by ``sprechstunde init``."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from townhall.errors import MigrationMissing


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the tables up to date."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the tables back."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def newest_revision() -> str | None:
    """The revision the program needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def found_revision(engine: Engine) -> str | None:
    """The revision the database has; ``None``: it is empty."""
    with engine.execution_options(reads_only=True).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_newest(engine: Engine) -> None:
    """Refuse to work on tables of another time.

    Raises:
        MigrationMissing: the database is older or newer than the program.
    """
    found, needed = found_revision(engine), newest_revision()
    if found != needed:
        raise MigrationMissing(found=found, needed=needed)
