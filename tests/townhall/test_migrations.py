from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from townhall.database import Row, writing
from townhall.errands import Errand  # noqa: F401 - so that all tables are known
from townhall.errors import MigrationMissing
from townhall.migrations import (
    downgrade,
    found_revision,
    newest_revision,
    require_newest,
    upgrade,
)
from townhall.officehours import retention  # noqa: F401 - so that all tables are known


def test_migrated_tables_are_exactly_those_of_the_code(engine):
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": Row.metadata}
        )

        assert compare_metadata(context, Row.metadata) == []


def test_unique_constraints_are_those_of_the_code(engine):
    """Alembic does not compare them on SQLite."""
    in_code = {
        (table.name, tuple(column.name for column in constraint.columns))
        for table in Row.metadata.tables.values()
        for constraint in table.constraints
        if type(constraint).__name__ == "UniqueConstraint"
    }
    found = {
        (table, tuple(constraint["column_names"]))
        for table in Row.metadata.tables
        for constraint in inspect(engine).get_unique_constraints(table)
    }

    assert found == in_code


def test_going_down_leaves_nothing_and_going_up_again_works(engine):
    downgrade(engine)

    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    assert found_revision(engine) is None

    upgrade(engine)

    assert found_revision(engine) == newest_revision()
    assert set(inspect(engine).get_table_names()) == {
        "alembic_version",
        *Row.metadata.tables,
    }


def test_going_up_twice_changes_nothing(engine):
    upgrade(engine)

    require_newest(engine)


def test_an_empty_database_is_refused_with_what_to_do(empty_engine):
    with pytest.raises(MigrationMissing) as refusal:
        require_newest(empty_engine)

    assert refusal.value.message == (
        f"The database is at revision None, the program needs {newest_revision()}. "
        "Run `sprechstunde init`."
    )


def test_a_database_of_a_newer_program_is_refused(engine):
    with writing(engine) as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(MigrationMissing, match="at revision 9999"):
        require_newest(engine)
