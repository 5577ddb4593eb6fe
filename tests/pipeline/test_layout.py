"""The layout: who is large, who is small, and when."""

from itertools import pairwise

from pipeline.layout import lay_out
from pipeline.scenes import (
    FULL,
    HEIGHT_PX,
    MAIN,
    SOLO,
    WIDTH_PX,
    PictureRange,
    SceneKind,
    tile_rects,
)
from pipeline.withheld import WithheldCard
from tests.pipeline.programme_factory import person, recording, spans
from townhall.media import ConsentLevel, Role

HOST = person("host")
CHAIR = person("chair", Role.MODERATOR)
GUEST = person("guest", Role.CITIZEN)


def scenes(*turns, people=(HOST, CHAIR, GUEST), seconds=120.0, pictures=None, **more):
    talk = recording(people, seconds=seconds)
    return lay_out(talk, spans(*turns), pictures or {}, **more)


def shown(found):
    """From which second on who is in the frame, the large one first."""
    return [
        (scene.start_frame / 25, *(place.participant_id for place in scene.places))
        for scene in found
    ]


def test_who_speaks_is_large_and_the_others_keep_their_order():
    found = scenes(("chair", 0, 20), ("guest", 20, 40), ("host", 40, 60), seconds=60.0)

    assert shown(found) == [
        (0.0, "chair", "host"),
        (15.0, "chair", "host", "guest"),
        (19.8, "guest", "host", "chair"),
        (39.8, "host", "chair", "guest"),
        (45.0, "host", "chair"),
    ]


def test_scenes_cover_every_frame_once():
    found = scenes(("chair", 0, 20), ("guest", 21, 50), ("host", 50.5, 118))

    assert found[0].start_frame == 0
    assert found[-1].end_frame == 3000
    assert all(a.end_frame == b.start_frame for a, b in pairwise(found))


def test_an_interjection_makes_nobody_large():
    found = scenes(
        ("host", 0, 60), ("chair", 20, 21), ("chair", 30, 33), people=(HOST, CHAIR)
    )

    assert shown(found) == [(0.0, "host", "chair")]


def test_who_goes_on_when_the_other_has_finished_becomes_large_then():
    found = scenes(("host", 0, 30), ("chair", 28, 50), people=(HOST, CHAIR), seconds=50)

    assert shown(found) == [(0.0, "host", "chair"), (29.8, "chair", "host")]


def test_rapid_alternation_does_not_make_the_picture_flicker():
    rally = [
        (who, 10 + 1.6 * n, 11.4 + 1.6 * n)
        for n, who in enumerate(("chair", "host") * 8)
    ]

    found = scenes(("host", 0, 10), *rally, ("host", 40, 60), people=(HOST, CHAIR))

    assert min(scene.end_frame - scene.start_frame for scene in found) >= 50


def test_a_citizen_is_in_the_frame_only_around_the_conversation():
    found = scenes(
        ("host", 0, 40),
        ("guest", 40, 50),
        ("host", 50, 65),
        ("guest", 65, 70),  # 15 s later: the same conversation
        ("host", 70, 120),
    )

    seen = [s for s in found if any(p.participant_id == "guest" for p in s.places)]
    assert (seen[0].start_frame, seen[-1].end_frame) == (35 * 25, 75 * 25)


def test_a_citizen_who_never_speaks_is_never_shown():
    assert "guest" not in str(shown(scenes(("host", 0, 100), ("chair", 100, 120))))


def test_without_a_withdrawn_person_the_rest_of_the_layout_is_the_same():
    turns = [
        ("chair", 0, 20),
        ("host", 20, 60),
        ("guest", 60, 70),
        ("host", 70, 90),
        ("chair", 90, 119),
    ]
    gone = person("guest", Role.CITIZEN, consent=ConsentLevel.NONE)

    with_them = {
        s for s in scenes(*turns) if s.end_frame <= 55 * 25 or s.start_frame >= 90 * 25
    }
    without = set(scenes(*turns, people=(HOST, CHAIR, gone)))

    assert len(with_them) == 2
    assert {s for s in with_them if s.end_frame < 55 * 25} <= without
    assert "guest" not in str(without)


def test_alone_in_the_frame_somebody_stands_in_the_middle():
    (scene,) = scenes(("host", 0, 100), people=(HOST,))

    assert [place.rect for place in scene.places] == [SOLO]


def test_pictures_are_used_where_they_exist_and_cards_elsewhere():
    pictures = {"host": (PictureRange(start_s=10, end_s=50, track_index=3),)}

    found = scenes(("host", 0, 60), people=(HOST,), seconds=60.0, pictures=pictures)

    assert [(s.start_frame / 25, s.places[0].track_index) for s in found] == [
        (0.0, None),
        (10.0, 3),
        (50.0, None),
    ]


def test_a_picture_that_begins_just_after_a_scene_leaves_the_card_for_a_moment():
    pictures = {"host": (PictureRange(start_s=0.4, end_s=60, track_index=0),)}

    found = scenes(("host", 0, 60), people=(HOST,), seconds=60.0, pictures=pictures)

    assert [(s.start_frame, s.places[0].track_index) for s in found] == [
        (0, None),
        (50, 0),
    ]


def test_a_second_file_takes_over_where_the_first_ends():
    pictures = {
        "host": (
            PictureRange(start_s=-1, end_s=30, track_index=0),
            PictureRange(start_s=30, end_s=61, track_index=1),
        )
    }

    found = scenes(("host", 0, 60), people=(HOST,), seconds=60.0, pictures=pictures)

    assert [(s.start_frame, s.places[0].track_index) for s in found] == [
        (0, 0),
        (750, 1),
    ]


def test_a_question_card_stands_exactly_where_somebody_is_not_published():
    card = WithheldCard(start_s=20.0, end_s=30.0, text="Wann?")

    found = scenes(("host", 0, 60), people=(HOST,), seconds=60.0, cards=[card])

    assert [(s.start_frame, s.kind, s.text) for s in found] == [
        (0, SceneKind.SPEAKERS, None),
        (500, SceneKind.QUESTION, "Wann?"),
        (750, SceneKind.SPEAKERS, None),
    ]


def test_a_covered_picture_wins_over_everything():
    card = WithheldCard(start_s=20.0, end_s=30.0, text="Wann?")

    found = scenes(
        ("host", 0, 60), people=(HOST,), seconds=60.0, cards=[card], blanks=[(600, 900)]
    )

    assert [(s.start_frame, s.end_frame, s.kind) for s in found][1:3] == [
        (500, 600, SceneKind.QUESTION),
        (600, 900, SceneKind.BLANK),
    ]
    assert all(not s.places for s in found if s.kind is SceneKind.BLANK)


def test_a_finished_film_fills_the_frame():
    pictures = {None: (PictureRange(start_s=-1, end_s=61, track_index=0),)}

    (scene,) = scenes(people=(), seconds=60.0, pictures=pictures)

    assert (scene.kind, scene.places[0].rect) == (SceneKind.PICTURE, FULL)


def test_a_finished_sound_file_has_a_title():
    (scene,) = scenes(people=(), seconds=60.0)

    assert (scene.kind, scene.places) == (SceneKind.TITLE, ())


def test_places_lie_inside_the_frame_without_touching_and_on_even_pixels():
    for count in range(1, 9):
        rects = (MAIN, *tile_rects(count))
        for n, a in enumerate(rects):
            assert all(v % 2 == 0 for v in (a.x, a.y, a.width, a.height))
            assert a.x + a.width <= WIDTH_PX
            assert a.y + a.height <= HEIGHT_PX
            for b in rects[n + 1 :]:
                beside = a.x + a.width <= b.x or b.x + b.width <= a.x
                above = a.y + a.height <= b.y or b.y + b.height <= a.y
                assert beside or above
