"""Picture and sound: what pieces cost, how they scale, and what an edit rebuilds.

Everything is measured side by side in one run, on recordings made by ffmpeg: three
cameras with sensor noise for the cost, an hour of flashes and beeps for the rest.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import wave
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np

from pipeline.compose import picture_graph
from pipeline.edit_list import SAMPLES_PER_S
from pipeline.ffmpeg import run_ffmpeg
from pipeline.pieces import PieceStore, sha256_of_file
from pipeline.programme import build_picture, build_programme, build_to_json
from pipeline.programme_outline import laid_out, outline_of
from townhall.media import (
    ConsentLevel,
    Cut,
    CutKind,
    Person,
    ProgrammePart,
    ProgrammePlan,
    Recording,
    Role,
    Speech,
    SpeechSpan,
    TrackFile,
    TrackKind,
    Transcript,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.__main__ import Report

CAMERA_S = 64
TALK = (
    *[("chair", 0, 9), ("guest", 10, 24), ("host", 25, 41)],
    *[("chair", 42, 47), ("host", 48, 64)],
)
ROUNDS = 2
BEAT_S = 60
HOUR_S, SHORT_S = 3600, 360


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-pipeline-") as folder:
        _cost_and_scaling(Path(folder), report)
        _an_hour(Path(folder), report)


def _cost_and_scaling(folder: Path, report: Report) -> None:
    plan = _three_cameras(folder)
    bare, pieces, one, two = [], [], [], []
    for number in range(ROUNDS):  # side by side, so that a busy moment hits all
        bare.append(_measured(lambda: _bare(plan, folder)).cpu_s)
        for walls, workers in ((one, 1), (two, 2)):
            store = PieceStore(folder / f"pieces-{number}-{workers}")
            cost = _measured(
                lambda store=store, workers=workers: build_picture(
                    plan, store, workers=workers
                )
            )
            walls.append(cost.wall_s)
            if workers == 1:
                pieces.append(cost.cpu_s)
    ratio = min(pieces) / min(bare)
    report(
        "picture in pieces against one bare ffmpeg, CPU",
        ratio,
        "×",
        "≤ 1.15",
        ratio <= 1.15,
    )
    speedup = min(one) / min(two)
    report("two workers against one, wall time", speedup, "×", "≥ 1.7", speedup >= 1.7)
    report(
        "picture path, CPU per second of programme (three 720p cameras)",
        min(pieces) / CAMERA_S,
        "s",
        "≤ 1",
        min(pieces) <= CAMERA_S,
    )


def _bare(plan: ProgrammePlan, folder: Path) -> None:
    """The same layout and settings in one ffmpeg run over the whole length."""
    store = PieceStore(folder / "bare")
    (kept,) = outline_of(plan).edit_list.ranges
    seen = laid_out(plan, outline_of(plan), store)
    scenes = [scene for cut in seen.cuts for scene in cut.scenes]
    whole = replace(seen.cuts[0], scenes=_joined(scenes))
    if whole.frames != kept.frames:
        raise AssertionError("the bare run must cover the whole programme")
    run_ffmpeg(picture_graph(whole, folder / "bare"))


def _joined(scenes: list) -> tuple:
    """Scenes that pieces had cut in two, whole again."""
    whole = [scenes[0]]
    for scene in scenes[1:]:
        last = whole[-1]
        goes_on = scene.card.key == last.card.key and all(
            abs(a.file_s + last.frames / 25 / a.slope - b.file_s) < 1e-6
            for a, b in zip(last.shots, scene.shots, strict=True)
        )
        if goes_on:
            whole[-1] = replace(last, frames=last.frames + scene.frames)
        else:
            whole.append(scene)
    return tuple(whole)


def _three_cameras(folder: Path) -> ProgrammePlan:
    roles = {"host": Role.HOST, "chair": Role.MODERATOR, "guest": Role.CITIZEN}
    tracks = []
    for seed, who in enumerate(roles, start=1):
        path = folder / f"{who}.mp4"
        source = f"gradients=s=1280x720:r=30:d={CAMERA_S}:speed=0.02:seed={seed}"
        _ffmpeg(
            *("-f", "lavfi", "-i", source, "-vf", "noise=alls=4:allf=t"),
            *("-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "superfast"),
            *("-b:v", "1500k", "-g", "60", str(path)),
        )
        tracks.append(_track(path, who, TrackKind.VIDEO, CAMERA_S))
    spans = [(who, start, end) for who, start, end in TALK]
    return _plan(roles, tracks, spans, CAMERA_S)


def _an_hour(folder: Path, report: Report) -> None:
    short = _in_child(folder, SHORT_S, "short")
    hour = _in_child(folder, HOUR_S, "hour")
    before = PieceStore(folder / "hour-pieces").builds()
    bleeped = _in_child(folder, HOUR_S, "hour", "bleep")
    after = PieceStore(folder / "hour-pieces").builds()[len(before) :]
    share = 100 * len(after) / bleeped["pieces_used"]
    print(f"  rebuilt for the bleep: {dict(Counter(step for step, _ in after))}")
    report("pieces rebuilt for a 2 s bleep in an hour", share, "%", "≤ 3", share <= 3)
    same = _same_picture(folder / "hour", folder / "hour-bleep")
    report(
        "picture of the bleeped hour byte-identical",
        float(same),
        "1 = yes",
        "1",
        same,
    )
    film = folder / "hour" / "video_720p.mp4"
    for name, begin_s in (("start", 0), ("end", HOUR_S - 2 * BEAT_S)):
        offset_ms = _offset_ms(film, begin_s)
        report(
            f"picture against sound at the {name} of an hour",
            offset_ms,
            "ms",
            "≤ 40",
            abs(offset_ms) <= 40,
        )
    report(
        "memory of the media process and two encoders, an hour",
        hour["memory_mb"],
        "MB",
        "≤ 1200",
        hour["memory_mb"] <= 1200,
    )
    growth = hour["memory_mb"] / short["memory_mb"]
    report("memory of an hour against six minutes", growth, "×", "≤ 1.2", growth <= 1.2)
    report(
        "loudness of the hour",
        hour["lufs"],
        "LUFS",
        "−16 ± 0.5",
        abs(hour["lufs"] + 16) <= 0.5,
    )
    report("true peak of the hour", hour["dbtp"], "dBTP", "≤ −1", hour["dbtp"] <= -1)
    report(
        "producing an hour with two workers, wall time",
        hour["wall_s"] / 60,
        "min",
        "≤ 60",
        hour["wall_s"] <= 3600,
    )


def _in_child(folder: Path, seconds: int, name: str, *options: str) -> dict:
    """Build in a process of its own, so that its peak memory is its own."""
    command = [sys.executable, "-m", "bench.pipeline", str(folder), str(seconds), name]
    run = subprocess.run(
        [*command, *options], check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(run.stdout)


def child(folder: Path, seconds: int, name: str, *, bleep: bool) -> dict:
    plan = _flashes_and_beeps(folder, seconds)
    if bleep:
        (part,) = plan.parts
        cut = Cut(start_s=1805.0, end_s=1807.0, kind=CutKind.BLEEP, reason="a name")
        plan = replace(plan, parts=(replace(part, cuts=(cut,)),))
    target = folder / (f"{name}-bleep" if bleep else name)
    store = PieceStore(folder / f"{name}-pieces")
    built = []
    cost = _measured(
        lambda: built.append(build_programme(plan, store, folder=target, workers=2))
    )
    (build,) = built
    build_to_json(build, target)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    encoder = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "wall_s": cost.wall_s,
        "cpu_s": cost.cpu_s,
        "memory_mb": (own + 2 * encoder) / 1024,
        "pieces_used": build.pieces_used,
        "lufs": build.loudness_lufs,
        "dbtp": build.true_peak_dbtp,
    }


def _flashes_and_beeps(folder: Path, seconds: int) -> ProgrammePlan:
    """A flash and a beep each minute; two people take turns of a minute."""
    film, sound = folder / f"{seconds}.mkv", folder / f"{seconds}.wav"
    if not film.exists():
        minute = folder / "minute.mkv"
        beat = "lt(mod(t-10,60),0.2)*gte(t,10)"
        source = (
            f"color=gray:s=320x180:r=25:d={BEAT_S},"
            f"drawbox=w=320:h=180:color=white:t=fill:enable='{beat}'"
        )
        encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50")
        again = str(seconds // BEAT_S - 1)
        _ffmpeg("-f", "lavfi", "-i", source, *encoder, str(minute))
        _ffmpeg("-stream_loop", again, "-i", str(minute), "-c", "copy", str(film))
        _write_beeps(sound, seconds)
    roles = {"host": Role.HOST, "guest": Role.CITIZEN}
    tracks = [
        _track(film, "host", TrackKind.VIDEO, seconds),
        _track(sound, "host", TrackKind.AUDIO, seconds),
        _track(sound, "guest", TrackKind.AUDIO, seconds),
    ]
    spans = [
        (who, start, start + 20)
        for start in range(0, seconds, BEAT_S)
        for who, start in (("host", start + 1), ("guest", start + 25))
    ]
    return _plan(roles, tracks, spans, seconds)


def _write_beeps(path: Path, seconds: int) -> None:
    """A minute of faint noise with a beep in its tenth second, again and again."""
    at_s = np.arange(BEAT_S * SAMPLES_PER_S) / SAMPLES_PER_S
    noise = 0.02 * np.random.default_rng(1).uniform(-1, 1, at_s.shape)
    beep = 0.4 * np.sin(2 * np.pi * 880 * at_s) * ((at_s >= 10) & (at_s < 10.2))
    minute = (32767 * (noise + beep)).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLES_PER_S)
        for _ in range(seconds // BEAT_S):
            out.writeframes(minute)


def _same_picture(one: Path, other: Path) -> bool:
    digests = []
    for folder in (one, other):
        for name in ("video_720p.mp4", "video_360p.mp4"):
            with av.open(str(folder / name)) as film:
                packets = [hash(bytes(packet)) for packet in film.demux(video=0)]
            digests.append(hash(tuple(packets)))
    return digests[:2] == digests[2:]


def _offset_ms(film: Path, begin_s: int) -> float:
    """How much later the first flash after a moment is seen than its beep is heard."""
    return 1000 * (_first(film, begin_s, "video") - _first(film, begin_s, "audio"))


def _first(film: Path, begin_s: int, kind: str) -> float:
    with av.open(str(film)) as container:
        stream = getattr(container.streams, kind)[0]
        container.seek(int(begin_s / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            if frame.time < begin_s:
                continue
            if kind == "video":
                grey = frame.to_ndarray(format="gray")
                if grey[200:400, 400:600].mean() > 200:
                    return frame.time
            else:
                loud = np.abs(frame.to_ndarray()).max(axis=0) > 0.6
                if loud.any():
                    return frame.time + int(loud.argmax()) / frame.sample_rate
    raise AssertionError(f"no beat in the {kind} after {begin_s} s")


@dataclass(frozen=True)
class Cost:
    cpu_s: float
    wall_s: float


def _measured(work: Callable[[], object]) -> Cost:
    began_cpu_s, began_s = _cpu_s(), time.perf_counter()
    work()
    return Cost(_cpu_s() - began_cpu_s, time.perf_counter() - began_s)


def _cpu_s() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(
            resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
    )


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(
        ["ffmpeg", "-nostdin", "-loglevel", "error", "-y", *arguments], check=True
    )


def _track(path: Path, who: str, kind: TrackKind, seconds: int) -> TrackFile:
    return TrackFile(
        path=path,
        participant_id=who,
        kind=kind,
        offset_ms=0,
        duration_s=float(seconds),
        sha256=sha256_of_file(path),
    )


def _plan(roles: dict, tracks: list, spans: list, seconds: int) -> ProgrammePlan:
    people = tuple(
        Person(
            participant_id=who,
            name=who.title(),
            role=role,
            consent=ConsentLevel.PICTURE_AND_SOUND,
        )
        for who, role in roles.items()
    )
    heard = tuple(
        SpeechSpan(participant_id=who, start_s=start, end_s=end, loudness_db=-30.0)
        for who, start, end in spans
    )
    recording = Recording(
        recording_id="bench",
        tracks=tuple(tracks),
        people=people,
        marks=(),
        duration_s=float(seconds),
    )
    part = ProgrammePart(
        recording=recording,
        speech=Speech(spans=heard, transcript=Transcript(language="de", segments=())),
    )
    return ProgrammePlan(
        programme_id="bench",
        title="Bürgersprechstunde",
        municipality="Stadt Musterbach",
        language="de",
        parts=(part,),
        questions=(),
    )


if __name__ == "__main__":
    _, where, length, named, *rest = sys.argv
    print(json.dumps(child(Path(where), int(length), named, bleep=bool(rest))))
