"""Speak the screenplay: isolated tracks, the truth about them, questions and marks.

    .venv/bin/python demo/voice.py

writes demo/rehearsal/ anew: one Opus file a person, ``tracks.toml``,
``questions.csv`` and ``truth.json``. The voice is SVOX Pico's German one
(py-nanotts, Apache-2.0) in four pitches. Everything is seeded, and Pico, which reads
memory that it never wrote, is given zeroes there: the same command writes the same
bytes again, as long as ffmpeg's Opus encoder is the same.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from py_nanotts import NanoTTS  # type: ignore[import-untyped]  # no stubs

if __name__ == "__main__":  # run as a file: the checkout is not on the path yet
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo.screenplay import FOLDER, Character, Screenplay, Turn, read_screenplay

RATE_HZ = 16_000  #: of py-nanotts
LEVEL_DBFS = -23.0  #: of speech, as a browser's gain control leaves it
NOISE_DBFS = -64.0  #: pink, the room behind each microphone
NOISE_FROM_HZ = 100.0
#: between sentences of one turn; varied, so that it does not tick like a clock
SENTENCE_PAUSES_S = (0.32, 0.45, 0.38, 0.55)
TAIL_S = 2.0
#: guests come in so long before their first turn and leave so long after the last
EARLY_S, LATE_S = 12.0, 6.0
BITRATE = "28k"

Samples = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn at its place on the session clock."""

    turn: Turn
    start_s: float
    end_s: float
    samples: Samples


def speak(voice: NanoTTS, text: str, person: Character) -> Samples:
    """One turn, sentence by sentence, without silence around it, at usual level."""
    pieces: list[Samples] = []
    for number, sentence in enumerate(re.split(r"(?<=[.!?]) ", text)):
        if number:
            pause_s = SENTENCE_PAUSES_S[(number + len(text)) % len(SENTENCE_PAUSES_S)]
            pieces.append(np.zeros(round(pause_s * RATE_HZ)))
        raw = voice.speak(
            sentence,
            voice="de-DE",
            speed=person.speed / person.shape,
            pitch=person.pitch / person.shape,
        )
        samples = np.frombuffer(raw, dtype="<i2").astype(np.float64) / 32768
        pieces.append(_reshaped(_trimmed(samples), person.shape))
    whole = np.concatenate(pieces)
    loud = whole[np.abs(whole) > 0.01]
    level = np.sqrt(np.mean(loud**2))
    levelled: Samples = whole * (10 ** (LEVEL_DBFS / 20) / level)
    return levelled


def _trimmed(samples: Samples) -> Samples:
    heard = np.flatnonzero(np.abs(samples) > 0.004)
    return samples[heard[0] : heard[-1] + 1]


def _reshaped(samples: Samples, factor: float) -> Samples:
    """Play slower (below 1) or faster: pitch and formants move together."""
    count = round(len(samples) / factor)
    places = np.linspace(0, len(samples) - 1, count)
    return np.interp(places, np.arange(len(samples)), samples)


def stage(play: Screenplay) -> tuple[list[Spoken], float]:
    """Speak all turns one after the other; also the length of the session."""
    voice = NanoTTS()
    people = {person.id: person for person in play.people}
    at_s, spoken = 0.0, []
    for turn in play.turns:
        at_s += turn.pause_s
        samples = speak(voice, turn.text, people[turn.speaker])
        end_s = at_s + len(samples) / RATE_HZ
        spoken.append(Spoken(turn, round(at_s, 3), round(end_s, 3), samples))
        at_s = end_s
    return spoken, round(at_s + TAIL_S, 3)


def presence(
    person: Character, spoken: list[Spoken], duration_s: float
) -> tuple[float, float]:
    """From when to when somebody is in the room; guests come and go."""
    if person.role != "citizen":
        return 0.0, duration_s
    own = [line for line in spoken if line.turn.speaker == person.id]
    begins_s = max(0.0, own[0].start_s - EARLY_S)
    return round(begins_s, 1), min(duration_s, round(own[-1].end_s + LATE_S, 1))


def pink_noise(count: int, seed: int) -> Samples:
    """Noise with equal energy an octave, at NOISE_DBFS above what microphones cut."""
    chance = np.random.default_rng(seed)
    spectrum = np.fft.rfft(chance.standard_normal(count))
    lowest = round(NOISE_FROM_HZ * count / RATE_HZ)
    spectrum[lowest:] /= np.sqrt(np.arange(lowest, len(spectrum)))
    spectrum[:lowest] = 0
    noise = np.fft.irfft(spectrum, count)
    levelled: Samples = noise * (10 ** (NOISE_DBFS / 20) / np.sqrt(np.mean(noise**2)))
    return levelled


def write_track(path: Path, samples: Samples) -> None:
    """Encode as a browser would record it: Opus, mono, 48 kHz."""
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    subprocess.run(
        [
            *("ffmpeg", "-hide_banner", "-loglevel", "error", "-y"),
            *("-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1", "-i", "pipe:0"),
            *("-c:a", "libopus", "-b:a", BITRATE, "-application", "voip"),
            *("-ar", "48000", "-map_metadata", "-1", "-fflags", "+bitexact"),
            *("-flags:a", "+bitexact", str(path)),
        ],
        input=pcm,
        check=True,
    )


def write_rehearsal(folder: Path) -> None:
    """Write all files of the rehearsal into a folder."""
    play = read_screenplay()
    folder.mkdir(exist_ok=True)
    spoken, duration_s = stage(play)
    rows = []
    for seed, person in enumerate(play.people):
        begins_s, ends_s = presence(person, spoken, duration_s)
        track = pink_noise(round((ends_s - begins_s) * RATE_HZ), seed)
        for line in spoken:
            if line.turn.speaker == person.id:
                first = round((line.start_s - begins_s) * RATE_HZ)
                track[first : first + len(line.samples)] += line.samples
        write_track(folder / f"{person.id}.opus", track)
        rows.append(_track_table(person, round(begins_s * 1000)))
    marks = [
        f'[[mark]]\nquestion = "{line.turn.mark.ref}"\n'
        f"at_ms = {round((line.start_s + line.turn.mark.after_s) * 1000)}\n"
        for line in spoken
        if line.turn.mark
    ]
    head = "# Written by demo/voice.py; the pictures are added by demo/recording.py.\n"
    (folder / "tracks.toml").write_text("\n".join([head, *rows, *marks]), "utf-8")
    _write_questions(folder / "questions.csv", play)
    _write_truth(folder / "truth.json", play, spoken, duration_s)


def _track_table(person: Character, offset_ms: int) -> str:
    return (
        f'[[track]]\nfile = "{person.id}.opus"\nparticipant = "{person.name}"\n'
        f'role = "{person.role}"\nkind = "audio"\noffset_ms = {offset_ms}\n'
        f'consent = "{person.consent}"\n'
    )


def _write_questions(path: Path, play: Screenplay) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(["ref", "author", "email", "channel", "topic", "text"])
        for one in play.questions:
            table.writerow(
                [one.ref, one.author, one.email, one.channel, one.topic, one.text]
            )


def _write_truth(
    path: Path, play: Screenplay, spoken: list[Spoken], duration_s: float
) -> None:
    names = {person.id: person.name for person in play.people}

    def question(ref: str | None, text: str | None) -> dict[str, object]:
        if ref is None:
            told = [line for line in spoken if line.turn.live]
            asked = [line for line in told if line.turn.speaker != "host"]
            answered = [line for line in told if line.turn.speaker == "host"]
        else:
            asked = [line for line in spoken if ref in line.turn.reads]
            answered = [line for line in spoken if ref in line.turn.answers]
        return {
            "id": f"q{ref}" if ref else "live1",
            "ref": ref,
            "text": text,
            "handed_in": ref is not None,
            "read_start_s": asked[0].start_s if asked else None,
            "answer_start_s": answered[0].start_s if answered else None,
            "answer_end_s": answered[-1].end_s if answered else None,
        }

    truth = {
        "language": play.language,
        "town": play.town,
        "speakers": [person.id for person in play.people],
        "names": names,
        "duration_s": duration_s,
        "proper_names": list(play.proper_names),
        "turns": [
            {
                "speaker": line.turn.speaker,
                "start_s": line.start_s,
                "end_s": line.end_s,
                "text": line.turn.text,
            }
            for line in spoken
        ],
        "questions": [
            *(question(one.ref, one.text) for one in play.questions),
            question(None, None),
        ],
    }
    path.write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", "utf-8")


def with_clean_memory() -> None:
    """Start anew with glibc handing out zeroed memory (mallopt(3), M_PERTURB)."""
    if os.environ.get("MALLOC_PERTURB_") != "255":
        environment = {**os.environ, "MALLOC_PERTURB_": "255"}
        os.execve(sys.executable, [sys.executable, *sys.argv], environment)


if __name__ == "__main__":
    with_clean_memory()
    write_rehearsal(FOLDER / "rehearsal")
