"""Plain functions that make valid, boring rows; each takes what a test cares about."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from townhall.media import (
    Chapter,
    ChapterSource,
    ConsentLevel,
    Person,
    ProgrammeBuild,
    Role,
    Speech,
    SpeechSpan,
    TrackFile,
    TrackKind,
    Transcript,
    TranscriptSegment,
    Word,
)
from townhall.officehours import (
    approvals,
    consents,
    consultations,
    plans,
    programmes,
    publications,
    questions,
    recordings,
    schedule,
)
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.programmes import ProgrammeState
from townhall.officehours.publications import PublicationState
from townhall.officehours.questions import Channel, QuestionState
from townhall.officehours.schedule import OfficeHourState
from townhall.publishing import Municipality

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 23, 17, 0, tzinfo=BERLIN)
SECOND = timedelta(seconds=1)
DIGEST = "d" * 64
FOLDER = Path("/recordings")
MUNICIPALITY = Municipality(
    name="Stadt Musterbach",
    imprint="Imprint",
    privacy="Privacy",
    accessibility="Accessibility",
    contact_email="post@musterbach.example",
    arbitration_body="Arbitration",
    accessibility_reviewed_on=None,
)


def make_office_hour(db, *, state=OfficeHourState.ANNOUNCED, **changes):
    """An office hour of Dr. Jana Roth in a week."""
    wanted = {
        "title": "Haushalt und Radwege",
        "host_name": "Dr. Jana Roth",
        "starts_at": NOW + timedelta(days=7),
        "actor": "Anna Berg",
        "now": NOW,
        **changes,
    }
    office_hour = schedule.create_office_hour(db, **wanted)
    doing = {"office_hour": office_hour, "actor": "Anna Berg", "now": NOW}
    if state is OfficeHourState.CANCELLED:
        schedule.cancel(db, reason="Krankheit", **doing)
    elif state is not OfficeHourState.DRAFT:
        schedule.announce(db, **doing)
        if state is OfficeHourState.LIVE:
            schedule.go_live(db, **doing)
        elif state is OfficeHourState.HELD:
            schedule.hold(db, **doing)
    return office_hour


def make_question(db, office_hour, *, state=QuestionState.ACCEPTED, **changes):
    """A question about the bus, handed in on the website."""
    wanted = {
        "text": "Wann fährt der Bus wieder?",
        "channel": Channel.WEB,
        "actor": "the website",
        "now": NOW,
        **changes,
    }
    question = questions.submit_question(db, office_hour=office_hour, **wanted)
    doing = {"question": question, "actor": "Anna Berg", "now": NOW}
    if state is QuestionState.SUBMITTED:
        return question
    if question.state is QuestionState.SUBMITTED:
        questions.confirm(db, **doing)
    match state:
        case QuestionState.CONFIRMED:
            pass
        case QuestionState.REFUSED:
            questions.refuse(db, reason="Kein Thema der Stadt", **doing)
        case QuestionState.WITHDRAWN:
            questions.withdraw(db, **doing)
        case QuestionState.MERGED:
            other = make_question(db, office_hour)
            questions.merge(db, into=other, **doing)
        case _:
            questions.accept(db, **doing)
            if state is QuestionState.ANSWERED:
                questions.mark_answered(db, **doing)
            elif state is QuestionState.WRITTEN_ANSWER:
                questions.answer_in_writing(db, answer="Ab Mai.", **doing)
    return question


def make_consultation(db, office_hour=None):
    """A planned conversation."""
    return consultations.plan_consultation(
        db,
        office_hour=office_hour or make_office_hour(db),
        actor="Anna Berg",
        now=NOW,
    )


def make_participant(
    db,
    consultation,
    *,
    name="Max Muster",
    role=Role.CITIZEN,
    level=ConsentLevel.PICTURE_AND_SOUND,
):
    """Somebody in the room who agreed to ``level``; ``None``: never asked."""
    participant = consultations.admit_participant(
        db, consultation=consultation, name=name, role=role, actor="the host", now=NOW
    )
    if level is not None:
        consents.give_consent(
            db, participant=participant, level=level, actor="the host", now=NOW
        )
    return participant


def make_track(participant, *, number=1, kind=TrackKind.AUDIO, **changes):
    """A minute of somebody's sound."""
    wanted = {
        "path": FOLDER / f"{participant.id if participant else 'single'}-{number}.opus",
        "participant_id": participant.id if participant else None,
        "kind": kind,
        "offset_ms": 0,
        "duration_s": 60.0,
        "sha256": "a" * 64,
        **changes,
    }
    return TrackFile(**wanted)


def make_recording(db, office_hour, *, people=None, marks=(), heard=True):
    """A sealed minute of the host and a citizen, listened to.

    ``people``: consent levels by name; ``Dr. Jana Roth`` is the host.
    """
    if people is None:
        people = {
            "Dr. Jana Roth": ConsentLevel.PICTURE_AND_SOUND,
            "Max Muster": ConsentLevel.PICTURE_AND_SOUND,
        }
    consultation = make_consultation(db, office_hour)
    participants = [
        make_participant(
            db,
            consultation,
            name=name,
            role=Role.HOST if name == office_hour.host_name else Role.CITIZEN,
            level=level,
        )
        for name, level in people.items()
    ]
    recording = recordings.register_recording(
        db,
        consultation=consultation,
        source_digest=f"source of {consultation.id}",
        tracks=[make_track(participant) for participant in participants],
        marks=marks,
        folder=FOLDER,
        actor="Anna Berg",
        now=NOW,
    )
    if heard:
        plans.save_speech(
            db,
            recording=recording,
            speech=make_speech(participants),
            actor="the house",
            now=NOW,
        )
    return recording


def make_segment(participant, start_s, text, **changes):
    """Somebody's turn of five seconds."""
    wanted = {
        "start_s": start_s,
        "end_s": start_s + 5.0,
        "participant_id": participant.id if participant else None,
        "text": text,
        "words": (
            Word(start_s=start_s, end_s=start_s + 5.0, text=text, probability=0.9),
        ),
        **changes,
    }
    return TranscriptSegment(**wanted)


def make_speech(participants):
    """Each says one thing, one after the other."""
    return Speech(
        spans=tuple(
            SpeechSpan(
                participant_id=participant.id,
                start_s=10.0 * number,
                end_s=10.0 * number + 5,
                loudness_db=-20.0,
            )
            for number, participant in enumerate(participants)
        ),
        transcript=Transcript(
            language="de",
            segments=tuple(
                make_segment(participant, 10.0 * number, f"Wort {number}")
                for number, participant in enumerate(participants)
            ),
        ),
    )


def people_by_name(db, recording):
    """The participants of a recording by their real names."""
    return {
        participant.name: participant
        for participant in consultations.participants_of(db, recording.consultation_id)
    }


def make_build(*, chapters=(), people=(), digest=DIGEST, words="Guten Tag."):
    """A finished minute."""
    return ProgrammeBuild(
        digest=digest,
        duration_s=60.0,
        renditions=(),
        captions_path=Path("captions.vtt"),
        chapters_path=Path("chapters.vtt"),
        poster_path=Path("poster.jpg"),
        peaks_path=Path("peaks.json"),
        transcript=Transcript(
            language="de", segments=(make_segment(None, 0.0, words),)
        ),
        chapters=tuple(chapters),
        open_question_ids=(),
        people=tuple(people),
        loudness_lufs=-16.0,
        true_peak_dbtp=-1.5,
        pieces_used=1,
        pieces_built=1,
    )


def make_chapter(*questions_, **changes):
    """The stretch in which questions are answered."""
    wanted = {
        "question_ids": tuple(question.id for question in questions_),
        "start_s": 10.0,
        "end_s": 20.0,
        "confidence": 1.0,
        "source": ChapterSource.MARK,
        **changes,
    }
    return Chapter(**wanted)


def build_json(build):
    """A build as the row keeps it."""
    return {
        **asdict(build),
        **{
            name: str(getattr(build, name))
            for name in ("captions_path", "chapters_path", "poster_path", "peaks_path")
        },
    }


def read_build(_programme_id, value):
    """The noun of a build that ``build_json`` wrote."""
    return make_build(
        digest=value["digest"],
        words=value["transcript"]["segments"][0]["text"],
        chapters=[
            Chapter(
                **{
                    **chapter,
                    "question_ids": tuple(chapter["question_ids"]),
                    "source": ChapterSource(chapter["source"]),
                }
            )
            for chapter in value["chapters"]
        ],
        people=[
            Person(
                **{
                    **person,
                    "role": Role(person["role"]),
                    "consent": ConsentLevel(person["consent"]),
                }
            )
            for person in value["people"]
        ],
    )


def make_programme(
    db, office_hour=None, *, state=ProgrammeState.IN_REVIEW, chapters=(), **of_recording
):
    """A version of a held office hour with one recording."""
    if office_hour is None:
        office_hour = make_office_hour(db, state=OfficeHourState.HELD)
    if not recordings.recordings_of(db, office_hour.id):
        make_recording(db, office_hour, **of_recording)
    programme = programmes.request_programme(
        db, office_hour=office_hour, actor="Anna Berg", now=NOW
    )
    if state is not ProgrammeState.BUILDING:
        finish_build(db, programme, chapters=chapters)
    if state is ProgrammeState.APPROVED:
        approve(db, programme)
    elif state is ProgrammeState.REFUSED:
        approvals.refuse(
            db, programme=programme, reason="zu lang", name="Bea Chef", now=NOW
        )
    return programme


def finish_build(db, programme, *, digest=None, chapters=(), now=NOW):
    """The machine is done with a version; each version has its own digest."""
    digest = digest or f"{programme.version:064x}"
    assert programmes.save_build(
        db,
        programme=programme,
        digest=digest,
        build=build_json(make_build(digest=digest, chapters=chapters)),
        actor="the house",
        now=now,
    )
    return programme


def edit(db, programme, *, actor="Anna Berg", now=NOW, **changes):
    """A new version with a cut of one second, not built yet."""
    from townhall.media import Cut, CutKind

    wanted = {
        "recording_id": programme.parts[0]["recording"],
        "cut": Cut(start_s=1.0, end_s=2.0, kind=CutKind.BLEEP, reason="Adresse"),
        **changes,
    }
    return programmes.edit(
        db,
        programme=programme,
        edits=[programmes.Edit(**wanted)],
        reason="Adresse genannt",
        actor=actor,
        now=now,
    )


def approve(db, programme, **changes):
    """Bea Chef says yes to the website."""
    wanted = {
        "digest": programme.digest,
        "name": "Bea Chef",
        "channels": [PublishingChannel.WEBSITE],
        "four_eyes": True,
        "now": NOW,
        **changes,
    }
    return approvals.approve(db, programme=programme, **wanted)


def make_publication(
    db,
    programme=None,
    *,
    state=PublicationState.PUBLISHED,
    channel=PublishingChannel.WEBSITE,
    now=NOW,
):
    """An approved version on a channel, as far as ``state``."""
    if programme is None:
        programme = make_programme(db)
    if not [
        a for a in approvals.approvals_of(db, programme.id) if a.channel == channel
    ]:
        approve(db, programme, channels=[channel], now=now)
    (publication,) = [
        due
        for due in publications.approved_programmes_due(db, now=now)
        if due.programme_id == programme.id and due.channel is channel
    ]
    if state is PublicationState.DUE:
        return publication
    assert publications.begin_publishing(db, publication=publication, now=now)
    match state:
        case PublicationState.PUBLISHED:
            assert publications.mark_published(
                db, publication=publication, address="http://127.0.0.1:8020", now=now
            )
        case PublicationState.FAILED:
            publications.mark_failed(
                db, publication=publication, error="disk full", now=now
            )
        case PublicationState.RETRACTING | PublicationState.RETRACTED:
            publications.begin_retracting(db, publication=publication, now=now)
            if state is PublicationState.RETRACTED:
                publications.mark_retracted(db, publication=publication, now=now)
        case _:
            assert state is PublicationState.PUBLISHING
    return publication
