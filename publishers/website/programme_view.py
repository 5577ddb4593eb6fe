"""A published programme as the page shows it: jump marks, and the transcript in parts.

Only chapters somebody vouches for become jump marks; a chapter that still
``needs_review`` is never shown as fact, and its words stay part of the running text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishers.website import addresses
from publishers.website.wording import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from townhall.media import Chapter, ProgrammeBuild, TranscriptSegment
    from townhall.publishing import OfficeHourPage, PublicQuestion

#: a paragraph is what one glance takes in and what the reader finds again while listening
PARAGRAPH_MAX_S = 40.0
PARAGRAPH_MAX_CHARS = 420
_SENTENCE_ENDS = (".", "!", "?", "…")


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """A stretch of one speaker."""

    anchor: str  #: ``t83``: begins in second 83
    start_s: float
    speaker: str | None  #: ``None``: the same as before, or unknown
    text: str
    unsure: bool

    @property
    def time(self) -> str:
        """When it begins, as the player shows it."""
        return clock(self.start_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class JumpMark:
    """Where one or more questions are answered."""

    start_s: float
    end_s: float
    questions: tuple[PublicQuestion, ...]

    @property
    def time(self) -> str:
        """Where the answer begins, as the player shows it."""
        return clock(self.start_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """The transcript from one jump mark to the next."""

    mark: JumpMark | None  #: ``None``: no question is answered here
    paragraphs: tuple[Paragraph, ...]


def jump_marks(
    page: OfficeHourPage, chapters: Iterable[Chapter]
) -> tuple[JumpMark, ...]:
    """The chapters that may be shown, with their questions, in order of time."""
    by_id = {question.question_id: question for question in page.questions}
    marks = (
        JumpMark(
            start_s=chapter.start_s,
            end_s=chapter.end_s,
            questions=tuple(by_id[i] for i in chapter.question_ids if i in by_id),
        )
        for chapter in chapters
        if not chapter.needs_review
    )
    return tuple(
        sorted((mark for mark in marks if mark.questions), key=lambda m: m.start_s)
    )


def sections(build: ProgrammeBuild, marks: tuple[JumpMark, ...]) -> tuple[Section, ...]:
    """The transcript, parted where an answer begins or ends."""
    names = {person.participant_id: person.name for person in build.people}
    stretches: list[tuple[JumpMark | None, list[TranscriptSegment]]] = []
    for segment in build.transcript.segments:
        if not segment.text.strip():
            continue
        mark = _mark_at(marks, segment)
        if not stretches or stretches[-1][0] is not mark:
            stretches.append((mark, []))
        stretches[-1][1].append(segment)
    taken: set[str] = set()
    shown = []
    for mark, segments in stretches:
        parts = tuple(_paragraphs(segments, names, taken))
        shown.append(Section(mark=mark, paragraphs=parts))
    return tuple(shown)


def _mark_at(
    marks: tuple[JumpMark, ...], segment: TranscriptSegment
) -> JumpMark | None:
    middle_s = (segment.start_s + segment.end_s) / 2
    for mark in marks:
        if mark.start_s <= middle_s < mark.end_s:
            return mark
    return None


def _paragraphs(
    segments: list[TranscriptSegment], names: dict[str, str], taken: set[str]
) -> Iterator[Paragraph]:
    """Join short turns of one speaker, part long ones at the ends of sentences."""
    last_speaker: str | None = None
    open_part: Paragraph | None = None
    for segment in segments:
        speaker = names.get(segment.participant_id or "")
        for start_s, end_s, text in _stretches(segment):
            if (
                open_part is not None
                and speaker == last_speaker
                and open_part.unsure == segment.unsure
                and end_s - open_part.start_s <= PARAGRAPH_MAX_S
                and len(open_part.text) + len(text) < PARAGRAPH_MAX_CHARS
            ):
                open_part = Paragraph(
                    anchor=open_part.anchor,
                    start_s=open_part.start_s,
                    speaker=open_part.speaker,
                    text=f"{open_part.text} {text}",
                    unsure=open_part.unsure,
                )
                continue
            if open_part is not None:
                yield open_part
            open_part = Paragraph(
                anchor=_anchor(start_s, taken),
                start_s=start_s,
                speaker=speaker if speaker != last_speaker else None,
                text=text,
                unsure=segment.unsure,
            )
            last_speaker = speaker
    if open_part is not None:
        yield open_part


def _stretches(segment: TranscriptSegment) -> Iterator[tuple[float, float, str]]:
    """The segment in pieces of at most a paragraph, as (start, end, text)."""
    if not segment.words or (
        len(segment.text) <= PARAGRAPH_MAX_CHARS
        and segment.end_s - segment.start_s <= PARAGRAPH_MAX_S
    ):
        yield segment.start_s, segment.end_s, segment.text.strip()
        return
    start_s, words, chars = segment.start_s, list[str](), 0
    for word in segment.words:
        if not words:
            start_s = word.start_s
        words.append(word.text)
        chars += len(word.text) + 1
        long_enough = (
            chars > PARAGRAPH_MAX_CHARS * 2 / 3
            or word.end_s - start_s > PARAGRAPH_MAX_S * 2 / 3
        )
        if long_enough and word.text.endswith(_SENTENCE_ENDS):
            yield start_s, word.end_s, " ".join(words)
            words, chars = [], 0
    if words:
        yield start_s, segment.end_s, " ".join(words)


def _anchor(start_s: float, taken: set[str]) -> str:
    """``t83``; a second paragraph in the same second becomes ``t83-2``."""
    plain = f"t{int(start_s)}"
    anchor, number = plain, 1
    while anchor in taken:
        number += 1
        anchor = f"{plain}-{number}"
    taken.add(anchor)
    return anchor


def question_anchor(question: PublicQuestion) -> str:
    """The anchor of a question on its office hour's page."""
    return addresses.question_anchor(question.ref)
