"""The sound: people levelled and gated into one mix, then made as loud as agreed.

A piece of the mix holds the same frames as a piece of the picture. In it each
person is heard at the same level (the quiet citizen like the loud politician), their
microphone is turned down where they don't speak, so that noise and other people's
loudspeakers stay low, and a bleep replaces everything else. While somebody speaks
who is not published, every other microphone is closed outside its owner's own words.

The joined mix is then levelled as a whole: measured (EBU R 128), raised or lowered by
one constant gain, its peaks held by an oversampled limiter, encoded, and measured
again as what people will hear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.compose import CELL_FRAMES, cells
from pipeline.edit_list import SAMPLES_PER_FRAME, SAMPLES_PER_S
from pipeline.pcm import sound_tracks
from pipeline.sound_envelope import (
    EDGE,
    GATE_MARGIN,
    covers,
    gate,
    in_samples,
    inside,
    shut,
)
from pipeline.spans import bridged, merged, outside
from pipeline.voice import voice, write_flac
from pipeline.withheld import own_speech, withheld_people, withheld_turns
from townhall.media import CutKind, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.edit_list import KeptRange
    from pipeline.pieces import Piece, PieceStore
    from pipeline.sound_envelope import Span
    from pipeline.voice import Voice
    from townhall.media import ProgrammePart, SpeechSpan, TrackFile

SOUND_VERSION = 1
SOUND_FILE = "mix.flac"
CHANNELS = 2

#: Speech of every person is brought here, dBFS RMS: leaves 26 dB for peaks and for
#: people talking at once; the final loudness is set on the whole.
_SPEECH_DB = -26.0
_MOST_GAIN_DB, _LEAST_GAIN_DB = 24.0, -20.0
#: around the detected speech, so that no onset and no breath is lost; the detector
#: is right to about 0.1 s (speech notes § 3)
_OPENS_BEFORE_S, _CLOSES_AFTER_S = 0.25, 0.4
#: 1 kHz at about −20 dBFS RMS after the whole is levelled (+7 dB on the usual mix)
_BLEEP_HZ = 1000.0
_BLEEP_AMPLITUDE = float(10 ** ((-20.0 - 7.0 + 3.01) / 20))

#: as in the layout: a citizen comes and goes, so that a withdrawn consent touches
#: only the pieces around their conversation
_WINDOW_GAP_S, _WINDOW_MARGIN_S = 30.0, 5.0
_LONG_BEFORE_S, _LONG_AFTER_S = -1e6, 1e6


@dataclass(frozen=True, kw_only=True, slots=True)
class VoiceCut:
    """One track's share in a piece; all samples count from the piece's beginning."""

    voice: Voice
    from_sample: int  #: of the session: the piece's first
    gain_db: float
    open: tuple[Span, ...] | None  #: where the owner speaks; ``None``: always open
    closed: tuple[Span, ...]  #: where nothing of it may be heard


@dataclass(frozen=True, kw_only=True, slots=True)
class SoundCut:
    """Everything that decides one piece of the mix."""

    part_index: int
    start_frame: int
    end_frame: int
    voices: tuple[VoiceCut, ...]
    bleeps: tuple[Span, ...]
    tone_from: int  #: phase of the tone: sample of the session, modulo its period
    joins_before: bool  #: sound goes on seamlessly from the piece before
    joins_after: bool

    @property
    def samples(self) -> int:
        """Length of the piece."""
        return (self.end_frame - self.start_frame) * SAMPLES_PER_FRAME

    def inputs(self) -> dict[str, object]:
        """What is heard, independent of where in the recording it is."""
        voices = [
            {
                "voice": cut.voice.piece.key,
                "from": cut.from_sample - cut.voice.first_sample,
                "gain_db": cut.gain_db,
                "open": cut.open,
                "closed": cut.closed,
            }
            for cut in self.voices
        ]
        return {
            "samples": self.samples,
            "voices": voices,
            "bleeps": self.bleeps,
            "tone_from": self.tone_from if self.bleeps else None,
            "joins": (self.joins_before, self.joins_after),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class _PartVoice:
    """One track of a part with what holds for the whole recording, in samples."""

    voice: Voice
    gain_db: float
    open: tuple[Span, ...] | None
    closed: tuple[Span, ...]


def heard_tracks(part: ProgrammePart) -> tuple[TrackFile, ...]:
    """The tracks that may be heard."""
    withheld = withheld_people(part.recording)
    known = {person.participant_id for person in part.recording.people}
    return tuple(
        track
        for track in sound_tracks(part.recording)
        if track.participant_id not in withheld
        and (track.participant_id is None or track.participant_id in known)
    )


def voice_of(store: PieceStore, track: TrackFile) -> Voice:
    """Decode a track that is heard; a finished file keeps its stereo."""
    channels = CHANNELS if track.participant_id is None else 1
    return voice(store, track, channels=channels)


def sound_cuts(
    kept: Sequence[KeptRange],
    parts: Sequence[ProgrammePart],
    voices: Sequence[Sequence[Voice]],
    *,
    cell_frames: int = CELL_FRAMES,
) -> tuple[SoundCut, ...]:
    """Divide what is kept into pieces of the mix, in programme order."""
    prepared = [
        _part_voices(part, of_part) for part, of_part in zip(parts, voices, strict=True)
    ]
    cuts = []
    for found in kept:
        part = parts[found.part_index]
        bleeps = merged(
            (cut.start_s, cut.end_s) for cut in part.cuts if cut.kind is CutKind.BLEEP
        )
        for begin, end in cells(found.start_frame, found.end_frame, cell_frames):
            first, last = begin * SAMPLES_PER_FRAME, end * SAMPLES_PER_FRAME
            cuts.append(
                SoundCut(
                    part_index=found.part_index,
                    start_frame=begin,
                    end_frame=end,
                    voices=tuple(
                        _voice_cut(each, first, last)
                        for each in prepared[found.part_index]
                        if not covers(each.closed, first, last)
                    ),
                    bleeps=inside(in_samples(bleeps), first, last, EDGE),
                    tone_from=first % round(SAMPLES_PER_S / _BLEEP_HZ),
                    joins_before=begin > found.start_frame,
                    joins_after=end < found.end_frame,
                )
            )
    return tuple(cuts)


def sound_piece(store: PieceStore, cut: SoundCut) -> Piece:
    """Mix one piece, or find it."""
    return store.build(
        "sound", SOUND_VERSION, cut.inputs(), lambda folder: _mix_into(cut, folder)
    )


def mix(cut: SoundCut) -> NDArray[np.float32]:
    """The sound of one piece, channels × samples."""
    total = np.zeros((CHANNELS, cut.samples), dtype=np.float32)
    for each in cut.voices:
        gain = np.float32(10 ** (each.gain_db / 20))
        envelope = gate(each.open, cut.samples) * shut(each.closed, cut.samples)
        heard = each.voice.read(each.from_sample, cut.samples)
        total += heard * (envelope * gain).astype(np.float32)
    if cut.bleeps:
        total = _bleeped(total, cut)
    fade = np.ones(cut.samples, dtype=np.float32)
    edge = min(EDGE, cut.samples)
    if not cut.joins_before:
        fade[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
    if not cut.joins_after:
        fade[-edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
    return total * fade


def speech_gain_db(spans: Sequence[SpeechSpan], participant_id: str | None) -> float:
    """What brings a person's speech to the common level; 0 when they never speak."""
    own = sorted(
        (span.loudness_db, span.end_s - span.start_s)
        for span in spans
        if span.participant_id == participant_id and span.bleed_of is None
    )
    half = sum(length_s for _, length_s in own) / 2
    for loudness_db, length_s in own:
        half -= length_s
        if half <= 0:  # the median over time: a shout or a murmur does not move it
            gain_db = _SPEECH_DB - loudness_db
            return round(min(_MOST_GAIN_DB, max(_LEAST_GAIN_DB, gain_db)), 1)
    return 0.0


def _part_voices(
    part: ProgrammePart, voices: Sequence[Voice]
) -> tuple[_PartVoice, ...]:
    spans = part.speech.spans
    turns = merged(
        (turn.start_s, turn.end_s) for turn in withheld_turns(part.recording, spans)
    )
    citizens = {
        person.participant_id
        for person in part.recording.people
        if person.role is Role.CITIZEN
    }
    prepared = []
    for track, each in zip(heard_tracks(part), voices, strict=True):
        own = own_speech(spans, track.participant_id)
        padded = merged(
            (start_s - _OPENS_BEFORE_S, end_s + _CLOSES_AFTER_S)
            for start_s, end_s in own
        )
        is_person = track.participant_id is not None
        always = ((_LONG_BEFORE_S, _LONG_AFTER_S),)
        stays = track.participant_id not in citizens and (own or not is_person)
        absent = outside(always, always if stays else _windows(own))
        prepared.append(
            _PartVoice(
                voice=each,
                gain_db=speech_gain_db(spans, track.participant_id),
                open=in_samples(padded) if is_person else None,
                closed=in_samples(merged((*outside(turns, own), *absent))),
            )
        )
    return tuple(prepared)


def _windows(own: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """When a citizen's microphone is in the mix at all: around their conversation."""
    return tuple(
        (start_s - _WINDOW_MARGIN_S, end_s + _WINDOW_MARGIN_S)
        for start_s, end_s in bridged(own, _WINDOW_GAP_S)
    )


def _voice_cut(each: _PartVoice, first: int, last: int) -> VoiceCut:
    return VoiceCut(
        voice=each.voice,
        from_sample=first,
        gain_db=each.gain_db,
        open=None if each.open is None else inside(each.open, first, last, GATE_MARGIN),
        closed=inside(each.closed, first, last, EDGE),
    )


def _bleeped(total: NDArray[np.float32], cut: SoundCut) -> NDArray[np.float32]:
    keep = shut(cut.bleeps, cut.samples)
    phase = np.arange(cut.samples) + cut.tone_from
    tone = _BLEEP_AMPLITUDE * np.sin(2 * np.pi * _BLEEP_HZ / SAMPLES_PER_S * phase)
    result: NDArray[np.float32] = total * keep.astype(np.float32)
    result += (tone * (1 - keep)).astype(np.float32)
    return result


def _mix_into(cut: SoundCut, folder: Path) -> None:
    pcm = np.clip(np.round(mix(cut) * 32767.0), -32768, 32767).astype(np.int16)
    write_flac(folder / SOUND_FILE, iter([pcm]), channels=CHANNELS)
