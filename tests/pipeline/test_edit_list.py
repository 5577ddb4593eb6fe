"""The edit list: what stays, and where it stands afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.edit_list import (
    EditedPart,
    frame_spans,
    make_edit_list,
    transcript_in_programme,
)
from tests.pipeline.programme_factory import cut, segment, words
from townhall.media import CutKind, Transcript, TranscriptSegment, Word


def edited(*cuts, duration_s=100.0):
    return make_edit_list([EditedPart(duration_s=duration_s, cuts=cuts)])


def transcript(*segments):
    return Transcript(language="de", segments=segments)


def moved(edit_list, *segments, mark_bleeps=False):
    return transcript_in_programme(
        edit_list, [transcript(*segments)], language="de", mark_bleeps=mark_bleeps
    ).segments


def test_without_cuts_both_clocks_agree():
    edit_list = edited()

    assert edit_list.duration_s == 100.0
    assert edit_list.to_programme(0, 12.345) == 12.345
    assert edit_list.programme_to_session(12.345) == (0, 12.345)


def test_a_removed_passage_moves_everything_after_it():
    edit_list = edited(cut("remove", 10.0, 20.0))

    assert edit_list.duration_s == 90.0
    assert edit_list.to_programme(0, 9.96) == 9.96
    assert edit_list.to_programme(0, 10.0) is None  # half-open: the start is out
    assert edit_list.to_programme(0, 20.0) == 10.0  # and the end is in
    assert edit_list.next_in_programme(0, 12.0) == 10.0
    assert edit_list.programme_to_session(10.0) == (0, 20.0)


def test_removed_passages_are_out_entirely_although_frames_are_40_ms_long():
    (before, after) = edited(cut("remove", 10.01, 19.99)).ranges

    assert (before.end_frame, after.start_frame) == (250, 500)


def test_overlapping_cuts_count_once():
    edit_list = edited(
        cut("remove", 10, 20), cut("remove", 15, 30), cut("remove", 30, 31)
    )

    assert edit_list.duration_s == 79.0


def test_cuts_beyond_the_ends_are_held_inside():
    assert edited(cut("remove", -5, 10), cut("remove", 95, 200)).duration_s == 85.0


def test_bleeps_and_covered_pictures_shorten_nothing():
    edit_list = edited(cut("bleep", 10, 20), cut("blank", 10, 20))

    assert (edit_list.duration_s, edit_list.bleeps) == (100.0, (((10, 20),),))


def test_parts_follow_one_another():
    edit_list = make_edit_list(
        [EditedPart(duration_s=10.0), EditedPart(duration_s=20.0)]
    )

    assert edit_list.to_programme(1, 3.0) == 13.0
    assert edit_list.programme_to_session(13.0) == (1, 3.0)
    assert edit_list.programme_to_session(10.0) == (1, 0.0)
    assert edit_list.programme_to_session(99.0) == (1, 20.0)


@pytest.mark.parametrize("at_s", [-0.1, -100.0])
def test_a_moment_before_the_beginning_is_refused(at_s):
    with pytest.raises(ValueError, match="not inside the programme"):
        edited().programme_to_session(at_s)


CUTS = st.lists(
    st.tuples(st.floats(0, 60), st.floats(0.01, 10)).map(
        lambda found: cut("remove", found[0], found[0] + found[1])
    ),
    max_size=6,
)


@given(CUTS, st.floats(0, 59.9))
def test_there_and_back_is_the_same_moment(cuts, at_s):
    edit_list = edited(*cuts, duration_s=60.0)

    there = edit_list.to_programme(0, at_s)

    if there is not None:
        part, back = edit_list.programme_to_session(there)
        assert part == 0
        assert back == pytest.approx(at_s, abs=1e-5)


@given(CUTS)
def test_no_moment_of_a_removed_passage_is_kept(cuts):
    edit_list = edited(*cuts, duration_s=60.0)

    for found in cuts:
        middle = (found.start_s + found.end_s) / 2
        # a cut a millionth of a frame before a frame's edge is a cut at the edge
        start_s = found.start_s + 1e-7
        assert edit_list.to_programme(0, start_s) is None
        assert edit_list.to_programme(0, middle) is None


def test_words_move_with_the_cut_and_removed_words_vanish():
    edit_list = edited(cut("remove", 1.0, 2.0))
    said = segment("anna", "Herr Müller aus Kleinstadt fragt nach", 0.0)

    (found,) = moved(edit_list, said)

    assert found.text == "Herr Müller fragt nach"
    assert [(w.start_s, w.text) for w in found.words] == [
        (0.0, "Herr"),
        (0.5, "Müller"),
        (1.0, "fragt"),
        (1.5, "nach"),
    ]


@pytest.mark.parametrize(
    ("start_s", "stays"), [(10.55, False), (10.45, False), (10.41, True), (9.5, True)]
)
def test_a_word_may_reach_a_little_into_a_cut_but_no_more(start_s, stays):
    word = Word(start_s=start_s, end_s=start_s + 0.6, text="Hallo", probability=0.9)
    said = TranscriptSegment(
        start_s=word.start_s,
        end_s=word.end_s,
        participant_id="a",
        text="Hallo",
        words=(word,),
    )

    assert bool(moved(edited(cut("remove", 10.92, 20.0)), said)) is stays


def test_a_word_without_length_inside_a_cut_vanishes():
    word = Word(start_s=15.0, end_s=15.0, text="geheim", probability=0.9)
    said = TranscriptSegment(
        start_s=14.0,
        end_s=21.0,
        participant_id="a",
        text="geheim gut",
        words=(word, *words("gut", 20.5)),
    )

    (found,) = moved(edited(cut("remove", 10, 20)), said)

    assert found.text == "gut"


def test_bleeped_words_leave_the_text_and_are_marked_in_captions():
    edit_list = edited(cut("bleep", 0.5, 1.5))
    said = segment("anna", "Herr Karl Müller fragt", 0.0)

    (text,) = moved(edit_list, said)
    (caption,) = moved(edit_list, said, mark_bleeps=True)

    assert text.text == "Herr fragt"
    assert [(w.text, w.start_s, w.end_s) for w in caption.words] == [
        ("Herr", 0.0, 0.5),
        ("[…]", 0.5, 1.5),
        ("fragt", 1.5, 2.0),
    ]


def test_a_covered_picture_leaves_the_words():
    said = segment("anna", "Herr Müller fragt", 0.0)

    assert moved(edited(cut("blank", 0, 2)), said) == (said,)


def test_a_text_without_words_that_a_cut_touches_goes_entirely():
    blind = TranscriptSegment(
        start_s=5.0, end_s=15.0, participant_id="a", text="Nur ein Text", words=()
    )

    assert moved(edited(cut("bleep", 14.0, 16.0)), blind) == ()
    assert moved(edited(cut("bleep", 16.0, 17.0)), blind) == (blind,)


def test_blanks_are_snapped_outwards_and_merged():
    cuts = [cut("blank", 1.01, 1.99), cut("blank", 1.9, 3.0), cut("bleep", 5, 6)]

    assert frame_spans(cuts, CutKind.BLANK, 100) == ((25, 75),)
