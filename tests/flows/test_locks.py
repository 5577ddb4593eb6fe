"""Locks that a killed process cannot leave behind."""

import subprocess
import sys

from flows.locks import locked, locked_if_free

HOLD = """
import sys, pathlib
from flows.locks import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_is_free_again_after_its_holder_was_killed(tmp_path):
    path = tmp_path / "run" / "x.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        holder.stdout.readline()
        with locked_if_free(path) as while_held:
            pass
        holder.kill()
        holder.wait()
        with locked_if_free(path) as after_kill:
            pass

    assert (while_held, after_kill) == (False, True)


def test_builders_share_a_lock_that_a_cleaner_wants_alone(tmp_path):
    path = tmp_path / "building.lock"

    with (
        locked(path, shared=True),
        locked(path, shared=True),
        locked_if_free(path) as while_building,
    ):
        pass
    with locked_if_free(path) as afterwards:
        pass

    assert (while_building, afterwards) == (False, True)
