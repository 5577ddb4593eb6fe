"""Processing, with plain functions on real media; no Prefect."""

import time

import pytest

from demo.recording import build_rehearsal
from flows.errors import LeaseLost
from flows.leases import lease
from flows.processing import ProgrammeWork, is_wanted
from pipeline.pieces import PieceStore
from tests.flows.office_hour_factory import CITIZEN, HOST, hold_office_hour, withdraw
from townhall.errands import errands_of
from townhall.officehours import programmes, recordings
from townhall.officehours.transcripts import newest_revision

pytestmark = pytest.mark.media


def build(house, programme_id):
    """All steps of one version, as the media worker does them; return the errand."""
    version = programme_id.rpartition("-v")[2]
    with lease(
        house,
        step="process",
        subject=programme_id,
        revision=version,
        worker="test",
        wanted=lambda: is_wanted(house, programme_id),
    ) as held:
        store = PieceStore(house.pieces_folder)
        for step in ProgrammeWork(house, store, programme_id, held).steps():
            step.run()
    with house.reading() as db:
        (errand,) = errands_of(db, programme_id)
    return errand


def version(house, programme_id):
    """The row of one version."""
    with house.reading() as db:
        return programmes.find_programme(db, programme_id)


def rebuild(house, *, now):
    """Ask for versions without those who withdrew."""
    with house.writing() as db:
        return [p.id for p in programmes.rebuild_stale_programmes(db, now=now)]


def again_and_again(work):
    """A picture that takes longer than it takes to notice."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        work()


def test_a_recording_becomes_a_programme_in_review(held):
    house, office_hour_id = held

    errand = build(house, f"{office_hour_id}-v1")

    programme = version(house, f"{office_hour_id}-v1")
    assert (str(programme.state), str(errand.state)) == ("in_review", "done")
    assert len(programme.digest) == 64
    assert {
        path.name for path in (house.programmes_folder / programme.id).iterdir()
    } >= {
        "video_720p.mp4",
        "video_360p.mp4",
        "audio.m4a",
        "captions.vtt",
        "chapters.vtt",
        "poster.jpg",
    }


def test_building_again_builds_no_piece_and_gives_the_same_digest(held, now):
    house, office_hour_id = held
    build(house, f"{office_hour_id}-v1")
    store = PieceStore(house.pieces_folder)
    before = store.builds()
    with house.writing() as db:
        current = programmes.current_programme(db, office_hour_id)
        programmes.pin_newest_transcripts(
            db, programme=current, reason="x", actor="Anna Berg", now=now
        )

    build(house, f"{office_hour_id}-v2")

    assert store.builds() == before
    assert len(before) == len(set(before)) > 3
    assert (
        version(house, f"{office_hour_id}-v2").digest
        == version(house, f"{office_hour_id}-v1").digest
    )


def test_a_version_without_a_withdrawn_person_is_another_one(held, now):
    house, office_hour_id = held
    build(house, f"{office_hour_id}-v1")
    withdraw(house, office_hour_id, HOST, now=now)

    (second,) = rebuild(house, now=now)
    build(house, second)

    one, two = version(house, f"{office_hour_id}-v1"), version(house, second)
    assert two.digest != one.digest
    assert (HOST in str(one.build), HOST in str(two.build)) == (True, False)


def test_a_version_that_nobody_wants_any_more_gives_way(held, now):
    house, office_hour_id = held
    first = f"{office_hour_id}-v1"
    with lease(
        house,
        step="process",
        subject=first,
        revision="1",
        worker="test",
        wanted=lambda: is_wanted(house, first),
    ) as lost:
        work = ProgrammeWork(house, PieceStore(house.pieces_folder), first, lost)
        work.hear()
        withdraw(house, office_hour_id, CITIZEN, now=now)
        rebuild(house, now=now)
        with pytest.raises(LeaseLost):
            again_and_again(work.picture)
        work.give_way()

    with house.reading() as db:
        (errand,) = errands_of(db, first)
    assert str(errand.state) == "done"
    assert str(version(house, first).state) == "superseded"
    assert not (house.programmes_folder / first).exists()


def test_what_was_finished_too_late_is_thrown_away(held, now):
    house, office_hour_id = held
    first = f"{office_hour_id}-v1"
    with lease(
        house, step="process", subject=first, revision="1", worker="test"
    ) as late:
        work = ProgrammeWork(house, PieceStore(house.pieces_folder), first, late)
        *before, save = work.steps()
        for step in before:
            step.run()
        withdraw(house, office_hour_id, CITIZEN, now=now)
        rebuild(house, now=now)
        save.run()

    assert version(house, first).build is None
    assert not (house.programmes_folder / first).exists()


def test_what_people_really_say_is_written_down(open_house, tmp_path, now):
    house = open_house()
    clip = build_rehearsal(tmp_path / "clip", until_s=7)
    office_hour_id = hold_office_hour(house, clip, now=now)
    programme_id = f"{office_hour_id}-v1"

    with lease(
        house, step="process", subject=programme_id, revision="1", worker="test"
    ) as held:
        store = PieceStore(house.pieces_folder)
        ProgrammeWork(house, store, programme_id, held).hear()

    with house.reading() as db:
        (recording,) = recordings.recordings_of(db, office_hour_id)
        said = newest_revision(db, recording.id).segments
    words = " ".join(segment["text"] for segment in said).casefold()
    assert len(words.split()) > 5
    assert "sprechstunde" in words
