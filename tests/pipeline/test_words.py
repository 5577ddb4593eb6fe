from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.words import reassign_words, timed_words
from tests.pipeline.spoken import segment
from townhall.media import Word


def times(part):
    return [(word.text, word.start_s, word.end_s) for word in part.words]


def test_words_that_are_still_there_keep_their_times():
    old = segment("a", "wir bauen ein neues Bad")

    new = reassign_words(old, "Wir bauen kein neues Bad.")

    assert times(new) == [
        ("Wir", 0.0, 0.4),
        ("bauen", 0.4, 0.8),
        ("kein", 0.8, 1.2),
        ("neues", 1.2, 1.6),
        ("Bad.", 1.6, 2.0),
    ]
    assert [word.probability for word in new.words] == [0.9, 0.9, None, 0.9, 0.9]
    assert new.text == "Wir bauen kein neues Bad."


def test_more_words_share_the_time_of_the_ones_they_replace():
    new = reassign_words(segment("a", "der Krippenplatz fehlt"), "der Platz dort fehlt")

    assert times(new) == [
        ("der", 0.0, 0.4),
        ("Platz", 0.4, 0.618),
        ("dort", 0.618, 0.8),
        ("fehlt", 0.8, 1.2),
    ]


def test_insertion_where_no_time_is_left_does_not_move_its_neighbours():
    new = reassign_words(segment("a", "ja nein"), "ja und nein")

    assert times(new) == [("ja", 0.0, 0.4), ("und", 0.4, 0.4), ("nein", 0.4, 0.8)]


def test_insertion_at_the_end_takes_what_the_segment_has_left():
    old = replace(segment("a", "ja"), end_s=1.4)

    assert times(reassign_words(old, "ja gut so")) == [
        ("ja", 0.0, 0.4),
        ("gut", 0.4, 0.971),
        ("so", 0.971, 1.4),
    ]


def test_text_taken_away_leaves_no_words():
    new = reassign_words(segment("a", "ja nein"), "  ")

    assert (new.text, new.words) == ("", ())


def test_text_written_where_nothing_was_made_out_fills_the_segment():
    unheard = replace(segment("a", ""), start_s=3.0, end_s=5.0, unsure=True)

    new = reassign_words(unheard, "Guten Tag")

    assert times(new) == [("Guten", 3.0, 4.2), ("Tag", 4.2, 5.0)]
    assert not new.unsure


def test_imported_text_without_words_is_spread_over_its_segment():
    part = replace(segment("a", ""), start_s=0.0, end_s=2.0, text="eins zwei")

    assert [word.start_s for word in timed_words(part)] == [0.0, 1.0]


def test_backward_word_times_are_straightened():
    part = segment("a", "eins zwei")
    crooked = (
        Word(start_s=0.5, end_s=0.9, text="eins", probability=1.0),
        Word(start_s=0.3, end_s=9.0, text="zwei", probability=1.0),
    )

    straight = timed_words(replace(part, words=crooked))

    assert [(word.start_s, word.end_s) for word in straight] == [(0.5, 0.8), (0.8, 0.8)]


TOKENS = st.lists(
    st.sampled_from(["ja", "nein", "Bad", "Bad.", "und", "–"]), max_size=30
)


@settings(max_examples=500, deadline=None)
@given(TOKENS, TOKENS)
def test_any_edit_keeps_words_equal_to_text_and_times_in_order(before, after):
    old = segment("a", " ".join(before), start_s=7.0)

    new = reassign_words(old, " ".join(after))

    assert [word.text for word in new.words] == new.text.split() == after
    edges = [edge for word in new.words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert all(old.start_s <= edge <= old.end_s for edge in edges)
