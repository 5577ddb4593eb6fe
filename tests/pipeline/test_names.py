from pipeline.names import WORDS_MAX, names_for, prompt_of
from tests.pipeline.spoken import person, question, recording
from townhall.media import ConsentLevel, Role


def test_people_come_first_then_what_the_questions_name_then_the_glossary():
    room = recording(people=[person("h", Role.HOST, name="Thomas Achenbach")])
    asked = [question("1", "Wann wird die Gerbergasse bei der Kita Löwenzahn saniert?")]

    names = names_for(room, asked, ["Hollerfeld", "Kita Löwenzahn"])

    assert names == ["Thomas Achenbach", "Kita Löwenzahn", "Gerbergasse", "Hollerfeld"]


def test_people_without_naming_consent_stay_out():
    room = recording(
        people=[
            person("a", consent=ConsentLevel.SOUND, name="Anna Alt"),
            person("b", consent=ConsentLevel.SOUND_WITHOUT_NAME, name="Bürgerin"),
            person("c", consent=ConsentLevel.NONE, name="Carla Neu"),
        ]
    )

    assert names_for(room, [], []) == ["Anna Alt"]


def test_list_never_exceeds_what_helps():
    glossary = [f"Straße {number}" for number in range(100)]

    names = names_for(recording(), [], glossary)

    assert sum(len(name.split()) for name in names) == WORDS_MAX


def test_word_at_the_start_of_a_sentence_is_no_name():
    asked = [question("1", "Teurer wird es? Dann baut die Stadt kein Hallenbad.")]

    assert names_for(recording(), asked, []) == ["Hallenbad"]


def test_prompt_lists_the_names():
    assert prompt_of(["Hollerfeld", "Demir"], "de") == (
        "Bürgersprechstunde: Hollerfeld, Demir."
    )
    assert prompt_of(["Hollerfeld"], "en") == "Hollerfeld."
    assert prompt_of([], "de") is None
