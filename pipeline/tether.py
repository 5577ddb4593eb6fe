"""A child's life tied to its parent's, even through ``kill -9`` (prctl(2)).

The kernel sends the signal when the *thread* that forked ends, so children are to be
started by threads that live as long as they do.
"""

from __future__ import annotations

import ctypes
import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PRCTL = ctypes.CDLL(None, use_errno=True).prctl


def tie_life_to(parent: int, number: int = signal.SIGKILL) -> bool:
    """Have this process get a signal when its parent ends.

    ``False``: ``parent`` is not our parent any more; it ended before we were tied.
    """
    _PRCTL(_PR_SET_PDEATHSIG, number)
    return os.getppid() == parent


def dies_with_me() -> Callable[[], None]:
    """For ``preexec_fn``: the child is killed when the process that calls this ends.

    Only two system calls and no lock in the child: safe beside other threads.
    """
    parent = os.getpid()

    def tie() -> None:
        if not tie_life_to(parent):
            os._exit(1)

    return tie
