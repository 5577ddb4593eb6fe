"""kill -9 of workers and of Prefect's server: the result is that of an undisturbed run.

One running house for all of it. The undisturbed run is done with plain functions on a
copy of the data directory, made before the house begins to work.
"""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from flows.leases import lease
from flows.processing import ProgrammeWork
from pipeline.pieces import PieceStore
from tests.flows.office_hour_factory import (
    CITIZEN,
    CITIZEN_SAYS,
    HOST,
    approve,
    film,
    hold_office_hour,
    public_bytes,
    publication_states,
    wait_until,
    withdraw,
)
from tests.flows.running_house import encoders_of
from townhall.audit import entries_about
from townhall.errands import ErrandState, errands_of
from townhall.house import House
from townhall.officehours import programmes, publications, questions
from townhall.officehours.programmes import Programme, ProgrammeState
from townhall.officehours.questions import Channel
from townhall.officehours.schedule import find_office_hour

pytestmark = [pytest.mark.prefect, pytest.mark.media, pytest.mark.timeout(420)]

STEPS = ("hear", "picture", "sound", "finish")
BUILT_WITHIN_S = 120


def undisturbed(house: House, copy: Path, programme_id: str) -> House:
    """Build the version in a copy of the house, with nobody disturbing."""
    shutil.copytree(
        house.data,
        copy,
        ignore=shutil.ignore_patterns("prefect", "logs", "run", "site", "pieces"),
    )
    other = House.at(copy)
    with lease(
        other, step="process", subject=programme_id, revision="1", worker="quiet"
    ) as held:
        store = PieceStore(other.pieces_folder)
        for step in ProgrammeWork(other, store, programme_id, held).steps():
            step.run()
    return other


def version(house, programme_id):
    """The row of one version."""
    with house.reading() as db:
        return programmes.find_programme(db, programme_id)


def is_reviewable(house, programme_id):
    """Whether the machine is done with it."""
    with house.reading() as db:
        programme = db.get(Programme, programme_id)
    return programme is not None and programme.state is ProgrammeState.IN_REVIEW


def errand_of(house, subject):
    """The one errand about a row, or nothing."""
    with house.reading() as db:
        return next(iter(errands_of(db, subject)), None)


def is_at(house, programme_id, step, *, attempt):
    """Whether a worker, as this attempt, is at a step or beyond it right now."""
    errand = errand_of(house, programme_id)
    if errand is None or errand.attempt != attempt or errand.progress is None:
        return False
    return STEPS.index(errand.progress.split(" ")[0]) >= STEPS.index(step)


def prefect_says(running, path, **body):
    """Ask Prefect's API something."""
    request = urllib.request.Request(
        f"{running.state['prefect_api_url']}{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def test_kill_9_in_each_step_and_of_prefect_changes_nothing(running, tmp_path, now):
    house = running.house
    a_minute = film(tmp_path / "recording", seconds=40, tone_hz=340)
    running.wait_until_ready()
    os.kill(running.wait_for("media"), signal.SIGSTOP)  # until the copy is made
    office_hour_id = hold_office_hour(house, a_minute, now=now)
    programme_id = f"{office_hour_id}-v1"
    quiet = undisturbed(house, tmp_path / "quiet", programme_id)
    builds_before = len(PieceStore(house.pieces_folder).builds())
    os.kill(running.pid_of("media"), signal.SIGCONT)

    hit = []
    for step in ("hear", "hear", "picture", "picture", "sound", "finish"):
        wait_until(
            lambda step=step: is_at(house, programme_id, step, attempt=len(hit) + 1),
            within_s=BUILT_WITHIN_S,
            what=step,
        )
        hit.append(errand_of(house, programme_id).progress.split(" ")[0])
        running.kill_9("media")
        if step == "sound":
            running.kill_9("prefect")
            running.kill_9("errands")
    running.kill_9("errands")
    wait_until(
        lambda: is_reviewable(house, programme_id),
        within_s=BUILT_WITHIN_S,
        what="the review",
    )
    time.sleep(5)
    orphans = encoders_of(house.data)
    approve(house, programme_id, now=now)
    wait_until(
        lambda: errand_of_publication(house, office_hour_id),
        within_s=30,
        what="publishing",
    )
    running.kill_9("errands")
    wait_until(
        lambda: publication_states(house, office_hour_id) == ["published"],
        within_s=60,
        what="the publication",
    )

    all_builds = PieceStore(house.pieces_folder).builds()
    builds = all_builds[builds_before:]
    needed = set(PieceStore(quiet.pieces_folder).builds())
    assert set(hit) == set(STEPS)
    assert len(hit) + 1 + 3 >= 10  # with Prefect's server and the errands worker
    assert version(house, programme_id).digest == version(quiet, programme_id).digest
    assert len(builds) == len(set(builds))
    assert set(builds) <= needed <= set(all_builds)
    assert orphans == []
    with house.reading() as db:
        (publication,) = publications.publications_of(db, office_hour_id)
        acts = [entry.act for entry in entries_about(db, publication.id)]
    assert acts.count("publication.published") == 1
    assert errand_of(house, programme_id).attempt == len(hit) + 1
    quiet.engine.dispose()


def errand_of_publication(house, office_hour_id):
    """The errand of the only publication, once somebody has begun it."""
    with house.reading() as db:
        return [
            errand
            for publication in publications.publications_of(db, office_hour_id)
            for errand in errands_of(db, publication.id)
        ]


def test_prefect_killed_in_the_middle_of_a_run_costs_nothing(running, tmp_path, now):
    house = running.house
    a_minute = film(tmp_path / "recording", seconds=40, tone_hz=350)
    running.wait_until_ready()
    office_hour_id = hold_office_hour(house, a_minute, now=now)
    programme_id = f"{office_hour_id}-v1"
    wait_until(
        lambda: is_at(house, programme_id, "picture", attempt=1),
        within_s=BUILT_WITHIN_S,
        what="picture",
    )

    running.kill_9("prefect")
    wait_until(
        lambda: is_reviewable(house, programme_id),
        within_s=BUILT_WITHIN_S,
        what="the review",
    )

    errand = errand_of(house, programme_id)
    assert (str(errand.state), errand.attempt) == ("done", 1)


def test_work_waits_for_prefect_while_people_go_on(running, filmed, now):
    house = running.house
    running.wait_until_ready()
    running.wait_for("media")
    server = running.wait_for("prefect")
    os.kill(server, signal.SIGSTOP)  # it is there, and answers nobody
    try:
        office_hour_id = hold_office_hour(house, filmed, now=now)
        with house.writing() as db:
            question = questions.submit_question(
                db,
                office_hour=find_office_hour(db, office_hour_id),
                text="Und das Schwimmbad?",
                channel=Channel.PHONE,
                confirmed=True,
                actor="Anna Berg",
                now=now,
            )
            questions.accept(db, question=question, actor="Anna Berg", now=now)
        time.sleep(6)
        meanwhile = (
            errand_of(house, f"{office_hour_id}-v1"),
            str(version(house, f"{office_hour_id}-v1").state),
        )
    finally:
        os.kill(server, signal.SIGCONT)
    wait_until(
        lambda: is_reviewable(house, f"{office_hour_id}-v1"),
        within_s=BUILT_WITHIN_S,
        what="the review",
    )

    assert meanwhile == (None, "building")
    assert errand_of(house, f"{office_hour_id}-v1").attempt == 1


def test_a_withdrawal_is_seen_to_by_itself_and_the_new_version_built(
    running, filmed, now
):
    house = running.house
    running.wait_until_ready()
    office_hour_id = hold_office_hour(house, filmed, now=now)
    wait_until(
        lambda: is_reviewable(house, f"{office_hour_id}-v1"),
        within_s=BUILT_WITHIN_S,
        what="the review",
    )
    approve(house, f"{office_hour_id}-v1", now=now)
    wait_until(
        lambda: publication_states(house, office_hour_id) == ["published"],
        within_s=60,
        what="the publication",
    )
    shown = media_of(house, f"{office_hour_id}-v1")

    withdraw(house, office_hour_id, CITIZEN, now=now)
    took_s = wait_until(
        lambda: publication_states(house, office_hour_id) == ["retracted"],
        within_s=20,
        what="the tombstone",
    )
    wait_until(
        lambda: is_reviewable(house, f"{office_hour_id}-v2"),
        within_s=BUILT_WITHIN_S,
        what="the version without",
    )

    assert shown != set()
    assert {p for p in public_bytes(house) if p.stat().st_ino in shown} == set()
    assert took_s < 5


def media_of(house, programme_id):
    """The public files that are this version's, as numbers of files on disk."""
    own = {
        path.stat().st_ino
        for path in (house.programmes_folder / programme_id).iterdir()
    }
    return {p.stat().st_ino for p in public_bytes(house)} & own


def test_prefect_knows_ids_only_and_is_told_what_became_of_runs(running):
    house = running.house
    running.wait_until_ready()
    settle = (
        "import sys; from pathlib import Path; from datetime import timedelta;"
        "from townhall.house import House; import flows.prefect_runs as runs;"
        "runs.SETTLE_AFTER = timedelta(0);"
        "runs.settle_runs(House.at(Path(sys.argv[1])))"
    )
    environment = psutil.Process(running.wait_for("errands")).environ()

    subprocess.run(
        [sys.executable, "-c", settle, str(house.data)], check=True, env=environment
    )

    runs = prefect_says(running, "/flow_runs/filter")
    with house.reading() as db:
        at_work = {
            errand.idempotency_key
            for programme in programmes.current_programmes(db)
            for errand in errands_of(db, programme.id)
            if errand.state is ErrandState.RUNNING
        }
    unfinished = {
        run["name"] for run in runs if run["state_type"] in {"RUNNING", "PENDING"}
    }
    told = json.dumps(runs)
    assert unfinished <= at_work
    assert [word for word in (HOST, CITIZEN, CITIZEN_SAYS) if word in told] == []


def test_prefect_forgets_old_runs_by_itself(running, filmed, now):
    running.wait_until_ready()
    office_hour_id = hold_office_hour(running.house, filmed, now=now)
    name = f"process:{office_hour_id}-v1:1:1"
    wait_until(
        lambda: run_states(running, name) == ["COMPLETED"],
        within_s=BUILT_WITHIN_S,
        what="the run",
    )
    too_old = now - timedelta(days=31)

    with sqlite3.connect(
        running.house.prefect_folder / "prefect.db", timeout=30
    ) as prefect:
        prefect.execute(
            "UPDATE flow_run SET end_time = ? WHERE name = ?",
            (too_old.strftime("%Y-%m-%d %H:%M:%S.000000"), name),
        )
    prefect.close()

    wait_until(lambda: run_states(running, name) == [], within_s=60, what="forgetting")


def run_states(running, name):
    """States of the runs of this name, as Prefect tells them."""
    runs = prefect_says(
        running, "/flow_runs/filter", flow_runs={"name": {"any_": [name]}}
    )
    return [run["state_type"] for run in runs]
