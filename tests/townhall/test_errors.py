from __future__ import annotations

import re

import pytest

from townhall import errors
from townhall.errors import InvalidInput, NotFound, SprechstundeError, listed, phrase


def _all(kind):
    return [kind, *(deeper for sub in kind.__subclasses__() for deeper in _all(sub))]


TOWNHALL = [
    kind for kind in _all(SprechstundeError) if kind.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", TOWNHALL)
def test_each_refusal_is_a_sentence_that_its_details_fill(kind):
    template = kind().template
    names = re.findall(r"{(\w+)}", template)

    message = kind(**{name: f"<{name}>" for name in names}).message

    assert template
    assert "{" not in message
    assert all(f"<{name}>" in message for name in names)


def test_the_tree_at_the_top_of_the_page_names_every_refusal():
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__))

    assert drawn == {kind.__name__ for kind in TOWNHALL} - {
        "SprechstundeError",
        "TownhallError",
    }


def test_details_are_kept_for_the_dictionary():
    refusal = NotFound(kind="Question", id="7")

    assert refusal.details == {"kind": "Question", "id": "7"}
    assert str(refusal) == "There is no Question with the id 7."


def test_braces_in_what_people_typed_are_not_filled_in():
    refusal = InvalidInput(
        field="ref", reason=phrase("question {ref} exists already", ref="{id}")
    )

    assert refusal.message == "ref: question {id} exists already"


def test_a_list_reads_as_one_text_and_keeps_each_word_for_the_dictionary():
    words = listed(["held", phrase("question {ref}", ref="{7}")])

    assert words == "held, question {7}"
    assert words.template == "{word_0}, {word_1}"
    assert words.details == {"word_0": "held", "word_1": "question {7}"}
    assert not listed([])
