"""How fast the public website is built: 1 000 office hours, German and English.

Each office hour lasts an hour: 9 000 words, twelve questions, all files of a
programme (tiny here: they are linked, never read). CPU seconds are those of this
process; the search index is made by a program of its own and reported beside.
"""

from __future__ import annotations

import hashlib
import random
import resource
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publishers.website import SiteBuild, WebsitePublisher
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
)
from townhall.publishing import (
    Municipality,
    OfficeHourPage,
    Politician,
    PublicQuestion,
    PublicQuestionState,
    SiteContent,
)

Report = Callable[[str, float, str, str, bool], None]

HOURS = 1_000
INDEXED_HOURS = 200
WORDS = 9_000
TURNS = 180
QUESTIONS = 12
LENGTH_S = 3_600.0
NOW = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)
TOPICS = (
    "Verkehr",
    "Haushalt",
    "Kinder",
    "Umwelt",
    "Wohnen",
    "Kultur",
    "Sport",
    "Digitales",
)
NAMES = ("Jana Roth", "Emil Brandt", "Aylin Demir", "Ruth Kaiser", "Tom Vogt")


def run(report: Report) -> None:
    """Build the site in full, unchanged, with one change; then index a tenth of it."""
    folder = Path(tempfile.mkdtemp(prefix="bench-site-"))
    try:
        hours = make_hours(HOURS, folder / "pieces")
        content = make_content(hours)
        publisher = WebsitePublisher(folder / "site", search=False)

        full_s, built = timed(lambda: publisher.build(content, now=NOW))
        report(f"site of {HOURS} office hours, full", full_s, "s", "< 15", full_s < 15)
        report("pages written", built.pages_rendered, "pages", "", True)

        same_s, _ = timed(lambda: publisher.build(content, now=NOW))
        report("the same, unchanged", same_s, "s", "< 2", same_s < 2)

        for number in range(
            3
        ):  # the first after a full build, then what every day brings
            changed = replace(
                hours[500], title=f"Ein neuer Titel {number}", changed_at=NOW
            )
            content = make_content([*hours[:500], changed, *hours[501:]])
            cpu_s, built = cpu(lambda shown=content: publisher.build(shown, now=NOW))
            name = ("first", "second", "third")[number]
            report(f"one changed, {name} time, CPU", cpu_s, "s", "< 1", cpu_s < 1)
        pages = [
            path for path in built.rendered if changed.slug in path and "index" in path
        ]
        report(
            "office hour pages written then",
            len(pages),
            "pages",
            "= 2",
            len(pages) == 2,
        )

        gone = replace(changed, publication=None)
        content = make_content([*hours[:500], gone, *hours[501:]])
        page = folder / "site/current/sprechstunden" / gone.slug / "index.html"
        places = [
            folder
            / "site/releases"
            / str(number)
            / "media"
            / changed.publication.build.digest[:32]
            for number in range(20)
        ]
        old = page.stat().st_ino
        gone_s, all_s = until_gone(
            lambda: publisher.build(content, now=NOW),
            lambda: (
                page.stat().st_ino != old
                and not any(place.exists() for place in places)
            ),
        )
        report(
            "one taken down, until nothing of it is left",
            gone_s,
            "s",
            "< 1",
            gone_s < 1,
        )
        report("until the build is done", all_s, "s", "", True)

        few = make_content(hours[:INDEXED_HOURS])
        searching = WebsitePublisher(folder / "searched")
        plain = WebsitePublisher(folder / "plain", search=False)
        plain_s, _ = timed(lambda: plain.build(few, now=NOW))
        with_s, _ = timed(lambda: searching.build(few, now=NOW))
        name = f"search index of {INDEXED_HOURS} office hours, beside"
        report(name, with_s - plain_s, "s", "", True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def timed(work: Callable[[], SiteBuild]) -> tuple[float, SiteBuild]:
    """Wall-clock seconds."""
    start = time.perf_counter()
    built = work()
    return time.perf_counter() - start, built


def cpu(work: Callable[[], SiteBuild]) -> tuple[float, SiteBuild]:
    """CPU seconds of this process, user and system."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    built = work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, built


def until_gone(
    work: Callable[[], SiteBuild], gone: Callable[[], bool]
) -> tuple[float, float]:
    """Seconds until something is gone, seen by somebody else, and until all is done."""
    seen: list[float] = []
    start = time.perf_counter()

    def watch() -> None:
        while not gone():
            time.sleep(0.005)
        seen.append(time.perf_counter() - start)

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    all_s = time.perf_counter() - start
    watcher.join(timeout=10)
    return (seen[0] if seen else float("inf")), all_s


def make_content(hours: list[OfficeHourPage]) -> SiteContent:
    """The site with these office hours, in both languages."""
    town = Municipality(
        name="Stadt Musterbach",
        imprint="Stadt Musterbach",
        privacy="Keine Cookies.",
        accessibility="Für alle.",
        contact_email="sprechstunde@musterbach.example",
        arbitration_body="Schlichtungsstelle",
        accessibility_reviewed_on=None,
    )
    return SiteContent(
        municipality=town,
        site_url="https://sprechstunde.musterbach.example",
        timezone="Europe/Berlin",
        office_hours=tuple(hours),
    )


def make_hours(count: int, folder: Path) -> list[OfficeHourPage]:
    """Published office hours over eight years, with words that are spread as in speech."""
    dice = random.Random(7)
    vocabulary = [_word(dice) for _ in range(20_000)]
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    return [_hour(number, folder, dice, vocabulary, weights) for number in range(count)]


def _word(dice: random.Random) -> str:
    syllables = (
        "ge",
        "ver",
        "stadt",
        "weg",
        "bau",
        "platz",
        "ung",
        "ten",
        "rat",
        "schu",
        "le",
        "an",
    )
    return "".join(dice.choices(syllables, k=dice.randint(1, 5)))


def _hour(
    number: int,
    folder: Path,
    dice: random.Random,
    vocabulary: list[str],
    weights: list[float],
) -> OfficeHourPage:
    words = dice.choices(vocabulary, weights, k=WORDS)
    per_turn, turn_s = WORDS // TURNS, LENGTH_S / TURNS
    segments = tuple(
        TranscriptSegment(
            start_s=turn * turn_s,
            end_s=(turn + 1) * turn_s - 0.5,
            participant_id="host" if turn % 2 else "citizen",
            text=" ".join(words[turn * per_turn : (turn + 1) * per_turn]) + ".",
            words=(),
        )
        for turn in range(TURNS)
    )
    questions = tuple(
        PublicQuestion(
            question_id=f"q{number}-{index}",
            ref=str(index + 1),
            text=" ".join(dice.choices(vocabulary, weights, k=14)) + "?",
            topic=dice.choice(TOPICS),
            author=None,
            state=PublicQuestionState.ANSWERED,
        )
        for index in range(QUESTIONS)
    )
    starts_at = NOW - timedelta(days=3 * number + 1)
    who = dice.choice(NAMES)
    return OfficeHourPage(
        office_hour_id=f"oh-{number}",
        slug=f"{starts_at:%Y-%m-%d}-sprechstunde-{number}",
        title=f"Sprechstunde {number}: {questions[0].text}",
        description=questions[1].text,
        politician=Politician(
            politician_id=who.lower().replace(" ", "-"), name=who, office=None
        ),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        cancelled=False,
        cancellation_reason=None,
        changed_at=starts_at + timedelta(days=1),
        sequence=0,
        questions=questions,
        publication=_publication(number, folder, segments, questions),
    )


def _publication(
    number: int,
    folder: Path,
    segments: tuple[TranscriptSegment, ...],
    questions: tuple[PublicQuestion, ...],
) -> PublicationPackage:
    pieces = folder / str(number)
    pieces.mkdir(parents=True)
    names = (
        "video_720p.mp4",
        "video_360p.mp4",
        "audio.m4a",
        "captions.vtt",
        "chapters.vtt",
        "poster.jpg",
    )
    for name in names:
        (pieces / name).write_text(f"{name} {number}")
    chapter_s = LENGTH_S / QUESTIONS
    build = ProgrammeBuild(
        digest=hashlib.sha256(repr((number, segments[0].text)).encode()).hexdigest(),
        duration_s=LENGTH_S,
        renditions=tuple(
            Rendition(
                kind=name.partition(".")[0],
                path=pieces / name,
                media_type="audio/mp4" if name == "audio.m4a" else "video/mp4",
                width_px=None if name == "audio.m4a" else 1280,
                height_px={"video_720p.mp4": 720, "video_360p.mp4": 360}.get(name),
                duration_s=LENGTH_S,
                size_bytes=(pieces / name).stat().st_size,
                sha256="",
            )
            for name in names[:3]
        ),
        captions_path=pieces / "captions.vtt",
        chapters_path=pieces / "chapters.vtt",
        poster_path=pieces / "poster.jpg",
        peaks_path=pieces / "peaks.json",
        transcript=Transcript(language="de", segments=segments),
        chapters=tuple(
            Chapter(
                question_ids=(question.question_id,),
                start_s=index * chapter_s,
                end_s=(index + 1) * chapter_s,
                confidence=1.0,
                source=ChapterSource.MARK,
            )
            for index, question in enumerate(questions)
        ),
        open_question_ids=(),
        people=(
            _person("host", "Jana Roth", Role.HOST),
            _person("citizen", "Bürgerin oder Bürger", Role.CITIZEN),
        ),
        loudness_lufs=-16.0,
        true_peak_dbtp=-1.5,
        pieces_used=1,
        pieces_built=1,
    )
    return PublicationPackage(
        office_hour_id=f"oh-{number}",
        programme_id=f"programme-{number}",
        version=1,
        digest=build.digest,
        approved_at=NOW,
        published_at=NOW,
        build=build,
    )


def _person(participant_id: str, name: str, role: Role) -> Person:
    return Person(
        participant_id=participant_id,
        name=name,
        role=role,
        consent=ConsentLevel.PICTURE_AND_SOUND,
    )


if __name__ == "__main__":
    run(lambda *figures: print(*figures, sep=" | "))
