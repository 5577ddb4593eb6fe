"""A private PostgreSQL for one run of the tests: a socket in a folder, nothing else."""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_START_TIMEOUT_S = 30
_PR_SET_PDEATHSIG = 1  # prctl(2)
#: PostgreSQL refuses to run as root; these accounts exist on Debian
_ACCOUNTS = ("postgres", "nobody")


def postgres_programs() -> Path | None:
    """The newest PostgreSQL's folder of programs, or ``None``."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(path.parts[-3]),
    )
    return found[-1].parent if found else None


def _account() -> str | None:
    """Whom the server runs as; ``None``: whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in _ACCOUNTS if name in names)


def _die_with_the_tests() -> None:
    """Even if pytest is killed, no server stays behind (SIGINT: fast shutdown)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


@contextmanager
def postgres_server(programs: Path) -> Iterator[Path]:
    """Run a server without durability; gives the folder of its socket."""
    account = _account()
    # not below pytest's own folder: that one is closed to other accounts
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if account is not None:
        shutil.chown(folder, user=account)
    try:
        _run(programs, folder, account)
        process = _start(programs, folder, account)
        try:
            _wait_until_it_answers(process, folder)
            yield folder
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_START_TIMEOUT_S)
    finally:
        shutil.rmtree(folder)


def _run(programs: Path, folder: Path, account: str | None) -> None:
    subprocess.run(
        [
            programs / "initdb",
            f"--pgdata={folder / 'data'}",
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        user=account,
        group=account and pwd.getpwnam(account).pw_gid,
        extra_groups=[] if account else None,
    )


def _start(
    programs: Path, folder: Path, account: str | None
) -> subprocess.Popen[bytes]:
    options = {
        "listen_addresses": "",  # the socket only
        "unix_socket_directories": folder,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": 20,
        "shared_buffers": "32MB",
        "autovacuum": "off",
    }
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            [
                programs / "postgres",
                "-D",
                folder / "data",
                *(word for key, v in options.items() for word in ("-c", f"{key}={v}")),
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
            user=account,
            group=account and pwd.getpwnam(account).pw_gid,
            extra_groups=[] if account else None,
            preexec_fn=_die_with_the_tests,  # noqa: PLW1509 - no threads yet; it is one system call
        )


def _wait_until_it_answers(process: subprocess.Popen[bytes], folder: Path) -> None:
    give_up_at = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres").close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError((folder / "server.log").read_text()) from None
            time.sleep(0.05)
        else:
            return


def create_database(folder: Path, name: str) -> str:
    """Make an empty database; gives its SQLAlchemy address."""
    with psycopg.connect(
        host=str(folder), user="postgres", autocommit=True
    ) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql+psycopg://postgres@/{name}?host={folder}"
