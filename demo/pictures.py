"""Moving pictures of those in the demo who agreed to be seen.

Made when the demo runs, not committed. The drawn portraits sway slowly, blink, and
open the mouth with the voice of the audio track. Few different pictures are
drawn; a minute of video is a walk over them, so encoding costs next to nothing.
"""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from demo.portraits import LOOKS, SWAY_STEPS, Look, draw_portrait

WIDTH_PX, HEIGHT_PX = 1280, 720
FRAME_RATE = 25
#: somebody drawn looks alive enough with every picture shown twice, at half the cost
_POSE_RATE = 12.5
#: a sway of SWAY_STEPS pictures takes so many poses: 5.1 s, a calm breath
_POSES_A_STEP = 4
_RATE_HZ = 8000
#: a pose's level from which the mouth opens one step further, dBFS
_OPENS_AT_DBFS = (-42.0, -30.0, -23.0)
_BLINK_POSES = 2  #: 160 ms, a usual blink
_BLINK_EVERY_S = (2.5, 5.5)
#: weights of red, green and blue and the zero of Y, Cb, Cr (ITU-R BT.709-6 § 3, 8 bit)
_BT709 = (
    (0.18259, 0.61423, 0.06201, 16),
    (-0.10064, -0.33857, 0.43922, 128),
    (0.43922, -0.39894, -0.04027, 128),
)


def film_portrait(
    audio: Path, character: str, destination: Path, *, ffmpeg: str = "ffmpeg"
) -> None:
    """Write a silent H.264 video in Matroska, as long as the audio file.

    Args:
        audio: the voice that moves the mouth.
        character: an id of the screenplay that has a look.
        destination: the file to write.
        ffmpeg: the program to call.
    """
    look = LOOKS[character]
    mouths = _mouths(_levels_dbfs(audio, ffmpeg))
    blinks = _blinks(len(mouths), seed=character)
    camera = [
        *(ffmpeg, "-hide_banner", "-loglevel", "error", "-y"),
        *("-f", "rawvideo", "-pix_fmt", "yuv420p", "-r", str(_POSE_RATE)),
        *("-s", f"{WIDTH_PX}x{HEIGHT_PX}", "-i", "pipe:0"),
        *("-vf", f"fps={FRAME_RATE}", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-crf", "25", "-g", str(5 * FRAME_RATE), "-threads", "1"),
        *("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709"),
        *("-color_trc", "bt709", "-fflags", "+bitexact", "-flags:v", "+bitexact"),
        *("-f", "matroska", str(destination)),
    ]
    with subprocess.Popen(camera, stdin=subprocess.PIPE) as process:
        if process.stdin is None:  # we asked for a pipe
            raise RuntimeError(ffmpeg)
        drawn: dict[tuple[int, bool, int], bytes] = {}
        for number, (mouth, blink) in enumerate(zip(mouths, blinks, strict=True)):
            pose = (int(mouth), bool(blink), number // _POSES_A_STEP % SWAY_STEPS)
            if pose not in drawn:
                drawn[pose] = _yuv420(_picture(look, *pose))
            process.stdin.write(drawn[pose])
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, camera)


def _picture(look: Look, mouth: int, blink: bool, step: int) -> Image.Image:  # noqa: FBT001 - a pose
    large = draw_portrait(look, mouth=mouth, blink=blink, step=step)
    if large.size == (WIDTH_PX, HEIGHT_PX):
        return large
    return large.resize((WIDTH_PX, HEIGHT_PX), Image.Resampling.BOX)


def _levels_dbfs(audio: Path, ffmpeg: str) -> NDArray[np.float64]:
    """The voice's level during each pose."""
    decoded = subprocess.run(
        [
            *(ffmpeg, "-hide_banner", "-loglevel", "error", "-i", str(audio)),
            *("-ac", "1", "-ar", str(_RATE_HZ), "-f", "s16le", "pipe:1"),
        ],
        capture_output=True,
        check=True,
    ).stdout
    samples = np.frombuffer(decoded, dtype="<i2").astype(np.float64) / 32768
    size = round(_RATE_HZ / _POSE_RATE)
    samples = np.pad(samples, (0, -len(samples) % size))  # the last pose is whole
    power: NDArray[np.float64] = np.mean(samples.reshape(-1, size) ** 2, axis=1)
    levels: NDArray[np.float64] = 10 * np.log10(power + 1e-12)
    return levels


def _mouths(levels_dbfs: NDArray[np.float64]) -> NDArray[np.int64]:
    """How far open in each pose; never more than two steps further at a time."""
    wanted = np.searchsorted(_OPENS_AT_DBFS, levels_dbfs)
    mouth, mouths = 0, np.zeros(len(wanted), dtype=np.int64)
    for number, aim in enumerate(wanted):
        mouth += max(-2, min(2, int(aim) - mouth))
        mouths[number] = mouth
    return mouths


def _blinks(poses: int, *, seed: str) -> NDArray[np.bool_]:
    chance = random.Random(seed)
    blinks = np.zeros(poses, dtype=np.bool_)
    at = 0
    while True:
        at += round(chance.uniform(*_BLINK_EVERY_S) * _POSE_RATE)
        if at >= poses:
            return blinks
        blinks[at : at + _BLINK_POSES] = True


def _yuv420(picture: Image.Image) -> bytes:
    """RGB to limited-range BT.709 with halved chroma, as cameras deliver it."""
    half = picture.reduce(2)
    return b"".join(
        image.convert("L", weights).tobytes()
        for image, weights in zip((picture, half, half), _BT709, strict=True)
    )
