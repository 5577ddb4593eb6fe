from __future__ import annotations

import re
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, StatementError

from tests.factories import BERLIN, NOW, make_office_hour, make_programme
from townhall.audit import AuditEntry, record_act, verify_chain
from townhall.database import (
    fetch,
    new_id,
    open_engine,
    reading,
    writing,
)
from townhall.errors import InvalidInput, NotFound, WrongState
from townhall.officehours import programmes, schedule
from townhall.officehours.schedule import OfficeHour

CHECKOUT = Path(__file__).parents[2]
WRITERS = 4
WRITES_EACH = 50
WRITER = """
import sys
from datetime import UTC, datetime
from townhall.database import open_engine, writing
from townhall.officehours.questions import Channel, submit_question
from townhall.officehours.schedule import find_office_hour

address, office_hour_id, name, writes = sys.argv[1:]
engine = open_engine(address)
for number in range(int(writes)):
    with writing(engine) as db:
        submit_question(
            db,
            office_hour=find_office_hour(db, office_hour_id),
            text=f"{name} {number}",
            channel=Channel.WEB,
            actor=name,
            now=datetime.now(UTC),
        )
"""


def test_four_processes_writing_at_once_lose_nothing_and_are_never_locked_out(
    engine, empty_address
):
    with writing(engine) as db:
        office_hour = make_office_hour(db)

    crews = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                WRITER,
                empty_address,
                office_hour.id,
                f"writer {number}",
                str(WRITES_EACH),
            ],
            cwd=CHECKOUT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(WRITERS)
    ]
    complaints = [crew.communicate(timeout=120)[1] for crew in crews]

    assert complaints == [""] * WRITERS
    with reading(engine) as db:
        # numbering looks before it writes: without one writer at a time, refs would clash
        refs = db.execute(text("SELECT ref FROM question")).scalars().all()
        assert sorted(map(int, refs)) == list(range(1, WRITERS * WRITES_EACH + 1))
        assert verify_chain(db) == WRITERS * WRITES_EACH + 2


def test_of_two_edits_at_once_one_is_told_that_the_version_is_old(engine):
    """Both saw version 1; without waiting for its turn, the second would undo the first."""
    from tests.factories import edit

    with writing(engine) as db:
        version_1 = make_programme(db)
    both_have_seen_it = threading.Barrier(2, timeout=10)
    outcomes = []

    def cut():
        with reading(engine) as db:
            seen = programmes.reviewable_programme(db, version_1.office_hour_id)
        both_have_seen_it.wait()
        try:
            with writing(engine) as db:
                outcomes.append(
                    edit(db, programmes.find_programme(db, seen.id)).version
                )
        except WrongState as refusal:
            outcomes.append(refusal.details["state"])

    threads = [threading.Thread(target=cut) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes, key=str) == [2, "older than version 2"]


def test_a_writer_reads_what_the_writer_before_it_wrote(engine):
    with writing(engine) as db:
        office_hour = make_office_hour(db)
    first_is_in, may_finish = threading.Event(), threading.Event()

    def first():
        with writing(engine) as db:
            schedule.hold(
                db,
                office_hour=schedule.find_office_hour(db, office_hour.id),
                actor="first",
                now=NOW,
            )
            db.flush()
            first_is_in.set()
            assert may_finish.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    assert first_is_in.wait(10)
    threading.Timer(0.2, may_finish.set).start()
    with pytest.raises(WrongState, match="is held"), writing(engine) as db:
        schedule.cancel(
            db,
            office_hour=schedule.find_office_hour(db, office_hour.id),
            reason="Krankheit",
            actor="second",
            now=NOW,
        )
    thread.join()


def test_a_reader_neither_waits_for_a_writer_nor_sees_what_comes_after_it(engine):
    with writing(engine) as db:
        make_office_hour(db, title="Eins")

    with reading(engine) as looking:
        before = [hour.title for hour in schedule.office_hours(looking)]
        with writing(engine) as db:
            make_office_hour(db, title="Zwei")
        after = [hour.title for hour in schedule.office_hours(looking)]

    assert before == after == ["Eins"]


def test_a_session_that_only_reads_changes_nothing(engine):
    with writing(engine) as db:
        office_hour = make_office_hour(db)

    with reading(engine) as db:
        fetch(db, OfficeHour, office_hour.id).title = "Anders"

    with reading(engine) as db:
        assert fetch(db, OfficeHour, office_hour.id).title == office_hour.title


def test_nothing_is_kept_of_a_session_that_fails(engine):
    def announce_two():
        with writing(engine) as db:
            make_office_hour(db)
            make_office_hour(db, title="")

    with pytest.raises(InvalidInput):
        announce_two()

    with reading(engine) as db:
        assert schedule.office_hours(db) == []
        assert verify_chain(db) == 0


def test_a_writer_that_waits_too_long_is_told_so(engine, empty_address):
    impatient = open_engine(empty_address, busy_timeout_ms=200)

    with writing(engine) as db:
        make_office_hour(db)
        with pytest.raises(OperationalError), writing(impatient) as second:
            schedule.office_hours(second)

    impatient.dispose()


def test_a_datetime_without_a_zone_is_refused(db):
    with pytest.raises(StatementError, match="a datetime without a time zone"):
        record_act(
            db,
            actor="a",
            act="b",
            subject="c",
            now=datetime(2026, 11, 23, 17, 0),  # noqa: DTZ001 - that is the point
        )


def test_a_datetime_comes_back_as_the_same_moment_in_utc(db):
    entry = record_act(
        db,
        actor="a",
        act="b",
        subject="c",
        now=datetime(2026, 11, 23, 17, 0, 0, 123456, tzinfo=BERLIN),
    )
    db.commit()
    db.expire_all()

    at = db.get_one(AuditEntry, entry.id).at

    assert at == datetime(2026, 11, 23, 16, 0, 0, 123456, tzinfo=UTC)
    assert at.utcoffset().total_seconds() == 0


def test_the_two_hours_of_one_name_when_summer_time_ends_stay_apart(db):
    """On 25 October 2026 the clock in Berlin shows 02:30 twice."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0)
    second = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)
    early = make_office_hour(db, title="Früh", starts_at=first)
    late = make_office_hour(db, title="Spät", starts_at=second)
    db.flush()
    db.expire_all()

    assert early.starts_at == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert late.starts_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert [h.title for h in schedule.office_hours(db)] == ["Spät", "Früh"]


def test_a_row_that_is_not_there_is_named_in_the_refusal(db):
    with pytest.raises(NotFound, match="There is no OfficeHour with the id nowhere"):
        fetch(db, OfficeHour, "nowhere")


def test_ids_are_safe_in_addresses_and_never_twice_the_same():
    ids = {new_id() for _ in range(1000)}

    assert len(ids) == 1000
    assert all(re.fullmatch("[0-9a-f]{12}", each) for each in ids)
