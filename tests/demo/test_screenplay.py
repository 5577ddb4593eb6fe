"""The demo office hour is what the issue asks for, and its files say what it is."""

import csv
import json
import tomllib

import pytest

from demo.portraits import LOOKS
from demo.recording import REHEARSAL, questions_csv, read_truth
from demo.screenplay import read_screenplay

PLAY = read_screenplay()
TRUTH = read_truth()
ANSWERED = [one for one in TRUTH["questions"] if one["answer_start_s"] is not None]


def question(ref):
    return next(one for one in TRUTH["questions"] if one["ref"] == ref)


def test_a_moderator_a_host_and_two_citizens_talk_for_about_five_minutes():
    assert [person.role for person in PLAY.people] == [
        "moderator",
        "host",
        "citizen",
        "citizen",
    ]
    assert 270 < TRUTH["duration_s"] < 330


def test_seven_questions_are_handed_in_and_one_more_is_asked_live():
    assert [one["ref"] for one in TRUTH["questions"]] == [*"1234567", None]
    assert [one["handed_in"] for one in TRUTH["questions"]] == [True] * 7 + [False]


def test_two_questions_are_answered_together():
    two, six = question("2"), question("6")

    assert two["answer_start_s"] == six["answer_start_s"]
    assert two["answer_end_s"] == six["answer_end_s"]


def test_one_question_comes_out_of_order_and_one_never():
    assert question("4")["answer_start_s"] < question("3")["answer_start_s"]
    assert [one["ref"] for one in TRUTH["questions"] if one not in ANSWERED] == ["5"]


def test_the_one_question_is_asked_by_its_author_in_person_and_the_live_one_by_a_guest():
    def who_speaks_at(start_s):
        (turn,) = [turn for turn in TRUTH["turns"] if turn["start_s"] == start_s]
        return turn["speaker"]

    assert who_speaks_at(question("7")["read_start_s"]) == "citizen_1"
    assert PLAY.questions[6].author == "Anna Wolters" == PLAY.people[2].name
    assert who_speaks_at(question(None)["read_start_s"]) == "citizen_2"


def test_every_answer_is_the_hosts_and_follows_its_question():
    for one in ANSWERED:
        (turn,) = [t for t in TRUTH["turns"] if t["start_s"] == one["answer_start_s"]]
        assert turn["speaker"] == "host"
        assert one["read_start_s"] < turn["start_s"] < one["answer_end_s"]


def test_turns_follow_each_other_without_overlap():
    times = [
        time for turn in TRUTH["turns"] for time in (turn["start_s"], turn["end_s"])
    ]

    assert times == sorted(times)
    assert times[-1] < TRUTH["duration_s"]


def test_the_texts_are_those_of_the_screenplay():
    assert [(turn["speaker"], turn["text"]) for turn in TRUTH["turns"]] == [
        (turn.speaker, turn.text) for turn in PLAY.turns
    ]
    assert [one["text"] for one in TRUTH["questions"]] == [
        *(one.text for one in PLAY.questions),
        None,
    ]


def test_every_proper_name_is_spoken():
    spoken = " ".join(turn.text for turn in PLAY.turns)

    assert [name for name in PLAY.proper_names if name not in spoken] == []


def test_the_questions_can_be_handed_in_as_csv():
    with questions_csv().open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))

    assert list(rows[0]) == ["ref", "author", "email", "channel", "topic", "text"]
    assert [row["text"] for row in rows] == [one.text for one in PLAY.questions]
    assert {row["email"].rpartition("@")[2] for row in rows} == {"example.org"}


def test_some_questions_have_marks_between_their_reading_and_their_answer():
    marks = tomllib.loads((REHEARSAL / "tracks.toml").read_text("utf-8"))["mark"]

    assert [mark["question"] for mark in marks] == ["1", "4", "7"]
    for mark in marks:
        asked = question(mark["question"])
        assert asked["read_start_s"] < mark["at_ms"] / 1000 < asked["answer_start_s"]


def test_consents_differ_and_those_seen_have_a_look():
    tracks = tomllib.loads((REHEARSAL / "tracks.toml").read_text("utf-8"))["track"]
    consents = {track["participant"]: track["consent"] for track in tracks}

    assert consents == {person.name: person.consent for person in PLAY.people}
    assert set(consents.values()) == {"picture_and_sound", "sound"}
    assert set(LOOKS) == {
        person.id for person in PLAY.people if person.consent == "picture_and_sound"
    }


def test_the_voices_weigh_less_than_three_megabytes():
    assert sum(path.stat().st_size for path in REHEARSAL.glob("*.opus")) < 3_000_000


def test_the_truth_of_the_first_seconds_holds_only_what_has_ended():
    first = read_truth(until_s=question("1")["answer_end_s"] + 0.5)

    assert [one["ref"] for one in first["questions"] if one["answer_end_s"]] == ["1"]
    assert len(first["turns"]) == 4
    assert read_truth(until_s=question("1")["answer_end_s"] - 0.5)["questions"][0] == {
        **question("1"),
        "read_start_s": None,
        "answer_start_s": None,
        "answer_end_s": None,
    }


@pytest.mark.parametrize("name", ["tracks.toml", "truth.json", "questions.csv"])
def test_no_text_of_the_shared_recordings_is_reused(name):
    shared = REHEARSAL.parents[2] / "shared" / "speech" / "rehearsal_dev.json"
    if not shared.exists():
        pytest.skip("../shared/speech is not there")
    theirs = {turn["text"] for turn in json.loads(shared.read_text("utf-8"))["turns"]}

    ours = (REHEARSAL / name).read_text("utf-8")
    assert [text for text in theirs if text in ours] == []
