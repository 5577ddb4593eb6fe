"""The supervisor: one command starts the house, keeps it running and stops it in order.

It starts Prefect's server and the workers, restarts what dies (at once, then ever
later), and writes down in ``run/up.json`` what runs where. Workers do not wait for
Prefect: they do what they can without it. Nothing it started survives it, not even
``kill -9``: the kernel ends its children (prctl(2), PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flows.errors import AlreadyRunning
from flows.leases import utc_now
from flows.locks import locked_if_free
from flows.prefect_server import (
    LOOPBACK,
    answers,
    api_url,
    free_port,
    prefect_environment,
)
from pipeline.tether import dies_with_me

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from townhall.house import House

_log = logging.getLogger(__name__)

PREFECT = "prefect"
WORKERS = ("media", "errands")
TICK_S = 0.2
HEALTH_EACH_S = 1.0
#: a process that lives so long is not in a loop of crashes
STEADY_S = 60.0
#: the first deaths of a while are answered at once, then ever later
PAUSES_S = (0.2, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
STOP_TIMEOUT_S = 15.0
LOG_MAX_BYTES = 10_000_000


@dataclass
class Child:
    """One process that is to run always."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_again_at: float = 0.0
    restarts: int = 0
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=len(PAUSES_S)))

    def start(self) -> None:
        """Start it; its words go to the log, its life ends with ours."""
        if self.log.exists() and self.log.stat().st_size > LOG_MAX_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches us only; we stop in order
                preexec_fn=dies_with_me(),  # noqa: PLW1509 - safe, see pipeline.tether
            )
        self.started_at = time.monotonic()
        _log.info("%s started, pid %d", self.name, self.process.pid)

    def tend(self) -> bool:
        """Start it if it should run and does not; says whether anything changed."""
        now = time.monotonic()
        if self.process is None:
            if now < self.start_again_at:
                return False
            self.start()
            return True
        status = self.process.poll()
        if status is None:
            return False
        self.process = None
        self.restarts += 1
        self.deaths.append(now)
        recent = sum(now - death < STEADY_S for death in self.deaths)
        pause_s = PAUSES_S[recent - 1]
        self.start_again_at = now + pause_s
        _log.warning(
            "%s ended with status %d; again in %.1f s", self.name, status, pause_s
        )
        return True

    def ask_to_stop(self) -> None:
        """Tell it to stop."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def stop(self, timeout_s: float) -> None:
        """Wait for its end; then end it with all its children."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _log.warning("%s does not stop; killed", self.name)
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    @property
    def pid(self) -> int | None:
        """Its process id, while it runs."""
        if self.process is None or self.process.poll() is not None:
            return None
        return self.process.pid


class Supervisor:
    """Runs a house until it is told to stop."""

    def __init__(
        self, house: House, *, also: Sequence[tuple[str, Sequence[str]]] = ()
    ) -> None:
        """Supervise ``house``; ``also`` are further processes: (name, command)."""
        self.house = house
        self.api_url = api_url(free_port(house.settings.flows.api_port))
        self._also = also
        self._stop = threading.Event()
        self._prefect_answers = False
        self._answered_at = time.monotonic()
        self._started_at = utc_now()
        self.children = self._children()

    def _children(self) -> list[Child]:
        environment = {
            **os.environ,
            **prefect_environment(self.house, self.api_url),
            "HF_HUB_OFFLINE": "1",  # a model is never looked for on the internet
        }
        port = self.api_url.rsplit(":", maxsplit=1)[-1].split("/")[0]
        server = (sys.executable, "-m", "prefect", "server", "start")
        place = ("--data", str(self.house.data), "--api-url", self.api_url)
        commands: list[tuple[str, Sequence[str]]] = [
            (PREFECT, [*server, "--host", LOOPBACK, "--port", port]),
            *(
                (name, [sys.executable, "-m", "flows", name, *place])
                for name in WORKERS
            ),
        ]
        return [
            Child(name, command, environment, self.house.logs_folder / f"{name}.log")
            for name, command in [*commands, *self._also]
        ]

    def run(self, *, ready_file: Path | None = None) -> None:
        """Run until SIGTERM or SIGINT. ``ready_file`` appears when Prefect answers.

        Raises:
            AlreadyRunning: another ``up`` works on this data directory.
        """
        for folder in (
            self.house.run_folder,
            self.house.logs_folder,
            self.house.prefect_folder,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        with locked_if_free(self.house.run_folder / "up.lock") as alone:
            if not alone:
                raise AlreadyRunning(what="up", data=self.house.data)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, self._on_signal)
            watch = threading.Thread(target=self._watch_prefect, daemon=True)
            watch.start()
            try:
                self._tend_until_stopped(ready_file)
            finally:
                self._stop.set()
                self._write_state("stopping")
                self._stop_children()
                (self.house.run_folder / "up.json").unlink(missing_ok=True)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        _log.info("%s: stopping", signal.Signals(number).name)
        self._stop.set()

    def _tend_until_stopped(self, ready_file: Path | None) -> None:
        told: object = None
        while not self._stop.is_set():
            for child in self.children:
                child.tend()
            self._restart_hung_prefect()
            state = (self._prefect_answers, [child.pid for child in self.children])
            if state != told:
                told = state
                self._write_state("ready" if self._prefect_answers else "starting")
            if self._prefect_answers and ready_file is not None:
                ready_file.write_text(self.api_url)
                ready_file = None
            self._stop.wait(TICK_S)

    def _watch_prefect(self) -> None:
        while not self._stop.wait(HEALTH_EACH_S):
            self._prefect_answers = answers(self.api_url)
            if self._prefect_answers:
                self._answered_at = time.monotonic()

    def _restart_hung_prefect(self) -> None:
        server = self.children[0]
        silent_since = max(self._answered_at, server.started_at)
        allowed_s = self.house.settings.flows.start_timeout_s
        if server.pid is not None and time.monotonic() - silent_since > allowed_s:
            _log.warning("%s has not answered for %d s", server.name, allowed_s)
            server.ask_to_stop()
            server.stop(STOP_TIMEOUT_S)

    def _stop_children(self) -> None:
        """Workers first: the last they do may be to tell Prefect."""
        prefect, *others = self.children
        for child in others:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in others:
            child.stop(max(deadline - time.monotonic(), 0.1))
        prefect.ask_to_stop()
        prefect.stop(STOP_TIMEOUT_S)

    def _write_state(self, state: str) -> None:
        value: dict[str, Any] = {
            "pid": os.getpid(),
            "state": state,
            "started_at": self._started_at.isoformat(),
            "prefect_api_url": self.api_url,
            "prefect_answers": self._prefect_answers,
            "processes": [
                {"name": child.name, "pid": child.pid, "restarts": child.restarts}
                for child in self.children
            ],
        }
        path = self.house.run_folder / "up.json"
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(value, indent=1))
        draft.replace(path)
