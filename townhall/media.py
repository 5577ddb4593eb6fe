"""The nouns that travel between rooms: frozen values, standard library only.

Units stand in the names. Time inside media is seconds (float) or milliseconds
(int) on the *session clock* of one recording: 0 is the recording's start.
*Programme time* is what the viewer's player shows, after parts have been put in
order and cuts taken out. Unknown is ``None``, never a plausible constant.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class TrackKind(StrEnum):
    """What a track carries."""

    AUDIO = "audio"
    VIDEO = "video"


class Role(StrEnum):
    """What somebody is in the room."""

    HOST = "host"  #: the politician who answers
    MODERATOR = "moderator"  #: leads the conversation
    CITIZEN = "citizen"  #: asks


class ConsentLevel(StrEnum):
    """How far a person agreed to be published (DSGVO Art. 6 (1) a, 7)."""

    PICTURE_AND_SOUND = "picture_and_sound"  #: seen, heard and named
    SOUND = "sound"  #: heard and named, never seen
    SOUND_WITHOUT_NAME = "sound_without_name"  #: heard, neither seen nor named
    NONE = "none"  #: not published at all

    @property
    def shows_picture(self) -> bool:
        """Whether the camera picture may be published."""
        return self is ConsentLevel.PICTURE_AND_SOUND

    @property
    def lets_hear(self) -> bool:
        """Whether voice and spoken words may be published."""
        return self is not ConsentLevel.NONE

    @property
    def names(self) -> bool:
        """Whether the person's name may be published."""
        return self in {ConsentLevel.PICTURE_AND_SOUND, ConsentLevel.SOUND}


class CutKind(StrEnum):
    """What happens to a passage."""

    REMOVE = "remove"  #: taken out, the programme gets shorter
    BLEEP = "bleep"  #: the sound is covered by a tone, the words leave the captions
    BLANK = "blank"  #: the picture is covered by a calm card, the sound stays


class ChapterSource(StrEnum):
    """Who says where an answer begins."""

    MARK = "mark"  #: the host clicked "now answering"
    TRANSCRIPT = "transcript"  #: found in the words; a proposal with a confidence
    PRESS = "press"  #: set by the press office


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaInfo:
    """What a media file really contains, as read by opening it."""

    path: Path
    container: str  #: name of the demuxer, e.g. ``matroska,webm``
    duration_s: float
    size_bytes: int
    sha256: str
    audio_codec: str | None  #: ``None``: the file has no sound
    sample_rate_hz: int | None
    channels: int | None
    video_codec: str | None  #: ``None``: the file has no moving picture
    width_px: int | None
    height_px: int | None
    frame_rate: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackFile:
    """One person's sound or picture. Several files of one kind are segments.

    ``participant_id`` is ``None`` for a single finished file from another
    system: nobody knows who speaks in it.
    """

    path: Path
    participant_id: str | None
    kind: TrackKind
    offset_ms: int  #: where the file begins on the session clock; may be negative
    duration_s: float
    sha256: str
    #: seconds of session clock per second of file; 1.0 unless the engine measured drift
    clock_slope: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody in the room, as the pipeline and the publishers may know them.

    ``name`` is what may be shown: for ``SOUND_WITHOUT_NAME`` it is already a
    neutral designation such as "Bürgerin oder Bürger", never the real name.
    """

    participant_id: str
    name: str
    role: Role
    consent: ConsentLevel


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """The host's "now answering", on the session clock."""

    question_id: str
    at_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class HandedInQuestion:
    """An accepted question in the wording the public may read."""

    question_id: str
    ref: str  #: the number people see, e.g. ``7`` → ``#frage-7``
    text: str
    topic: str | None
    author: str | None  #: ``None`` unless the asker agreed to be named
    #: who asks it in the room, when the asker came in person
    participant_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Word:
    """One spoken word."""

    start_s: float
    end_s: float
    text: str  #: with its punctuation, without surrounding blanks
    probability: float | None  #: ``None`` for a word typed by a person


@dataclass(frozen=True, kw_only=True, slots=True)
class TranscriptSegment:
    """One turn or part of a turn of one speaker."""

    start_s: float
    end_s: float
    participant_id: str | None  #: ``None``: unknown (single-file import)
    text: str
    words: tuple[Word, ...]
    unsure: bool = False  #: the machine could not make it out: a person should listen


@dataclass(frozen=True, kw_only=True, slots=True)
class Transcript:
    """All segments of one clock, in order of their start."""

    language: str  #: BCP 47
    segments: tuple[TranscriptSegment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeechSpan:
    """A stretch in which one track holds speech, on the session clock."""

    participant_id: str | None
    start_s: float
    end_s: float
    loudness_db: float  #: RMS over the span, dBFS
    #: the person whose loudspeaker is heard here; such a span is not this person's speech
    bleed_of: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """An edit of one recording, half-open like a slice, on its session clock."""

    start_s: float
    end_s: float
    kind: CutKind
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChapterPlacement:
    """Where the press office says an answer begins; ``None`` says: never answered."""

    question_id: str
    at_s: float | None  #: on the recording's session clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Chapter:
    """The stretch in which one or more questions are answered, in programme time."""

    question_ids: tuple[str, ...]
    start_s: float
    end_s: float
    confidence: float  #: 0 … 1; 1 for marks and the press office
    source: ChapterSource
    #: below the threshold: the press office must confirm before it is shown as fact
    needs_review: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendition:
    """One finished file of a programme."""

    kind: str  #: ``video_720p``, ``video_360p`` or ``audio``
    path: Path
    media_type: str
    width_px: int | None
    height_px: int | None
    duration_s: float
    size_bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """A sealed recording as the pipeline sees it: files, people, marks."""

    recording_id: str
    tracks: tuple[TrackFile, ...]
    people: tuple[Person, ...]
    marks: tuple[Mark, ...]
    duration_s: float  #: end of the last track on the session clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Speech:
    """What the machine heard in one recording, on its session clock."""

    spans: tuple[SpeechSpan, ...]
    transcript: Transcript


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammePart:
    """One recording inside a programme, with what people did to it."""

    recording: Recording
    speech: Speech  #: ``transcript`` already is the newest revision
    cuts: tuple[Cut, ...] = ()
    placements: tuple[ChapterPlacement, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammePlan:
    """Everything that decides how a programme comes out; parts in order."""

    programme_id: str
    title: str
    municipality: str
    language: str
    parts: tuple[ProgrammePart, ...]
    questions: tuple[HandedInQuestion, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammeBuild:
    """A finished programme, in programme time, and the digest of all of it."""

    digest: str  #: SHA-256 over every published byte and value below
    duration_s: float
    renditions: tuple[Rendition, ...]
    captions_path: Path
    chapters_path: Path  #: WebVTT ``kind=chapters``
    poster_path: Path
    peaks_path: Path  #: JSON, 10 peaks a second, for the review desk
    transcript: Transcript
    chapters: tuple[Chapter, ...]
    open_question_ids: tuple[str, ...]  #: accepted, but no answer was found
    people: tuple[Person, ...]  #: those who appear, with the name that may be shown
    loudness_lufs: float | None  #: ``None``: silence
    true_peak_dbtp: float | None
    pieces_used: int
    pieces_built: int  #: built in this run; the rest was there already


@dataclass(frozen=True, kw_only=True, slots=True)
class PublicationPackage:
    """Everything a publisher needs to show one approved programme."""

    office_hour_id: str
    programme_id: str
    version: int
    digest: str
    approved_at: datetime
    published_at: datetime
    build: ProgrammeBuild
