"""Windows: what is decoded at once. Speech of one person, without the silence between.

Whisper always encodes 30 s. Packing a person's spans into windows of up to 29 s with a
little silence between them costs no accuracy against decoding the whole file and a
fraction of the time (measured); one call per span costs 1.6 times as much and is worse.

Looks back at: pcm.  Is looked at by: transcribe.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pipeline.pcm import SAMPLE_RATE_HZ, SpeechPcm
from pipeline.speech_model import WINDOW_MAX_S
from townhall.media import Word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from townhall.media import SpeechSpan

_GAP: Final = round(0.35 * SAMPLE_RATE_HZ)  #: zeros between two spans (measured)
_WINDOW_MAX: Final = round(WINDOW_MAX_S * SAMPLE_RATE_HZ)
_SPLITTABLE: Final = 1 * SAMPLE_RATE_HZ  #: half a second says too little to be decoded
_SMOOTH: Final = round(0.1 * SAMPLE_RATE_HZ)


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of one file inside a window."""

    pcm: SpeechPcm
    first: int  #: sample of the file
    end: int  #: half-open
    at: int  #: sample of the window

    @property
    def duration_s(self) -> float:
        """How long it lasts."""
        return (self.end - self.first) / SAMPLE_RATE_HZ

    @property
    def start_s(self) -> float:
        """Its begin on the session clock."""
        return self.pcm.session_s(self.first)

    @property
    def end_s(self) -> float:
        """Its end on the session clock."""
        return self.pcm.session_s(self.end)

    def _session_s(self, window_s: float) -> float:
        sample = self.first + round(window_s * SAMPLE_RATE_HZ) - self.at
        return self.pcm.session_s(min(max(sample, self.first), self.end))

    def placed(self, word: Word) -> Word:
        """A word of the window on the session clock, kept within this stretch."""
        return Word(
            start_s=round(self._session_s(word.start_s), 3),
            end_s=round(self._session_s(word.end_s), 3),
            text=word.text,
            probability=word.probability,
        )


@dataclass(frozen=True, slots=True)
class Window:
    """Stretches of one person's speech, decoded in one go."""

    participant_id: str | None
    slices: tuple[Slice, ...]

    @property
    def start_s(self) -> float:
        """Where its first stretch begins on the session clock."""
        return self.slices[0].start_s

    def samples(self) -> NDArray[np.int16]:
        """Its sound, read from disk now."""
        last = self.slices[-1]
        sound = np.zeros(last.at + last.end - last.first, dtype=np.int16)
        for part in self.slices:
            content = part.pcm.read(part.first, part.end)
            sound[part.at : part.at + content.size] = content
        return sound

    def sha256(self) -> str:
        """Digest of its sound: a file packed anew has the same."""
        return hashlib.sha256(self.samples().astype("<i2").tobytes()).hexdigest()

    def placed(self, words: Sequence[Word]) -> list[tuple[Slice, list[Word]]]:
        """The words of each stretch on the session clock, in order."""
        found: list[tuple[Slice, list[Word]]] = [(part, []) for part in self.slices]
        borders = [part.at - _GAP / 2 for part in self.slices[1:]]
        for word in words:
            middle = (word.start_s + word.end_s) / 2 * SAMPLE_RATE_HZ
            part, placed = found[int(np.searchsorted(borders, middle, side="right"))]
            placed.append(part.placed(word))
        return found

    def split(self) -> tuple[Window, ...]:
        """Two halves, cut between stretches or where it is quietest; empty: too short."""
        if len(self.slices) > 1:
            last = self.slices[-1]
            middle = (last.at + last.end - last.first) / 2
            cut = min(
                range(1, len(self.slices)),
                key=lambda index: abs(self.slices[index].at - middle),
            )
            return (
                _window(self.participant_id, self.slices[:cut]),
                _window(self.participant_id, self.slices[cut:]),
            )
        (only,) = self.slices
        if only.end - only.first < _SPLITTABLE:
            return ()
        cut = only.first + _quietest(only.pcm.read(only.first, only.end))
        return (
            _window(self.participant_id, [Slice(only.pcm, only.first, cut, 0)]),
            _window(self.participant_id, [Slice(only.pcm, cut, only.end, 0)]),
        )


def pack(
    participant_id: str | None,
    spans: Iterable[SpeechSpan],
    files: Sequence[SpeechPcm],
) -> list[Window]:
    """One person's spans, in order, as windows of at most 29 s."""
    windows: list[Window] = []
    open_slices: list[Slice] = []
    length = 0
    for span in sorted(spans, key=lambda span: span.start_s):
        part = _slice(span, files)
        size = part.end - part.first
        if size <= 0:
            continue
        if open_slices and length + _GAP + size > _WINDOW_MAX:
            windows.append(_window(participant_id, open_slices))
            open_slices, length = [], 0
        length += size + (_GAP if open_slices else 0)
        open_slices.append(part)
    if open_slices:
        windows.append(_window(participant_id, open_slices))
    return windows


def _slice(span: SpeechSpan, files: Sequence[SpeechPcm]) -> Slice:
    """Where a span lies in its person's files: in the one that covers most of it."""
    pcm = max(
        files,
        key=lambda pcm: min(span.end_s, pcm.end_s) - max(span.start_s, pcm.offset_s),
    )
    return Slice(pcm, pcm.sample_at(span.start_s), pcm.sample_at(span.end_s), 0)


def _window(participant_id: str | None, slices: Iterable[Slice]) -> Window:
    placed: list[Slice] = []
    at = 0
    for part in slices:
        placed.append(Slice(part.pcm, part.first, part.end, at))
        at += part.end - part.first + _GAP
    return Window(participant_id, tuple(placed))


def _quietest(samples: NDArray[np.int16]) -> int:
    """The sample to cut at: the quietest tenth of a second of the middle third."""
    third = samples.size // 3
    power = np.cumsum(samples[third : 2 * third].astype(np.float64) ** 2)
    if power.size <= _SMOOTH:
        return samples.size // 2
    smooth = power[_SMOOTH:] - power[:-_SMOOTH]
    return int(third + np.argmin(smooth) + _SMOOTH // 2)
