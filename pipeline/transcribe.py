"""From the sound of each person to words with times, on the session clock.

Windows of all persons are decoded in common batches. Each decoded window is a piece:
a second run decodes nothing, a killed one goes on where it was, a person's track
brought anew costs only that person's windows. What the model says is not believed
blindly: a window that loops, that the model itself finds improbable or in which
somebody spoke without a word being found is cut in two and decoded again.

Looks back at: speech_activity, speech_windows, speech_model, utterances, names.
Is looked at by: answers, captions, flows.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Protocol

from pipeline.names import names_for, prompt_of
from pipeline.pcm import SpeechPcm, sound_tracks, speech_pcm
from pipeline.speech_model import BATCH_SIZE, Decoded
from pipeline.speech_windows import Slice, Window, pack
from pipeline.utterances import Unheard, utterances
from townhall.media import Transcript, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from pipeline.pieces import PieceStore
    from townhall.media import Recording, SpeechSpan

__all__ = ["names_for", "transcribe"]

_STEP: Final = "speech-text"
_VERSION: Final = 1
_FILE: Final = "decoded.json"
#: the library's own thresholds; loops have 7.9–21, speech 1.5 at most (measured)
COMPRESSION_MAX: Final = 2.4
LOGPROB_MIN: Final = -1.0
#: speech this long without a word: the model stopped early or gave up
WORDLESS_S: Final = 1.2
SPLIT_LEVELS: Final = 3
#: credits of subtitle files Whisper was trained on; it says them when it hears nothing
_CREDITS: Final = re.compile(
    r"untertitel(ung)?\b.*\b(zdf|ard|wdr|swr|br|ndr|mdr|funk|amara|stephanie)\b"
    r"|amara\.org|copyright (wdr|zdf|ard)|^untertitelung\b.{0,20}$",
    re.IGNORECASE,
)


class Decoder(Protocol):
    """What is needed of a speech model; ``speech_model.SpeechModel`` is one."""

    @property
    def digest(self) -> str:
        """Decides, with language and prompt, what a given sound is turned into."""

    def decode(
        self, sounds: Sequence[NDArray[np.int16]], *, language: str, prompt: str | None
    ) -> list[Decoded]:
        """Turn sounds into words; no sound's result depends on the others."""


def transcribe(
    store: PieceStore,
    recording: Recording,
    spans: Sequence[SpeechSpan],
    model: Decoder,
    *,
    names: Sequence[str] = (),
    language: str = "de",
    progress: Callable[[int, int], None] | None = None,
) -> Transcript:
    """Write down who said what and when.

    Only spans that are not bleed are decoded, and only of persons who agreed to be
    heard. ``names`` (see ``names_for``) are handed to the model as what may come up;
    they are part of every window's key, so freeze them for a session. ``progress`` is
    called with windows done and windows known so far.

    A segment that nobody could make out has no text and is ``unsure``.

    Raises:
        MediaUnreadable: a track cannot be decoded.
    """
    windows = _windows(store, recording, spans)
    decoding = _Decoding(store, model, language, prompt_of(names, language), progress)
    outcomes = decoding.run(windows)
    words: dict[str | None, list[Word]] = {}
    silent: list[tuple[str | None, Slice]] = []
    for window, decoded in outcomes:
        for part, found in _heard(window, decoded):
            words.setdefault(window.participant_id, []).extend(found)
            if not found:
                silent.append((window.participant_id, part))
    unheard = _unheard(windows, words, silent)
    return Transcript(language=language, segments=utterances(words, unheard))


def _windows(
    store: PieceStore, recording: Recording, spans: Iterable[SpeechSpan]
) -> list[Window]:
    may_be_heard: set[str | None] = {None}
    may_be_heard |= {
        person.participant_id for person in recording.people if person.consent.lets_hear
    }
    own: dict[str | None, list[SpeechSpan]] = {}
    for span in spans:
        if span.bleed_of is None and span.participant_id in may_be_heard:
            own.setdefault(span.participant_id, []).append(span)
    files: dict[str | None, list[SpeechPcm]] = {}
    for track in sound_tracks(recording):
        if track.participant_id in own:
            files.setdefault(track.participant_id, []).append(speech_pcm(store, track))
    windows = [
        window
        for participant_id, spoken in own.items()
        for window in pack(participant_id, spoken, files[participant_id])
    ]
    return sorted(windows, key=lambda window: window.start_s)


def _heard(
    window: Window, decoded: Decoded | None
) -> Iterable[tuple[Slice, list[Word]]]:
    """The words of each stretch; none where the text cannot be trusted."""
    if decoded is None:
        return [(part, []) for part in window.slices]
    return [
        (part, [] if _is_credit(found) else found)
        for part, found in window.placed(decoded.words)
    ]


def _unheard(
    windows: Sequence[Window],
    words: Mapping[str | None, Sequence[Word]],
    silent: Iterable[tuple[str | None, Slice]],
) -> list[Unheard]:
    """Speech without a word: whole stretches first, else the parts they were cut into."""
    whole = [
        (window.participant_id, part)
        for window in windows
        for part in window.slices
        if not any(
            part.start_s <= (word.start_s + word.end_s) / 2 <= part.end_s
            for word in words.get(window.participant_id, ())
        )
    ]
    parts = [
        (who, part)
        for who, part in silent
        if not any(
            who == other and one.start_s <= part.start_s < one.end_s
            for other, one in whole
        )
    ]
    return [
        Unheard(who, part.start_s, part.end_s)
        for who, part in [*whole, *parts]
        if part.duration_s >= WORDLESS_S
    ]


def _is_credit(words: Sequence[Word]) -> bool:
    return bool(_CREDITS.search(" ".join(word.text for word in words)))


def _is_garbage(decoded: Decoded) -> bool:
    return (
        decoded.compression_ratio > COMPRESSION_MAX or decoded.avg_logprob < LOGPROB_MIN
    )


def _is_incomplete(window: Window, decoded: Decoded) -> bool:
    return any(
        not found and part.duration_s >= WORDLESS_S
        for part, found in window.placed(decoded.words)
    )


@dataclass(slots=True)
class _Decoding:
    """One run over all windows: decode, look at the result, split, decode again."""

    store: PieceStore
    model: Decoder
    language: str
    prompt: str | None
    progress: Callable[[int, int], None] | None
    done: int = 0
    known: int = 0

    def run(self, windows: Sequence[Window]) -> list[tuple[Window, Decoded | None]]:
        """The final windows with what was made of them; ``None``: nothing to trust."""
        outcomes: list[tuple[Window, Decoded | None]] = []
        for level in range(SPLIT_LEVELS + 1):
            if not windows:
                break
            halves: list[Window] = []
            for window, decoded in self._decode(windows):
                garbage = _is_garbage(decoded)
                if not garbage and not _is_incomplete(window, decoded):
                    outcomes.append((window, decoded))
                elif level < SPLIT_LEVELS and (parts := window.split()):
                    halves += parts
                else:
                    outcomes.append((window, None if garbage else decoded))
            windows = halves
        return sorted(outcomes, key=lambda outcome: outcome[0].start_s)

    def _decode(self, windows: Sequence[Window]) -> list[tuple[Window, Decoded]]:
        self.known += len(windows)
        inputs = [self._inputs(window) for window in windows]
        missing: dict[str, tuple[Window, dict[str, object]]] = {}
        for window, values in zip(windows, inputs, strict=True):
            key = self.store.key(_STEP, _VERSION, values)
            if self.store.find(key) is None:
                missing[key] = (window, values)
        self._tell(len(windows) - len(missing))
        waiting = list(missing.values())
        for first in range(0, len(waiting), BATCH_SIZE):
            batch = waiting[first : first + BATCH_SIZE]
            results = self.model.decode(
                [window.samples() for window, _ in batch],
                language=self.language,
                prompt=self.prompt,
            )
            for (_, values), decoded in zip(batch, results, strict=True):
                self._keep(values, decoded)
            self._tell(len(batch))
        return [
            (window, self._kept(values))
            for window, values in zip(windows, inputs, strict=True)
        ]

    def _tell(self, more: int) -> None:
        self.done += more
        if self.progress:
            self.progress(self.done, self.known)

    def _inputs(self, window: Window) -> dict[str, object]:
        return {
            "model": self.model.digest,
            "language": self.language,
            "prompt": self.prompt,
            "sound": window.sha256(),
        }

    def _keep(self, values: dict[str, object], decoded: Decoded) -> None:
        def write(folder: Path) -> None:
            (folder / _FILE).write_text(json.dumps(asdict(decoded)))

        self.store.build(_STEP, _VERSION, values, write)

    def _kept(self, values: dict[str, object]) -> Decoded:
        piece = self.store.find(self.store.key(_STEP, _VERSION, values))
        if piece is None:
            raise RuntimeError("a piece vanished while it was needed")
        content = json.loads(piece.file(_FILE).read_text())
        return Decoded(
            words=tuple(Word(**word) for word in content["words"]),
            avg_logprob=content["avg_logprob"],
            compression_ratio=content["compression_ratio"],
        )
