"""The German dictionary: complete, exact, without leftovers, and readable as a whole."""

import re
from collections import Counter, defaultdict
from io import BytesIO
from string import Formatter

import pytest
from babel.messages.pofile import read_po

from pipeline.tracks_file import read_tracks_file
from portal.language import why_unreadable
from portal.question_list import read_question_list
from portal.timecode import read_range
from site_templates.locales import catalogue_files, translate
from tests.factories import (
    NOW,
    approve,
    make_chapter,
    make_office_hour,
    make_programme,
    make_question,
    people_by_name,
)
from tools.extract_sentences import f_strings_in_refusals, key_of, missing, sentences
from townhall.errors import InvalidInput, SprechstundeError
from townhall.officehours import consents, questions, recordings, schedule
from townhall.officehours.schedule import OfficeHourState
from townhall.settings import SETTINGS_FILE, read_settings

CATALOGUES = catalogue_files("de")
ENTRIES = [
    (path.name, message)
    for path in CATALOGUES
    for message in read_po(BytesIO(path.read_bytes()))
    if message.id
]


def _placeholders(text):
    braces = [
        (name, spec, conversion)
        for _, name, spec, conversion in Formatter().parse(text)
        if name is not None
    ]
    return Counter(braces + re.findall(r"%\(\w+\)[sd]", text))


def _german(refused):
    """The refusal of a call, as a German terminal shows it."""
    with pytest.raises(SprechstundeError) as refusal:
        refused()
    return translate("de", refusal.value.template, **refusal.value.details)


def test_no_sentence_is_missing_in_german():
    listed = {sentence.key for sentence in sentences()}
    # one of each kind is found, else "nothing is missing" would say nothing
    assert {
        (None, "There is no {kind} with the id {id}."),
        (None, "Usage:"),
        (None, "Hand in a question"),
        (None, "Where citizens write to."),
        ("clock", "{time}"),
        ("detail", "in_review"),
        ("detail", "OfficeHour"),
        ("detail", "nobody is named"),
        ("detail", "questions-until"),
        ("detail", "hear"),
        ("detail", "holds invisible control characters; write it anew"),
    } <= listed

    assert missing("de") == []


def test_every_translation_has_exactly_the_placeholders_of_its_sentence():
    wrong = [
        (name, message.id, form)
        for name, message in ENTRIES
        for form in (
            message.string if isinstance(message.string, tuple) else (message.string,)
        )
        if _placeholders(form) != _placeholders(key_of(message))
    ]

    assert wrong == []


def test_no_entry_is_left_over():
    used = {sentence.key for sentence in sentences()}

    assert [
        (name, message.context, key_of(message))
        for name, message in ENTRIES
        if (message.context, key_of(message)) not in used
    ] == []


def test_no_sentence_has_two_translations():
    said = defaultdict(set)
    for _, message in ENTRIES:
        said[message.context, key_of(message)].add(message.string)

    assert {key: forms for key, forms in said.items() if len(forms) > 1} == {}


def test_no_refusal_hides_words_in_an_f_string():
    assert list(f_strings_in_refusals()) == []


def test_german_quotes_are_german():
    straight = [
        (name, message.id)
        for name, message in ENTRIES
        if '"' in str(message.string) and '"' not in key_of(message)
    ]
    english = [m.id for _, m in ENTRIES if re.search(r"[“][^„“]*[”]", str(m.string))]

    assert (straight, english) == ([], [])


def test_wrong_state_names_kind_and_states_in_german(db):
    hour = make_office_hour(db)

    assert _german(
        lambda: schedule.announce(db, office_hour=hour, actor="Anna", now=NOW)
    ) == (
        f"Bürgersprechstunde {hour.id} hat den Stand „angekündigt“. Von dort ist nur "
        "möglich: abgesagt, abgehalten, live. Nicht möglich: angekündigt."
    )


def test_thing_that_is_not_there_is_named_in_german(db):
    hour = make_office_hour(db)

    assert [
        _german(lambda: schedule.find_office_hour(db, "nirgends")),
        _german(lambda: questions.find_question(db, office_hour=hour, ref="9")),
        _german(lambda: consents.participant_by_token(db, "x", secret=b"key")),
    ] == [
        "Bürgersprechstunde nirgends gibt es nicht.",
        "Frage 9 gibt es nicht.",
        "Einwilligung x gibt es nicht.",
    ]


def test_field_and_reason_are_german(db):
    hour = make_office_hour(db)
    make_question(db, hour, ref="3")

    assert [
        _german(lambda: make_question(db, hour, ref="3")),
        _german(lambda: make_question(db, hour, text="?" * 1501)),
        _german(lambda: make_office_hour(db, host_name=" ")),
    ] == [
        "Nummer: Frage 3 gibt es schon",
        "Text: 1501 Zeichen; möglich sind höchstens 1500",
        "Gastgeber/in: Es ist niemand genannt",
    ]


def test_approval_of_something_else_is_refused_in_german(db):
    programme = make_programme(db)

    assert _german(lambda: approve(db, programme, digest="f" * 64)) == (
        "Die Sendefassung hat sich seit der Prüfung geändert: Ihre Prüfsumme ist jetzt "
        "000000000000, nicht ffffffffffff. Bitte prüfen Sie sie noch einmal."
    )


def test_everybody_who_took_consent_back_is_listed_in_german(db):
    hour = make_office_hour(db, state=OfficeHourState.HELD)
    question = make_question(db, hour)
    programme = make_programme(db, hour, chapters=[make_chapter(question)])
    recording = recordings.find_recording(db, programme.parts[0]["recording"])
    person = people_by_name(db, recording)["Max Muster"]
    consents.withdraw_consent(db, participant=person, now=NOW)
    questions.withdraw(db, question=question, actor="the person", now=NOW)

    assert _german(lambda: approve(db, programme)) == (
        "Es fehlt die Einwilligung zur Veröffentlichung (Kanal: Website): "
        "Max Muster, wer Frage 1 gestellt hat."
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "nummer,text\n1,Wann?\n",
            (
                "fragen.csv: Die erste Zeile muss die Spalten "
                "ref,author,email,channel,topic,text nennen; dort steht nummer,text"
            ),
        ),
        (
            # "email" is a word of the dictionary too, but in a file it is written so
            "ref,text,channel\n1,Wann?,fax\n",
            (
                "fragen.csv, Zeile 2: Den Eingangsweg fax gibt es nicht; möglich sind "
                "web, email, social, phone, on_air"
            ),
        ),
        ("", "fragen.csv: Die Datei ist leer"),
    ],
)
def test_question_list_is_refused_in_german(tmp_path, content, sentence):
    path = tmp_path / "fragen.csv"
    path.write_text(content)

    assert _german(lambda: read_question_list(path)) == sentence


def test_keys_of_a_file_stay_as_they_are_written(tmp_path):
    # "consent" and "audio" are words of the dictionary too
    (tmp_path / "tracks.toml").write_text(
        "[[track]]\n"
        'file = "a.ogg"\n'
        'participant = "Anna"\n'
        'role = "host"\n'
        'kind = "audio"\n'
    )

    assert _german(lambda: read_tracks_file(tmp_path)) == (
        "tracks.toml: track 1: Der Schlüssel consent fehlt. Ergänzen Sie ihn."
    )


def test_settings_are_refused_in_german_all_at_once(tmp_path):
    path = tmp_path / SETTINGS_FILE
    path.write_text('[speach]\n[flows]\napi_port = 0\n[site]\ntimezone = "Mars"\n')

    assert _german(lambda: read_settings(tmp_path)) == (
        f"Die Einstellungen in {path} lassen sich nicht verwenden: "
        "site.timezone: Die Zeitzone Mars gibt es nicht; "
        "flows.api_port: Der Wert muss mindestens 1 sein; "
        "speach: Diesen Schlüssel gibt es nicht"
    )


def test_times_are_refused_in_german():
    assert [_german(lambda: read_range("5")), _german(lambda: read_range("9-5"))] == [
        "5: Schreiben Sie einen Abschnitt als 1:15-1:17",
        "9-5: Das Ende liegt vor dem Beginn",
    ]


def test_file_that_cannot_be_read_is_refused_in_german(tmp_path):
    def read(path):
        try:
            path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(field="x", reason=why_unreadable(error)) from error

    (tmp_path / "latin").write_bytes(b"M\xfchle")

    assert [
        _german(lambda: read(tmp_path / "nirgends")),
        _german(lambda: read(tmp_path)),
        _german(lambda: read(tmp_path / "latin")),
    ] == [
        "x: Diese Datei gibt es nicht",
        "x: Das ist ein Ordner, keine Datei",
        "x: Die Datei ist kein Text in UTF-8",
    ]
