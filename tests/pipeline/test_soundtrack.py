"""The mix: who is heard, how loud, and what nobody may hear."""

import numpy as np
import pytest

from pipeline.edit_list import EditedPart, make_edit_list
from pipeline.pieces import PieceStore
from pipeline.soundtrack import (
    heard_tracks,
    mix,
    sound_cuts,
    sound_piece,
    speech_gain_db,
    voice_of,
)
from tests.pipeline.programme_factory import (
    RATE,
    cut,
    part,
    person,
    recording,
    spans,
    tone,
    track,
    write_wave,
)
from townhall.media import ConsentLevel, Role, SpeechSpan

pytestmark = pytest.mark.media

SECONDS = 40


@pytest.fixture
def store(tmp_path):
    return PieceStore(tmp_path / "pieces")


@pytest.fixture
def talk(tmp_path):
    """Host at 400 Hz all the time, guest at 900 Hz ten times fainter."""
    host = write_wave(tmp_path / "host.wav", tone(SECONDS, hz=400, level=0.3))
    guest = write_wave(tmp_path / "guest.wav", tone(SECONDS, hz=900, level=0.03))
    return [
        track(host, "host", "audio", seconds=SECONDS),
        track(guest, "guest", "audio", seconds=SECONDS),
    ]


def people(consent=ConsentLevel.PICTURE_AND_SOUND):
    return [person("host"), person("guest", Role.CITIZEN, consent=consent)]


def spoken(*turns):
    """Turns with the loudness that the tones really have."""
    return [
        SpeechSpan(
            participant_id=who,
            start_s=start,
            end_s=end,
            loudness_db=-13.5 if who == "host" else -33.5,
        )
        for who, start, end in turns
    ]


def mixed(store, talk, turns, *, cuts=(), consent=ConsentLevel.PICTURE_AND_SOUND):
    """The whole mix as mono, and its pieces' descriptions."""
    found = part(recording(people(consent), talk, seconds=SECONDS), turns, cuts=cuts)
    edits = make_edit_list([EditedPart(duration_s=SECONDS, cuts=tuple(cuts))])
    voices = [voice_of(store, each) for each in heard_tracks(found)]
    pieces = sound_cuts(edits.ranges, [found], [voices])
    return np.concatenate([mix(each) for each in pieces], axis=1)[0], pieces


def level(samples, start_s, end_s, hz=None):
    """RMS in dBFS of a stretch, or of one tone in it."""
    found = samples[round(start_s * RATE) : round(end_s * RATE)]
    if hz:
        wave = np.exp(-2j * np.pi * hz * np.arange(found.shape[0]) / RATE)
        return 20 * np.log10(np.sqrt(2) * np.abs(np.mean(found * wave)) + 1e-9)
    return 20 * np.log10(np.sqrt(np.mean(np.square(found))) + 1e-9)


def test_quiet_and_loud_people_come_out_alike(store, talk):
    heard, _ = mixed(store, talk, spoken(("host", 2, 10), ("guest", 12, 20)))

    assert level(heard, 4, 8, 400) == pytest.approx(-26, abs=0.5)
    assert level(heard, 14, 18, 900) == pytest.approx(-26, abs=0.5)


def test_a_microphone_is_turned_down_while_its_owner_is_silent(store, talk):
    heard, _ = mixed(store, talk, spoken(("host", 2, 10), ("guest", 12, 20)))

    assert level(heard, 14, 18, 400) == pytest.approx(-26 - 18, abs=0.5)


def test_no_onset_is_chopped(store, talk):
    heard, _ = mixed(store, talk, spoken(("host", 5, 10)))

    assert level(heard, 4.85, 4.95, 400) == pytest.approx(-26, abs=0.5)
    assert level(heard, 10.05, 10.15, 400) == pytest.approx(-26, abs=0.5)


def test_the_citizens_microphone_is_in_the_mix_only_around_the_conversation(
    store, talk
):
    heard, pieces = mixed(store, talk, spoken(("host", 2, 38), ("guest", 8, 10)))

    assert level(heard, 20, 30, 900) < -80
    assert [len(piece.voices) for piece in pieces] == [2, 1, 1]


def test_a_bleep_replaces_everything_else_and_nothing_around_it(store, talk):
    turns = spoken(("host", 1, 39), ("guest", 1, 39))

    heard, _ = mixed(store, talk, turns, cuts=[cut("bleep", 15.5, 17.25)])

    assert level(heard, 15.5, 17.25, 1000) == pytest.approx(-27, abs=0.3)
    assert level(heard, 15.5, 17.25, 400) < -70
    assert level(heard, 15.5, 17.25, 900) < -70
    assert level(heard, 14.0, 15.45, 400) == pytest.approx(-26, abs=0.5)
    assert level(heard, 17.3, 18.0, 1000) < -50


def test_a_bleep_across_two_pieces_is_one_tone(store, talk):
    turns = spoken(("host", 1, 39))

    heard, _ = mixed(store, talk, turns, cuts=[cut("bleep", 15.0, 17.0)])

    seam = 16 * RATE
    step = np.abs(np.diff(heard[seam - 200 : seam + 200])).max()
    assert step <= 1.02 * np.abs(np.diff(heard[seam + 2000 : seam + 4000])).max()


def test_pieces_meet_without_a_click(store, talk):
    heard, pieces = mixed(store, talk, spoken(("host", 1, 39)))

    assert len(pieces) == 3
    for seam in (16 * RATE, 32 * RATE):
        step = np.abs(np.diff(heard[seam - 200 : seam + 200])).max()
        assert step <= 1.02 * np.abs(np.diff(heard[4 * RATE : 5 * RATE])).max()


def test_who_is_not_published_is_not_heard_on_any_microphone(store, talk):
    turns = spoken(
        ("host", 1, 10), ("guest", 12, 20), ("host", 15, 16), ("host", 22, 39)
    )

    heard, _ = mixed(store, talk, turns, consent=ConsentLevel.NONE)

    assert level(heard, 0, 40, 900) < -80
    # the host's microphone would carry the guest's voice: it is shut …
    assert level(heard, 12.1, 14.9) < -80
    assert level(heard, 16.1, 19.9) < -80
    # … but not on the host's own words
    assert level(heard, 15.05, 15.95, 400) == pytest.approx(-26, abs=0.5)


def test_where_something_was_taken_out_the_ends_are_faded(store, talk):
    heard, _ = mixed(
        store, talk, spoken(("host", 1, 39)), cuts=[cut("remove", 10.0, 15.0)]
    )

    seam = 10 * RATE
    assert np.abs(heard[seam - 2 : seam + 2]).max() < 0.002
    assert level(heard, 9.0, 9.9, 400) == pytest.approx(-26, abs=0.5)


def test_the_median_decides_not_a_shout():
    calm = spans(("host", 0, 10), ("host", 12, 20), level_db=-24)
    shout = spans(("host", 21, 23), level_db=-6)

    assert speech_gain_db([*calm, *shout], "host") == -2.0


def test_a_whisper_is_raised_only_so_far_and_silence_not_at_all():
    assert speech_gain_db(spans(("host", 0, 9), level_db=-70), "host") == 24.0
    assert speech_gain_db((), "host") == 0.0


def test_a_bleep_changes_only_its_own_pieces(store, talk):
    turns = spoken(("host", 1, 39), ("guest", 4, 8))
    _, before = mixed(store, talk, turns)
    _, after = mixed(store, talk, turns, cuts=[cut("bleep", 34.0, 36.0)])

    keys = [
        [sound_piece(store, each).key for each in found] for found in (before, after)
    ]

    assert [a == b for a, b in zip(*keys, strict=True)] == [True, True, False]


def test_the_same_piece_has_the_same_bytes(store, talk, tmp_path):
    _, pieces = mixed(store, talk, spoken(("host", 1, 39)))
    elsewhere = PieceStore(tmp_path / "elsewhere")

    one = sound_piece(store, pieces[1]).file("mix.flac").read_bytes()

    assert one == sound_piece(elsewhere, pieces[1]).file("mix.flac").read_bytes()


def test_a_finished_file_is_neither_gated_nor_made_mono(store, tmp_path):
    path = write_wave(tmp_path / "talk.wav", tone(SECONDS, hz=400, level=0.3))
    found = part(
        recording([], [track(path, None, "audio", seconds=SECONDS)], seconds=40)
    )
    edits = make_edit_list([EditedPart(duration_s=SECONDS)])
    voices = [voice_of(store, each) for each in heard_tracks(found)]

    (first, *_) = sound_cuts(edits.ranges, [found], [voices])

    assert (voices[0].channels, first.voices[0].open) == (2, None)
    # a mono file gives each of the two channels half of its power
    assert level(mix(first)[1], 5, 10, 400) == pytest.approx(-16.5, abs=0.3)
