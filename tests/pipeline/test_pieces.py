"""Pieces: built once, believed only when intact, shared by many processes."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from pipeline.pieces import PieceStore, digest_of
from tests.pipeline.programme_factory import cut
from townhall.media import CutKind


@pytest.fixture
def store(tmp_path):
    return PieceStore(tmp_path / "pieces")


def writer(text="content", name="file.txt"):
    return lambda folder: (folder / name).write_text(text)


def test_a_piece_is_built_once_and_found_from_then_on(store):
    first = store.build("step", 1, {"a": 1}, writer())
    again = store.build("step", 1, {"a": 1}, writer("never called"))

    assert (first.built, again.built) == (True, False)
    assert again.file("file.txt").read_text() == "content"
    assert store.builds() == [("step", first.key)]


def test_step_version_and_inputs_each_make_another_piece(store):
    keys = {
        store.build(step, version, inputs, writer()).key
        for step, version, inputs in [
            ("step", 1, {"a": 1}),
            ("other", 1, {"a": 1}),
            ("step", 2, {"a": 1}),
            ("step", 1, {"a": 2}),
        ]
    }

    assert len(keys) == 4


def test_the_digest_of_a_noun_follows_its_values():
    bleep = cut("bleep", 1.0, 2.0)

    assert digest_of(bleep) == digest_of(cut("bleep", 1.0, 2.0))
    assert digest_of(bleep) != digest_of(cut("blank", 1.0, 2.0))
    assert digest_of({"kind": CutKind.BLEEP}) == digest_of({"kind": "bleep"})


@pytest.mark.parametrize("damage", ["lost", "shortened", "altered"])
def test_a_damaged_piece_is_built_again(store, damage):
    path = store.build("step", 1, {}, writer()).file("file.txt")
    if damage == "lost":
        path.unlink()
    else:
        path.write_text("cont" if damage == "shortened" else "CONTENT")

    again = store.build("step", 1, {}, writer())

    assert (again.built, again.file("file.txt").read_text()) == (True, "content")


def test_a_step_that_fails_leaves_nothing_behind(store):
    def fail(folder):
        (folder / "half.txt").write_text("half")
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        store.build("step", 1, {}, fail)

    assert list((store.folder / "drafts").iterdir()) == []
    assert list((store.folder / "locks").iterdir()) == []
    assert store.builds() == []


def test_many_threads_at_once_build_a_piece_once(store):
    begun, results = threading.Barrier(8), []

    def ask():
        begun.wait()
        results.append(store.build("step", 1, {}, writer()))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(piece.built for piece in results) == [False] * 7 + [True]
    assert len(store.builds()) == 1


BUILDER = """
import sys, time
from pathlib import Path
from pipeline.pieces import PieceStore

folder, me, other = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
store = PieceStore(folder / "pieces")
(folder / me).touch()

def make(draft):
    (draft / "file.txt").write_text("content")
    (folder / "building").touch()
    while not (folder / other).exists():
        time.sleep(0.01)

print(store.build("step", 1, {}, make).built)
"""


def builder(folder, me, other):
    command = [sys.executable, "-c", BUILDER, str(folder), me, other]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_at_once_build_a_piece_once(tmp_path, store):
    both = [builder(tmp_path, "a", "b"), builder(tmp_path, "b", "a")]
    said = sorted(process.communicate(timeout=60)[0].strip() for process in both)

    assert said == ["False", "True"]
    assert len(store.builds()) == 1


def test_kill_9_in_the_middle_costs_only_the_piece_in_hand(tmp_path, store):
    killed = builder(tmp_path, "a", "never")
    while not (tmp_path / "building").exists():
        assert killed.poll() is None
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()

    piece = store.build("step", 1, {}, writer())
    store.remove_drafts()

    assert piece.built
    assert store.builds() == [("step", piece.key)]
    assert not (store.folder / "drafts").exists()


def test_who_was_slower_without_locks_uses_what_the_other_built(store):
    key = store.key("step", 1, {})

    def overtaken(folder):
        (folder / "file.txt").write_text("content")
        PieceStore(store.folder)._make("step", key, writer())

    piece = store.build("step", 1, {}, overtaken)

    assert piece.file("file.txt").read_text() == "content"
    assert store.builds() == [("step", key)] * 2  # counted honestly: built twice
    assert list((store.folder / "drafts").iterdir()) == []


def test_only_the_pieces_in_use_are_kept(store):
    kept = store.build("step", 1, {"n": 1}, writer())
    gone = store.build("step", 1, {"n": 2}, writer())

    assert store.remove_except({kept.key}) == 1

    assert store.find(kept.key) is not None
    assert store.find(gone.key) is None
