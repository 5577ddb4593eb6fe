"""A house that really runs: ``python -m flows up`` and all its processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.flows.office_hour_factory import wait_until
from townhall.house import House

#: Prefect's server takes 14-79 s on a busy machine (measured)
READY_WITHIN_S = 170
SETTLE_WITHIN_S = 40


class RunningHouse:
    """Started as the command line starts it, with a home nobody can write to."""

    def __init__(self, house: House, *words: str) -> None:
        self.house = house
        with (house.data / "up.out").open("ab") as output:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "flows", "up"),
                    *("--data", str(house.data), "--with-parent", *words),
                ],
                env={
                    **os.environ,
                    "HOME": "/nonexistent",
                    # each hour otherwise; passed on to Prefect as any setting is
                    "PREFECT_SERVER_SERVICES_DB_VACUUM_LOOP_SECONDS": "5",
                },
                stdout=output,
                stderr=output,
            )

    @property
    def state(self) -> dict:
        """What it wrote down about itself."""
        try:
            return json.loads((self.house.run_folder / "up.json").read_text())
        except FileNotFoundError:
            assert self.process.poll() is None, (self.house.data / "up.out").read_text()
            return {"state": "not written", "processes": []}

    def pid_of(self, name: str) -> int | None:
        """The process id of one of its children, while it runs."""
        return {p["name"]: p["pid"] for p in self.state["processes"]}.get(name)

    def wait_for(self, name: str, *, other_than: int | None = None) -> int:
        """Wait until it runs, anew if wanted; return its process id."""
        wait_until(
            lambda: self.pid_of(name) not in {None, other_than},
            within_s=SETTLE_WITHIN_S,
            what=name,
        )
        return self.pid_of(name)

    def wait_until_ready(self) -> None:
        """Wait until Prefect answers."""
        wait_until(
            lambda: self.state["state"] == "ready",
            within_s=READY_WITHIN_S,
            what="Prefect",
        )

    def kill_9(self, name: str) -> None:
        """What an out-of-memory killer does to one of its children."""
        pid = self.wait_for(name)
        os.kill(pid, signal.SIGKILL)
        self.wait_for(name, other_than=pid)

    def descendants(self) -> list[psutil.Process]:
        """All processes below it."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def log(self, name: str) -> str:
        """What one of its children said."""
        return (self.house.logs_folder / f"{name}.log").read_text()

    def stop(self) -> int:
        """Stop it, as Ctrl-C or a service manager does; return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def encoders_of(folder: Path) -> list[psutil.Process]:
    """Every ffmpeg that reads or writes below a folder."""
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        words = process.info["cmdline"] or []
        if process.info["name"] == "ffmpeg" and any(str(folder) in w for w in words):
            found.append(process)
    return found
