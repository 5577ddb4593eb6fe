"""Running ffmpeg: bounded, cancellable, reading nothing but the files it was given.

ffmpeg-python builds filter graphs and argument lists; this module executes them,
because a library that only calls ``Popen`` leaves an encoder running when the
worker is killed. Every ffmpeg here

- has its own session, so that cancelling ends it with all its children;
- is killed by the kernel when the *thread* that started it ends, be it by
  ``kill -9`` of the whole process (prctl(2), PR_SET_PDEATHSIG);
- may open local files only, and recordings only by the demuxers of ``probe``.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from typing import IO, TYPE_CHECKING, Any

import ffmpeg

from pipeline.errors import FfmpegFailed, FfmpegMissing
from pipeline.probe import READ_OPTIONS
from pipeline.tether import dies_with_me

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

_TAIL_BYTES = 8_000
_CANCEL_CHECK_S = 0.5
_TAIL_CHARS_SHOWN = 1_500
#: no piece of ours takes a tenth of this on one core of 2015
DEFAULT_TIMEOUT_S = 3600.0


def recording(path: Path, **options: object) -> Any:
    """Give a recording to a filter graph, as a plain local file and nothing else."""
    return ffmpeg.input(f"file:{path.resolve()}", threads=1, **READ_OPTIONS, **options)


def own_file(path: Path, demuxer: str, **options: object) -> Any:
    """Give a file of our own making to a filter graph: exactly one demuxer may read it."""
    return ffmpeg.input(
        f"file:{path.resolve()}", f=demuxer, protocol_whitelist="file", **options
    )


def run_ffmpeg(
    outputs: Any,
    *,
    program: str = "ffmpeg",
    log_level: str = "error",
    timeout_s: float = DEFAULT_TIMEOUT_S,
    progress: Callable[[float], None] | None = None,
    cancelled: threading.Event | None = None,
) -> str:
    """Run a graph built with ffmpeg-python; return the end of what ffmpeg wrote.

    Args:
        outputs: one output node, or several joined by ``ffmpeg.merge_outputs``.
        program: name or path of ffmpeg.
        log_level: ffmpeg's; ``info`` for filters that report by log.
        timeout_s: after so many seconds it is ended and has failed.
        progress: called with the seconds of output written so far.
        cancelled: once it is set, ffmpeg is ended and has failed.

    Raises:
        FfmpegMissing: the program is not there.
        FfmpegFailed: it ended with an error or not in time.
    """
    return run_arguments(
        outputs.get_args(),
        program=program,
        log_level=log_level,
        timeout_s=timeout_s,
        progress=progress,
        cancelled=cancelled,
    )


def run_arguments(
    arguments: Sequence[str],
    *,
    program: str = "ffmpeg",
    log_level: str = "error",
    timeout_s: float = DEFAULT_TIMEOUT_S,
    progress: Callable[[float], None] | None = None,
    cancelled: threading.Event | None = None,
) -> str:
    """Run ffmpeg with a ready argument list; see ``run_ffmpeg``."""
    command = [program, "-nostdin", "-hide_banner", "-nostats", "-y"]
    command += ["-loglevel", log_level, "-filter_threads", "1"]
    command += ["-filter_complex_threads", "1"]
    if progress:
        command += ["-progress", "pipe:1"]
    process = _start([*command, *arguments], program)
    try:
        tail = _follow(process, timeout_s, progress, cancelled)
        status = process.wait()
    finally:
        _end(process)
    if status:
        shown = tail.strip()[-_TAIL_CHARS_SHOWN:]
        raise FfmpegFailed(status=status, stderr_tail=shown)
    return tail


def _start(command: list[str], program: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=dies_with_me(),  # noqa: PLW1509 - safe, see pipeline.tether
        )
    except (FileNotFoundError, PermissionError) as error:
        raise FfmpegMissing(program=program) from error


def _follow(
    process: subprocess.Popen[bytes],
    timeout_s: float,
    progress: Callable[[float], None] | None,
    cancelled: threading.Event | None,
) -> str:
    """Read both pipes until ffmpeg closes them; keep the end of stderr."""
    if process.stdout is None or process.stderr is None:
        raise ValueError("both pipes are needed")
    deadline = time.monotonic() + timeout_s
    tail = b""
    half_line = b""
    with selectors.DefaultSelector() as selector:
        for stream in (process.stdout, process.stderr):
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                reason = f"it was ended after {timeout_s:.0f} s. {_text(tail)[-400:]}"
                raise FfmpegFailed(status=-signal.SIGKILL, stderr_tail=reason)
            if cancelled and cancelled.is_set():
                raise FfmpegFailed(status=-signal.SIGKILL, stderr_tail="cancelled")
            for key, _ in selector.select(min(left_s, _CANCEL_CHECK_S)):
                block = os.read(key.fd, 1 << 16)
                if not block:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stderr:
                    tail = (tail + block)[-_TAIL_BYTES:]
                elif progress:
                    *lines, half_line = (half_line + block).split(b"\n")
                    _tell(lines, progress)
    return _text(tail)


def _tell(lines: list[bytes], progress: Callable[[float], None]) -> None:
    for line in lines:
        name, _, value = line.partition(b"=")
        if name == b"out_time_us" and value.strip().isdigit():
            progress(int(value) / 1_000_000)


def _text(block: bytes) -> str:
    return block.decode(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Make sure that nothing of it is left, whatever happened to us."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    pipes: tuple[IO[bytes] | None, ...] = (process.stdout, process.stderr)
    for pipe in pipes:
        if pipe is not None:
            pipe.close()
