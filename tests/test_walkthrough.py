"""The whole story of one office hour, from the announcement to the tombstone.

Read it top to bottom in five minutes: it follows the walk in docs/architecture.md.
Everything is real: the first minute of the demo office hour, the speech model,
ffmpeg, the database, the website. Only Prefect is left out; its flows call the very
same functions (tests/flows).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bench.german_text import error_rate
from demo.recording import build_rehearsal, questions_csv, read_truth
from flows.leases import lease
from flows.processing import ProgrammeWork
from flows.publish_now import publish_now
from flows.publishing import take_down
from pipeline.pieces import PieceStore
from pipeline.probe import probe
from pipeline.recording_folder import read_recording_folder
from pipeline.speech_activity import speech_spans
from pipeline.speech_model import load_model, model_folder
from pipeline.transcribe import transcribe
from portal.commands.demonstration import look_at_page
from portal.commands.recordings import adopt
from portal.question_list import read_question_list
from portal.review_sheet import review_sheet
from townhall.audit import verify_chain
from townhall.errors import DigestMismatch, FourEyesRequired
from townhall.media import (
    ConsentLevel,
    Cut,
    CutKind,
    Recording,
    TrackFile,
    TrackKind,
)
from townhall.officehours import (
    approvals,
    consents,
    consultations,
    programmes,
    publications,
    questions,
    schedule,
)
from townhall.officehours.approvals import PublishingChannel

pytestmark = pytest.mark.media

CLERK, EDITOR, APPROVER = "Clara Klar", "Rudi Redaktion", "Petra Presse"


def test_one_office_hour_from_announcement_to_tombstone(house, tmp_path):
    now = datetime.now(UTC)

    # 1. Announce: the date has a public page from now on.
    with house.writing() as db:
        hour = schedule.create_office_hour(
            db,
            title="Bürgersprechstunde",
            host_name="Katrin Sommerfeld",
            starts_at=now + timedelta(days=7),
            actor=CLERK,
            now=now,
        )
        schedule.announce(db, office_hour=hour, actor=CLERK, now=now)

    # 2. Ask: citizens hand in questions, the press office accepts two of them.
    with house.writing() as db:
        for listed in read_question_list(questions_csv())[:2]:
            question = questions.submit_question(
                db,
                office_hour=hour,
                text=listed.text,
                channel=listed.channel,
                ref=listed.ref,
                author=listed.author,
                confirmed=True,
                actor=CLERK,
                now=now,
            )
            questions.accept(db, question=question, actor=CLERK, now=now)

    # 3. Talk and record: isolated tracks come in, each person with their own consent.
    folder = build_rehearsal(tmp_path / "recording", until_s=58)
    recording = adopt(
        house, read_recording_folder(folder), office_hour_id=hour.id, actor=CLERK
    )
    with house.writing() as db:
        hour = schedule.find_office_hour(db, hour.id)
        schedule.hold(db, office_hour=hour, actor=CLERK, now=now)
        first = programmes.request_programme(db, office_hour=hour, actor=CLERK, now=now)

    # 4.–5. Hear and build: the machine works, a version waits for review.
    sheet = _let_the_machine_work(house, first.id)
    assert sheet.as_json()["state"] == "in_review"
    (chapter,) = sheet.build.chapters  # question 1 was answered, question 2 not yet
    assert [sheet.refs[i] for i in chapter.question_ids] == ["1"]
    assert abs(chapter.start_s - 33.5) < 1
    assert [sheet.refs[i] for i in sheet.build.open_question_ids] == ["2"]
    assert "Sommerfeld" in " ".join(s.text for s in sheet.build.transcript.segments)
    assert not _public_media(house)

    # 6. Review: somebody bleeps two seconds. That is a new version.
    with house.writing() as db:
        second = programmes.edit(
            db,
            programme=programmes.find_programme(db, first.id),
            edits=[
                programmes.Edit(
                    recording_id=recording.id,
                    cut=Cut(start_s=40, end_s=42, kind=CutKind.BLEEP, reason="Name"),
                )
            ],
            reason="Name",
            actor=EDITOR,
            now=now,
        )
    sheet = _let_the_machine_work(house, second.id)
    assert sheet.build.pieces_built < sheet.build.pieces_used / 2

    # 7. Approve: not the old version, not by its editor; exactly what was reviewed.
    with pytest.raises(DigestMismatch):
        _approve(house, first.id, first.digest or "", APPROVER)
    with pytest.raises(FourEyesRequired):
        _approve(house, second.id, sheet.build.digest, EDITOR)
    _approve(house, second.id, sheet.build.digest, APPROVER)
    assert not _public_media(house)

    # 8.–9. Publish and watch: plain files, no application server.
    publish_now(house)
    page = _page(house, hour.slug)
    assert "<video" in page
    assert 'id="frage-1"' in page
    with house.reading() as db:
        (shown,) = publications.publications_of(db, hour.id)
    look_at_page(house, sheet, shown.address)  # video, captions and chapters are there
    assert len(_public_media(house)) >= 5
    assert _word_error_rate_of_published_sound(house, tmp_path) < 0.15

    # 10. Take down: the moderator withdraws his consent. Nothing of it is left.
    with house.writing() as db:
        moderator = next(
            person
            for person in consultations.participants_of(db, recording.consultation_id)
            if person.name == "Jonas Reuter"
        )
        slip = consents.withdrawal_token(moderator.id, secret=house.secret)
        consents.withdraw_consent(
            db,
            participant=consents.participant_by_token(db, slip, secret=house.secret),
            to=ConsentLevel.NONE,
            now=datetime.now(UTC),
        )
    take_down(house)
    page = _page(house, hour.slug)
    assert "<video" not in page
    assert "Einwilligung" in page
    assert "Jonas Reuter" not in page
    assert not _public_media(house)

    # A version without that person is built and waits; nobody has to remember it.
    with house.reading() as db:
        third = programmes.reviewable_programme(db, hour.id)
    sheet = _let_the_machine_work(house, third.id)
    assert sheet.programme.version == 3
    assert {person.name for person in sheet.build.people} == {"Katrin Sommerfeld"}

    # Every step stands in the trail, and nobody changed it.
    with house.reading() as db:
        assert verify_chain(db) > 20


def _let_the_machine_work(house, programme_id):
    with lease(
        house, step="process", subject=programme_id, revision="1", worker="walk"
    ) as held:
        work = ProgrammeWork(house, PieceStore(house.pieces_folder), programme_id, held)
        for step in work.steps():
            step.run()
    with house.reading() as db:
        return review_sheet(db, house, programmes.find_programme(db, programme_id))


def _approve(house, programme_id, digest, name):
    with house.writing() as db:
        approvals.approve(
            db,
            programme=programmes.find_programme(db, programme_id),
            digest=digest,
            name=name,
            channels=[PublishingChannel.WEBSITE],
            four_eyes=True,
            now=datetime.now(UTC),
        )


def _page(house, slug):
    return (
        house.site_folder / "current" / "sprechstunden" / slug / "index.html"
    ).read_text()


def _public_media(house):
    """Every media file below the public directory."""
    return [p for p in house.site_folder.rglob("media/**/*") if p.is_file()]


def _word_error_rate_of_published_sound(house, tmp_path):
    """Listen to what people would hear, and compare it with what was really said."""
    (sound,) = (house.site_folder / "current").glob("media/*/*.m4a")
    media = probe(sound)
    track = TrackFile(
        path=sound,
        participant_id=None,
        kind=TrackKind.AUDIO,
        offset_ms=0,
        duration_s=media.duration_s,
        sha256=media.sha256,
    )
    again = Recording(
        recording_id="again",
        tracks=(track,),
        people=(),
        marks=(),
        duration_s=media.duration_s,
    )
    store = PieceStore(tmp_path / "again")
    model = load_model(model_folder(None, house.models_folder), threads=2)
    heard = transcribe(store, again, speech_spans(store, again), model, names=[])
    said = " ".join(turn["text"] for turn in read_truth(until_s=58)["turns"])
    return error_rate([(said, " ".join(s.text for s in heard.segments))])
