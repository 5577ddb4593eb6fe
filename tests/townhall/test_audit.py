from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from tests.factories import NOW, SECOND
from townhall.audit import AuditEntry, entries_about, record_act, verify_chain
from townhall.errors import AuditBroken


def _three_entries(db):
    return [
        record_act(
            db, actor="Anna", act=f"act.{number}", subject="x", now=NOW, number=number
        )
        for number in (1, 2, 3)
    ]


def _take_protection_away(db):
    """What somebody with the keys of the database could do."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("DROP TRIGGER audit_append_only ON audit_entry"))
    else:
        for act in ("update", "delete", "replace"):
            db.execute(text(f"DROP TRIGGER audit_no_{act}"))


def test_an_untouched_trail_is_whole(db):
    _three_entries(db)
    db.expire_all()

    assert verify_chain(db) == 3


def test_an_empty_trail_is_whole(db):
    assert verify_chain(db) == 0


def test_each_entry_is_bound_to_the_one_before(db):
    first, second, third = _three_entries(db)

    assert first.previous_hash == "0" * 64
    assert [second.previous_hash, third.previous_hash] == [first.hash, second.hash]
    assert [first.id, second.id, third.id] == [1, 2, 3]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'Bea' WHERE id = 2",
        "DELETE FROM audit_entry WHERE id = 2",
        "DELETE FROM audit_entry",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_entry(db, statement):
    _three_entries(db)

    with pytest.raises(DatabaseError, match="the audit trail is append-only"):
        db.execute(text(statement))


def test_sqlite_refuses_to_replace_and_postgresql_to_truncate(db):
    _three_entries(db)
    statement = (
        "TRUNCATE audit_entry"
        if db.get_bind().dialect.name == "postgresql"
        else "INSERT OR REPLACE INTO audit_entry SELECT id, at, 'Bea', act, subject, "
        "details, previous_hash, hash FROM audit_entry WHERE id = 2"
    )

    with pytest.raises(DatabaseError, match="the audit trail is append-only"):
        db.execute(text(statement))


@pytest.mark.parametrize(
    ("change", "entry", "reason"),
    [
        ("actor = 'Bea'", 2, "its content was changed"),
        ("act = 'other'", 2, "its content was changed"),
        ("subject = 'y'", 2, "its content was changed"),
        ("details = '{\"number\": 7}'", 2, "its content was changed"),
        ("at = '2026-01-01 00:00:00.000000'", 2, "its content was changed"),
        ("hash = 'f'", 2, "its content was changed"),
        ("previous_hash = 'f'", 2, "it does not follow its predecessor"),
    ],
)
def test_a_changed_entry_is_found(db, change, entry, reason):
    _three_entries(db)
    _take_protection_away(db)

    db.execute(
        text(f"UPDATE audit_entry SET {change} WHERE id = 2")  # noqa: S608 - from the list above
    )
    db.expire_all()

    with pytest.raises(AuditBroken) as found:
        verify_chain(db)
    assert (
        found.value.message == f"The audit trail is broken at entry {entry}: {reason}"
    )


def test_a_changed_entry_with_a_fitting_hash_breaks_the_next_one(db):
    _, second, _ = _three_entries(db)
    _take_protection_away(db)

    second.actor = "Bea"
    second.hash = second.expected_hash()
    db.flush()
    db.expire_all()

    with pytest.raises(AuditBroken, match="at entry 3: it does not follow"):
        verify_chain(db)


@pytest.mark.parametrize("gone", [1, 2])
def test_an_entry_that_was_taken_out_is_missed(db, gone):
    _three_entries(db)
    _take_protection_away(db)

    db.execute(text("DELETE FROM audit_entry WHERE id = :id"), {"id": gone})
    db.expire_all()

    with pytest.raises(AuditBroken, match=f"at entry {gone}: it is missing"):
        verify_chain(db)


@settings(max_examples=25)
@given(
    actor=st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    details=st.dictionaries(
        st.sampled_from(["channel", "number", "reason"]),
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    ),
)
def test_whatever_an_entry_holds_comes_back_with_the_same_hash(db, actor, details):
    entry = record_act(db, actor=actor, act="a", subject="s", now=NOW, **details)
    db.expire_all()

    assert entry.details == details
    assert entry.hash == entry.expected_hash()


def test_what_was_done_to_one_row_is_listed_oldest_first(db):
    _three_entries(db)
    record_act(db, actor="Anna", act="other", subject="y", now=NOW + SECOND)

    assert [entry.act for entry in entries_about(db, "x")] == [
        "act.1",
        "act.2",
        "act.3",
    ]
    assert db.query(AuditEntry).count() == 4
