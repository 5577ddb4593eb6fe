"""What probe believes: what it measured itself, never a name or a header."""

import hashlib
import os
import struct
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import MediaChanging, MediaEmpty, MediaRefused, MediaUnreadable
from pipeline.probe import MAX_GAP_S, probe
from pipeline.steady_file import open_steadily
from tests.pipeline.recorded_media import RECIPES, claim_ten_hours, cut_off, record
from townhall.media import MediaInfo

pytestmark = pytest.mark.media

SOUND_ONLY = [name for name in RECIPES if name.startswith("voice")]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    return {name: record(folder, name) for name in RECIPES}


@pytest.mark.parametrize("name", RECIPES)
def test_every_usual_recording_is_measured_to_a_tenth_of_a_second(recordings, name):
    info = probe(recordings[name])

    assert info.duration_s == pytest.approx(3.0, abs=0.1)
    assert (info.audio_codec is None) is (name == "camera.mkv")
    assert (info.video_codec is None) is (name in SOUND_ONLY)


def test_everything_a_recording_contains_is_told(recordings):
    path = recordings["talk.mkv"]

    info = probe(path)

    assert replace(info, duration_s=3.0) == MediaInfo(
        path=path,
        container="matroska,webm",
        duration_s=3.0,
        size_bytes=path.stat().st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        audio_codec="opus",
        sample_rate_hz=48000,
        channels=1,
        video_codec="h264",
        width_px=160,
        height_px=90,
        frame_rate=25.0,
    )


@pytest.mark.parametrize("name", ["talk.webm", "talk.mkv", "voice.wav"])
def test_a_browser_recording_without_a_stated_length_is_fine(tmp_path, name):
    assert probe(record(tmp_path, name, to_pipe=True)).duration_s == pytest.approx(
        3.0, abs=0.1
    )


def test_the_name_of_a_file_means_nothing(recordings, tmp_path):
    disguised = tmp_path / "holiday.txt"
    disguised.write_bytes(recordings["talk.mp4"].read_bytes())

    assert probe(disguised).video_codec == "h264"


@pytest.mark.parametrize("name", RECIPES)
def test_a_file_that_was_cut_off_is_refused(recordings, tmp_path, name):
    broken = cut_off(recordings[name], tmp_path / name)

    with pytest.raises(MediaUnreadable):
        probe(broken)


def test_an_mp4_that_lost_its_index_is_refused(recordings, tmp_path):
    whole = tmp_path / "index_last.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", recordings["talk.mp4"], "-c", "copy", whole],
        check=True,
    )

    with pytest.raises(MediaUnreadable, match="damaged, cut off, or no sound or video"):
        probe(cut_off(whole, tmp_path / "broken.mp4"))


def test_a_browser_recording_that_was_cut_off_is_refused(tmp_path):
    whole = record(tmp_path, "talk.webm", to_pipe=True)

    with pytest.raises(
        MediaUnreadable, match=r"cut\.webm is cut off: at least \d+ byte"
    ):
        probe(cut_off(whole, tmp_path / "cut.webm"))


@pytest.mark.parametrize("name", ["talk.mp4", "talk.mkv"])
def test_ten_claimed_hours_are_not_believed(recordings, tmp_path, name):
    liar = claim_ten_hours(recordings[name], tmp_path / "liar")

    with pytest.raises(MediaUnreadable) as refusal:
        probe(liar)

    assert refusal.value.message == (
        "liar claims to last 10:00:00, but only 0:00:03 of it is there. "
        "Export or copy it again."
    )


def test_a_clock_that_jumps_by_hours_is_not_believed(recordings, tmp_path):
    jump = tmp_path / "jump.mkv"
    listing = tmp_path / "parts.txt"
    listing.write_text(
        f"file '{recordings['talk.mkv']}'\nduration {MAX_GAP_S + 60}\n"
        f"file '{recordings['talk.mkv']}'\n"
    )
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-f", "concat", "-safe", "0", "-i", listing),
            *("-c", "copy", jump),
        ],
        check=True,
    )

    with pytest.raises(MediaUnreadable, match="hole of 1:00:57 in its sound"):
        probe(jump)


def test_a_file_without_bytes_is_empty(tmp_path):
    (tmp_path / "nothing.mp4").touch()

    with pytest.raises(MediaEmpty) as refusal:
        probe(tmp_path / "nothing.mp4")

    assert refusal.value.message == (
        "nothing.mp4 holds no sound and no picture, or lasts 0 seconds."
    )


def test_a_wav_of_zero_seconds_is_empty(tmp_path):
    header = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36, b"WAVE", b"fmt ", 16, 1, 1, 48000, 96000, 2, 16
    )
    (tmp_path / "silent.wav").write_bytes(header + struct.pack("<4sI", b"data", 0))

    with pytest.raises(MediaEmpty):
        probe(tmp_path / "silent.wav")


def test_subtitles_alone_are_no_recording(tmp_path):
    (tmp_path / "words.srt").write_text("1\n00:00:00,000 --> 00:00:02,000\nHallo\n")
    subprocess.run(
        ["ffmpeg", "-v", "error", "-i", tmp_path / "words.srt", tmp_path / "words.mkv"],
        check=True,
    )

    with pytest.raises(MediaEmpty):
        probe(tmp_path / "words.mkv")


def test_a_cover_picture_is_no_moving_picture(recordings, tmp_path):
    with_cover = tmp_path / "album.m4a"
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-i", recordings["voice.m4a"]),
            *("-f", "lavfi", "-i", "color=red:size=64x64:duration=0.04:rate=25"),
            *("-map", "0:a", "-map", "1:v", "-c:a", "copy", "-c:v", "png"),
            *("-disposition:v", "attached_pic", with_cover),
        ],
        check=True,
    )

    assert probe(with_cover).video_codec is None


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile /etc/passwd\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" '
    'type="static" mediaPresentationDuration="PT10S"><Period><AdaptationSet '
    'mimeType="video/mp4"><Representation id="1" bandwidth="1">'
    "<BaseURL>file:///etc/passwd</BaseURL></Representation></AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    "m=audio 5004 RTP/AVP 0\n",
    "html": "<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>",
    "text": "Dies ist eine Mitschrift und keine Aufzeichnung.\n" * 50,
    "ansi art": "\x1b[2J\x1b[1;1H\x1b[31mHallo\x1b[0m\r\n" * 50,
}


@pytest.mark.parametrize(
    "suffix", [".mp4", ".m3u8", ".ffconcat", ".mpd", ".sdp", ".txt"]
)
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_lists_of_other_files_and_texts_are_refused_under_any_name(
    tmp_path, kind, suffix
):
    path = tmp_path / f"talk{suffix}"
    path.write_text(PLAYLISTS[kind])

    with pytest.raises(MediaUnreadable, match="no sound or video recording at all"):
        probe(path)


def test_a_playlist_that_names_a_real_recording_is_refused(recordings, tmp_path):
    """ffmpeg itself would open this one; so the refusal is ours."""
    listing = tmp_path / "list.mp4"
    listing.write_text(f"ffconcat version 1.0\nfile {recordings['talk.mkv'].name}\n")
    (tmp_path / "talk.mkv").write_bytes(recordings["talk.mkv"].read_bytes())
    assert (
        subprocess.run(
            ["ffprobe", "-v", "error", listing], capture_output=True, check=False
        ).returncode
        == 0
    )

    with pytest.raises(MediaUnreadable):
        probe(listing)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".bmp"])
def test_a_picture_is_no_recording(tmp_path, suffix):
    path = tmp_path / f"talk{suffix}"
    subprocess.run(
        [
            *("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=red:size=64x64"),
            *("-frames:v", "1", path),
        ],
        check=True,
    )

    with pytest.raises(MediaUnreadable):
        probe(path)
    with pytest.raises(MediaUnreadable):
        probe(path.rename(tmp_path / "picture.mp4"))


def test_a_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")

    with pytest.raises(MediaUnreadable, match="it is not a regular file"):
        probe(tmp_path / "pipe.mp4")


@pytest.mark.parametrize("path", ["/dev/zero", "/"])
def test_devices_and_folders_are_refused(path):
    with pytest.raises(MediaUnreadable, match="it is not a regular file"):
        probe(Path(path))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(MediaUnreadable, match="it is not there"):
        probe(tmp_path / "gone.mp4")


def test_a_recording_that_is_still_being_written_is_refused(recordings, tmp_path):
    path = tmp_path / "growing.wav"
    path.write_bytes(recordings["voice.wav"].read_bytes())
    started, stop = threading.Event(), threading.Event()

    def write_on():
        with path.open("ab", buffering=0) as stream:
            for _ in range(500_000):  # a bound: half a megabyte, about a second
                stream.write(b"0")
                started.set()
                if stop.is_set():
                    return

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        started.wait()
        with pytest.raises(MediaChanging):
            probe(path)
    finally:
        stop.set()
        writer.join()


def _append(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b"more")


def _overwrite_at_equal_length(path: Path) -> None:
    status = path.stat()
    path.write_bytes(bytes(status.st_size))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def _replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    status = path.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.rename(path)


@pytest.mark.parametrize(
    "meddle", [_append, _overwrite_at_equal_length, _replace, Path.unlink]
)
def test_every_way_of_changing_a_file_while_it_is_read_is_noticed(tmp_path, meddle):
    path = tmp_path / "voice.wav"
    path.write_bytes(b"some bytes")
    with open_steadily(path) as file:
        file.refuse_changed()
        meddle(path)

        with pytest.raises(MediaChanging) as refusal:
            file.refuse_changed()

    assert refusal.value.message == (
        "voice.wav changed while it was read. Wait until it is completely written, "
        "then import again."
    )


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=st.sampled_from(["talk.mp4", "talk.mkv", "talk.ts", "talk.avi", "voice.ogg"]),
    damage=st.lists(
        st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6
    ),
    keep=st.floats(0, 1),
)
def test_no_damage_brings_anything_but_a_refusal_or_a_measured_file(
    recordings, tmp_path, name, damage, keep
):
    content = bytearray(recordings[name].read_bytes())
    for place, scrap in damage:
        at = int(place**4 * (len(content) - len(scrap)))  # mostly in the headers
        content[at : at + len(scrap)] = scrap
    path = tmp_path / "damaged"
    path.write_bytes(content[: int(keep * len(content))] if keep < 0.5 else content)

    try:
        info = probe(path)
    except MediaRefused:
        return
    assert info.duration_s > 0
    assert info.audio_codec or info.video_codec
