"""Builds that are killed with signal 9, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from pathlib import Path

from publishers.website import WebsitePublisher
from tests.publishers.site_factory import NOW
from townhall.publishing import SiteContent

#: what changes something on disk, as Python's audit events name it
TOUCHES = {
    "os.link",
    "os.rename",
    "os.remove",
    "os.mkdir",
    "os.rmdir",
    "os.symlink",
    "os.chmod",
}

# a server that forks from a clean process: ours has threads of browsers and databases
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(["publishers.website"])


def killed_build(site: Path, content: SiteContent, after: int) -> bool:
    """Build, killed at the ``after``-th touch of the disk; whether it lived to its end."""
    process = _processes.Process(target=_build, args=(site, content, after))
    process.start()
    process.join()
    lived = process.exitcode == 0
    assert lived or process.exitcode == -signal.SIGKILL
    process.close()
    return lived


def _build(site: Path, content: SiteContent, after: int) -> None:
    left = after

    def watch(event: str, _arguments: object) -> None:
        nonlocal left
        if event in TOUCHES:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    WebsitePublisher(site, search=False).build(content, now=NOW)
