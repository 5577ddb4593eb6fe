"""Sending for the flows: the portal never imports them, it starts their processes.

Portal and flows are two doors of one storey. What a command needs done at once, it
has done by ``python -m flows …``; everything else the running house sees by itself.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from townhall.house import House

#: how often the rows are looked at while a command waits
LOOK_EACH_S = 0.5
_STOP_TIMEOUT_S = 60


def flows_command(house: House, *words: str) -> list[str]:
    """The command line that runs something of the flows on this house."""
    return [sys.executable, "-m", "flows", *words, "--data", str(house.data)]


def run_flows(house: House, *words: str) -> int:
    """Run something of the flows to its end; return its exit status."""
    return subprocess.run(flows_command(house, *words), check=False).returncode


def running_house(house: House) -> dict[str, Any] | None:
    """What ``up`` says about itself, or ``None`` when it does not run."""
    try:
        state: dict[str, Any] = json.loads((house.run_folder / "up.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    with suppress(PermissionError):  # it runs under another account
        try:
            os.kill(int(state["pid"]), 0)
        except ProcessLookupError:
            return None
    return state


@contextmanager
def house_at_work(house: House) -> Iterator[None]:
    """Make sure the house runs: use the running one, else start it and stop it again."""
    if running_house(house) is not None:
        yield
        return
    house.logs_folder.mkdir(parents=True, exist_ok=True)
    with (house.logs_folder / "up.log").open("ab") as log:
        process = subprocess.Popen(
            flows_command(house, "up", "--with-parent"),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def look_again() -> None:
    """Wait until it is worth looking at the rows again."""
    time.sleep(LOOK_EACH_S)
