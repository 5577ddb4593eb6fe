import numpy as np
import pytest

from pipeline.pcm import SAMPLE_RATE_HZ, SpeechPcm
from pipeline.speech_model import WINDOW_MAX_S
from pipeline.speech_windows import pack
from tests.pipeline.spoken import noise, silence, span, words
from townhall.media import Word


def pcm_file(path, samples, *, offset_s=0.0, clock_slope=1.0):
    (samples * 32767).astype("<i2").tofile(path)
    return SpeechPcm(
        path=path,
        sample_count=samples.size,
        offset_s=offset_s,
        clock_slope=clock_slope,
        participant_id="a",
        key="k",
    )


@pytest.fixture
def minute(tmp_path):
    return pcm_file(tmp_path / "a.pcm", noise(60.0))


def lengths_s(windows):
    return [round(window.samples().size / SAMPLE_RATE_HZ, 2) for window in windows]


def test_spans_share_a_window_with_a_little_silence_between_them(minute):
    (window,) = pack("a", [span("a", 1, 3), span("a", 10, 12)], [minute])

    sound = window.samples()
    assert lengths_s([window]) == [4.35]
    assert np.array_equal(sound[:32_000], minute.read(16_000, 48_000))
    assert np.abs(sound[32_000:37_600]).max() == 0
    assert np.array_equal(sound[37_600:], minute.read(160_000, 192_000))


def test_no_window_is_longer_than_whisper_takes(minute):
    spans = [span("a", start_s, start_s + 7) for start_s in range(0, 56, 8)]

    windows = pack("a", spans, [minute])

    assert lengths_s(windows) == [21.7, 21.7, 7.0]
    assert max(lengths_s(windows)) <= WINDOW_MAX_S


def test_equal_sound_has_an_equal_digest_wherever_it_lies(tmp_path, minute):
    later = pcm_file(
        tmp_path / "b.pcm", np.concatenate([silence(5.0), noise(60.0)]), offset_s=100.0
    )

    (one,) = pack("a", [span("a", 1, 3)], [minute])
    (other,) = pack("b", [span("b", 106, 108)], [later])

    assert one.sha256() == other.sha256()
    assert one.sha256() != pack("a", [span("a", 1, 3.1)], [minute])[0].sha256()


def test_words_come_back_on_the_session_clock_in_their_stretch(tmp_path):
    pcm = pcm_file(tmp_path / "a.pcm", noise(60.0), offset_s=-2.0, clock_slope=1.001)
    (window,) = pack("a", [span("a", 1, 3), span("a", 20, 22)], [pcm])

    (_, first), (_, second) = window.placed([*words("eins", 0.5), *words("zwei", 3.0)])

    assert [(word.text, word.start_s) for word in first] == [("eins", 1.5)]
    assert [word.text for word in second] == ["zwei"]
    assert second[0].start_s == pytest.approx(20.65, abs=0.005)


def test_word_that_reaches_into_the_silence_ends_with_its_stretch(minute):
    (window,) = pack("a", [span("a", 1, 3), span("a", 10, 12)], [minute])
    stretched = Word(start_s=1.5, end_s=2.3, text="lang", probability=0.5)

    (_, (word,)), (_, nothing) = window.placed([stretched])

    assert (word.start_s, word.end_s) == (2.5, 3.0)
    assert nothing == []


def test_window_is_split_between_its_stretches_near_the_middle(minute):
    spans = [span("a", 0, 2), span("a", 4, 6), span("a", 8, 10), span("a", 12, 14)]
    (window,) = pack("a", spans, [minute])

    assert [len(half.slices) for half in window.split()] == [2, 2]


def test_single_stretch_is_split_where_it_is_quietest(tmp_path):
    sound = np.concatenate([noise(4.0), silence(0.4), noise(4.0, seed=2)])
    pcm = pcm_file(tmp_path / "a.pcm", sound)
    (window,) = pack("a", [span("a", 0, 8.4)], [pcm])

    first, second = window.split()

    cut_s = first.slices[0].end / SAMPLE_RATE_HZ
    assert 4.0 < cut_s < 4.4
    assert second.slices[0].first == first.slices[0].end


def test_half_a_second_is_not_split(minute):
    (window,) = pack("a", [span("a", 0, 0.5)], [minute])

    assert window.split() == ()


def test_span_is_taken_from_the_file_that_covers_it(tmp_path):
    """A person who reconnected has two files of one kind."""
    early = pcm_file(tmp_path / "1.pcm", noise(10.0))
    late = pcm_file(tmp_path / "2.pcm", noise(10.0, seed=2), offset_s=30.0)

    (window,) = pack("a", [span("a", 2, 3), span("a", 33, 34)], [early, late])

    assert [part.pcm.path.name for part in window.slices] == ["1.pcm", "2.pcm"]
    assert [part.first for part in window.slices] == [32_000, 48_000]
