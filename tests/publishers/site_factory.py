"""Valid, boring content for the website, and real media to go with it."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from townhall.media import (
    Chapter,
    ChapterSource,
    ConsentLevel,
    Person,
    ProgrammeBuild,
    PublicationPackage,
    Rendition,
    Role,
    Transcript,
    TranscriptSegment,
    Word,
)
from townhall.publishing import (
    Municipality,
    OfficeHourPage,
    Politician,
    PublicQuestion,
    PublicQuestionState,
    SiteContent,
    Tombstone,
)

#: a Tuesday in winter time, 17:00 in Berlin
NOW = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
ROTH = Politician(politician_id="jana-roth", name="Jana Roth", office="Bürgermeisterin")
BRANDT = Politician(
    politician_id="dr-emil-brandt", name="Dr. Emil Brandt", office="Baudezernent"
)

#: the length of the clip every test watches
CLIP_S = 24.0


@dataclass(frozen=True, kw_only=True)
class MediaFiles:
    """The files of one programme."""

    video_720p: Path
    video_360p: Path
    audio: Path
    captions: Path
    chapters: Path
    poster: Path


def make_clip(folder: Path) -> MediaFiles:
    """A real H.264/AAC programme of :data:`CLIP_S` seconds, with captions for its sentences."""
    folder.mkdir(parents=True, exist_ok=True)
    source = [
        *("-f", "lavfi", "-i", f"testsrc2=size=1280x720:rate=25:duration={CLIP_S}"),
        *(
            "-f",
            "lavfi",
            "-i",
            f"sine=frequency=330:sample_rate=48000:duration={CLIP_S}",
        ),
    ]
    picture = [
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-g",
        "50",
    ]
    sound = ["-c:a", "aac", "-b:a", "64k"]
    subprocess.run(
        [
            *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", *source),
            *("-map", "0", "-map", "1", "-crf", "38", *picture, *sound),
            *("-movflags", "+faststart", str(folder / "video_720p.mp4")),
            *(
                "-map",
                "0",
                "-map",
                "1",
                "-vf",
                "scale=640:360",
                "-crf",
                "38",
                *picture,
                *sound,
            ),
            *("-movflags", "+faststart", str(folder / "video_360p.mp4")),
            *(
                "-map",
                "1",
                *sound,
                "-movflags",
                "+faststart",
                str(folder / "audio.m4a"),
            ),
            *("-map", "0", "-frames:v", "1", str(folder / "poster.jpg")),
        ],
        check=True,
    )
    return write_side_files(folder)


def write_side_files(folder: Path) -> MediaFiles:
    """Captions and chapters beside the clip."""
    captions = ["WEBVTT", ""]
    for segment in segments():
        speaker = PEOPLE_BY_ID[segment.participant_id or ""].name
        captions += [
            f"{_stamp(segment.start_s)} --> {_stamp(segment.end_s)}",
            f"<v {speaker}>{_two_lines(segment.text)}",
            "",
        ]
    (folder / "captions.vtt").write_text("\n".join(captions))
    chapters = ["WEBVTT", "", "00:00:04.000 --> 00:00:10.000", "Frage 3", ""]
    (folder / "chapters.vtt").write_text("\n".join(chapters))
    return MediaFiles(
        video_720p=folder / "video_720p.mp4",
        video_360p=folder / "video_360p.mp4",
        audio=folder / "audio.m4a",
        captions=folder / "captions.vtt",
        chapters=folder / "chapters.vtt",
        poster=folder / "poster.jpg",
    )


def make_placeholder_files(folder: Path, text: str = "x") -> MediaFiles:
    """Small files that only have to be carried about, not played."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("video_720p.mp4", "video_360p.mp4", "audio.m4a", "poster.jpg"):
        (folder / name).write_text(f"{name} {text}")
    return write_side_files(folder)


def _stamp(seconds: float) -> str:
    return f"00:00:{seconds:06.3f}"


def _two_lines(text: str) -> str:
    words, first = text.split(), ""
    while words and len(first) + len(words[0]) < 42:
        first = f"{first} {words.pop(0)}".strip()
    return first + ("\n" + " ".join(words) if words else "")


PEOPLE = (
    Person(
        participant_id="host",
        name="Jana Roth",
        role=Role.HOST,
        consent=ConsentLevel.PICTURE_AND_SOUND,
    ),
    Person(
        participant_id="citizen",
        name="Bürgerin oder Bürger",
        role=Role.CITIZEN,
        consent=ConsentLevel.SOUND_WITHOUT_NAME,
    ),
)
PEOPLE_BY_ID = {person.participant_id: person for person in PEOPLE}

_SAID = (
    (0.0, 3.5, "host", "Guten Abend und willkommen zur Bürgersprechstunde."),
    (4.2, 6.8, "citizen", "Wann wird der Spielplatz am Mühlenbach endlich repariert?"),
    (7.0, 9.8, "host", "Die Bauarbeiten beginnen im März, das Geld ist bewilligt."),
    (
        10.4,
        13.6,
        "host",
        "Zur Sicherheit auf dem Schulweg: Die Straße bekommt Tempo dreißig.",
    ),
    (14.2, 17.8, "host", "Beim Radweg warten wir noch auf das Land."),
    (
        18.2,
        23.5,
        "host",
        "Er hat sich viel Zeit genommen, vielen Dank und auf Wiedersehen.",
    ),
)


def segments() -> tuple[TranscriptSegment, ...]:
    """What is said in the clip."""
    return tuple(
        TranscriptSegment(
            start_s=start_s,
            end_s=end_s,
            participant_id=who,
            text=text,
            words=_words(start_s, end_s, text),
        )
        for start_s, end_s, who, text in _SAID
    )


def _words(start_s: float, end_s: float, text: str) -> tuple[Word, ...]:
    parts = text.split()
    step_s = (end_s - start_s) / len(parts)
    return tuple(
        Word(
            start_s=start_s + index * step_s,
            end_s=start_s + (index + 1) * step_s,
            text=part,
            probability=0.9,
        )
        for index, part in enumerate(parts)
    )


def make_question(ref: str, text: str, **changes: Any) -> PublicQuestion:
    """An open question."""
    question = PublicQuestion(
        question_id=f"q{ref}",
        ref=ref,
        text=text,
        topic=None,
        author=None,
        state=PublicQuestionState.OPEN,
    )
    return replace(question, **changes)


QUESTIONS = (
    make_question(
        "3",
        "Wann wird der Spielplatz am Mühlenbach repariert?",
        topic="Spielplätze",
        author="Herta Klein",
        state=PublicQuestionState.ANSWERED,
    ),
    make_question(
        "7",
        "Was tun Sie für die Sicherheit auf dem Schulweg?",
        topic="Verkehr",
        state=PublicQuestionState.ANSWERED,
    ),
    make_question(
        "5",
        "Warum gilt vor der Schule noch Tempo fünfzig?",
        topic="Verkehr",
        state=PublicQuestionState.ANSWERED,
    ),
    make_question(
        "8", "Wann kommt der Radweg nach Talheim?", state=PublicQuestionState.ANSWERED
    ),
    make_question(
        "9",
        "Was kostet die neue Turnhalle?",
        topic="Haushalt",
        state=PublicQuestionState.WRITTEN_ANSWER,
        written_answer="Die Halle kostet 4,2 Millionen Euro.\n\nDas Land gibt die Hälfte dazu.",
    ),
    make_question("11", "Gibt es bald ein Freibad?", topic="Freizeit"),
)

CHAPTERS = (
    Chapter(
        question_ids=("q3",),
        start_s=4.2,
        end_s=10.0,
        confidence=1.0,
        source=ChapterSource.MARK,
    ),
    Chapter(
        question_ids=("q7", "q5"),
        start_s=10.4,
        end_s=14.0,
        confidence=0.9,
        source=ChapterSource.TRANSCRIPT,
    ),
    Chapter(
        question_ids=("q8",),
        start_s=14.2,
        end_s=18.0,
        confidence=0.3,
        source=ChapterSource.TRANSCRIPT,
        needs_review=True,
    ),
)


def make_build(files: MediaFiles, **changes: Any) -> ProgrammeBuild:
    """A programme over the given files; its digest covers all values, as the pipeline's does."""
    build = ProgrammeBuild(
        digest="",
        duration_s=CLIP_S,
        renditions=(
            _rendition("video_720p", files.video_720p, "video/mp4", (1280, 720)),
            _rendition("video_360p", files.video_360p, "video/mp4", (640, 360)),
            _rendition("audio", files.audio, "audio/mp4", (None, None)),
        ),
        captions_path=files.captions,
        chapters_path=files.chapters,
        poster_path=files.poster,
        peaks_path=files.poster.with_name("peaks.json"),
        transcript=Transcript(language="de", segments=segments()),
        chapters=CHAPTERS,
        open_question_ids=("q11",),
        people=PEOPLE,
        loudness_lufs=-16.0,
        true_peak_dbtp=-1.5,
        pieces_used=4,
        pieces_built=4,
    )
    build = replace(build, **changes)
    values = json.dumps(asdict(build), default=str, sort_keys=True)
    return replace(build, digest=hashlib.sha256(values.encode()).hexdigest())


def _rendition(
    kind: str, path: Path, media_type: str, size: tuple[int | None, int | None]
) -> Rendition:
    data = path.read_bytes()
    return Rendition(
        kind=kind,
        path=path,
        media_type=media_type,
        width_px=size[0],
        height_px=size[1],
        duration_s=CLIP_S,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )


def make_publication(build: ProgrammeBuild, **changes: Any) -> PublicationPackage:
    """An approved programme."""
    package = PublicationPackage(
        office_hour_id="oh-1",
        programme_id="programme-1",
        version=1,
        digest=build.digest,
        approved_at=NOW - timedelta(hours=2),
        published_at=NOW - timedelta(hours=1),
        build=build,
    )
    return replace(package, **changes)


def make_page(**changes: Any) -> OfficeHourPage:
    """An announced office hour in two weeks."""
    page = OfficeHourPage(
        office_hour_id="oh-1",
        slug="2026-12-15-spielplaetze-und-schulwege",
        title="Spielplätze und sichere Schulwege",
        description="Die Bürgermeisterin beantwortet Fragen zu Spielplätzen und Schulwegen.",
        politician=ROTH,
        starts_at=datetime(2026, 12, 15, 17, 0, tzinfo=UTC),
        ends_at=datetime(2026, 12, 15, 18, 0, tzinfo=UTC),
        cancelled=False,
        cancellation_reason=None,
        changed_at=NOW - timedelta(days=3),
        sequence=0,
        questions=(),
    )
    return replace(page, **changes)


def make_published(files: MediaFiles, **changes: Any) -> OfficeHourPage:
    """An office hour of last week that can be watched."""
    changes = {
        "slug": "2026-11-24-spielplaetze-und-schulwege",
        "starts_at": datetime(2026, 11, 24, 17, 0, tzinfo=UTC),
        "ends_at": datetime(2026, 11, 24, 18, 0, tzinfo=UTC),
        "questions": QUESTIONS,
        "publication": make_publication(make_build(files)),
    } | changes
    return make_page(**changes)


def make_retracted(**changes: Any) -> OfficeHourPage:
    """An office hour whose recording was withdrawn."""
    changes = {
        "office_hour_id": "oh-9",
        "slug": "2026-10-06-haushalt",
        "title": "Der Haushalt 2027",
        "description": None,
        "starts_at": datetime(2026, 10, 6, 16, 0, tzinfo=UTC),
        "ends_at": datetime(2026, 10, 6, 17, 0, tzinfo=UTC),
        "tombstone": Tombstone(
            retracted_at=NOW - timedelta(minutes=5),
            reason="Eine beteiligte Person hat ihre Einwilligung widerrufen.",
        ),
    } | changes
    return make_page(**changes)


def make_municipality(**changes: Any) -> Municipality:
    """A town with all the texts the law asks for."""
    municipality = Municipality(
        name="Stadt Musterbach",
        imprint="Stadt Musterbach\nRathausplatz 1\n12345 Musterbach\n\nVertreten durch: Jana Roth",
        privacy="Diese Website setzt keine Cookies.\n\nVerantwortlich ist die Stadt Musterbach.",
        accessibility="Wir wollen, dass alle diese Website nutzen können.",
        contact_email="sprechstunde@musterbach.example",
        arbitration_body="Schlichtungsstelle des Landes, Landstraße 5, 12345 Landstadt",
        accessibility_reviewed_on=date(2026, 11, 2),
    )
    return replace(municipality, **changes)


def make_content(*pages: OfficeHourPage, **changes: Any) -> SiteContent:
    """The site of Musterbach with these office hours."""
    content = SiteContent(
        municipality=make_municipality(),
        site_url="https://sprechstunde.musterbach.example",
        timezone="Europe/Berlin",
        office_hours=pages,
    )
    return replace(content, **changes)


def make_every_state(files: MediaFiles) -> tuple[OfficeHourPage, ...]:
    """One office hour of each kind the public may meet."""
    return (
        make_page(
            office_hour_id="oh-2",
            questions=(
                make_question(
                    "1", "Wie geht es mit dem Stadtbad weiter?", topic="Freizeit"
                ),
            ),
        ),
        make_published(files),
        make_page(
            office_hour_id="oh-3",
            slug="2026-12-20-wirtschaftsfoerderung",
            title="Wirtschaftsförderungsgesellschaft und Gewerbeflächenentwicklung",
            politician=BRANDT,
            starts_at=datetime(2026, 12, 20, 17, 0, tzinfo=UTC),
            ends_at=None,
            cancelled=True,
            cancellation_reason="Der Baudezernent ist erkrankt.",
            sequence=2,
        ),
        make_page(
            office_hour_id="oh-4",
            slug="2025-11-11-kita-plaetze",
            title="Kita-Plätze",
            politician=BRANDT,
            starts_at=datetime(2025, 11, 11, 17, 0, tzinfo=UTC),
            ends_at=datetime(2025, 11, 11, 18, 0, tzinfo=UTC),
            questions=(
                make_question("2", "Wann öffnet die neue Kita?", topic="Kinder"),
            ),
        ),
        make_retracted(),
    )
