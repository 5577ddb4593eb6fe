"""The flows' processes, started by the supervisor or by the command line.

python -m flows up       everything, until SIGTERM
python -m flows media    the worker that hears and composes
python -m flows errands  the worker that publishes, retracts and erases
python -m flows retract  carry out every due retraction now, then end (no Prefect)
python -m flows publish  publish everything that is due now, then end (no Prefect)
python -m flows site     bring the website up to date now, then end (no Prefect)
"""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from site_templates.locales import locale_name, translate
from townhall.errors import SprechstundeError
from townhall.house import House
from townhall.migrations import require_newest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

_log = logging.getLogger("flows")


def main(arguments: list[str] | None = None) -> int:
    """Run one of the processes; return its exit status."""
    asked = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        house = House.at(asked.data)
        require_newest(house.engine)
        _COMMANDS[asked.command](house, asked)
    except SprechstundeError as error:
        told = translate(locale_name(), error.template, **error.details)
        sys.stderr.write(f"{told}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m flows",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=sorted(_COMMANDS))
    parser.add_argument("--data", type=Path, required=True, help="data directory")
    parser.add_argument(
        "--ready-file", type=Path, help="up: a file that appears when Prefect answers"
    )
    parser.add_argument(
        "--also",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "COMMAND"),
        help="up: a further process to keep running",
    )
    parser.add_argument(
        "--api-url",
        help="media, errands: the Prefect server; by default the one `up` started",
    )
    parser.add_argument(
        "--with-parent",
        action="store_true",
        help="up: stop when the process that started this one ends",
    )
    return parser


def _up(house: House, asked: argparse.Namespace) -> None:
    from flows.supervisor import Supervisor
    from pipeline.tether import tie_life_to

    if asked.with_parent:
        parent = os.getppid()
        if parent == 1 or not tie_life_to(parent, signal.SIGTERM):
            return
    also = [(name, shlex.split(command)) for name, command in asked.also]
    Supervisor(house, also=also).run(ready_file=asked.ready_file)


def _media(house: House, asked: argparse.Namespace) -> None:
    url = _prepare_prefect(house, asked.api_url)
    from flows.media_worker import WORKER, MediaWorker

    worker = MediaWorker(house, api_url=url)
    _stay(house, WORKER, worker.name, worker.work)


def _errands(house: House, asked: argparse.Namespace) -> None:
    url = _prepare_prefect(house, asked.api_url)
    from flows.errands_worker import WORKER, ErrandsWorker

    worker = ErrandsWorker(house, api_url=url)
    _stay(house, WORKER, worker.name, worker.work)


def _prepare_prefect(house: House, api_url: str | None) -> str:
    """Set what Prefect reads when it is imported; return the API's address."""
    from flows.prefect_server import known_api_url, prefect_environment

    url = api_url or known_api_url(house)
    os.environ.update(prefect_environment(house, url))
    return url


def _stay(
    house: House, kind: str, name: str, work: Callable[[threading.Event], None]
) -> None:
    """Work until a signal comes; then end at once, leaving the errand to the next one."""
    from flows.errors import AlreadyRunning
    from flows.leases import stop_at_once
    from flows.locks import locked_if_free

    asked_to_stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    with locked_if_free(house.run_folder / f"{kind}.lock") as alone:
        if not alone:
            raise AlreadyRunning(what=kind, data=house.data)
        # not in the main thread: Prefect would take over SIGTERM there
        thread = threading.Thread(
            target=work, args=(asked_to_stop,), name=kind, daemon=True
        )
        thread.start()
        while thread.is_alive() and not asked_to_stop.is_set():
            thread.join(0.2)
        if not asked_to_stop.is_set():
            os._exit(1)  # the thread fell: the supervisor starts us anew
        stop_at_once(house, name)


def _retract(house: House, _asked: argparse.Namespace) -> None:
    from flows.publishing import take_down

    take_down(house)


def _publish(house: House, _asked: argparse.Namespace) -> None:
    from flows.publish_now import publish_now

    publish_now(house)


def _site(house: House, _asked: argparse.Namespace) -> None:
    from flows.publishing import refresh_channels

    refresh_channels(house)


_COMMANDS: dict[str, Callable[[House, argparse.Namespace], None]] = {
    "up": _up,
    "media": _media,
    "errands": _errands,
    "publish": _publish,
    "retract": _retract,
    "site": _site,
}

if __name__ == "__main__":
    sys.exit(main())
