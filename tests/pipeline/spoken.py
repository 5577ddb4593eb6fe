"""Sounds, people and words for the tests of the speech room, made when they run."""

import hashlib
import wave
from dataclasses import dataclass, field

import numpy as np

from pipeline.speech_model import Decoded
from townhall.media import (
    ConsentLevel,
    HandedInQuestion,
    Person,
    Recording,
    Role,
    SpeechSpan,
    TrackFile,
    TrackKind,
    Transcript,
    TranscriptSegment,
    Word,
)

RATE_HZ = 16_000


def noise(duration_s, level=0.1, seed=1):
    """Noise that rises and falls a few times a second, as a voice does."""
    count = round(duration_s * RATE_HZ)
    random = np.random.default_rng(seed)
    steps = random.uniform(0.05, 1.0, int(duration_s * 8) + 2)
    shape = np.interp(np.arange(count) / RATE_HZ * 8, np.arange(steps.size), steps)
    return random.standard_normal(count) * shape * level


def silence(duration_s, seed=9):
    """What a microphone hears of a quiet room: −80 dBFS."""
    return (
        np.random.default_rng(seed).standard_normal(round(duration_s * RATE_HZ)) / 1e4
    )


def write_wav(path, samples, rate_hz=RATE_HZ):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate_hz)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def track(path, participant_id, *, offset_ms=0, duration_s, clock_slope=1.0):
    return TrackFile(
        path=path,
        participant_id=participant_id,
        kind=TrackKind.AUDIO,
        offset_ms=offset_ms,
        duration_s=duration_s,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        clock_slope=clock_slope,
    )


def person(
    participant_id,
    role=Role.CITIZEN,
    consent=ConsentLevel.PICTURE_AND_SOUND,
    name=None,
):
    return Person(
        participant_id=participant_id,
        name=name or f"Name {participant_id}",
        role=role,
        consent=consent,
    )


def recording(*tracks, people=(), marks=(), duration_s=600.0):
    return Recording(
        recording_id="r",
        tracks=tuple(tracks),
        people=tuple(people),
        marks=tuple(marks),
        duration_s=duration_s,
    )


def span(participant_id, start_s, end_s, bleed_of=None):
    return SpeechSpan(
        participant_id=participant_id,
        start_s=start_s,
        end_s=end_s,
        loudness_db=-23.0,
        bleed_of=bleed_of,
    )


def words(text, start_s=0.0, each_s=0.4, probability=0.9):
    """One word after the other, without pauses."""
    return tuple(
        Word(
            start_s=round(start_s + index * each_s, 3),
            end_s=round(start_s + (index + 1) * each_s, 3),
            text=token,
            probability=probability,
        )
        for index, token in enumerate(text.split())
    )


def segment(participant_id, text, start_s=0.0, each_s=0.4):
    spoken = words(text, start_s, each_s)
    return TranscriptSegment(
        start_s=start_s,
        end_s=spoken[-1].end_s if spoken else start_s + 1,
        participant_id=participant_id,
        text=text,
        words=spoken,
    )


def transcript(*segments):
    ordered = sorted(segments, key=lambda each: each.start_s)
    return Transcript(language="de", segments=tuple(ordered))


def question(question_id, text, participant_id=None, author=None):
    return HandedInQuestion(
        question_id=question_id,
        ref=question_id,
        text=text,
        topic=None,
        author=author,
        participant_id=participant_id,
    )


@dataclass
class ToneModel:
    """A decoder that writes one word for each half second of sound: its loudness.

    Like the real one its result depends on the sound alone. ``spoil`` may turn a
    result into what a real model gets wrong now and then.
    """

    digest: str = "tone-1"
    decoded: int = 0  #: sounds so far
    batches: list = field(default_factory=list)
    spoil: object = None

    def decode(self, sounds, *, language, prompt):
        self.decoded += len(sounds)
        self.batches.append(len(sounds))
        return [self._read(sound) for sound in sounds]

    def _read(self, sound):
        found = []
        for first in range(0, sound.size, RATE_HZ // 2):
            part = sound[first : first + RATE_HZ // 2].astype(np.float64)
            loudness = int(np.abs(part).mean())
            if loudness > 20 and part.size > RATE_HZ // 8:
                found.append(
                    Word(
                        start_s=first / RATE_HZ,
                        end_s=(first + part.size) / RATE_HZ,
                        text=f"w{loudness}",
                        probability=0.9,
                    )
                )
        decoded = Decoded(words=tuple(found), avg_logprob=-0.2, compression_ratio=1.4)
        return self.spoil(sound, decoded) if self.spoil else decoded
