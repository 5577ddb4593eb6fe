"""Running ffmpeg: it ends when it should, and reads only what it was given."""

import os
import signal
import subprocess
import sys
import threading
import time

import ffmpeg
import psutil
import pytest

from pipeline.errors import FfmpegFailed, FfmpegMissing
from pipeline.ffmpeg import recording, run_arguments, run_ffmpeg
from tests.pipeline.recorded_media import record

pytestmark = pytest.mark.media

ENDLESS = ("-re", "-f", "lavfi", "-i", "testsrc2=size=64x36:rate=5", "-f", "null", "-")


def children():
    return [p for p in psutil.Process().children() if p.name() == "ffmpeg"]


def gone(process, within_s=5.0):
    try:
        process.wait(within_s)
    except psutil.TimeoutExpired:
        return False
    return True


def test_progress_is_told_and_the_file_is_there(tmp_path):
    told = []
    tone = ffmpeg.input("sine=duration=2", f="lavfi")

    run_ffmpeg(ffmpeg.output(tone, str(tmp_path / "tone.wav")), progress=told.append)

    assert (tmp_path / "tone.wav").stat().st_size > 100_000
    assert told[-1] == pytest.approx(2.0, abs=0.1)


def test_a_failure_says_how_it_ended_and_what_ffmpeg_said(tmp_path):
    missing = tmp_path / "missing.mp4"

    with pytest.raises(FfmpegFailed) as failure:
        run_ffmpeg(ffmpeg.output(recording(missing), "-", f="null"))

    assert failure.value.details["status"] == 1
    assert "missing.mp4: No such file or directory" in failure.value.message
    assert failure.value.retryable


def test_a_missing_program_is_named():
    with pytest.raises(FfmpegMissing, match="no-such-ffmpeg was not found"):
        run_arguments([], program="no-such-ffmpeg")


def test_what_takes_too_long_is_ended():
    with pytest.raises(FfmpegFailed, match="it was ended after 1 s"):
        run_arguments(ENDLESS, timeout_s=1.0)

    assert children() == []


def test_what_is_cancelled_is_ended():
    cancelled = threading.Event()
    cancelled.set()

    with pytest.raises(FfmpegFailed, match="cancelled"):
        run_arguments(ENDLESS, cancelled=cancelled)

    assert children() == []


def test_kill_9_of_its_parent_leaves_no_ffmpeg():
    code = f"from pipeline.ffmpeg import run_arguments; run_arguments({ENDLESS!r})"
    parent = subprocess.Popen([sys.executable, "-c", code])
    found, deadline = [], time.monotonic() + 20
    while not found and time.monotonic() < deadline:
        try:
            family = psutil.Process(parent.pid).children()
            found = [child for child in family if child.name() == "ffmpeg"]
        except psutil.NoSuchProcess:
            pass  # between fork and exec a child may go by another name

    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()

    assert len(found) == 1
    assert gone(found[0])


@pytest.mark.parametrize(
    ("name", "list_"),
    [
        (
            "talk.mp4",
            "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{other}\n#EXT-X-ENDLIST\n",
        ),
        ("talk.mkv", "ffconcat version 1.0\nfile {other}\n"),
    ],
)
def test_a_list_of_other_files_posing_as_a_recording_is_not_opened(
    tmp_path, name, list_
):
    other = record(tmp_path, "talk.ts")
    path = tmp_path / name
    path.write_text(list_.format(other=other.name))
    plain = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-f", "null", "-"]
    fooled = subprocess.run(plain, check=False, stderr=subprocess.DEVNULL)

    with pytest.raises(FfmpegFailed):
        run_ffmpeg(ffmpeg.output(recording(path), "-", f="null"))

    assert fooled.returncode == 0  # without our options ffmpeg reads the other file


def test_a_recording_is_read_as_a_file_even_if_its_name_looks_like_an_address(tmp_path):
    path = tmp_path / "concat:a|b.ogg"
    record(tmp_path, "voice.ogg").rename(path)

    run_ffmpeg(ffmpeg.output(recording(path), str(tmp_path / "copy.wav")))

    assert (tmp_path / "copy.wav").exists()
