import numpy as np

from pipeline.bleed import FRAME_S, Heard, mark_bleed
from tests.pipeline.spoken import RATE_HZ, noise, silence, span

LAG = round(0.15 * RATE_HZ)


def placed(duration_s, *voices):
    """A track of room noise with voices at given seconds."""
    samples = silence(duration_s)
    for start_s, voice in voices:
        first = round(start_s * RATE_HZ)
        samples[first : first + voice.size] += voice
    return samples


def leaked(samples, other, level_db=-25.0):
    """The other's loudspeaker, 150 ms late."""
    late = np.zeros_like(other)
    late[LAG:] = other[:-LAG]
    return samples + late * 10 ** (level_db / 20)


def heard(participant_id, samples, *spans_s, offset_s=0.0):
    frame = round(FRAME_S * RATE_HZ)
    frames = samples[: samples.size // frame * frame].reshape(-1, frame)
    envelope = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    return Heard(
        participant_id=participant_id,
        offset_s=offset_s,
        clock_slope=1.0,
        envelope_db=envelope.astype(np.float32),
        spans=tuple(span(participant_id, start_s, end_s) for start_s, end_s in spans_s),
    )


def judged(*tracks):
    return [
        (one.participant_id, round(one.start_s, 1), round(one.end_s, 1), one.bleed_of)
        for one in mark_bleed(tracks)
    ]


def test_loudspeaker_in_another_microphone_is_marked():
    host = placed(10.0, (2.0, noise(5.0)))
    citizen = leaked(placed(10.0), host)

    assert judged(
        heard("host", host, (1.8, 7.2)), heard("citizen", citizen, (2.0, 7.3))
    ) == [("host", 1.8, 7.2, None), ("citizen", 2.0, 7.3, "host")]


def test_soft_interjection_while_another_speaks_is_kept():
    host = placed(10.0, (2.0, noise(5.0)))
    citizen = placed(10.0, (3.0, noise(2.0, level=0.01, seed=5)))

    assert judged(
        heard("host", host, (1.8, 7.2)), heard("citizen", citizen, (2.8, 5.2))
    ) == [("host", 1.8, 7.2, None), ("citizen", 2.8, 5.2, None)]


def test_both_speaking_at_once_are_kept():
    host = placed(10.0, (2.0, noise(5.0)))
    citizen = leaked(placed(10.0, (2.5, noise(4.0, seed=5))), host)

    assert judged(
        heard("host", leaked(host, citizen), (1.8, 7.2)),
        heard("citizen", citizen, (2.3, 6.7)),
    ) == [("host", 1.8, 7.2, None), ("citizen", 2.3, 6.7, None)]


def test_span_with_own_speech_and_bleed_is_cut_where_the_other_takes_over():
    """The host begins 0.3 s after the citizen has ended: the detector sees one span."""
    citizen = placed(12.0, (1.0, noise(3.0, seed=5)))
    host = placed(12.0, (4.3, noise(5.0)))
    citizen = leaked(citizen, host)

    first, second, third = judged(
        heard("citizen", citizen, (0.8, 9.5)), heard("host", host, (4.1, 9.5))
    )

    assert first[0] == "citizen"
    assert first[3] is None
    assert 3.9 <= first[2] <= 4.6
    assert second == ("host", 4.1, 9.5, None)
    assert third == ("citizen", first[2], 9.5, "host")


def test_ones_own_pauses_are_not_taken_for_the_others_loudspeaker():
    """The host's microphone hears the citizen too, and late: it is louder in pauses."""
    citizen = placed(12.0, (1.0, noise(3.0, seed=5)), (4.6, noise(3.0, seed=6)))
    host = leaked(placed(12.0, (9.0, noise(2.0))), citizen, level_db=-15.0)

    assert judged(
        heard("citizen", citizen, (0.8, 7.8)),
        heard("host", host, (1.0, 7.9), (8.8, 11.2)),
    ) == [
        ("citizen", 0.8, 7.8, None),
        ("host", 1.0, 7.9, "citizen"),
        ("host", 8.8, 11.2, None),
    ]


def test_tracks_are_compared_on_the_session_clock():
    host = placed(10.0, (2.0, noise(5.0)))
    citizen = leaked(placed(10.0), host)[3 * RATE_HZ :]

    assert judged(
        heard("host", host, (1.8, 7.2)),
        heard("citizen", citizen, (3.2, 7.3), offset_s=3.0),
    ) == [("host", 1.8, 7.2, None), ("citizen", 3.2, 7.3, "host")]


def test_two_files_of_one_person_do_not_bleed_into_each_other():
    voice = placed(10.0, (2.0, noise(5.0)))

    assert judged(
        heard("host", voice, (1.8, 7.2)), heard("host", voice / 30, (1.8, 7.2))
    ) == [("host", 1.8, 7.2, None), ("host", 1.8, 7.2, None)]
