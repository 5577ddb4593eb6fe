"""Recording folders to be read in tests: the usual one, and how to write another."""

from pathlib import Path

import pytest

from pipeline.errors import MediaRefused
from pipeline.recording_folder import read_recording_folder

HOST_SOUND = {
    "file": "voice.ogg",
    "participant": "Katrin Sommerfeld",
    "role": "host",
    "kind": "audio",
    "consent": "picture_and_sound",
}
HOST_PICTURE = {**HOST_SOUND, "file": "camera.mkv", "kind": "video"}
CITIZEN = {
    "file": "voice.wav",
    "participant": "Emre Aslan",
    "role": "citizen",
    "kind": "audio",
    "offset_ms": 1000,
    "consent": "sound",
}


def toml_value(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = "".join(
            letter
            if letter.isprintable() and letter not in '"\\'
            else f"\\U{ord(letter):08x}"
            for letter in value
        )
        return f'"{escaped}"'
    if isinstance(value, list):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    return str(value)


def tables(name, rows) -> str:
    return "".join(
        f"[[{name}]]\n"
        + "".join(f"{toml_value(key)} = {toml_value(row[key])}\n" for key in row)
        for row in rows
    )


def write(folder: Path, *tracks, marks=(), head="") -> None:
    (folder / "tracks.toml").write_text(
        head + tables("track", tracks) + tables("mark", marks), "utf-8"
    )


def refusal_of(folder: Path) -> MediaRefused:
    with pytest.raises(MediaRefused) as refusal:
        read_recording_folder(folder)
    return refusal.value
