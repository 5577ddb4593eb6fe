from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall.wording import one_line, paragraphs, same_name

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)


@given(ANY_TEXT)
def test_whatever_was_typed_can_be_stored_afterwards(words):
    for kept in (one_line(words), *paragraphs(words).split("\n")):
        kept.encode()
        assert not {unicodedata.category(c) for c in kept} & {"Cc", "Cs"}
        assert kept == kept.strip()


@given(ANY_TEXT)
def test_tidying_twice_changes_nothing_more(words):
    assert one_line(one_line(words)) == one_line(words)
    assert paragraphs(paragraphs(words)) == paragraphs(words)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Wann\tfährt\nder  Bus? ", "Wann fährt der Bus?"),
        ("A\x00B", "A B"),
        ("Mu\u0308ller", "Müller"),
        ("Bürger\u00admeister", "Bürger\u00admeister"),
        ("\ud800", ""),
    ],
)
def test_one_line_keeps_words_and_drops_what_cannot_be_stored(typed, kept):
    assert one_line(typed) == kept


def test_paragraphs_keep_their_breaks():
    assert paragraphs("\n Ab  Mai.\r\n\r\nSpäter mehr.\x00 \n") == (
        "Ab Mai.\n\nSpäter mehr."
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Anna Berg", " anna   BERG ", True),
        ("Jörg Weiß", "JO\u0308RG WEISS", True),
        ("Anna Berg", "Anna Bergmann", False),
        ("Ａnna", "Anna", True),
    ],
)
def test_a_name_is_the_same_however_it_is_written(one, other, same):
    assert same_name(one, other) is same
