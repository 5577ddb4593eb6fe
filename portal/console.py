"""What the commands share: the data directory, the clock, and how answers are printed."""

from __future__ import annotations

import getpass
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from portal.language import _
from townhall import migrations
from townhall.errors import InvalidInput, phrase
from townhall.house import House

#: texts come from people and files: nothing in them is markup
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)

#: where the house keeps everything, on every command
DataOption = Annotated[
    Path,
    typer.Option(
        "--data",
        envvar="SPRECHSTUNDE_DATA",
        help=_("Data directory of this house."),
        show_default=True,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help=_("Answer as JSON, for scripts."))
]
ActorOption = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help=_("Who does it; stands in the trail.")),
]
OfficeHourArgument = Annotated[
    str, typer.Argument(metavar="ID", help=_("Id of the office hour."))
]
DEFAULT_DATA = Path("data")


def now() -> datetime:
    """This moment, aware."""
    return datetime.now(UTC)


def open_house(data: Path) -> House:
    """The house of a data directory, its tables up to date.

    Raises:
        InvalidInput: there is no house there yet.
        MigrationMissing: its tables are of another time.
    """
    house = House.at(data)
    if not house.data.is_dir():
        raise InvalidInput(
            field="--data",
            reason=phrase(
                "{data} is no data directory; run: sprechstunde init", data=data
            ),
        )
    migrations.require_newest(house.engine)
    return house


def actor_name(given: str | None) -> str:
    """Who acts: the name given, else the account on this machine."""
    if given:
        return given
    return os.environ.get("SUDO_USER") or getpass.getuser()


def show_json(answer: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")


def show_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print a table that wraps instead of cutting words off."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def local_datetime(value: str, *, timezone: str, field: str) -> datetime:
    """``2026-12-01T18:00`` as a moment; without a zone it is the town's own time.

    Raises:
        InvalidInput: it is no date and time.
    """
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise InvalidInput(
            field=field, reason=phrase("{value} is no date and time", value=value)
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
