"""The demo's voices, committed with the project: real sound for the speech room."""

import json
from pathlib import Path

import av
import numpy as np

from tests.pipeline.spoken import track

FOLDER = Path(__file__).resolve().parents[2] / "demo" / "rehearsal"
RATE_HZ = 16_000


def sound_of(who, start_s, end_s):
    """Some seconds of one person's track, 16 kHz mono."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    parts, count = [], 0
    with av.open(str(FOLDER / f"{who}.opus")) as container:
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                parts.append(part.to_ndarray()[0])
                count += parts[-1].size
            if count > end_s * RATE_HZ:
                break
    return np.concatenate(parts)[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]


def clip(path, who, start_s, end_s, participant_id=None):
    """A track file of its own with these seconds."""
    import wave

    content = sound_of(who, start_s, end_s)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE_HZ)
        out.writeframes(content.tobytes())
    return track(path, participant_id or who, duration_s=content.size / RATE_HZ)


def truth():
    return json.loads((FOLDER / "truth.json").read_text())


def heard_before(heard, expected):
    """How many of the expected words were heard, in any order."""
    said = {word.strip(".,?!").casefold() for word in heard.split()}
    return sum(word.casefold() in said for word in expected.split())
