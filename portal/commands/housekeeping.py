"""``init``, ``up``, ``doctor``, ``settings``, ``audit``, ``serve-site`` and ``model``."""

from __future__ import annotations

import os
import shlex
import sys
from typing import Annotated
from urllib.parse import urlsplit

import typer

from pipeline.speech_model import add_model
from portal.console import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    now,
    open_house,
    out,
    show_json,
    show_table,
)
from portal.doctor import Health, examine
from portal.errand_runner import flows_command
from portal.language import _, word
from portal.usage import Commands
from townhall import migrations
from townhall.audit import verify_chain
from townhall.house import House
from townhall.settings import SETTINGS_FILE, documented_settings

audit_app = Commands(help=_("The audit trail."))
model_app = Commands(help=_("Speech models."))

_FIRST_SETTINGS = """\
# Einstellungen dieses Hauses. Alle Schlüssel erklärt: sprechstunde settings
# Settings of this house. All keys are explained by: sprechstunde settings

[municipality]
name = "Musterstadt"
"""
_MARKS = {Health.GOOD: "✔", Health.WORRYING: "!", Health.BAD: "✘"}


def init(data: DataOption = DEFAULT_DATA) -> None:
    data.mkdir(parents=True, exist_ok=True, mode=0o750)
    settings = data / SETTINGS_FILE
    if not settings.exists():
        settings.write_text(_FIRST_SETTINGS)
    house = House.at(data)
    for folder in (house.recordings_folder, house.programmes_folder, house.logs_folder):
        folder.mkdir(exist_ok=True, mode=0o750)
    migrations.upgrade(house.engine)
    out.print(_("{folder} is ready.", folder=house.data if house.secret else ""))


def up(data: DataOption = DEFAULT_DATA) -> None:
    house = open_house(data)
    site = [sys.executable, "-m", "portal", "serve-site", "--data", str(house.data)]
    port = urlsplit(house.settings.site.url).port
    if urlsplit(house.settings.site.url).hostname == "127.0.0.1" and port:
        site += ["--port", str(port)]  # no web server before it: the address is ours
    command = flows_command(house, "up", "--also", "site", shlex.join(site))
    os.execv(command[0], command)  # the supervisor takes this process's place


def doctor(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    house = House.at(data)
    findings = list(examine(house, now=now()))
    if as_json:
        show_json(
            [
                {"check": f.check, "health": str(f.health), "sentence": f.sentence}
                for f in findings
            ]
        )
    else:
        show_table(
            ["", _("Check"), _("Finding")],
            [[_MARKS[f.health], word(f.check), f.sentence] for f in findings],
        )
    if any(f.health is Health.BAD for f in findings):
        raise typer.Exit(1)


def settings(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    house = House.at(data)
    rows = []
    for key, default, explanation in documented_settings():
        section, name = key.split(".")
        value = getattr(getattr(house.settings, section), name)
        rows.append((key, value, default, explanation))
    if as_json:
        show_json(
            {
                key: {
                    "value": _plain(value),
                    "default": _plain(default),
                    "about": about,
                }
                for key, value, default, about in rows
            }
        )
        return
    show_table(
        [_("Key"), _("Value"), _("What it does")],
        [
            [key, str(_plain(value)), _(explanation)]
            for key, value, _default, explanation in rows
        ],
    )


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, str | int | float | None) else str(value)


@audit_app.command(help=_("Check that nobody changed the trail."))
def verify(data: DataOption = DEFAULT_DATA, as_json: JsonOption = False) -> None:
    house = open_house(data)
    with house.reading() as db:
        count = verify_chain(db)
    if as_json:
        show_json({"entries": count, "intact": True})
    else:
        out.print(_("The trail is intact: {count} entries.", count=count))


def serve_site(
    host: Annotated[
        str, typer.Option(help=_("Address to listen on; loopback unless you say so."))
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=_("Port; 0 finds a free one."))] = 8020,
    data: DataOption = DEFAULT_DATA,
) -> None:
    from portal.site_server import serve_site as serve

    house = open_house(data)
    serve(house.site_folder, host=host, port=port)


@model_app.command(help=_("Fetch a larger speech model (needs the internet)."))
def add(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help=_("e.g. small, medium, large-v3-turbo")),
    ],
    data: DataOption = DEFAULT_DATA,
) -> None:
    house = open_house(data)
    folder = add_model(name, house.models_folder)
    out.print(
        _(
            '{folder} is ready. Use it: [speech] model = "{name}" in {settings}',
            folder=str(folder),
            name=name,
            settings=str(house.data / SETTINGS_FILE),
        )
    )
