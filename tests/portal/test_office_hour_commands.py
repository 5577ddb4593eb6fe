"""The command line up to the recording: real process entry, real database."""

import json

import pytest

from portal.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a command on a house of its own; return (status, stdout, stderr)."""
    from portal.language import locale_name

    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    locale_name.cache_clear()

    def command(*words):
        monkeypatch.setattr(
            "sys.argv", ["sprechstunde", *words, "--data", str(tmp_path / "house")]
        )
        status = main()
        said = capsys.readouterr()
        return status, said.out, said.err

    assert command("init")[0] == 0
    yield command
    locale_name.cache_clear()


def _create(run):
    status, said, _ = run(
        "office-hour", "create", "--title", "Radwege", "--host", "Dr. Jana Roth",
        "--starts", "2026-12-01T18:00", "--json",
    )  # fmt: skip
    assert status == 0
    return json.loads(said)["id"]


def _import(run, tmp_path, office_hour, *more):
    questions = tmp_path / "fragen.csv"
    questions.write_text(
        "ref,author,email,channel,topic,text\n"
        "1,Anna,anna@example.org,web,Radwege,Wann kommt der Radweg?\n"
        "2,,,email,Bäder,Bleibt das Bad offen?\n"
    )
    return run(
        "questions", "import", str(questions), "--office-hour", office_hour, *more
    )


def test_office_hour_is_created_and_shown(run):
    office_hour = _create(run)

    status, said, _ = run("office-hour", "show", office_hour, "--json")

    assert status == 0
    shown = json.loads(said)
    assert (shown["title"], shown["state"]) == ("Radwege", "draft")
    # 18:00 in Berlin in winter
    assert shown["starts"] == "2026-12-01T17:00:00+00:00"


def test_questions_are_imported_accepted_and_answered_in_writing(run, tmp_path):
    office_hour = _create(run)

    assert _import(run, tmp_path, office_hour)[0] == 0
    assert run("questions", "accept", office_hour, "1")[0] == 0
    assert (
        run("questions", "refuse", office_hour, "2", "--reason", "Kein Thema.")[0] == 0
    )
    assert (
        run("questions", "answer-in-writing", office_hour, "1", "--answer", "Im Mai.")[
            0
        ]
        == 0
    )

    listed = json.loads(run("questions", "list", office_hour, "--json")[1])
    assert [(q["ref"], q["state"]) for q in listed] == [
        ("1", "written_answer"),
        ("2", "refused"),
    ]


def test_list_with_one_bad_line_changes_nothing(run, tmp_path):
    office_hour = _create(run)
    _import(run, tmp_path, office_hour, "--accept")

    status, _, said = _import(run, tmp_path, office_hour)

    assert status == 1
    assert said.strip() == "fragen.csv, line 2: ref: question 1 exists already"
    assert len(json.loads(run("questions", "list", office_hour, "--json")[1])) == 2


def test_illegal_move_says_what_is_allowed(run):
    office_hour = _create(run)
    assert run("office-hour", "announce", office_hour)[0] == 0

    status, _, said = run("office-hour", "announce", office_hour)

    assert status == 1
    assert said.strip() == (
        f"OfficeHour {office_hour} is announced; from there only "
        "cancelled, held, live is possible, not announced."
    )


def test_unknown_office_hour_is_refused(run):
    status, _, said = run("office-hour", "show", "nirgends")

    assert (status, said.strip()) == (1, "There is no OfficeHour with the id nirgends.")


def test_misused_command_ends_with_two(run):
    assert run("office-hour", "create")[0] == 2


def test_house_that_was_not_set_up_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(
        "sys.argv", ["sprechstunde", "status", "--data", str(tmp_path / "leer")]
    )

    assert main() == 1
    assert "sprechstunde init" in capsys.readouterr().err


def test_trail_is_verified(run):
    _create(run)

    status, said, _ = run("audit", "verify", "--json")

    assert (status, json.loads(said)) == (0, {"entries": 1, "intact": True})
