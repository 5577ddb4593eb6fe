"""The supervisor: starts, restarts, writes down, refuses a second one, stops in order."""

import os
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from flows.supervisor import Supervisor
from tests.flows.running_house import RunningHouse

pytestmark = pytest.mark.prefect


def test_everything_listens_and_talks_on_loopback_only(running):
    running.wait_until_ready()

    connections = [
        connection
        for process in running.descendants()
        for connection in process.net_connections()
    ]

    assert {c.laddr.ip for c in connections} == {"127.0.0.1"}
    assert {c.raddr.ip for c in connections if c.raddr} <= {"127.0.0.1"}


def test_a_killed_worker_is_started_again(running):
    running.kill_9("errands")

    assert psutil.pid_exists(running.wait_for("errands"))


def test_a_second_up_on_the_same_data_is_refused(running):
    second = subprocess.run(
        [sys.executable, "-m", "flows", "up", "--data", str(running.house.data)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 1
    assert "already running" in second.stderr
    assert running.process.poll() is None


def test_a_second_worker_of_a_kind_is_refused(running):
    running.wait_for("media")

    second = subprocess.run(
        [sys.executable, "-m", "flows", "media", "--data", str(running.house.data)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert second.returncode == 1
    assert "already running" in second.stderr


def test_it_stops_all_it_started_and_more_processes_can_be_added(open_house):
    more = f"{sys.executable} -c 'import time; time.sleep(600)'"
    house = open_house()
    running = RunningHouse(house, "--also", "more", more)
    running.wait_for("more")
    children = running.descendants()

    status = running.stop()

    assert status == 0
    assert len(children) == 4
    assert [child for child in children if child.is_running()] == []
    assert not (house.run_folder / "up.json").exists()


def test_nothing_survives_a_killed_supervisor(open_house):
    running = RunningHouse(open_house())
    running.wait_for("errands")
    children = running.descendants()

    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()

    _, alive = psutil.wait_procs(children, timeout=5)
    assert len(children) == 3
    assert alive == []


def test_another_port_is_taken_when_somebody_has_ours(open_house):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        url = Supervisor(open_house(flows={"api_port": port})).api_url

    assert url.startswith("http://127.0.0.1:")
    assert url != f"http://127.0.0.1:{port}/api"


def test_the_wanted_port_is_kept_when_it_is_free(open_house):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    url = Supervisor(open_house(flows={"api_port": port})).api_url

    assert url == f"http://127.0.0.1:{port}/api"
