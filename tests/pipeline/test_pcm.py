import numpy as np
import pytest

from pipeline.errors import MediaEmpty, MediaUnreadable
from pipeline.pcm import SAMPLE_RATE_HZ, sound_tracks, speech_pcm
from pipeline.pieces import PieceStore
from tests.pipeline.recorded_media import record
from tests.pipeline.spoken import noise, recording, silence, track, write_wav
from townhall.media import TrackFile, TrackKind

pytestmark = pytest.mark.media


@pytest.fixture
def store(tmp_path):
    return PieceStore(tmp_path / "store")


def test_sound_of_any_rate_becomes_16_khz(store, tmp_path):
    path = write_wav(tmp_path / "a.wav", np.repeat(noise(2.0), 3), rate_hz=48_000)

    pcm = speech_pcm(store, track(path, "a", duration_s=2.0))

    assert abs(pcm.sample_count - 2 * SAMPLE_RATE_HZ) <= 16
    assert pcm.read(0, 10).dtype == np.int16


def test_same_file_is_decoded_once(store, tmp_path):
    path = write_wav(tmp_path / "a.wav", noise(1.0))
    first = speech_pcm(store, track(path, "a", duration_s=1.0))
    moved = path.rename(tmp_path / "b.wav")

    again = speech_pcm(store, track(moved, "b", duration_s=1.0, offset_ms=500))

    assert again.key == first.key
    assert [step for step, _ in store.builds()] == ["speech-pcm"]


def test_session_clock_follows_offset_and_drift(store, tmp_path):
    path = write_wav(tmp_path / "a.wav", noise(10.0))
    pcm = speech_pcm(
        store, track(path, "a", duration_s=10.0, offset_ms=-2000, clock_slope=1.1)
    )

    assert pcm.session_s(0) == -2.0
    assert pcm.session_s(10 * SAMPLE_RATE_HZ) == pytest.approx(9.0)
    assert pcm.end_s == pytest.approx(9.0)
    assert pcm.sample_at(pcm.session_s(12_345)) == 12_345
    assert pcm.sample_at(-5.0) == 0
    assert pcm.sample_at(99.0) == pcm.sample_count


def test_gap_in_the_timestamps_stays_silence(store, tmp_path):
    """A recorder that paused for two seconds must not pull what follows forward."""
    import av

    path = tmp_path / "gap.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=SAMPLE_RATE_HZ, layout="mono")
        for at_s in (0, 1, 4):
            content = (noise(1.0, seed=at_s + 1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(
                content.reshape(1, -1), format="s16", layout="mono"
            )
            frame.rate, frame.pts = SAMPLE_RATE_HZ, at_s * SAMPLE_RATE_HZ
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)

    pcm = speech_pcm(store, track(path, "a", duration_s=5.0))

    second = SAMPLE_RATE_HZ
    assert pcm.sample_count == 5 * second
    assert np.abs(pcm.read(0, 2 * second)).max() > 1000
    assert np.abs(pcm.read(2 * second, 4 * second)).max() == 0
    assert np.abs(pcm.read(4 * second, 5 * second)).max() > 1000


def test_reading_outside_the_file_gives_what_is_there(store, tmp_path):
    pcm = speech_pcm(
        store, track(write_wav(tmp_path / "a.wav", noise(1.0)), "a", duration_s=1.0)
    )

    assert pcm.read(-5, 10).size == 10
    assert pcm.read(pcm.sample_count - 3, pcm.sample_count + 9).size == 3
    assert pcm.read(pcm.sample_count, pcm.sample_count + 9).size == 0


def test_file_that_is_no_recording_is_refused_and_leaves_nothing(store, tmp_path):
    path = tmp_path / "a.wav"
    path.write_text("<html>")

    with pytest.raises(MediaUnreadable):
        speech_pcm(store, track(path, "a", duration_s=1.0))

    assert store.builds() == []
    assert list((store.folder / "drafts").iterdir()) == []


def test_film_without_sound_is_refused(store, tmp_path):
    record(tmp_path, "camera.mkv")

    with pytest.raises(MediaEmpty):
        speech_pcm(store, track(tmp_path / "camera.mkv", None, duration_s=2.0))


def test_single_film_carries_its_own_sound(tmp_path):
    path = write_wav(tmp_path / "a.wav", silence(0.1))
    film = TrackFile(
        path=path,
        participant_id=None,
        kind=TrackKind.VIDEO,
        offset_ms=0,
        duration_s=0.1,
        sha256="0",
    )
    voice = track(path, "a", duration_s=0.1)

    assert sound_tracks(recording(film)) == (film,)
    assert sound_tracks(recording(film, voice)) == (voice,)
