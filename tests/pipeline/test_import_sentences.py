"""Whoever imports with a German terminal reads German refusals."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

import pipeline
from pipeline.errors import MediaChanging, MediaEmpty, MediaUnreadable, SeveralRefused
from site_templates.locales import DETAIL_CONTEXT, translate, translations
from tests.pipeline.recording_folders import HOST_PICTURE, HOST_SOUND, refusal_of, write

ROOM = Path(pipeline.__file__).parent
MODULES = ("probe", "steady_file", "tracks_file", "recording_folder")
KINDS = (MediaUnreadable, MediaEmpty, MediaChanging, SeveralRefused)


def sentences_of(keyword: str) -> list[str]:
    return [
        message
        for module in MODULES
        for _, message, *_ in extract_from_file(
            "python", str(ROOM / f"{module}.py"), keywords={keyword: None}
        )
        if isinstance(message, str) and message
    ]


def test_every_refusal_has_a_german_sentence():
    german = translations("de")
    keys = [
        *sentences_of("FolderInvalid"),
        *sentences_of("MediaUnreadable"),
        *((kind.__doc__ or "").strip() for kind in KINDS),
    ]

    assert len(keys) > 25
    assert [key for key in keys if german.gettext(key) == key] == []


def test_every_reason_has_a_german_sentence():
    german = translations("de")
    keys = [*sentences_of("phrase"), *sentences_of("ValueError")]

    assert len(keys) > 7
    assert [key for key in keys if german.pgettext(DETAIL_CONTEXT, key) == key] == []


@pytest.mark.media
def test_several_problems_are_all_told_in_german(folder):
    (folder / "camera.mkv").write_bytes(b"")
    write(folder, {**HOST_SOUND, "file": "gone.ogg"}, HOST_PICTURE)

    refusal = refusal_of(folder)

    assert translate("de", refusal.template, **refusal.details) == (
        "Mit dieser Aufzeichnung stimmen 2 Dinge nicht:\n"
        "- gone.ogg fehlt im Ordner. Legen Sie die Datei dazu, oder berichtigen Sie "
        "ihren Namen in tracks.toml.\n"
        "- camera.mkv enthält weder Ton noch Bild oder dauert 0 Sekunden."
    )
