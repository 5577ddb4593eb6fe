"""When there really is a picture of somebody."""

from fractions import Fraction

import av
import pytest

from pipeline.errors import MediaUnreadable
from pipeline.picture_ranges import picture_ranges, reel, shown_tracks
from pipeline.pieces import PieceStore
from tests.pipeline.programme_factory import make_video, person, recording, track
from tests.pipeline.recorded_media import record
from townhall.media import ConsentLevel, Role

pytestmark = pytest.mark.media


@pytest.fixture
def store(tmp_path):
    return PieceStore(tmp_path / "pieces")


@pytest.fixture
def video(tmp_path):
    return make_video(tmp_path / "cam.mkv", seconds=4)


def with_a_hole(path, copy):
    """The same video with its camera switched off from second 2 to second 12."""
    with (
        av.open(str(path)) as source,
        av.open(str(copy), "w", format="matroska") as out,
    ):
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                at_s = float(packet.pts * packet.time_base)
                late_s = 10 if at_s >= 2 else 0
                packet.pts = packet.dts = round((at_s + late_s) * 1000)
                packet.time_base = Fraction(1, 1000)
                packet.stream = stream
                out.mux(packet)
    return copy


def test_a_camera_that_was_off_leaves_a_hole(store, tmp_path):
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", "50")
    path = make_video(tmp_path / "plain.mkv", seconds=4, encoder=encoder)
    holed = with_a_hole(path, tmp_path / "holed.mkv")

    found, _ = reel(store, track(holed, "host", "video", seconds=14))

    (first, second) = found.spans
    assert first == pytest.approx((0.0, 2.0), abs=0.05)
    assert second == pytest.approx((12.0, 14.0), abs=0.05)


def test_ranges_stand_on_the_session_clock_and_reach_a_second_further(store, video):
    found, _ = reel(store, track(video, "host", "video", seconds=4, offset_ms=1500))

    ((only,),) = picture_ranges({7: found}).values()

    assert (only.start_s, only.end_s) == pytest.approx((0.5, 6.5), abs=0.05)
    assert only.track_index == 7


def test_files_that_follow_one_another_meet_in_the_middle(store, video):
    reels = {
        index: reel(store, track(video, "host", "video", seconds=4, offset_ms=offset))[
            0
        ]
        for index, offset in enumerate((0, 4500))
    }

    (first, second) = picture_ranges(reels)["host"]

    assert first.end_s == second.start_s == pytest.approx(4.25, abs=0.05)


def test_the_clock_of_a_drifting_camera_is_stretched(store, video):
    found, _ = reel(store, track(video, "host", "video", seconds=4, slope=1.5))

    assert found.file_s(3.0) == pytest.approx(2.0)
    assert found.session_s(2.0) == pytest.approx(3.0)


def test_a_file_is_looked_at_once(store, video):
    _, (first,) = reel(store, track(video, "host", "video", seconds=4))
    _, (again,) = reel(store, track(video, "guest", "video", seconds=4, offset_ms=99))

    assert (first.built, again.built) == (True, False)


def test_a_live_picture_without_key_frames_is_copied_once_to_be_cut_from(
    store, tmp_path
):
    encoder = (
        "-c:v",
        "libvpx",
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
        "-g",
        "9999",
    )
    live = make_video(
        tmp_path / "live.mkv",
        seconds=30,
        source="color=gray:s=64x36:r=10",
        encoder=encoder,
    )

    found, pieces = reel(store, track(live, "host", "video", seconds=30, offset_ms=700))
    again, _ = reel(store, track(live, "host", "video", seconds=30, offset_ms=700))

    assert found == again
    assert found.path == pieces[1].file("reel.mkv")
    with av.open(str(found.path)) as copy:
        packets = [packet for packet in copy.demux(video=0) if packet.size]
    keys = [float(p.pts * p.time_base) for p in packets if p.is_keyframe]
    assert (len(packets), keys[:3]) == (300, [0.0, 2.0, 4.0])
    assert ("reel", pieces[1].key) in store.builds()


def test_a_file_without_a_picture_is_refused(store, tmp_path):
    sound = record(tmp_path, "voice.ogg")

    with pytest.raises(
        MediaUnreadable, match=r"voice\.ogg is not a readable recording"
    ):
        reel(store, track(sound, "host", "video", seconds=3))


def test_only_pictures_of_those_who_agreed_are_shown(video):
    levels = list(ConsentLevel)
    people = [person(level.value, Role.CITIZEN, consent=level) for level in levels]
    tracks = [track(video, level.value, "video", seconds=4) for level in levels]
    stranger = track(video, "stranger", "video", seconds=4)

    shown = shown_tracks(recording(people, [*tracks, stranger], seconds=4))

    assert {found.participant_id for found in shown.values()} == {"picture_and_sound"}
