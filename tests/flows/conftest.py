"""Resources of the flows' tests: a model, a filmed recording, one Prefect server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.speech_model import model_folder
from tests.flows.office_hour_factory import film, hold_office_hour, make_house
from townhall.database import open_engine
from townhall.migrations import upgrade


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """The shipped speech model, put together once for all houses."""
    return model_folder(None, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def filmed(tmp_path_factory):
    """Twenty seconds of two people."""
    return film(tmp_path_factory.mktemp("filmed") / "recording", seconds=20)


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """An SQLite file with all migrations run, to be copied."""
    path = tmp_path_factory.mktemp("flow-tables") / "townhall.sqlite3"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def now():
    """The processes under test look at the real clock."""
    return datetime.now(UTC)


@pytest.fixture
def open_house(tmp_path, tables, model):
    """Make houses of their own, with settings as wanted."""
    houses = []

    def make(name="house", **sections):
        house = make_house(tmp_path / name, tables=tables, model=model, **sections)
        houses.append(house)
        return house

    yield make
    for house in houses:
        house.engine.dispose()


@pytest.fixture
def held(open_house, filmed, now):
    """A house with an office hour whose programme is to be built: (house, id)."""
    house = open_house()
    return house, hold_office_hour(house, filmed, now=now)
