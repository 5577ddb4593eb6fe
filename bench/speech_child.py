"""What the speech figures need a process of its own for: dying, and being weighed."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from bench.speech_sets import (
    OFFICE_HOUR,
    recording,
    sounds,
    speech_set,
    write_wav,
)
from pipeline.pcm import SAMPLE_RATE_HZ
from pipeline.pieces import PieceStore
from pipeline.speech_activity import speech_spans
from pipeline.speech_model import load_model, model_folder
from pipeline.transcribe import transcribe

THREADS = 2
#: three full batches: the peak does not come later, all windows are alike
_WINDOWS_ENOUGH = 24


def transcribe_until_killed(folder: Path) -> None:
    """Dies by SIGKILL after the first batch of windows."""
    of = speech_set("rehearsal_dev", OFFICE_HOUR)
    store = PieceStore(folder)
    model = load_model(model_folder(None, folder / "models"), threads=THREADS)

    def progress(done: int, _known: int) -> None:
        if done:
            os.kill(os.getpid(), signal.SIGKILL)

    transcribe(
        store,
        of.recording,
        speech_spans(store, of.recording),
        model,
        names=of.proper_names,
        progress=progress,
    )


class _Enough(Exception):
    """Enough windows decoded to know the peak."""


def transcribe_long(folder: Path, duration_s: int, models: Path, windows: int) -> None:
    """Hears looped tracks of any length, decodes some windows, prints its peak bytes."""
    # written by another process, so that its memory is not counted
    command = [sys.executable, "-m", "bench.speech_child", "loop"]
    subprocess.run([*command, str(folder), str(duration_s)], check=True)
    of = recording("looped", {name: folder / f"{name}.wav" for name in OFFICE_HOUR})
    store = PieceStore(folder / "store")
    model = load_model(models, threads=THREADS)

    def progress(done: int, _known: int) -> None:
        if done >= windows:
            raise _Enough

    with contextlib.suppress(_Enough):
        transcribe(store, of, speech_spans(store, of), model, progress=progress)
    print(peak_bytes())


def peak_bytes() -> int:
    """This program's own peak; ru_maxrss would remember its parent's (Linux, exec)."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def write_loops(folder: Path, duration_s: int) -> None:
    """The rehearsal again and again, each round a little quieter, so that none is alike."""
    of = speech_set("rehearsal_dev", OFFICE_HOUR).recording
    length = duration_s * SAMPLE_RATE_HZ
    for speaker, samples in sounds(PieceStore(folder / "short"), of).items():
        rounds = -(-length // samples.size)
        looped = np.concatenate([samples * 0.98**number for number in range(rounds)])
        write_wav(folder / f"{speaker}.wav", looped[:length])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["killed", where]:
            transcribe_until_killed(Path(where))
        case ["long", where, length, models]:
            transcribe_long(Path(where), int(length), Path(models), _WINDOWS_ENOUGH)
        case ["whole", where, length, models]:
            transcribe_long(Path(where), int(length), Path(models), sys.maxsize)
        case ["loop", where, length]:
            write_loops(Path(where), int(length))
