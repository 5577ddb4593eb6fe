"""Help pages and misuse in both languages, as people meet them."""

import os
import subprocess
import sys

import pytest

from portal.cli import main
from site_templates.locales import locale_name


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command in this process, where help texts have their language already."""

    def command(language, *words):
        monkeypatch.setenv("LC_ALL", language)
        locale_name.cache_clear()
        monkeypatch.setattr("sys.argv", ["sprechstunde", *words])
        status = main()
        said = capsys.readouterr()
        return status, said.out, said.err

    yield command
    locale_name.cache_clear()


def _run_anew(language, *words):
    """Run the command in a fresh process: help texts are chosen when it starts."""
    done = subprocess.run(
        [sys.executable, "-m", "portal", *words],
        env={**os.environ, "LC_ALL": language, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_help_page_is_german_from_top_to_bottom():
    assert _run_anew("de_DE.UTF-8", "serve-site", "--help") == (
        0,
        """\
Aufruf: sprechstunde serve-site [OPTIONEN]

  Die öffentliche Website zum Ansehen bereitstellen.

Optionen:
  --host <Text>  Adresse, unter der die Website antwortet; ohne Angabe nur auf
                 diesem Rechner.  [ohne Angabe: 127.0.0.1]
  --port <Zahl>  Port; 0 sucht einen freien.  [ohne Angabe: 8020]
  --data <Pfad>  Das Datenverzeichnis.  [Umgebungsvariable: SPRECHSTUNDE_DATA;
                 ohne Angabe: data]
  --help         Diese Seite zeigen.
""",
        "",
    )


def test_list_of_commands_cuts_no_sentence_off():
    status, page, _ = _run_anew("de_DE.UTF-8", "--help")

    assert status == 0
    assert "..." not in page.partition("Befehle:")[2]
    assert page.startswith("Aufruf: sprechstunde [OPTIONEN] BEFEHL [ANGABEN]...\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nix"], "Den Befehl nix gibt es nicht."),
        (["office-hour", "create"], "--title fehlt."),
        (["office-hour", "create", "--title"], "Nach --title fehlt ein Wert."),
        (["status", "--json=3"], "Nach --json darf kein Wert stehen."),
        (["status", "a", "b"], "b ist zu viel."),
        (["status", "--xyz"], "Die Option --xyz gibt es nicht."),
        (
            ["status", "--jso"],
            "Die Option --jso gibt es nicht; vielleicht --json.",
        ),
        (
            ["serve-site", "--port", "x"],
            "--port lässt sich so nicht verwenden: Es muss eine ganze Zahl sein.",
        ),
        (
            ["approve", "x", "--as", "y", "--digest", "z", "--channel", "fax"],
            (
                "--channel lässt sich so nicht verwenden: fax ist nicht dabei. "
                "Möglich sind 'website', 'rehearsal'."
            ),
        ),
    ],
)
def test_misuse_is_told_in_german_and_ends_with_two(run, words, sentence):
    status, said, told = run("de_DE.UTF-8", *words)

    assert (status, said, told.splitlines()[-1]) == (2, "", sentence)


def test_misuse_is_told_in_english_elsewhere(run):
    assert run("C.UTF-8", "status", "a", "b") == (
        2,
        "",
        (
            "Usage: sprechstunde status [OPTIONS] [ID]\n"
            "More about it: sprechstunde status --help\n\n"
            "b is too much.\n"
        ),
    )


def test_group_without_a_command_shows_its_page(run):
    status, said, told = run("de_DE.UTF-8", "office-hour")

    assert (status, said) == (2, "")
    assert told.startswith(
        "Aufruf: sprechstunde office-hour [OPTIONEN] BEFEHL [ANGABEN]...\n\n"
    )
    assert "  announce " in told


def test_brackets_in_what_people_wrote_stay(run, tmp_path):
    data = str(tmp_path / "house")
    run("de_DE.UTF-8", "init", "--data", data)
    run(
        "de_DE.UTF-8", "office-hour", "create", "--title", "Radwege [neu]",
        "--host", "Dr. Jana Roth", "--starts", "2026-12-01T18:00", "--data", data,
    )  # fmt: skip

    _, said, _ = run("de_DE.UTF-8", "office-hour", "list", "--data", data)

    assert said.splitlines()[1].endswith("Dr. Jana Roth  Radwege [neu]")
