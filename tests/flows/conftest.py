"""Resources of the flows' tests: a model, a filmed recording, one Prefect server."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest

from pipeline.speech_model import model_folder
from tests.flows.office_hour_factory import (
    film,
    finish_by_hand,
    hold_office_hour,
    make_house,
)
from tests.flows.running_house import RunningHouse
from townhall.database import open_engine
from townhall.migrations import upgrade


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    """The shipped speech model, put together once for all houses."""
    return model_folder(None, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def filmed(tmp_path_factory):
    """Four seconds of two people."""
    return film(tmp_path_factory.mktemp("filmed") / "recording", seconds=4)


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


@pytest.fixture
def reviewed(held, filmed, now):
    """The same, its first version finished by hand and in review: (house, id)."""
    house, office_hour_id = held
    finish_by_hand(house, f"{office_hour_id}-v1", filmed, now=now)
    return house, office_hour_id


@pytest.fixture(scope="session")
def running(tmp_path_factory, tables, model):
    """The one running house of the suite: starting Prefect costs 15 s of a core."""
    data = tmp_path_factory.mktemp("running") / "town"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    house = make_house(data, tables=tables, model=model, flows={"api_port": port})
    running = RunningHouse(house)
    yield running
    running.stop()
    house.engine.dispose()
