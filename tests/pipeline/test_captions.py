import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.captions import Cue, CueFlag, captions_vtt, cues
from tests.pipeline.spoken import segment, transcript, words
from townhall.media import TranscriptSegment, Word

LONG = (
    "Die Anwohner bekommen vorher einen Brief, weil die Straße für etwa vier Wochen "
    "gesperrt werden muss. Danach wird sie neu asphaltiert, und die Gehwege werden "
    "breiter. Das kostet dreihunderttausend Euro."
)


def shown(*segments):
    return [(cue.start_s, cue.end_s, cue.lines) for cue in cues(transcript(*segments))]


def test_short_turn_is_one_cue_that_stays_as_long_as_reading_takes():
    assert shown(segment("a", "Guten Abend, schön, dass Sie da sind.", each_s=0.2)) == [
        (0.0, 2.312, ("Guten Abend, schön, dass Sie da sind.",))
    ]


def test_long_turn_breaks_where_the_language_breathes():
    found = cues(transcript(segment("a", LONG)))

    assert [cue.lines for cue in found] == [
        ("Die Anwohner bekommen vorher einen Brief,",),
        ("weil die Straße für etwa vier", "Wochen gesperrt werden muss."),
        ("Danach wird sie neu asphaltiert,", "und die Gehwege werden breiter."),
        ("Das kostet dreihunderttausend Euro.",),
    ]


def test_line_does_not_end_in_an_article():
    (cue,) = cues(
        transcript(
            segment("a", "Wir sprechen heute über das neue Hallenbad der Stadt.")
        )
    )

    assert cue.lines == ("Wir sprechen heute über das neue", "Hallenbad der Stadt.")


def test_single_word_stays_a_second():
    assert shown(segment("a", "Ja.", each_s=0.2)) == [(0.0, 1.0, ("Ja.",))]


def test_cue_makes_room_for_the_next():
    first, second = shown(
        segment("a", "Guten Abend zusammen!", each_s=0.2), segment("b", "Hallo.", 1.2)
    )

    assert first[:2] == (0.0, 1.12)
    assert second[0] == 1.2


def test_who_falls_into_anothers_word_shares_the_cue():
    (cue,) = cues(
        transcript(segment("a", "Das sehe ich anders."), segment("b", "Ach ja?", 0.5))
    )

    assert cue == Cue(
        start_s=0.0,
        end_s=1.6,
        lines=("– Das sehe ich anders.", "– Ach ja?"),
        participant_ids=("a", "b"),
    )


def test_who_begins_a_moment_early_waits_for_the_end():
    first, second = shown(
        segment("a", "Das sehe ich anders."),
        segment("b", "Ach ja, und warum denn?", 1.4),
    )

    assert (first[1], second[0]) == (1.6, 1.6)


def test_long_speeches_at_once_come_one_after_the_other_and_late_ones_are_flagged():
    found = cues(transcript(segment("a", LONG), segment("b", LONG.upper(), 0.1)))

    kept = [word for cue in found for word in cue.text.split() if word != "–"]
    assert sorted(kept) == sorted(f"{LONG} {LONG.upper()}".split())
    assert any(CueFlag.LATE in cue.flags for cue in found)
    assert all(one.end_s <= other.start_s for one, other in pairwise(found))


def test_too_fast_speech_keeps_its_words_and_is_flagged():
    fast = segment("a", "Rundfunkbeitragsangelegenheiten " * 4, each_s=0.25)

    found = cues(transcript(fast, segment("b", "Bitte langsamer.", 1.05)))

    assert found[0].flags == (CueFlag.FAST,)
    assert found[0].text.count("Rundfunk") == 2


def test_segment_that_nobody_could_make_out_shows_nothing():
    assert shown(replace(segment("a", ""), unsure=True)) == []


def test_imported_text_without_word_times_is_shown():
    part = TranscriptSegment(
        start_s=2.0, end_s=4.0, participant_id=None, text="Guten Abend.", words=()
    )

    assert shown(part) == [(2.0, 4.0, ("Guten Abend.",))]


def test_word_longer_than_a_line_is_cut_into_pieces():
    (cue,) = cues(transcript(segment("a", "Donau" * 12, each_s=4.0)))

    assert cue.lines == (
        "DonauDonauDonauDonauDonauDonauDonauDonauD-",
        "onauDonauDonauDonau",
    )


def test_vtt_names_the_speaker_and_escapes():
    said = transcript(
        segment("a", "Sicher & gut <so>.", each_s=0.5),
        segment(None, "Wer ist da?", 4.0),
    )

    assert captions_vtt(said, names={"a": "Jana > Roth"}) == (
        "WEBVTT\n\n"
        "1\n00:00:00.000 --> 00:00:02.000\n"
        "<v Jana &gt; Roth>Sicher &amp; gut &lt;so&gt;.</v>\n\n"
        "2\n00:00:04.000 --> 00:00:05.200\nWer ist da?\n"
    )


def test_vtt_of_two_voices_in_one_cue_names_both():
    said = transcript(
        segment("a", "Das sehe ich anders."), segment("b", "Ach ja?", 0.5)
    )

    assert captions_vtt(said, names={"a": "Jana", "b": "Emre"}).split("\n")[4:] == [
        "<v Jana>– Das sehe ich anders.</v>",
        "<v Emre>– Ach ja?</v>",
        "",
    ]


def test_vtt_of_nothing_is_still_vtt():
    assert captions_vtt(transcript(), names={}) == "WEBVTT\n"


def test_hours_are_counted():
    vtt = captions_vtt(transcript(segment("a", "Ende.", 3_725.5)), names={})

    assert "01:02:05.500 --> 01:02:06.500" in vtt


@st.composite
def turns(draw):
    found = []
    now = {"a": 0.0, "b": 0.0}
    for _ in range(draw(st.integers(0, 8))):
        who = draw(st.sampled_from(["a", "b"]))
        start_s = at_s = now[who] + draw(st.floats(0, 4))
        spoken = []
        for token in draw(
            st.lists(
                st.sampled_from(
                    ["ja", "nein,", "gut.", "und", "der", "Hallenbadsanierung"]
                ),
                min_size=1,
                max_size=40,
            )
        ):
            end_s = at_s + draw(st.floats(0.0, 1.2))
            spoken.append(Word(start_s=at_s, end_s=end_s, text=token, probability=None))
            at_s = end_s + draw(st.sampled_from([0.0, 0.1, 1.0]))
        now[who] = at_s
        found.append(
            TranscriptSegment(
                start_s=start_s,
                end_s=at_s,
                participant_id=who,
                text=" ".join(word.text for word in spoken),
                words=tuple(spoken),
            )
        )
    return found


@settings(max_examples=150, deadline=None)
@given(turns())
def test_rules_hold_for_any_talk(segments):
    found = cues(transcript(*segments))

    for cue in found:
        assert len(cue.lines) <= 2
        assert max(len(line) for line in cue.lines) <= 42
        assert 0.999 <= cue.end_s - cue.start_s <= 7.001
    for one, other in pairwise(found):
        assert one.end_s <= other.start_s + 0.0011
    said = [word for part in segments for word in part.text.split()]
    kept = [word for cue in found for word in cue.text.split() if word != "–"]
    assert sorted(kept) == sorted(said)


def test_words_of_vtt_can_be_read_back():
    vtt = captions_vtt(transcript(segment("a", LONG)), names={"a": "Jana"})

    payload = re.sub(r"</?v[^>]*>", "", vtt)
    lines = [line for line in payload.split("\n") if line and "-->" not in line]
    assert " ".join(line for line in lines[1:] if not line.isdigit()) == LONG


@pytest.mark.parametrize("length", [1, 2, 40])
def test_cues_never_begin_before_their_words(length):
    spoken = words(" ".join(["wort"] * length), 5.0)

    (first, *_) = cues(transcript(segment("a", " ".join(["wort"] * length), 5.0)))

    assert first.start_s == spoken[0].start_s
