"""The Prefect server of this house: its address, its environment, whether it answers.

Everything Prefect writes lies below the data directory, it listens on loopback only,
tells nobody anything, and forgets finished runs by its own vacuum service.

No Prefect is imported here: it takes a second and more, and asking whether the
server answers must be cheap.
"""

from __future__ import annotations

import http.client
import importlib
import json
import os
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import ModuleType

    from townhall.house import House

LOOPBACK = "127.0.0.1"
HEALTH_TIMEOUT_S = 3.0
#: A call that finds the server gone is tried again this often (after 2 s, then 4 s).
#: More would keep a finished errand waiting; the reconciler tells Prefect later.
CLIENT_RETRIES = 2
_DAY_S = 86_400


def api_url(port: int) -> str:
    """Address of the API on this machine."""
    return f"http://{LOOPBACK}:{port}/api"


def known_api_url(house: House) -> str:
    """Where the server is: as ``up`` wrote it down, else as the settings say."""
    try:
        written = json.loads((house.run_folder / "up.json").read_text())
        return str(written["prefect_api_url"])
    except (FileNotFoundError, ValueError, KeyError):
        return api_url(house.settings.flows.api_port)


def prefect_environment(house: House, url: str) -> dict[str, str]:
    """What server and workers find in their environment.

    Places and privacy are ours alone: a setting of the operator's own shell must not
    send our runs elsewhere. The rest can be overruled, and what is not named here
    (PostgreSQL, Redis) is Prefect's own way to grow (docs/flows.md).
    """
    keep_days = house.settings.retention.flow_runs_days
    may_be_overruled = {
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(keep_days * _DAY_S),
        "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": f"P{keep_days}D",
        "PREFECT_CLIENT_MAX_RETRIES": str(CLIENT_RETRIES),
        "PREFECT_LOGGING_LEVEL": "WARNING",
    }
    return {
        **may_be_overruled,
        **{k: v for k, v in os.environ.items() if k in may_be_overruled},
        "PREFECT_HOME": str(house.prefect_folder),
        "PREFECT_PROFILES_PATH": str(house.prefect_folder / "profiles.toml"),
        "PREFECT_LOCAL_STORAGE_PATH": str(house.prefect_folder / "storage"),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "DO_NOT_TRACK": "1",
    }


def answers(url: str) -> bool:
    """Whether the server at an API address is up and healthy."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(
        address.hostname or LOOPBACK, address.port, timeout=HEALTH_TIMEOUT_S
    )
    try:
        connection.request("GET", f"{address.path}/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def prefect_runs() -> ModuleType:
    """The module that imports Prefect: some seconds of one core, so only when needed.

    A worker that starts together with the server would slow it down for nothing.
    """
    return importlib.import_module("flows.prefect_runs")


def free_port(wanted: int) -> int:
    """The wanted loopback port, or another one when somebody has it."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no loopback port is free")
