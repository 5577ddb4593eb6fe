"""Recordings that the tests of import share, made once."""

import pytest

from tests.pipeline.recorded_media import record
from tests.pipeline.recording_folders import CITIZEN, HOST_PICTURE, HOST_SOUND, write


@pytest.fixture(scope="session")
def import_recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    for name in ("talk.mp4", "talk.mkv", "voice.ogg", "voice.wav", "camera.mkv"):
        record(folder, name)
    return folder


@pytest.fixture
def folder(import_recordings, tmp_path):
    """The host with sound and picture, a citizen with sound who comes a second later."""
    folder = tmp_path / "consultation"
    folder.mkdir()
    for path in import_recordings.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    write(
        folder,
        HOST_SOUND,
        HOST_PICTURE,
        CITIZEN,
        marks=[{"question": "7", "at_ms": 1500}],
    )
    return folder
