"""Small recordings made by ffmpeg when the tests run; nothing is stored in git."""

import struct
import subprocess
from pathlib import Path

TONE = ("-f", "lavfi", "-i", "sine=frequency=330:sample_rate=48000")
BARS = ("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25")

#: how each kind of recording is made: inputs and encoder; the container by the name
RECIPES = {
    "talk.mp4": (
        *BARS,
        *TONE,
        "-c:v",
        "libx264",
        "-c:a",
        "aac",
        "-movflags",
        "faststart",
    ),
    "talk.mkv": (*BARS, *TONE, "-c:v", "libx264", "-c:a", "libopus"),
    "talk.webm": (
        *BARS,
        *TONE,
        "-c:v",
        "libvpx",
        "-deadline",
        "realtime",
        "-c:a",
        "libopus",
    ),
    "talk.ts": (*BARS, *TONE, "-c:v", "libx264", "-c:a", "aac"),
    "talk.avi": (*BARS, *TONE, "-c:v", "mpeg4", "-c:a", "mp3"),
    "voice.ogg": (*TONE, "-c:a", "libopus"),
    "voice.wav": TONE,
    "voice.flac": TONE,
    "voice.mp3": TONE,
    "voice.m4a": (*TONE, "-c:a", "aac"),
    "camera.mkv": (*BARS, "-c:v", "libx264"),
}


def record(
    folder: Path, name: str, *, seconds: float = 3.0, to_pipe: bool = False
) -> Path:
    """Record one of RECIPES; ``to_pipe`` writes no length, as a browser does."""
    path = folder / name
    command = [
        *("ffmpeg", "-hide_banner", "-loglevel", "error", "-y", *RECIPES[name]),
        *("-t", str(seconds), "-threads", "1"),
    ]
    if to_pipe:
        live = {
            ".webm": ("-f", "webm", "-live", "1"),
            ".mkv": ("-f", "matroska", "-live", "1"),
            ".wav": ("-f", "wav"),
        }[path.suffix]
        stream = [*command, *live, "pipe:1"]
        path.write_bytes(subprocess.run(stream, capture_output=True, check=True).stdout)
    else:
        subprocess.run([*command, str(path)], check=True)
    return path


def cut_off(path: Path, copy: Path, *, share: float = 0.6) -> Path:
    """The first part of a file, as a broken download leaves it."""
    whole = path.read_bytes()
    copy.write_bytes(whole[: int(len(whole) * share) | 1])  # odd: inside of a part
    return copy


def claim_ten_hours(path: Path, copy: Path) -> Path:
    """An MP4 or Matroska file whose header says that it lasts ten hours."""
    content = bytearray(path.read_bytes())
    if path.suffix == ".mkv":
        at = content.find(b"\x44\x89\x88") + 3  # Duration, eight bytes, in ms
        struct.pack_into(">d", content, at, 36_000_000.0)
    else:
        at = content.find(b"mvhd")
        (timescale,) = struct.unpack_from(">I", content, at + 16)
        struct.pack_into(">I", content, at + 20, 36_000 * timescale)
    copy.write_bytes(content)
    return copy
