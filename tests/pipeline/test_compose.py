"""Pieces of the picture: exact, alike wherever they are built, and few to rebuild."""

from fractions import Fraction

import av
import numpy as np
import pytest

from pipeline.cards import card_piece, card_spec
from pipeline.compose import FILES, SIZES, cells, picture_cuts, picture_piece
from pipeline.edit_list import EditedPart, frame_spans, frames_of, make_edit_list
from pipeline.layout import lay_out
from pipeline.picture_ranges import picture_ranges, reel, shown_tracks
from pipeline.pieces import PieceStore
from pipeline.scenes import MAIN, SOLO
from tests.pipeline.programme_factory import (
    cut,
    make_video,
    person,
    recording,
    spans,
    track,
)
from townhall.media import CutKind, Role

pytestmark = pytest.mark.media


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """One camera in each colour, so that a look tells who is where."""
    folder = tmp_path_factory.mktemp("videos")
    return {
        who: make_video(
            folder / f"{who}.mp4",
            seconds=40,
            source=f"color={colour}:size=160x90:rate=25",
        )
        for who, colour in [("host", "red"), ("guest", "lime")]
    }


@pytest.fixture
def store(tmp_path):
    return PieceStore(tmp_path / "pieces")


def cut_up(store, talk, turns, *, cuts=(), cell_frames=400):
    """What a programme of one recording would encode."""
    reels = {
        index: reel(store, found)[0] for index, found in shown_tracks(talk).items()
    }
    blanks = frame_spans(cuts, CutKind.BLANK, frames_of(talk.duration_s))
    scenes = lay_out(talk, spans(*turns), picture_ranges(reels), blanks=blanks)
    people = {each.participant_id: each for each in talk.people}
    cards = {
        (0, number): card_piece(
            store,
            card_spec(scene, people, language="de", municipality="M", title="T"),
        )
        for number, scene in enumerate(scenes)
    }
    edits = make_edit_list([EditedPart(duration_s=talk.duration_s, cuts=tuple(cuts))])
    return picture_cuts(
        edits.ranges, {0: scenes}, cards, {0: reels}, cell_frames=cell_frames
    )


def talk(videos, *, seconds=40.0, who=("host", "guest")):
    roles = {"host": Role.HOST, "guest": Role.CITIZEN}
    return recording(
        [person(each, roles[each]) for each in who],
        [track(videos[each], each, "video", seconds=40) for each in who],
        seconds=seconds,
    )


def frames(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def colour(picture, rect):
    """Which of the three colours fills the middle of a place."""
    y, x = rect.y + rect.height // 2, rect.x + rect.width // 2
    return ("red", "green", "blue")[int(np.argmax(picture[y, x]))]


def keys(store, pieces):
    return [store.key("picture", 1, each.inputs()) for each in pieces]


def test_cells_divide_at_fixed_frames_of_the_session():
    assert list(cells(390, 900, 400)) == [(390, 400), (400, 800), (800, 900)]


def test_a_piece_has_exactly_its_frames_in_both_sizes(store, videos):
    turns = [("host", 0, 1), ("guest", 3.4, 5)]
    (piece,) = cut_up(store, talk(videos, seconds=5.0), turns)

    built = picture_piece(store, piece)

    for kind, name in FILES.items():
        found = frames(built.file(name))
        assert len(found) == piece.frames == 125
        assert {frame.shape for frame in found} == {(*SIZES[kind][::-1], 3)}


def test_who_speaks_is_large_from_the_very_frame(store, videos):
    turns = [("host", 0, 3), ("guest", 3.2, 6)]
    (piece,) = cut_up(store, talk(videos, seconds=6.0), turns)

    found = frames(picture_piece(store, piece).file("720p.mp4"))

    large = [colour(frame, MAIN) for frame in found]
    assert large == ["red"] * 75 + ["green"] * 75


def test_the_same_piece_has_the_same_bytes_in_any_store(store, videos, tmp_path):
    (piece,) = cut_up(store, talk(videos, seconds=3.0), [("host", 0, 3)])
    elsewhere = PieceStore(tmp_path / "elsewhere")

    one, other = picture_piece(store, piece), picture_piece(elsewhere, piece)

    for name in FILES.values():
        assert one.file(name).read_bytes() == other.file(name).read_bytes()
    assert picture_piece(store, piece).built is False


@pytest.mark.parametrize(
    ("cuts", "same"),
    [
        ([cut("bleep", 20, 22)], [True, True, True, True, True]),
        ([cut("blank", 12, 14)], [True, False, True, True, True]),
        ([cut("remove", 12, 14)], [True, None, None, True, True, True]),
    ],
)
def test_an_edit_touches_only_the_pieces_it_lies_in(store, videos, cuts, same):
    conversation = talk(videos)
    turns = [("host", 0, 20), ("guest", 20, 40)]
    before = keys(store, cut_up(store, conversation, turns, cell_frames=200))

    after = keys(store, cut_up(store, conversation, turns, cuts=cuts, cell_frames=200))

    assert len(after) == len(same)
    assert [key in before for key in after] == [bool(each) for each in same]


def test_a_person_less_touches_only_where_they_were(store, videos):
    turns = [("host", 0, 26), ("guest", 27, 30), ("host", 31, 40)]
    conversation, alone = talk(videos), talk(videos, who=("host",))
    with_guest = keys(store, cut_up(store, conversation, turns, cell_frames=200))

    without = keys(store, cut_up(store, alone, turns[::2], cell_frames=200))

    assert [key in with_guest for key in without] == [True, True, False, False, False]


def one_camera(store, path, *, seconds=4.0, **more):
    """A piece that shows one camera alone."""
    found = recording(
        [person("host")],
        [track(path, "host", "video", seconds=seconds, **more)],
        seconds=4.0,
    )
    (piece,) = cut_up(store, found, [("host", 0, 4)])
    return frames(picture_piece(store, piece).file("720p.mp4"))


def shape(frame):
    """How wide and high the white picture inside the solo place is."""
    inside = frame[SOLO.y : SOLO.y + SOLO.height, SOLO.x : SOLO.x + SOLO.width]
    bright = inside.min(axis=2) > 180
    return bright.any(axis=0).sum() / bright.any(axis=1).sum()


@pytest.mark.parametrize(
    ("size", "rate", "expected"),
    [("320x240", 15, 4 / 3), ("90x160", 30, 9 / 16), ("426x240", "30000/1001", 16 / 9)],
)
def test_pictures_of_any_shape_and_rate_are_fitted_whole(
    store, tmp_path, size, rate, expected
):
    path = make_video(
        tmp_path / "cam.mkv", seconds=4, source=f"color=white:size={size}:rate={rate}"
    )

    found = one_camera(store, path)

    assert len(found) == 100
    assert shape(found[50]) == pytest.approx(expected, rel=0.03)


def resizing(folder):
    """A browser's camera that becomes smaller and upright on the way."""
    path = folder / "resizing.mkv"
    encoder = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8")
    with av.open(str(path), "w", format="matroska") as out:
        stream = out.add_mux_stream("vp8", width=320, height=180)
        for number, size in enumerate(("320x180", "90x160")):
            part = make_video(
                folder / f"{number}.mkv",
                seconds=2,
                source=f"color=white:size={size}:rate=25",
                encoder=encoder,
            )
            with av.open(str(part)) as source:
                for packet in source.demux(video=0):
                    if packet.size:
                        copy = av.Packet(bytes(packet))
                        at_s = float(packet.pts * packet.time_base) + 2 * number
                        copy.pts = copy.dts = round(at_s * 1000)
                        copy.time_base = Fraction(1, 1000)
                        copy.is_keyframe = packet.is_keyframe
                        copy.stream = stream
                        out.mux(copy)
    return path


def test_a_camera_that_changes_its_size_on_the_way_stays_fitted(store, tmp_path):
    found = one_camera(store, resizing(tmp_path))

    assert len(found) == 100
    assert shape(found[25]) == pytest.approx(16 / 9, rel=0.03)
    assert shape(found[75]) == pytest.approx(9 / 16, rel=0.05)


@pytest.mark.parametrize(("offset_ms", "slope"), [(0, 1.0), (-1500, 1.0), (700, 1.25)])
def test_each_frame_is_shown_at_its_moment_of_the_session(
    store, tmp_path, offset_ms, slope
):
    source = "color=black:size=160x90:rate=25,drawbox=c=white:t=fill:enable='gte(t,2)'"
    path = make_video(tmp_path / "cam.mp4", seconds=5, source=source)

    found = one_camera(store, path, seconds=5.0, offset_ms=offset_ms, slope=slope)

    turns_white = next(
        number for number, frame in enumerate(found) if frame[330, 640].min() > 120
    )
    expected_s = offset_ms / 1000 + 2 * slope
    assert turns_white / 25 == pytest.approx(expected_s, abs=0.04)
