"""Resources that tests of every room share: a house, a server, a session."""

from __future__ import annotations

import shutil

import hypothesis
import pytest
from sqlalchemy.orm import Session

from tests.postgres_server import create_database, postgres_programs, postgres_server
from townhall.database import new_id, open_engine
from townhall.house import House
from townhall.migrations import upgrade

# a busy machine is not a bug: hypothesis has no deadline, pytest-timeout has
hypothesis.settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.function_scoped_fixture,  # tests with `db` add rows only
    ],
)
hypothesis.settings.load_profile("house")
ENGINES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def _empty_tables(tmp_path_factory):
    """An SQLite file with all migrations run, to be copied."""
    path = tmp_path_factory.mktemp("tables") / "townhall.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def house(tmp_path, _empty_tables):
    """A house of its own: SQLite, all migrations run, default settings."""
    data = tmp_path / "house"
    data.mkdir()
    shutil.copy(_empty_tables, data / "townhall.sqlite3")
    house = House.at(data)
    yield house
    house.engine.dispose()


@pytest.fixture(scope="session")
def postgres():
    """The private PostgreSQL of this run: the folder of its socket."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with postgres_server(programs) as folder:
        yield folder


@pytest.fixture(params=ENGINES)
def empty_address(request, tmp_path):
    """The address of a database without tables, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    return create_database(request.getfixturevalue("postgres"), f"test_{new_id()}")


@pytest.fixture
def empty_engine(empty_address):
    """A database without tables, of each kind in turn."""
    engine = open_engine(empty_address)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty_engine):
    """A database of its own with all migrations run, for tests that commit."""
    upgrade(empty_engine)
    return empty_engine


@pytest.fixture(scope="session", params=ENGINES)
def _shared_engine(request, _empty_tables, tmp_path_factory):
    """One migrated database for the whole run, of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("shared") / "townhall.sqlite3"
        shutil.copy(_empty_tables, path)
        engine = open_engine(f"sqlite:///{path}")
    else:
        engine = open_engine(
            create_database(request.getfixturevalue("postgres"), "shared")
        )
        upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def db(_shared_engine):
    """A session whose changes are rolled back after the test, on each engine."""
    with _shared_engine.connect() as connection, connection.begin() as transaction:
        with Session(
            connection,
            expire_on_commit=False,
            join_transaction_mode="create_savepoint",
        ) as session:
            yield session
        transaction.rollback()
