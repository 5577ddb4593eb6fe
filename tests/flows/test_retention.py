"""Retention: what is overdue goes from the disk, and nothing that is still needed."""

import threading
from datetime import timedelta

import pytest

from flows.locks import locked
from flows.publish_now import publish_now
from flows.publishing import take_down
from flows.retention import BUILDING_LOCK, RetentionWork
from pipeline.pieces import PieceStore
from tests.flows.office_hour_factory import (
    CITIZEN,
    approve,
    finish_by_hand,
    public_bytes,
    withdraw,
)
from townhall.media import Speech, SpeechSpan, Transcript, TranscriptSegment
from townhall.officehours import consultations, plans, programmes, recordings


def erase(house, *, now):
    """One round, as the errands worker makes it; says whether it was due."""
    work = RetentionWork(house, clock=lambda: now)
    work.erase_words()
    due = work.is_due()
    if due:
        work.run()
    return due


def listen(house, office_hour_id, *, now):
    """Everybody says one thing."""
    with house.writing() as db:
        (recording,) = recordings.recordings_of(db, office_hour_id)
        people = consultations.participants_of(db, recording.consultation_id)
        plans.save_speech(
            db,
            recording=recording,
            speech=Speech(
                spans=tuple(
                    SpeechSpan(
                        participant_id=person.id,
                        start_s=float(number),
                        end_s=number + 1.0,
                        loudness_db=-20.0,
                    )
                    for number, person in enumerate(people)
                ),
                transcript=Transcript(
                    language="de",
                    segments=tuple(
                        TranscriptSegment(
                            start_s=float(number),
                            end_s=number + 1.0,
                            participant_id=person.id,
                            text=f"Hier spricht {person.name}.",
                            words=(),
                        )
                        for number, person in enumerate(people)
                    ),
                ),
            ),
            actor="the house",
            now=now,
        )


def files(folder):
    """Names of all files below a folder."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def piece_names(house):
    """Keys of all pieces."""
    return {folder.name for folder in house.pieces_folder.glob("??/*")}


def everything_said(house, office_hour_id):
    """All revisions' texts."""
    with house.reading() as db:
        (recording,) = recordings.recordings_of(db, office_hour_id)
        revision = plans.newest_revision(db, recording.id)
        return [segment["text"] for segment in revision.segments]


def test_nothing_is_erased_before_its_time(reviewed, now):
    house, _ = reviewed
    before = files(house.data / "recordings") + files(house.programmes_folder)

    due = erase(house, now=now + timedelta(days=179))

    assert not due
    assert files(house.data / "recordings") + files(house.programmes_folder) == before


def test_recordings_go_after_their_days_and_the_programme_stays(reviewed, now):
    house, office_hour_id = reviewed
    approve(house, f"{office_hour_id}-v1", now=now)
    publish_now(house)
    shown = public_bytes(house)

    erase(house, now=now + timedelta(days=181))

    with house.reading() as db:
        (recording,) = recordings.recordings_of(db, office_hour_id)
    assert str(recording.state) == "erased"
    assert files(house.recordings_folder) == []
    assert public_bytes(house) == shown != set()
    assert not erase(house, now=now + timedelta(days=181))


def test_a_withdrawn_persons_files_words_and_pieces_go(reviewed, filmed, now):
    house, office_hour_id = reviewed
    listen(house, office_hour_id, now=now)
    approve(house, f"{office_hour_id}-v1", now=now)
    publish_now(house)
    pieces_with = piece_names(house)

    withdraw(house, office_hour_id, CITIZEN, now=now)
    take_down(house)
    waiting = erase(house, now=now)  # the old files go, the pieces are still needed
    pieces_while_building = piece_names(house)
    finish_by_hand(house, f"{office_hour_id}-v2", filmed, now=now)
    erase(house, now=now)

    said = everything_said(house, office_hour_id)
    assert waiting
    assert pieces_with <= pieces_while_building
    assert piece_names(house) & pieces_with == set()
    assert len(piece_names(house)) == 1
    assert not (house.programmes_folder / f"{office_hour_id}-v1").exists()
    assert [CITIZEN in text for text in said] == [False]
    with house.reading() as db:
        (recording,) = recordings.recordings_of(db, office_hour_id)
        left = [
            house.recordings_folder / track.path
            for track in recordings.tracks_of(db, recording.id)
            if track.erased_at is None
        ]
    assert len(left) == 2
    assert sorted(left) == sorted(
        path for path in house.recordings_folder.rglob("*") if path.is_file()
    )


def test_a_superseded_version_goes_with_the_pieces_only_it_used(reviewed, filmed, now):
    house, office_hour_id = reviewed
    pieces_before = piece_names(house)
    listen(house, office_hour_id, now=now)
    with house.writing() as db:
        programmes.pin_newest_transcripts(
            db,
            programme=programmes.current_programme(db, office_hour_id),
            reason="x",
            actor="Anna Berg",
            now=now,
        )
    finish_by_hand(house, f"{office_hour_id}-v2", filmed, now=now)

    early = erase(house, now=now + timedelta(days=13))
    erase(house, now=now + timedelta(days=15))

    assert not early
    assert not (house.programmes_folder / f"{office_hour_id}-v1").exists()
    assert (house.programmes_folder / f"{office_hour_id}-v2" / "audio.m4a").exists()
    assert piece_names(house) & pieces_before == set()
    assert len(piece_names(house)) == 1


def test_what_a_void_version_left_behind_goes(reviewed, now):
    house, office_hour_id = reviewed
    left = house.programmes_folder / f"{office_hour_id}-v7"
    left.mkdir()
    (left / "video_720p.mp4").write_bytes(b"half")

    erase(house, now=now)

    assert not left.exists()


def test_erasing_waits_until_nothing_is_being_built(reviewed, now):
    house, _ = reviewed
    work = RetentionWork(house, clock=lambda: now + timedelta(days=181))
    thread = threading.Thread(target=work.run)

    with locked(house.run_folder / BUILDING_LOCK, shared=True):
        thread.start()
        thread.join(0.3)
        while_building = files(house.recordings_folder)
    thread.join(10)

    assert len(while_building) == 3
    assert files(house.recordings_folder) == []


@pytest.mark.parametrize("erased_before_the_crash", [True, False])
def test_a_crash_while_erasing_is_made_good(reviewed, now, erased_before_the_crash):
    house, office_hour_id = reviewed
    late = now + timedelta(days=181)
    if erased_before_the_crash:
        for path in house.recordings_folder.rglob("*.ogg"):
            path.unlink()
    PieceStore(house.pieces_folder)
    (house.pieces_folder / "sort-out").touch()

    erase(house, now=late)

    with house.reading() as db:
        (recording,) = recordings.recordings_of(db, office_hour_id)
    assert str(recording.state) == "erased"
    assert not (house.pieces_folder / "sort-out").exists()
