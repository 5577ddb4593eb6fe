"""The database: engine, sessions, and what all tables share.

SQLite (WAL) by default, PostgreSQL by address. On both, one writer works at a
time and reads nothing before it is its turn: rules that look before they write
(the next number, the current version, the last audit hash) need no further lock.

- SQLite: a writing session begins with BEGIN IMMEDIATE. With a deferred BEGIN, 251
  of 400 concurrent read-modify-write transactions failed with "database is locked",
  with IMMEDIATE none (measured, four processes).
- PostgreSQL: a writing session begins with one advisory lock. Every use case writes
  an audit entry and would queue there anyway, only too late: without the lock, two
  edits of one version both succeeded in reading it, and one of them was lost.

A reading session never waits, and all its queries see the same moment.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    JSON,
    Dialect,
    Engine,
    Enum,
    MetaData,
    String,
    create_engine,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import DateTime, TypeDecorator

from townhall.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

#: how long a writer waits for another one before it gives up, ms
BUSY_TIMEOUT_MS = 10_000
#: any constant; only holders of the same number wait for each other
_WRITERS_LOCK = 7_266_001


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC. Naive ones are refused at the door."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Turn into UTC; SQLite stores it without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without a time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        """Give back as aware UTC."""
        if value is None:
            return None
        return (
            value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        )


class Row(DeclarativeBase):
    """What all tables share: names of constraints, and how types are stored."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as is
        str: String,
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


def stored_enum(enum: type[StrEnum]) -> Enum:
    """A column type for an enum: its values as text, readable in any database tool."""
    return Enum(
        enum,
        native_enum=False,
        length=32,
        values_callable=lambda members: [member.value for member in members],
        validate_strings=True,
    )


def new_id() -> str:
    """A fresh id: twelve characters, safe in addresses and easy to read aloud."""
    return secrets.token_hex(6)


def open_engine(address: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> Engine:
    """Connect to the database at an SQLAlchemy address.

    ``sqlite:///PATH`` and ``postgresql+psycopg://…`` are supported and tested. A
    writer that waits longer than ``busy_timeout_ms`` gets an OperationalError.
    """
    if address.startswith("sqlite"):
        return _sqlite_engine(address, busy_timeout_ms)
    return _postgresql_engine(address, busy_timeout_ms)


def _reads_only(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("reads_only", False))


def _postgresql_engine(address: str, busy_timeout_ms: int) -> Engine:
    engine = create_engine(address, pool_pre_ping=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if _reads_only(connection):
            connection.exec_driver_sql(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
            )
            return
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {busy_timeout_ms}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")

    return engine


def _sqlite_engine(address: str, busy_timeout_ms: int) -> Engine:
    engine = create_engine(address, connect_args={"timeout": busy_timeout_ms / 1000})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we begin ourselves, below
        for pragma in (
            "foreign_keys = on",
            "journal_mode = wal",
            "synchronous = normal",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(
            "BEGIN" if _reads_only(connection) else "BEGIN IMMEDIATE"
        )

    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session whose changes are kept together at the end, or not at all."""
    with Session(engine, expire_on_commit=False) as db, db.begin():
        yield db


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only looks: it never waits for a writer."""
    with Session(engine.execution_options(reads_only=True), autoflush=False) as db:
        yield db


T = TypeVar("T", bound=Row)


def fetch(db: Session, kind: type[T], row_id: str) -> T:
    """The row with this id.

    Raises:
        NotFound: there is none.
    """
    row = db.get(kind, row_id)
    if row is None:
        raise NotFound(kind=kind.__name__, id=row_id)
    return row
