"""Cards: legible, the same everywhere, and saying what they should."""

import pytest
from PIL import ImageFont

from pipeline.cards import (
    _REGULAR,
    ACCENT,
    BACKGROUND,
    PANEL,
    QUIET_TEXT,
    TEXT,
    CardSpec,
    NamePlate,
    card_piece,
    card_spec,
    draw_card,
    wrapped,
)
from pipeline.pieces import PieceStore
from pipeline.scenes import MAIN, SOLO, Place, Scene, SceneKind, tile_rects
from tests.pipeline.programme_factory import person
from townhall.media import Role

LONG_NAME = (
    "Dr. Annegret Freifrau von Hohenstein-Waldburg-Donaudampfschifffahrtsgesellschaft"
)
LONG_QUESTION = "Wann kommt die Straßenentwässerungsgebührensatzungsänderung? " * 12


def spec(kind=SceneKind.SPEAKERS, **changes):
    values = {
        "kind": kind,
        "language": "de",
        "municipality": "Stadt Musterbach",
        "title": "Bürgersprechstunde",
    }
    return CardSpec(**{**values, **changes})


def luminance(colour):
    """Relative luminance, WCAG 2.2."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (value / 255 for value in colour)
    ]
    return sum(f * c for f, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("ground", [BACKGROUND, PANEL])
@pytest.mark.parametrize("text", [TEXT, QUIET_TEXT, ACCENT])
def test_every_text_colour_has_enough_contrast(ground, text):
    ratio = (luminance(text) + 0.05) / (luminance(ground) + 0.05)

    assert ratio >= 7.0


def test_no_line_is_wider_than_its_place_and_no_letter_is_lost():
    font = ImageFont.truetype(_REGULAR, 40)

    lines = wrapped(LONG_QUESTION, font, 400)

    assert max(font.getlength(line) for line in lines) <= 400
    bare = "".join(lines).replace("-", "").replace(" ", "")
    assert bare == LONG_QUESTION.replace(" ", "")


def test_a_double_name_breaks_at_its_hyphen():
    font = ImageFont.truetype(_REGULAR, 40)
    width = round(font.getlength("Unterberger-Sch"))

    assert wrapped("Unterberger-Schwarzenbeck", font, width) == [
        "Unterberger-",
        "Schwarzenbeck",
    ]


def inked(image, box):
    """How many pixels of a box are neither background nor panel."""
    pixels = image.crop(box).get_flattened_data()
    return sum(pixel not in {BACKGROUND, PANEL} for pixel in pixels)


@pytest.mark.parametrize("name", ["Jo Roth", LONG_NAME])
def test_a_name_stays_inside_its_card(name):
    plate = NamePlate(rect=MAIN, name=name, role=Role.HOST, is_card=True)

    image = draw_card(spec(plates=(plate,), municipality="", title=""))

    whole = inked(image, (0, 0, 1280, 720))
    box = (MAIN.x, MAIN.y, MAIN.x + MAIN.width, MAIN.y + MAIN.height)
    assert whole == inked(image, box) > 500


def test_a_place_with_a_picture_is_empty_and_the_name_stands_below():
    plate = NamePlate(rect=MAIN, name="Jo Roth", role=Role.HOST, is_card=False)

    image = draw_card(spec(plates=(plate,), municipality="", title=""))

    bottom = MAIN.y + MAIN.height
    assert inked(image, (MAIN.x, MAIN.y, MAIN.x + MAIN.width, bottom)) == 0
    assert inked(image, (MAIN.x, bottom, MAIN.x + MAIN.width, 720)) > 200


@pytest.mark.parametrize("text", ["Wann?", LONG_QUESTION, None])
def test_a_question_is_written_out_however_long(text):
    image = draw_card(spec(SceneKind.QUESTION, text=text, municipality="", title=""))

    assert inked(image, (80, 100, 1200, 580)) > 500
    assert inked(image, (0, 0, 79, 720)) == inked(image, (1201, 0, 1280, 720)) == 0


@pytest.mark.parametrize("kind", list(SceneKind))
def test_german_and_english_differ_where_there_are_words(kind):
    plate = NamePlate(rect=SOLO, name="Jo", role=Role.HOST, is_card=True)
    german, english = (
        draw_card(spec(kind, plates=(plate,), language=language)).tobytes()
        for language in ("de", "en-GB")
    )

    assert (german == english) is (kind is SceneKind.PICTURE)


def test_a_scene_says_who_is_drawn_where():
    host, guest = person("host"), person("guest", Role.CITIZEN)
    tile = tile_rects(1)[0]
    scene = Scene(
        start_frame=0,
        end_frame=50,
        kind=SceneKind.SPEAKERS,
        places=(
            Place(participant_id="host", rect=MAIN, track_index=2),
            Place(participant_id="guest", rect=tile, track_index=None),
        ),
    )

    found = card_spec(
        scene,
        {"host": host, "guest": guest},
        language="de",
        municipality="Stadt Musterbach",
        title="Bürgersprechstunde",
    )

    assert found.plates == (
        NamePlate(rect=MAIN, name="Host", role=Role.HOST, is_card=False),
        NamePlate(rect=tile, name="Guest", role=Role.CITIZEN, is_card=True),
    )


def test_the_same_card_has_the_same_bytes_and_is_drawn_once(tmp_path):
    one, other = (PieceStore(tmp_path / name) for name in "ab")

    first, again = card_piece(one, spec()), card_piece(one, spec())
    elsewhere = card_piece(other, spec())

    assert (first.built, again.built) == (True, False)
    assert (
        first.file("card.png").read_bytes() == elsewhere.file("card.png").read_bytes()
    )


def test_the_typeface_comes_with_its_licence():
    licence = (_REGULAR.parent / "OFL.txt").read_text()

    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
