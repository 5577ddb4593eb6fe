"""Still pictures: what stands behind the moving ones, and cards for those without.

Everything that does not move in a scene (background, name cards, names and roles,
question cards) is drawn once with Pillow and handed to ffmpeg as one picture. The
typeface is Fira Sans, shipped with its licence in ``pipeline/fonts``, so that the
picture is the same on every machine.

Colours keep a contrast of at least 7 : 1 for all text (WCAG 2.2, 1.4.6).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from pipeline.pieces import sha256_of_file
from pipeline.scenes import HEIGHT_PX, MAIN, SOLO, WIDTH_PX, Rect, SceneKind
from townhall.media import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.pieces import Piece, PieceStore
    from pipeline.scenes import Place, Scene
    from townhall.media import Person

CARDS_VERSION = 1
CARD_FILE = "card.png"

BACKGROUND = (19, 32, 45)
PANEL = (30, 52, 72)
TEXT = (255, 255, 255)
QUIET_TEXT = (200, 213, 225)
ACCENT = (160, 204, 238)

_FONTS = Path(__file__).parent / "fonts"
_REGULAR, _STRONG = _FONTS / "FiraSans-Regular.ttf", _FONTS / "FiraSans-SemiBold.ttf"
_LINE_HEIGHT = 1.25

#: what people read on the cards; German first, English second
_WORDS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "host": "Gastgeber/in",
        "moderator": "Moderation",
        "citizen": "Bürger/in",
        "question": "Frage aus der Bürgerschaft",
        "not_released": "Diese Frage wurde nicht zur Veröffentlichung freigegeben.",
        "not_heard": "Die fragende Person ist hier nicht zu sehen und nicht zu hören.",
        "blank": "Das Bild wird an dieser Stelle nicht gezeigt.",
        "sound_only": "Tonaufzeichnung",
        "quotes": "„“",
    },
    "en": {
        "host": "Host",
        "moderator": "Moderator",
        "citizen": "Citizen",
        "question": "A question from the public",
        "not_released": "This question was not released for publication.",
        "not_heard": "The person asking is neither seen nor heard here.",
        "blank": "The picture is not shown at this point.",
        "sound_only": "Sound recording",
        "quotes": "“”",
    },
}


@dataclass(frozen=True, kw_only=True, slots=True)
class NamePlate:
    """A person's place as drawn: with a name card in it, or empty for the picture."""

    rect: Rect
    name: str
    role: Role
    is_card: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CardSpec:
    """Everything that decides how a still picture looks."""

    kind: SceneKind
    language: str
    municipality: str
    title: str
    plates: tuple[NamePlate, ...] = ()
    text: str | None = None


def card_spec(
    scene: Scene,
    people: Mapping[str, Person],
    *,
    language: str,
    municipality: str,
    title: str,
) -> CardSpec:
    """What has to be drawn behind a scene."""
    return CardSpec(
        kind=scene.kind,
        language=language,
        municipality=municipality,
        title=title,
        plates=tuple(
            _plate(place, people)
            for place in scene.places
            if place.participant_id is not None
        ),
        text=scene.text,
    )


def card_piece(store: PieceStore, spec: CardSpec) -> Piece:
    """Draw a still picture, or find it."""
    return store.build(
        "card",
        CARDS_VERSION,
        {"spec": spec, "fonts": _font_digests()},
        lambda folder: draw_card(spec).save(folder / CARD_FILE, optimize=False),
    )


def draw_card(spec: CardSpec) -> Image.Image:
    """Draw a still picture, 1280 × 720."""
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), BACKGROUND)
    draw = ImageDraw.Draw(image)
    words = _WORDS["en" if spec.language.lower().startswith("en") else "de"]
    if spec.kind is SceneKind.PICTURE:
        return image  # the whole frame is the other system's picture
    _draw_header(draw, spec)
    if spec.kind is SceneKind.SPEAKERS:
        for plate in spec.plates:
            _draw_plate(draw, plate, words)
    elif spec.kind is SceneKind.QUESTION:
        _draw_question(draw, spec.text, words)
    elif spec.kind is SceneKind.BLANK:
        _draw_centred(draw, SOLO, [(words["blank"], _REGULAR, 34, QUIET_TEXT)])
    else:
        lines = [
            (spec.title, _STRONG, 52, TEXT),
            (spec.municipality, _REGULAR, 32, QUIET_TEXT),
            (words["sound_only"], _REGULAR, 26, ACCENT),
        ]
        _draw_centred(draw, SOLO, lines)
    return image


def wrapped(text: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    """Break a text into lines of at most this width; too long a word is hyphenated."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        candidate = f"{line} {word}".strip()
        if font.getlength(candidate) <= width_px:
            line = candidate
            continue
        if line:
            lines.append(line)
        *parts, line = _split_word(word, font, width_px)
        lines += parts
    return [*lines, line] if line else lines


def _split_word(word: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    parts = []
    while font.getlength(word) > width_px and len(word) > 1:
        fits = len(word) - 1
        while fits > 1 and font.getlength(f"{word[:fits]}-") > width_px:
            fits -= 1
        # Double names and compounds have a hyphen to break at.
        hyphen = word.rfind("-", 1, fits + 1)
        if hyphen > 0:
            parts.append(word[: hyphen + 1])
            word = word[hyphen + 1 :]
        else:
            parts.append(f"{word[:fits]}-")
            word = word[fits:]
    return [*parts, word]


def _plate(place: Place, people: Mapping[str, Person]) -> NamePlate:
    person = people[place.participant_id or ""]
    return NamePlate(
        rect=place.rect,
        name=person.name,
        role=person.role,
        is_card=place.track_index is None,
    )


def _draw_header(draw: ImageDraw.ImageDraw, spec: CardSpec) -> None:
    strong, regular = _font(_STRONG, 22), _font(_REGULAR, 22)
    name = _shortened(spec.municipality, strong, WIDTH_PX // 2)
    draw.text((20, 20), name, font=strong, fill=TEXT)
    begin = 20 + strong.getlength(name) + 24
    title = _shortened(spec.title, regular, WIDTH_PX - 20 - begin)
    draw.text((begin, 20), title, font=regular, fill=QUIET_TEXT)


def _draw_plate(
    draw: ImageDraw.ImageDraw, plate: NamePlate, words: Mapping[str, str]
) -> None:
    rect = plate.rect
    box = (rect.x, rect.y, rect.x + rect.width - 1, rect.y + rect.height - 1)
    draw.rectangle(box, fill=PANEL)
    role = words[plate.role.value]
    large = rect in (MAIN, SOLO)
    if plate.is_card:
        name_px = 54 if large else max(15, rect.height // 6)
        lines = [
            (plate.name, _STRONG, name_px, TEXT),
            (role, _REGULAR, max(12, name_px * 5 // 9), QUIET_TEXT),
        ]
        _draw_centred(draw, rect, lines)
        return
    below = rect.y + rect.height + 8
    if large:
        strong, regular = _font(_STRONG, 30), _font(_REGULAR, 24)
        name = _shortened(plate.name, strong, rect.width - 200)
        draw.rectangle((rect.x, below + 4, rect.x + 5, below + 42), fill=ACCENT)
        draw.text((rect.x + 20, below + 3), name, font=strong, fill=TEXT)
        begin = rect.x + 20 + strong.getlength(name) + 20
        draw.text((begin, below + 8), role, font=regular, fill=QUIET_TEXT)
        return
    name_px, role_px = (20, 16) if rect.width > 200 else (14, 12)
    strong, regular = _font(_STRONG, name_px), _font(_REGULAR, role_px)
    name = _shortened(plate.name, strong, rect.width)
    draw.text((rect.x, below - 4), name, font=strong, fill=TEXT)
    draw.text((rect.x, below + name_px), role, font=regular, fill=QUIET_TEXT)


def _draw_question(
    draw: ImageDraw.ImageDraw, text: str | None, words: Mapping[str, str]
) -> None:
    if text is None:
        _draw_centred(draw, SOLO, [(words["not_released"], _REGULAR, 34, QUIET_TEXT)])
        return
    opening, closing = tuple(words["quotes"])
    panel = Rect(x=80, y=100, width=1120, height=480)
    draw.rectangle((80, 100, 1199, 579), fill=PANEL)
    draw.rectangle((80, 100, 87, 579), fill=ACCENT)
    inner = Rect(x=140, y=170, width=1000, height=panel.height - 100)
    draw.text((140, 122), words["question"], font=_font(_STRONG, 28), fill=ACCENT)
    _draw_centred(
        draw, inner, [(f"{opening}{text.strip()}{closing}", _REGULAR, 44, TEXT)]
    )
    note = _font(_REGULAR, 24)
    draw.text((80, 604), words["not_heard"], font=note, fill=QUIET_TEXT)


def _draw_centred(
    draw: ImageDraw.ImageDraw,
    rect: Rect,
    blocks: list[tuple[str, Path, int, tuple[int, int, int]]],
) -> None:
    """Centre paragraphs in a place, in the largest sizes up to those asked for."""
    lines = []
    height = 0.0
    for shrink in (1.0, 0.85, 0.7, 0.6, 0.5, 0.42, 0.36, 0.3):
        lines = [
            (line, font, colour)
            for text, face, size, colour in blocks
            for font in (_font(face, max(11, round(size * shrink))),)
            for line in wrapped(text, font, rect.width * 9 // 10)
        ]
        height = sum(font.size * _LINE_HEIGHT for _, font, _ in lines)
        if height <= rect.height * 0.9:
            break
    y = rect.y + max(0.0, (rect.height - height) / 2)
    for line, font, colour in lines:
        if y + font.size > rect.y + rect.height:
            break  # not even the smallest size holds it all
        x = rect.x + (rect.width - font.getlength(line)) / 2
        draw.text((x, y), line, font=font, fill=colour)
        y += font.size * _LINE_HEIGHT


def _shortened(text: str, font: ImageFont.FreeTypeFont, width_px: float) -> str:
    if font.getlength(text) <= width_px:
        return text
    while text and font.getlength(f"{text}…") > width_px:
        text = text[:-1]
    return f"{text.rstrip()}…"


@lru_cache(maxsize=64)
def _font(path: Path, size_px: int) -> ImageFont.FreeTypeFont:
    # the basic engine is always there; the other one (raqm) only on some machines
    return ImageFont.truetype(path, size_px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=1)
def _font_digests() -> tuple[str, ...]:
    return tuple(sha256_of_file(path) for path in (_REGULAR, _STRONG))
