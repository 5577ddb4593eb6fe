"""The recordings the speech figures are measured on, as values of the pipeline.

They lie beside the checkout under ``../shared/speech`` and are not part of the project.
"""

import json
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.pcm import SAMPLE_RATE_HZ, speech_pcm
from pipeline.pieces import PieceStore, sha256_of_file
from pipeline.probe import probe
from townhall.media import (
    ConsentLevel,
    HandedInQuestion,
    Person,
    Recording,
    Role,
    TrackFile,
    TrackKind,
)

FOLDER = Path(__file__).resolve().parents[1].parent / "shared" / "speech"
OFFICE_HOUR = ("moderator", "politician", "citizen")
PANEL = ("s1", "s2", "s3", "s4")
_ROLES = {"moderator": Role.MODERATOR, "politician": Role.HOST}
_NAMES = {
    "moderator": "Sabine Lindner",
    "politician": "Thomas Achenbach",
    "citizen": "Herr Demir",
}


@dataclass(frozen=True)
class Turn:
    speaker: str | None
    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True)
class SpeechSet:
    name: str
    recording: Recording
    turns: tuple[Turn, ...]
    extra: dict[str, Any]  #: what the office hours' JSON says beyond the turns

    @property
    def questions(self) -> list[HandedInQuestion]:
        return [
            HandedInQuestion(
                question_id=question["id"],
                ref=question["id"],
                text=question["text"],
                topic=None,
                author=None,
            )
            for question in self.extra["questions"]
            if question["handed_in"]
        ]

    @property
    def answer_starts(self) -> dict[str, float | None]:
        return {
            question["id"]: question["answer_start_s"]
            for question in self.extra["questions"]
            if question["handed_in"]
        }

    @property
    def proper_names(self) -> list[str]:
        return list(self.extra["proper_names"])


def track(path: Path, participant_id: str | None) -> TrackFile:
    return TrackFile(
        path=path,
        participant_id=participant_id,
        kind=TrackKind.AUDIO,
        offset_ms=0,
        duration_s=probe(path).duration_s,
        sha256=sha256_of_file(path),
    )


def recording(name: str, paths: dict[str | None, Path]) -> Recording:
    tracks = tuple(track(path, speaker) for speaker, path in paths.items())
    return Recording(
        recording_id=name,
        tracks=tracks,
        people=tuple(
            Person(
                participant_id=speaker,
                name=_NAMES.get(speaker, speaker),
                role=_ROLES.get(speaker, Role.CITIZEN),
                consent=ConsentLevel.PICTURE_AND_SOUND,
            )
            for speaker in paths
            if speaker is not None
        ),
        marks=(),
        duration_s=max(each.duration_s for each in tracks),
    )


def speech_set(name: str, speakers: tuple[str, ...] | None) -> SpeechSet:
    """Isolated tracks, or one file whose speaker nobody names."""
    content = json.loads((FOLDER / f"{name}.json").read_text())
    listed = content if isinstance(content, list) else content["turns"]
    paths: dict[str | None, Path] = (
        {speaker: FOLDER / f"{name}_{speaker}.opus" for speaker in speakers}
        if speakers
        else {None: FOLDER / f"{name}.flac"}
    )
    return SpeechSet(
        name=name,
        recording=recording(name, paths),
        turns=tuple(
            Turn(turn.get("speaker"), turn["start_s"], turn["end_s"], turn["text"])
            for turn in listed
        ),
        extra=content if isinstance(content, dict) else {},
    )


def sounds(store: PieceStore, of: Recording) -> dict[str | None, NDArray[np.float64]]:
    decoded = [speech_pcm(store, each) for each in of.tracks]
    return {
        pcm.participant_id: pcm.read(0, pcm.sample_count).astype(np.float64)
        for pcm in decoded
    }


def write_wav(path: Path, samples: NDArray[np.float64]) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE_HZ)
        out.writeframes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())
    return path


def with_bleed(
    store: PieceStore, of: Recording, folder: Path, *, level_db: float, lag_s: float
) -> Recording:
    """Everybody's loudspeaker in everybody's microphone."""
    own = sounds(store, of)
    lag = round(lag_s * SAMPLE_RATE_HZ)
    paths: dict[str | None, Path] = {}
    for speaker, samples in own.items():
        mixed = samples.copy()
        for other, theirs in own.items():
            if other != speaker:
                mixed[lag:] += theirs[: theirs.size - lag] * 10 ** (level_db / 20)
        paths[speaker] = write_wav(folder / f"{speaker}_{level_db:g}dB.wav", mixed)
    return recording(f"{of.recording_id} with bleed", paths)
