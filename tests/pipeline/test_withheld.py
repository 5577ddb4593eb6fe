"""Turns of people who are not published."""

import pytest

from pipeline.withheld import (
    WithheldCard,
    reading_s,
    shortening_cuts,
    withheld_cards,
    withheld_turns,
)
from tests.pipeline.programme_factory import person, question, recording, spans
from townhall.media import ConsentLevel, Role, SpeechSpan

HOST = person("host")
GUEST = person("guest", Role.CITIZEN, consent=ConsentLevel.NONE)
TALK = recording([HOST, GUEST], seconds=200.0)
LONG = "Wann wird die Gerbergasse asphaltiert? " * 4  # 156 characters: 12.4 s


def test_pauses_inside_a_turn_do_not_part_it():
    spoken = spans(("guest", 10, 14), ("guest", 15.5, 20), ("guest", 40, 45))

    turns = withheld_turns(TALK, spoken)

    assert [(t.start_s, t.end_s) for t in turns] == [(10, 20), (40, 45)]


def test_people_who_are_published_have_no_such_turns():
    assert withheld_turns(TALK, spans(("host", 10, 20))) == ()


def test_what_their_microphone_hears_of_others_is_not_their_turn():
    bleed = SpeechSpan(
        participant_id="guest", start_s=5, end_s=9, loudness_db=-45, bleed_of="host"
    )

    assert withheld_turns(TALK, [bleed]) == ()


def cards(questions, answers, *turns):
    return withheld_cards(withheld_turns(TALK, spans(*turns)), questions, answers)


def test_the_card_shows_the_question_that_the_person_handed_in():
    asked = [question("q1", "Eins?"), question("q2", "Zwei?", participant_id="guest")]

    (card,) = cards(asked, [("q1", 21.0)], ("guest", 10, 20))

    assert card == WithheldCard(start_s=10, end_s=20, text="Zwei?")


def test_the_card_shows_the_question_that_is_answered_next():
    asked = [question("q1", "Eins?"), question("q2", "Zwei?")]

    (card,) = cards(asked, [("q1", 5.0), ("q2", 22.0)], ("guest", 10, 20))

    assert card.text == "Zwei?"


def test_an_answer_much_later_belongs_to_another_question():
    (card,) = cards([question("q1", "Eins?")], [("q1", 90.0)], ("guest", 10, 20))

    assert card.text is None


def test_an_interjection_shows_no_card():
    assert cards([], [], ("guest", 10, 10.8)) == ()


@pytest.mark.parametrize(
    ("text", "seconds"), [(None, 4.0), ("Kurz?", 4.0), (LONG, 12.4)]
)
def test_a_card_stands_as_long_as_reading_it_takes(text, seconds):
    assert reading_s(text) == pytest.approx(seconds)


def test_a_silent_turn_is_shortened_to_what_its_card_needs():
    spoken = spans(("guest", 10, 60), ("host", 62, 70))
    card = WithheldCard(start_s=10, end_s=60, text=LONG)

    (found,) = shortening_cuts([card], TALK, spoken)

    assert (found.start_s, found.end_s) == (pytest.approx(22.4), 60)


def test_what_others_say_meanwhile_stays():
    spoken = spans(("guest", 10, 60), ("host", 30, 32))
    card = WithheldCard(start_s=10, end_s=60, text=None)

    found = shortening_cuts([card], TALK, spoken)

    assert [(cut.start_s, cut.end_s) for cut in found] == [(14, 29.7), (32.3, 60)]


def test_a_short_turn_is_not_cut():
    spoken = spans(("guest", 10, 14.5))

    card = WithheldCard(start_s=10, end_s=14.5, text=None)

    assert shortening_cuts([card], TALK, spoken) == ()
