from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from townhall.errors import SettingsInvalid
from townhall.house import House


def test_the_key_is_made_once_and_only_its_owner_can_read_it(house):
    key = house.secret

    assert len(key) == 32
    assert House.at(house.data).secret == key
    assert (house.data / "secret.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in house.data.glob("secret.key*")] == ["secret.key"]


def test_processes_that_need_the_key_first_at_the_same_time_get_the_same(house):
    start = Barrier(8, timeout=10)

    def read(_number):
        start.wait()
        return House.at(house.data).secret

    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(read, range(8)))

    assert len(keys) == 1
    assert len(keys.pop()) == 32


@pytest.mark.parametrize("content", ["", "00", "no key at all", "zz" * 32])
def test_a_damaged_key_signs_nothing(house, content):
    """An empty key would accept slips that anybody can make."""
    (house.data / "secret.key").write_text(content)

    with pytest.raises(SettingsInvalid, match="it holds no key"):
        _ = house.secret


def test_without_an_address_the_rows_lie_in_the_data_directory(house):
    assert house.database_address == f"sqlite:///{house.data / 'townhall.sqlite3'}"


def test_an_address_in_the_settings_is_used(tmp_path):
    (tmp_path / "sprechstunde.toml").write_text(
        "[database]\naddress = 'postgresql+psycopg://user@localhost/name'\n"
    )

    house = House.at(tmp_path)

    assert house.database_address == "postgresql+psycopg://user@localhost/name"
    assert house.engine.dialect.name == "postgresql"


def test_a_house_tells_nothing_of_its_settings_when_it_is_printed(tmp_path):
    (tmp_path / "sprechstunde.toml").write_text(
        "[database]\naddress = 'postgresql+psycopg://user:geheim@localhost/name'\n"
    )

    assert "geheim" not in repr(House.at(tmp_path))


def test_the_municipality_is_shown_as_it_is_set(tmp_path):
    (tmp_path / "sprechstunde.toml").write_text(
        "[municipality]\nname = 'Stadt Musterbach'\nimprint = 'Rathausplatz 1'\n"
    )

    about = House.at(tmp_path).municipality

    assert (about.name, about.imprint) == ("Stadt Musterbach", "Rathausplatz 1")


def test_all_folders_lie_inside_the_data_directory(house):
    folders = [getattr(house, name) for name in dir(House) if name.endswith("_folder")]

    assert len(folders) == len(set(folders)) == 8
    assert all(folder.parent == house.data for folder in folders)
