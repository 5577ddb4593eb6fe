"""Resources that tests of every room share: a house on disk, a session in a transaction."""

from __future__ import annotations

from pathlib import Path

import pytest

from townhall.house import House
from townhall.migrations import upgrade


@pytest.fixture
def house(tmp_path):
    """A house of its own: SQLite, all migrations run, default settings."""
    data = tmp_path / "house"
    data.mkdir()
    house = House.at(Path(data))
    upgrade(house.engine)
    yield house
    house.engine.dispose()
