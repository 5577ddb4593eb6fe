"""The doctor finds each thing that stops the main job, and says what to do."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta

import pytest

from portal.doctor import Health, examine
from townhall import migrations
from townhall.audit import record_act
from townhall.house import House
from townhall.settings import Settings

NOW = datetime(2026, 12, 1, 18, 0, tzinfo=UTC)
PLENTY = 10**12


def _examine(house, *, settings=None, now=NOW, free_bytes=PLENTY):
    if settings is not None:
        house = House(data=house.data, settings=Settings(**settings))
    return {
        finding.check: finding
        for finding in examine(house, now=now, free_bytes=lambda _folder: free_bytes)
    }


@pytest.mark.media
def test_healthy_house_has_nothing_bad(house):
    findings = _examine(house)

    assert {f.check for f in findings.values() if f.health is Health.BAD} == set()
    assert set(findings) == {
        "ffmpeg",
        "speech model",
        "data directory",
        "disk",
        "database",
        "clock",
        "Prefect",
    }


def test_missing_ffmpeg_is_found(house):
    found = _examine(house, settings={"media": {"ffmpeg": "no-such-ffmpeg"}})["ffmpeg"]

    assert found.health is Health.BAD
    assert found.sentence == (
        "ffmpeg was not found as no-such-ffmpeg. Install it: apt install ffmpeg"
    )


def test_ffmpeg_without_our_encoders_is_found(house, tmp_path):
    program = tmp_path / "ffmpeg"
    program.write_text(
        '#!/bin/sh\ncase "$*" in *-version) echo "ffmpeg version 6.1";; '
        '*-encoders) echo " V..... mpeg4 "; echo " A..... aac ";; '
        '*-filters) echo " overlay scale ebur128 alimiter amix sine ";; esac\n'
    )
    program.chmod(0o755)

    found = _examine(house, settings={"media": {"ffmpeg": str(program)}})["ffmpeg"]

    assert found.health is Health.BAD
    assert "libx264" in found.sentence
    assert "overlay" not in found.sentence


def test_missing_model_is_found(house):
    found = _examine(house, settings={"speech": {"model": "/nowhere/large"}})

    assert found["speech model"].health is Health.BAD


def test_disk_nearly_full_is_found(house):
    found = _examine(house, free_bytes=10**9)["disk"]

    assert found.health is Health.BAD
    assert found.sentence.startswith("Only 1.0 GB are free; below 5.0 GB")


def test_unwritable_folder_is_found(house):
    recordings = house.data / "recordings"
    recordings.mkdir(mode=0o500)

    found = _examine(house)["data directory"]

    assert found.health is Health.BAD
    assert found.sentence == (
        f"{recordings} is not writable. Give it to this account: "
        f"chown -R {os.geteuid()} {recordings}"
    )


def test_clock_that_runs_behind_the_trail_is_found(house):
    with house.writing() as db:
        record_act(db, actor="x", act="y", subject="z", now=NOW + timedelta(hours=1))

    found = _examine(house)["clock"]

    assert found.health is Health.BAD
    assert "timedatectl set-ntp true" in found.sentence


def test_unapplied_migration_is_found(house):
    migrations.downgrade(house.engine)

    found = _examine(house)["database"]

    assert found.health is Health.BAD
    assert "sprechstunde init" in found.sentence


def test_unreachable_database_is_found(house):
    address = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"

    found = _examine(house, settings={"database": {"address": address}})["database"]

    assert found.health is Health.BAD
    assert found.sentence.startswith("The database cannot be reached: ")


def test_house_that_does_not_run_is_found(house):
    found = _examine(house)["Prefect"]

    assert found.health is Health.WORRYING
    assert "sprechstunde up" in found.sentence


def test_prefect_that_does_not_answer_is_found(house):
    house.run_folder.mkdir()
    (house.run_folder / "up.json").write_text(
        json.dumps({"pid": os.getpid(), "prefect_api_url": "http://127.0.0.1:9/api"})
    )

    found = _examine(house)["Prefect"]

    assert found.health is Health.BAD
    assert "does not answer at http://127.0.0.1:9/api" in found.sentence


def test_ffmpeg_of_this_machine_is_the_one_we_need(house):
    assert shutil.which("ffmpeg") is not None

    assert _examine(house)["ffmpeg"].health is Health.GOOD
