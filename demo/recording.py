"""The demo's recording as an importable folder, whole or its first seconds.

``demo/rehearsal/`` holds the voices, written once by ``demo/voice.py``. Here the
pictures are added, and everything is laid out as ``docs/import-format.md`` asks.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from demo.pictures import film_portrait
from demo.portraits import LOOKS
from demo.screenplay import FOLDER

REHEARSAL = FOLDER / "rehearsal"


def questions_csv() -> Path:
    """The seven questions handed in, in columns ref,author,email,channel,topic,text."""
    return REHEARSAL / "questions.csv"


def read_truth(*, until_s: float | None = None) -> dict[str, Any]:
    """What is really said when, and when each question is read and answered.

    With ``until_s`` only what lies wholly before it: turns that have ended, and
    times of answers that have ended; other questions count as not answered.
    """
    truth: dict[str, Any] = json.loads((REHEARSAL / "truth.json").read_text("utf-8"))
    if until_s is None:
        return truth
    truth["duration_s"] = min(truth["duration_s"], until_s)
    truth["turns"] = [turn for turn in truth["turns"] if turn["end_s"] <= until_s]
    for question in truth["questions"]:
        if question["answer_end_s"] is None or question["answer_end_s"] > until_s:
            question.update(read_start_s=None, answer_start_s=None, answer_end_s=None)
    return truth


def build_rehearsal(
    destination: Path, *, until_s: float | None = None, ffmpeg: str = "ffmpeg"
) -> Path:
    """Write a complete recording folder; return it.

    Args:
        destination: a folder to create, or an empty one.
        until_s: where on the session clock to stop; ``None``: the whole office hour.
        ffmpeg: the program that films and cuts.

    Raises:
        FileExistsError: the destination holds something already.
        subprocess.CalledProcessError: ffmpeg could not do it.
    """
    destination.mkdir(parents=True, exist_ok=True)
    if any(destination.iterdir()):
        raise FileExistsError(destination)
    written = tomllib.loads((REHEARSAL / "tracks.toml").read_text("utf-8"))
    tables: list[str] = []
    films: list[Path] = []
    for track in written["track"]:
        begins_s = track["offset_ms"] / 1000
        if until_s is not None and begins_s >= until_s:
            continue  # has not come in yet
        audio = destination / track["file"]
        length_s = None if until_s is None else until_s - begins_s
        _copy_sound(REHEARSAL / track["file"], audio, length_s=length_s, ffmpeg=ffmpeg)
        tables.append(_table("track", track))
        if track["consent"] == "picture_and_sound" and audio.stem in LOOKS:
            film = audio.with_suffix(".mkv")
            films.append(film)
            tables.append(
                _table("track", {**track, "file": film.name, "kind": "video"})
            )
    with ThreadPoolExecutor() as pool:  # each film is an ffmpeg of its own
        for done in [
            pool.submit(
                film_portrait, film.with_suffix(".opus"), film.stem, film, ffmpeg=ffmpeg
            )
            for film in films
        ]:
            done.result()
    tables += [
        _table("mark", mark)
        for mark in written["mark"]
        if until_s is None or mark["at_ms"] < until_s * 1000
    ]
    (destination / "tracks.toml").write_text("\n".join(tables), "utf-8")
    return destination


def _copy_sound(
    source: Path, copy: Path, *, length_s: float | None, ffmpeg: str
) -> None:
    if length_s is None:
        shutil.copyfile(source, copy)
        return
    subprocess.run(
        [
            *(ffmpeg, "-hide_banner", "-loglevel", "error", "-i", str(source)),
            *("-t", f"{length_s:.3f}", "-c", "copy", "-fflags", "+bitexact", str(copy)),
        ],
        check=True,
    )


def _table(name: str, values: dict[str, str | int]) -> str:
    """A TOML table; JSON's strings and numbers are TOML's."""
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in values.items()
    ]
    return "\n".join([f"[[{name}]]", *lines, ""])
