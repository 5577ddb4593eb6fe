from dataclasses import replace

import pytest

from publishers.website.hours import Hour
from publishers.website.transcript_html import transcript_html
from tests.publishers.site_factory import (
    NOW,
    make_build,
    make_page,
    make_placeholder_files,
    make_publication,
    make_published,
    make_question,
)
from townhall.media import Chapter, ChapterSource, Transcript, TranscriptSegment, Word


@pytest.fixture
def files(tmp_path):
    return make_placeholder_files(tmp_path)


def hour_of(page):
    return Hour(page, now=NOW, timezone="Europe/Berlin")


def chapter(start_s, end_s, *ids, **changes):
    made = Chapter(
        question_ids=ids,
        start_s=start_s,
        end_s=end_s,
        confidence=1.0,
        source=ChapterSource.MARK,
    )
    return replace(made, **changes)


def segment(start_s, end_s, text, who="host", **changes):
    made = TranscriptSegment(
        start_s=start_s, end_s=end_s, participant_id=who, text=text, words=()
    )
    return replace(made, **changes)


def published_with(files, segments=None, **changes):
    if segments is not None:
        changes["transcript"] = Transcript(language="de", segments=tuple(segments))
    return hour_of(
        make_published(
            files, publication=make_publication(make_build(files, **changes))
        )
    )


def test_jump_marks_are_the_confirmed_chapters_in_order_of_time(files):
    chapters = (chapter(20, 24, "q7"), chapter(4, 10, "q3", "q5"))

    marks = published_with(files, chapters=chapters).marks

    assert [(m.start_s, [q.ref for q in m.questions]) for m in marks] == [
        (4, ["3", "5"]),
        (20, ["7"]),
    ]


def test_a_chapter_that_needs_review_is_no_jump_mark_and_its_question_has_none(files):
    hour = published_with(files, chapters=(chapter(4, 10, "q3", needs_review=True),))

    assert (hour.marks, hour.mark_of) == ((), {})
    assert [q.ref for q in hour.unmarked("answered")] == ["3", "5", "7", "8"]


def test_a_chapter_of_a_question_the_public_may_not_see_is_no_jump_mark(files):
    assert published_with(files, chapters=(chapter(4, 10, "withdrawn"),)).marks == ()


def test_the_transcript_is_parted_where_an_answer_begins_and_ends(files):
    parts = published_with(files).sections

    assert [
        (
            [q.ref for q in part.mark.questions] if part.mark else None,
            len(part.paragraphs),
        )
        for part in parts
    ] == [(None, 1), (["3"], 2), (["7", "5"], 1), (None, 1)]


def test_a_speaker_is_named_once_until_somebody_else_speaks(files):
    said = [
        segment(0, 10, "Guten Abend."),
        segment(11, 20, "Ich begrüße Sie."),
        segment(61, 64, "Danke.", "citizen"),
        segment(65, 70, "Bitte.", None),
    ]

    (part,) = published_with(files, said, chapters=()).sections

    assert [(p.anchor, p.speaker, p.text) for p in part.paragraphs] == [
        ("t0", "Jana Roth", "Guten Abend. Ich begrüße Sie."),
        ("t61", "Bürgerin oder Bürger", "Danke."),
        ("t65", None, "Bitte."),
    ]


def test_a_long_turn_becomes_paragraphs_that_begin_where_they_are_spoken(files):
    words = [
        Word(
            start_s=float(n),
            end_s=n + 1.0,
            text=f"Wort{n}" + ("." if n % 10 == 9 else ""),
            probability=None,
        )
        for n in range(120)
    ]
    text = " ".join(word.text for word in words)

    (part,) = published_with(
        files, [segment(0, 120, text, words=tuple(words))], chapters=()
    ).sections

    assert " ".join(p.text for p in part.paragraphs) == text
    assert [p.start_s for p in part.paragraphs] == [0.0, 30.0, 60.0, 90.0]
    assert [p.text.split()[0] for p in part.paragraphs] == [
        "Wort0",
        "Wort30",
        "Wort60",
        "Wort90",
    ]


def test_paragraphs_of_one_second_have_anchors_of_their_own(files):
    said = [
        segment(3.1, 3.4, "Ja.", "citizen"),
        segment(3.5, 3.9, "Nein."),
        segment(3.95, 4.2, "Doch.", "citizen"),
    ]

    (part,) = published_with(files, said, chapters=()).sections

    assert [p.anchor for p in part.paragraphs] == ["t3", "t3-2", "t3-3"]


def test_empty_segments_are_left_out(files):
    assert published_with(files, [segment(0, 1, "  ")], chapters=()).sections == ()


def test_spoken_markup_stays_text(files):
    said = [segment(0, 1, "<script>alert(1)</script> & mehr", unsure=True)]

    html = transcript_html(published_with(files, said, chapters=()).sections, "Frage")

    assert html == (
        '<p id="t0" class="unsure"><a href="#t0">0:00</a> <b>Jana Roth:</b> '
        "&lt;script&gt;alert(1)&lt;/script&gt; &amp; mehr</p>"
    )


def test_questions_are_in_the_order_of_their_numbers():
    page = make_page(
        questions=tuple(make_question(ref, "?") for ref in ("10", "2", "1", "2b"))
    )

    assert [q.ref for q in hour_of(page).questions] == ["1", "2", "2b", "10"]
