"""Drawn portraits of the demo's people: friendly, calm, and nobody real.

Everything is drawn by Pillow in three layers: the room (blurred, as behind a camera),
the body, the head. Coordinates are pixels of CANVAS_PX; layers are drawn larger and
made smaller once, for smooth edges, and kept. A portrait knows how wide the
mouth is open, whether the eyes are closed, and where in its slow sway it is.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageOps

CANVAS_PX = (1280, 720)
MOUTHS = 4  #: closed, and three ways of being open
SWAY_STEPS = 16  #: pictures of one slow movement, then it begins again

Colour = tuple[int, int, int]
_Places = Sequence[float] | Sequence[tuple[float, float]]
_FINER = 3  #: layers are drawn so many times larger
_BELOW_PX = 12  #: the body goes on below the picture, so that it may rise

_WHITE: Colour = (252, 250, 246)
_DARK: Colour = (52, 40, 38)
_LIPS: Colour = (178, 88, 84)


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What somebody looks like."""

    wall: Colour
    accent: Colour  #: the furniture behind
    skin: Colour
    hair: Colour
    eyes: Colour
    jacket: Colour
    shirt: Colour
    style: str  #: ``short``, ``bob`` or ``bun``
    glasses: bool = False
    beard: bool = False
    knit: bool = False  #: a striped jumper instead of a jacket
    window: bool = False  #: a window instead of a picture, on the other side


#: by the id of the screenplay; those who did not agree to be seen have none
LOOKS = {
    "moderator": Look(
        wall=(206, 216, 214),
        accent=(122, 148, 143),
        skin=(236, 194, 164),
        hair=(94, 64, 44),
        eyes=(86, 112, 96),
        jacket=(62, 84, 104),
        shirt=(238, 240, 242),
        style="short",
        glasses=True,
        beard=True,
    ),
    "host": Look(
        wall=(226, 214, 200),
        accent=(176, 140, 108),
        skin=(243, 206, 180),
        hair=(150, 92, 54),
        eyes=(78, 104, 134),
        jacket=(28, 104, 104),
        shirt=(250, 244, 232),
        style="bob",
        window=True,
    ),
    "citizen_1": Look(
        wall=(204, 210, 226),
        accent=(128, 140, 176),
        skin=(226, 178, 142),
        hair=(48, 36, 34),
        eyes=(84, 58, 40),
        jacket=(176, 92, 84),
        shirt=(236, 214, 196),
        style="bun",
        knit=True,
    ),
}


def draw_portrait(look: Look, *, mouth: int, blink: bool, step: int) -> Image.Image:
    """One picture of somebody: mouth 0 … MOUTHS-1, step 0 … SWAY_STEPS-1."""
    turn = 2 * math.pi * step / SWAY_STEPS
    picture = _room(look).copy()
    body, head = _body(look), _head(look, mouth, blink)
    breath = round(3 * math.sin(turn))
    picture.paste(body, (0, breath), body)
    sway = (round(5 * math.sin(turn)), round(breath + 2 * math.cos(2 * turn)))
    picture.paste(head, sway, head)
    return picture


class _Pen:
    """Draws on a layer in pixels of the canvas; the layer itself is finer."""

    def __init__(self, ground: Colour = (0, 0, 0)) -> None:
        width, height = CANVAS_PX
        size = (width * _FINER, (height + _BELOW_PX) * _FINER)
        self.image = Image.new("RGBA", size, (*ground, 0))
        self._draw = ImageDraw.Draw(self.image)

    def finished(self) -> Image.Image:
        """The layer in the size of the canvas, with smooth edges."""
        return self.image.reduce(_FINER)

    def __getattr__(self, shape: str) -> Callable[..., None]:
        """Every shape of ImageDraw, its coordinates, radius and width scaled."""
        draw = getattr(self._draw, shape)

        def scaled(places: _Places, *numbers: float, **style: Any) -> None:
            flat = [place for pair in places for place in _pair(pair)]
            if shape == "rounded_rectangle":
                numbers = (numbers[0] * _FINER,)
            if "width" in style:
                style["width"] *= _FINER
            draw([place * _FINER for place in flat], *numbers, **style)

        return scaled


def _pair(place: float | tuple[float, float]) -> tuple[float, ...]:
    return place if isinstance(place, tuple) else (place,)


def _shade(colour: Colour, factor: float) -> Colour:
    """Darker below 1, lighter above."""
    red, green, blue = (min(255, round(part * factor)) for part in colour)
    return red, green, blue


@functools.cache
def _room(look: Look) -> Image.Image:
    """A wall with light from the left, a shelf, a picture and a plant, out of focus."""
    width, height = CANVAS_PX
    light = Image.linear_gradient("L").rotate(90).resize(CANVAS_PX)
    wall = Image.composite(
        Image.new("RGB", CANVAS_PX, _shade(look.wall, 0.86)),
        Image.new("RGB", CANVAS_PX, _shade(look.wall, 1.07)),
        light,
    )
    draw = ImageDraw.Draw(wall)
    if look.window:
        draw.rectangle((30, 40, 350, 520), fill=_WHITE)
        draw.rectangle((50, 60, 330, 500), fill=(190, 220, 234))
        draw.ellipse((30, 330, 230, 560), fill=(134, 170, 126))
        draw.ellipse((160, 290, 400, 600), fill=(116, 154, 112))
        draw.rectangle((350, 40, 380, 640), fill=_shade(look.wall, 0.8))
        draw.rectangle((182, 60, 198, 500), fill=_WHITE)
        draw.rectangle((0, 500, 352, 640), fill=_shade(look.wall, 0.86))
    else:
        draw.rectangle((70, 90, 300, 300), fill=_shade(look.accent, 1.35))
        draw.rectangle((88, 108, 282, 282), fill=_WHITE)
        draw.ellipse((120, 140, 210, 230), fill=_shade(look.accent, 1.2))
        draw.polygon(((88, 282), (180, 190), (282, 282)), fill=look.accent)
    draw.rectangle((930, 300, width, 318), fill=_shade(look.accent, 0.7))  # a shelf
    books = (0.9, 1.3, 0.75, 1.15, 1.0, 1.4)
    for number, tint in enumerate(books):
        left = 960 + number * 36
        top = 190 + (number * 37) % 44
        draw.rectangle((left, top, left + 29, 300), fill=_shade(look.accent, tint))
    draw.rectangle((1190, 244, 1250, 300), fill=(196, 120, 84))  # a pot with leaves
    for angle in range(-70, 71, 28):
        tip = (
            1220 + 95 * math.sin(math.radians(angle)),
            244 - 110 * math.cos(math.radians(angle)),
        )
        draw.line((1220, 246, *tip), fill=(96, 140, 98), width=16)
    draw.rectangle((0, 640, width, height), fill=_shade(look.wall, 0.78))
    blurred = wall.filter(ImageFilter.GaussianBlur(7))
    return ImageOps.mirror(blurred) if look.window else blurred


@functools.cache
def _body(look: Look) -> Image.Image:
    draw = _Pen()
    if look.style == "bob":  # the hair that falls behind the shoulders
        draw.rounded_rectangle((462, 180, 818, 585), 150, fill=_shade(look.hair, 0.8))
    draw.rounded_rectangle((300, 570, 980, 1000), 150, fill=look.jacket)
    draw.rounded_rectangle((568, 470, 712, 660), 60, fill=_shade(look.skin, 0.9))
    if look.knit:
        draw.ellipse((545, 548, 735, 690), fill=_shade(look.jacket, 0.86))
        draw.ellipse((562, 540, 718, 660), fill=_shade(look.skin, 0.9))
        for line, top in enumerate(range(668, 720, 26)):
            tint = look.shirt if line % 2 == 0 else _shade(look.jacket, 0.9)
            draw.rectangle((318, top, 962, top + 9), fill=tint)
    else:
        draw.polygon(((548, 574), (640, 720), (732, 574)), fill=look.shirt)
        draw.polygon(((576, 560), (640, 646), (704, 560)), fill=_shade(look.skin, 0.9))
        lapel = _shade(look.jacket, 0.82)
        draw.polygon(((548, 566), (500, 640), (560, 654), (628, 720)), fill=lapel)
        draw.polygon(((732, 566), (780, 640), (720, 654), (652, 720)), fill=lapel)
        draw.polygon(
            ((572, 556), (548, 590), (612, 652)), fill=_shade(look.shirt, 0.95)
        )
        draw.polygon(
            ((708, 556), (732, 590), (668, 652)), fill=_shade(look.shirt, 0.95)
        )
    draw.line((432, 660, 420, 720), fill=_shade(look.jacket, 0.8), width=5)
    draw.line((848, 660, 860, 720), fill=_shade(look.jacket, 0.8), width=5)
    return draw.finished()


@functools.cache
def _head(look: Look, mouth: int, blink: bool) -> Image.Image:  # noqa: FBT001 - the cache wants positions
    draw = _Pen()
    if look.style == "bun":
        draw.ellipse((566, 62, 714, 200), fill=_shade(look.hair, 0.9))
    ear = _shade(look.skin, 0.93)
    draw.ellipse((474, 322, 526, 410), fill=ear)
    draw.ellipse((754, 322, 806, 410), fill=ear)
    draw.rounded_rectangle((494, 160, 786, 556), 142, fill=look.skin)
    draw.image.alpha_composite(_cheeks(look))
    if look.beard:
        _draw_beard(draw, look)
    _draw_hair(draw, look)
    for centre in (572, 708):
        _draw_eye(draw, look, centre, blink=blink)
    nose = _shade(look.skin, 0.8)
    draw.arc((612, 372, 668, 432), 20, 160, fill=nose, width=6)
    if look.glasses:
        for left in (518, 654):
            draw.rounded_rectangle(
                (left, 310, left + 108, 390), 30, outline=_DARK, width=6
            )
        draw.arc((618, 320, 662, 360), 200, 340, fill=_DARK, width=6)
    _draw_mouth(draw, mouth)
    return draw.finished()


@functools.cache
def _cheeks(look: Look) -> Image.Image:
    """A warm glow."""
    red, green, blue = look.skin
    glow = (red, green - 50, blue - 40)
    draw = _Pen(glow)  # blurring mixes with the ground, seen or not
    for left in (512, 682):
        draw.ellipse((left, 400, left + 86, 462), fill=(*glow, 70))
    return draw.image.filter(ImageFilter.GaussianBlur(14 * _FINER))


def _draw_beard(draw: _Pen, look: Look) -> None:
    beard = _shade(look.hair, 1.12)
    draw.pieslice((494, 270, 786, 562), 8, 172, fill=beard)
    draw.ellipse((524, 300, 756, 462), fill=look.skin)
    draw.rounded_rectangle((576, 440, 704, 470), 14, fill=beard)  # moustache
    draw.rounded_rectangle((588, 462, 692, 522), 26, fill=_shade(look.skin, 0.97))


def _draw_hair(draw: _Pen, look: Look) -> None:
    hair, strand = look.hair, _shade(look.hair, 1.25)
    if look.style == "short":
        draw.pieslice((484, 130, 796, 420), 178, 362, fill=hair)
        draw.ellipse((520, 232, 790, 330), fill=look.skin)
        draw.rounded_rectangle((486, 250, 510, 350), 10, fill=hair)
        draw.rounded_rectangle((770, 250, 794, 350), 10, fill=hair)
        draw.arc((540, 148, 760, 260), 200, 300, fill=strand, width=6)
    elif look.style == "bob":
        draw.pieslice((464, 120, 816, 470), 175, 365, fill=hair)
        draw.ellipse((512, 222, 780, 400), fill=look.skin)
        draw.pieslice((500, 150, 800, 390), 180, 285, fill=hair)  # parting
        draw.rounded_rectangle((460, 280, 508, 560), 24, fill=hair)
        draw.rounded_rectangle((772, 280, 820, 560), 24, fill=hair)
        draw.arc((520, 150, 790, 330), 190, 262, fill=strand, width=7)
    else:
        draw.pieslice((484, 130, 796, 440), 176, 364, fill=hair)
        draw.ellipse((508, 216, 772, 400), fill=look.skin)
        draw.arc((530, 148, 750, 280), 215, 325, fill=strand, width=6)


def _draw_eye(draw: _Pen, look: Look, centre: int, *, blink: bool) -> None:
    brow = _shade(look.hair, 0.85)
    draw.arc((centre - 46, 280, centre + 46, 340), 205, 335, fill=brow, width=11)
    if blink:
        draw.arc((centre - 30, 328, centre + 30, 364), 10, 170, fill=_DARK, width=6)
        return
    draw.ellipse((centre - 32, 330, centre + 32, 374), fill=_WHITE)
    draw.ellipse((centre - 19, 333, centre + 19, 371), fill=look.eyes)
    draw.ellipse((centre - 10, 342, centre + 10, 362), fill=_DARK)
    draw.ellipse((centre + 2, 340, centre + 11, 349), fill=_WHITE)
    draw.arc((centre - 34, 326, centre + 34, 378), 195, 345, fill=_DARK, width=6)


def _draw_mouth(draw: _Pen, mouth: int) -> None:
    if mouth == 0:
        draw.arc((594, 440, 686, 502), 25, 155, fill=_LIPS, width=9)
        return
    half_px = (0, 30, 36, 38)[mouth]
    drop_px = (0, 16, 30, 46)[mouth]
    box = (640 - half_px, 474, 640 + half_px, 474 + drop_px)
    draw.ellipse(box, fill=(104, 38, 40), outline=_LIPS, width=6)
    if mouth > 1:
        draw.chord((box[0] + 8, 476, box[2] - 8, 500), 190, 350, fill=_WHITE)
        draw.chord(
            (box[0] + 12, box[3] - 22, box[2] - 12, box[3] + 10),
            190,
            350,
            fill=(206, 104, 102),
        )
