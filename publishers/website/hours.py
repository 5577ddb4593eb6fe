"""An office hour as pages show it: its state in public, its questions, its files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from publishers.website import addresses
from publishers.website.digests import office_hour_digest
from publishers.website.programme_view import JumpMark, Section, jump_marks, sections
from townhall.publishing import PublicQuestionState

if TYPE_CHECKING:
    from pathlib import Path

    from townhall.media import ProgrammeBuild, PublicationPackage
    from townhall.publishing import OfficeHourPage, PublicQuestion


class HourState(StrEnum):
    """What the public sees of an office hour's life."""

    ANNOUNCED = "announced"  #: to come, or being held
    CANCELLED = "cancelled"  #: called off
    AWAITED = "awaited"  #: held; nothing is approved for publication yet
    PUBLISHED = "published"  #: to be watched
    RETRACTED = "retracted"  #: a tombstone says why


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaFile:
    """One file of a programme, and where it lies in the site."""

    kind: str  #: ``video_720p``, ``audio``, ``captions``, ``chapters``, ``poster``
    path: str
    source: Path
    media_type: str
    size_bytes: int | None  #: ``None``: whatever the file has
    width_px: int | None = None
    height_px: int | None = None


#: what the public calls the files that are not renditions
_SIDE_FILES = {
    "captions": ("untertitel", "text/vtt"),
    "chapters": ("kapitel", "text/vtt"),
    "poster": ("vorschau", None),
}
_POSTER_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}


class Hour:
    """One office hour at one moment; languages share it."""

    def __init__(self, page: OfficeHourPage, *, now: datetime, timezone: str) -> None:
        """See ``page`` as it is ``now``."""
        self.page = page
        self.path = addresses.office_hour(page.slug)
        self.over = _end_of(page, ZoneInfo(timezone)) <= now
        self.year = page.starts_at.astimezone(ZoneInfo(timezone)).year

    @cached_property
    def page_digest(self) -> str:
        """The digest of what the town hall says of it."""
        return office_hour_digest(self.page)

    @cached_property
    def digest(self) -> str:
        """The digest of everything shown here, the state at this moment included."""
        return f"{self.page_digest}-{self.state}"

    @property
    def publication(self) -> PublicationPackage | None:
        """The approved programme, if there is one to show."""
        return self.page.publication

    @property
    def build(self) -> ProgrammeBuild:
        """The programme of a published office hour."""
        if self.page.publication is None:
            raise LookupError(self.page.slug)
        return self.page.publication.build

    @property
    def state(self) -> HourState:
        """Where the office hour stands in public; a new version outlives a tombstone."""
        if self.page.publication is not None:
            return HourState.PUBLISHED
        if self.page.tombstone is not None:
            return HourState.RETRACTED
        if self.page.cancelled:
            return HourState.CANCELLED
        return HourState.AWAITED if self.over else HourState.ANNOUNCED

    @cached_property
    def marks(self) -> tuple[JumpMark, ...]:
        """Where questions are answered, as far as somebody vouches for it."""
        if self.page.publication is None:
            return ()
        return jump_marks(self.page, self.build.chapters)

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """The transcript in parts."""
        return sections(self.build, self.marks)

    @cached_property
    def questions(self) -> tuple[PublicQuestion, ...]:
        """All questions by number."""
        return tuple(sorted(self.page.questions, key=_by_number))

    @cached_property
    def mark_of(self) -> dict[str, JumpMark]:
        """Question id → the first jump mark that answers it."""
        found: dict[str, JumpMark] = {}
        for mark in self.marks:
            for question in mark.questions:
                found.setdefault(question.question_id, mark)
        return found

    def unmarked(self, state: str) -> list[PublicQuestion]:
        """The questions in a state that no jump mark answers."""
        wanted = PublicQuestionState(state)
        return [
            question
            for question in self.questions
            if question.state is wanted and question.question_id not in self.mark_of
        ]

    @cached_property
    def topics(self) -> tuple[str, ...]:
        """The topics of its questions, each once, in order."""
        return tuple(dict.fromkeys(q.topic for q in self.questions if q.topic))

    @property
    def findable(self) -> bool:
        """Whether the search has anything of it."""
        shown = self.state is not HourState.RETRACTED and bool(self.page.description)
        return (
            shown
            or bool(self.page.questions)
            or (self.page.publication is not None and bool(self.sections))
        )

    @cached_property
    def media_folder(self) -> str:
        """Where its files lie in the site."""
        return addresses.media_folder(self.build.digest)

    @cached_property
    def media(self) -> dict[str, MediaFile]:
        """All files of the programme by kind; empty while nothing is published."""
        if self.page.publication is None:
            return {}
        build, folder = self.build, self.media_folder
        files = {
            rendition.kind: MediaFile(
                kind=rendition.kind,
                path=f"{folder}{addresses.checked(rendition.kind, 'kind')}{rendition.path.suffix}",
                source=rendition.path,
                media_type=rendition.media_type,
                size_bytes=rendition.size_bytes,
                width_px=rendition.width_px,
                height_px=rendition.height_px,
            )
            for rendition in build.renditions
        }
        sources = {
            "captions": build.captions_path,
            "chapters": build.chapters_path,
            "poster": build.poster_path,
        }
        for kind, (name, media_type) in _SIDE_FILES.items():
            source = sources[kind]
            files[kind] = MediaFile(
                kind=kind,
                path=f"{folder}{name}{source.suffix}",
                source=source,
                media_type=media_type or _POSTER_TYPES[source.suffix.lower()],
                size_bytes=None,
            )
        return files

    @cached_property
    def videos(self) -> tuple[MediaFile, ...]:
        """The moving pictures, the largest first."""
        found = [file for file in self.media.values() if file.height_px]
        return tuple(sorted(found, key=lambda file: -(file.height_px or 0)))

    @property
    def audio(self) -> MediaFile | None:
        """The sound alone."""
        return self.media.get("audio")


def _end_of(page: OfficeHourPage, timezone: ZoneInfo) -> datetime:
    """When it is over; without a known end that is the end of the day."""
    if page.ends_at is not None:
        return page.ends_at
    day = page.starts_at.astimezone(timezone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return day + timedelta(days=1)


def _by_number(question: PublicQuestion) -> tuple[int, str]:
    digits = "".join(character for character in question.ref if character.isdigit())
    return (int(digits) if digits else 10**9, question.ref)
