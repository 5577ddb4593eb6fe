"""Publishing and taking down, with plain functions and processes; no Prefect."""

import subprocess
import sys
import time
from datetime import timedelta

import pytest

from flows.leases import lease
from flows.publish_now import publish_now
from flows.publishing import STEP, PublicationWork, due_now, note_due, take_down
from flows.site import refresh_site
from publishers.errors import MediaMissing
from tests.factories import SECOND
from tests.flows.office_hour_factory import (
    CITIZEN,
    approve,
    finish_by_hand,
    public_bytes,
    publication_states,
    withdraw,
)
from townhall.audit import entries_about
from townhall.errands import Errand
from townhall.officehours import programmes, publications, questions, schedule
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.publications import CONSENT_REASON


def page(house, office_hour_id):
    """The office hour's public page."""
    with house.reading() as db:
        slug = schedule.find_office_hour(db, office_hour_id).slug
    return (
        house.site_folder / "current/sprechstunden" / slug / "index.html"
    ).read_text()


def retract(house, office_hour_id, *, now, reason="Ein Fehler im Bild."):
    """A press officer's click: only the rows."""
    with house.writing() as db:
        publications.retract(
            db,
            office_hour=schedule.find_office_hour(db, office_hour_id),
            reason=reason,
            actor="Anna Berg",
            now=now,
        )


def flows(house, command):
    """Run one of the flows' commands; return the seconds it took."""
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "flows", command, "--data", str(house.data)], check=True
    )
    return time.monotonic() - begun


@pytest.fixture
def published(reviewed, now):
    """A house with one published programme: (house, id)."""
    house, office_hour_id = reviewed
    approve(house, f"{office_hour_id}-v1", now=now)
    publish_now(house)
    return house, office_hour_id


def test_an_approved_programme_appears_with_its_answer_marked(published):
    house, office_hour_id = published

    assert publication_states(house, office_hour_id) == ["published"]
    assert "<video" in page(house, office_hour_id)
    with house.reading() as db:
        states = [str(q.state) for q in questions.questions_of(db, office_hour_id)]
    assert states == ["answered"]


def test_nothing_unapproved_is_ever_public(reviewed):
    house, office_hour_id = reviewed

    refresh_site(house)
    publish_now(house)

    assert public_bytes(house) == set()
    assert publication_states(house, office_hour_id) == []
    assert "<video" not in page(house, office_hour_id)


def test_an_embargo_holds_to_the_second(reviewed, now):
    house, office_hour_id = reviewed
    ends = now + timedelta(hours=1)
    approve(house, f"{office_hour_id}-v1", now=now, not_before=ends)

    publish_now(house, clock=lambda: ends - SECOND)
    before = (publication_states(house, office_hour_id), public_bytes(house))
    publish_now(house, clock=lambda: ends)

    assert before == ([], set())
    assert publication_states(house, office_hour_id) == ["published"]
    assert public_bytes(house) != set()


def test_an_embargo_moved_later_while_it_is_due_is_obeyed(reviewed, now):
    house, office_hour_id = reviewed
    approve(house, f"{office_hour_id}-v1", now=now)
    note_due(house)
    later = now + timedelta(hours=1)
    approve(house, f"{office_hour_id}-v1", now=now + SECOND, not_before=later)

    take_down(house)
    ((publication_id, revision),) = due_now(house)
    with lease(
        house, step=STEP, subject=publication_id, revision=revision, worker="test"
    ) as held:
        PublicationWork(house, publication_id, held).show()

    assert public_bytes(house) == set()


def test_retracting_takes_every_byte_within_five_seconds(published, now):
    house, office_hour_id = published
    before = public_bytes(house)
    retract(house, office_hour_id, now=now, reason="Ein Fehler im Bild.")

    took_s = flows(house, "retract")

    assert before != set()
    assert public_bytes(house) == set()
    assert publication_states(house, office_hour_id) == ["retracted"]
    assert "Ein Fehler im Bild." in page(house, office_hour_id)
    assert took_s < 5


def test_a_withdrawn_consent_takes_it_down_and_asks_for_a_version_without(
    published, now
):
    house, office_hour_id = published
    withdraw(house, office_hour_id, CITIZEN, now=now)

    took_s = flows(house, "retract")

    assert public_bytes(house) == set()
    assert CONSENT_REASON in page(house, office_hour_id)
    with house.reading() as db:
        current = programmes.current_programme(db, office_hour_id)
    assert (current.version, str(current.state)) == (2, "building")
    assert took_s < 5


def test_taking_down_does_not_import_prefect(house):
    loaded = subprocess.run(
        [
            *(sys.executable, "-X", "importtime", "-m", "flows", "retract"),
            *("--data", str(house.data)),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stderr

    assert "flows.publishing" in loaded
    assert "prefect.flows" not in loaded


def test_a_consent_withdrawn_while_publishing_wins(reviewed, now):
    house, office_hour_id = reviewed
    approve(house, f"{office_hour_id}-v1", now=now)
    note_due(house)
    ((publication_id, revision),) = due_now(house)

    with lease(
        house, step=STEP, subject=publication_id, revision=revision, worker="test"
    ) as held:
        work = PublicationWork(house, publication_id, held)
        work.show()
        shown = public_bytes(house)
        withdraw(house, office_hour_id, CITIZEN, now=now)
        take_down(house)
        work.note()

    assert shown != set()
    assert publication_states(house, office_hour_id) == ["retracted"]
    assert public_bytes(house) == set()
    assert CONSENT_REASON in page(house, office_hour_id)


def test_publishing_again_after_a_crash_in_the_middle_publishes_once(reviewed, now):
    house, office_hour_id = reviewed
    approve(house, f"{office_hour_id}-v1", now=now)
    note_due(house)
    ((publication_id, revision),) = due_now(house)
    with lease(
        house, step=STEP, subject=publication_id, revision=revision, worker="dead"
    ) as held:
        PublicationWork(house, publication_id, held).show()  # and then it dies
    with house.writing() as db:
        db.get_one(Errand, held.key).leased_until = now

    publish_now(house)

    with house.reading() as db:
        acts = [entry.act for entry in entries_about(db, publication_id)]
    assert publication_states(house, office_hour_id) == ["published"]
    assert acts.count("publication.published") == 1


def test_what_cannot_be_published_is_given_up_and_tried_again_when_asked(reviewed, now):
    house, office_hour_id = reviewed
    approve(house, f"{office_hour_id}-v1", now=now)
    video = house.programmes_folder / f"{office_hour_id}-v1" / "video_720p.mp4"
    away = video.rename(video.with_suffix(".away"))

    with pytest.raises(MediaMissing):
        publish_now(house)
    given_up = publication_states(house, office_hour_id)
    away.rename(video)
    with house.writing() as db:
        (publication,) = publications.publications_of(db, office_hour_id)
        publications.publish_again(
            db, publication=publication, actor="Anna Berg", now=now
        )
    publish_now(house)

    assert given_up == ["failed"]
    assert publication_states(house, office_hour_id) == ["published"]


def test_a_newer_version_replaces_the_one_that_is_shown(published, filmed, now):
    house, office_hour_id = published
    with house.writing() as db:
        programme = programmes.current_programme(db, office_hour_id)
        programmes.pin_newest_transcripts(
            db, programme=programme, reason="x", actor="Anna Berg", now=now
        )
    before = public_bytes(house)
    finish_by_hand(house, f"{office_hour_id}-v2", filmed, now=now)
    approve(house, f"{office_hour_id}-v2", now=now)

    publish_now(house)

    assert publication_states(house, office_hour_id) == ["replaced", "published"]
    assert public_bytes(house) & before == set()


def test_the_rehearsal_shows_files_in_a_private_folder_only(reviewed, now):
    house, office_hour_id = reviewed
    approve(
        house,
        f"{office_hour_id}-v1",
        now=now,
        channels=[PublishingChannel.REHEARSAL],
    )

    publish_now(house)
    shown = sorted(p.name for p in (house.data / "rehearsal").rglob("*.*"))
    public = public_bytes(house)
    retract(house, office_hour_id, now=now)
    take_down(house)

    assert shown == [
        "audio.m4a",
        "captions.vtt",
        "chapters.vtt",
        "digest.txt",
        "poster.jpg",
        "video_360p.mp4",
        "video_720p.mp4",
    ]
    assert public == set()
    assert list((house.data / "rehearsal").iterdir()) == []


def test_a_date_that_was_announced_is_on_the_site_after_one_command(open_house, now):
    house = open_house()
    with house.writing() as db:
        hour = schedule.create_office_hour(
            db,
            title="Radwege",
            host_name="Dr. Jana Roth",
            starts_at=now + timedelta(days=7),
            actor="Anna Berg",
            now=now,
        )
        schedule.announce(db, office_hour=hour, actor="Anna Berg", now=now)

    flows(house, "site")

    assert "Radwege" in page(house, hour.id)


def test_the_site_is_not_built_again_when_nothing_has_changed(published):
    house, _ = published

    assert not refresh_site(house)
