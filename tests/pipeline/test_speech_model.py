import numpy as np
import pytest

from pipeline.errors import ModelMissing
from pipeline.pieces import sha256_of_file
from pipeline.speech_model import (
    BASE_MODEL_SHA256,
    add_model,
    load_model,
    model_folder,
)
from tests.pipeline.demo_voices import heard_before, sound_of

FILES = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")


@pytest.fixture(scope="module")
def speech_model_folder(tmp_path_factory):
    return model_folder(None, tmp_path_factory.getbasetemp() / "models")


@pytest.fixture(scope="module")
def speech_model(speech_model_folder):
    return load_model(speech_model_folder, threads=2)


def own_model(folder):
    folder.mkdir(parents=True)
    for name in FILES:
        (folder / name).write_text("{}")
    return folder


@pytest.mark.media
def test_base_model_is_put_together_once_and_is_the_pinned_one(tmp_path):
    folder = model_folder(None, tmp_path)
    written = (folder / "model.bin").stat().st_mtime_ns

    again = model_folder(None, tmp_path)

    assert again == folder
    assert (folder / "model.bin").stat().st_mtime_ns == written
    assert sha256_of_file(folder / "model.bin") == BASE_MODEL_SHA256
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_own_folder_is_taken_as_it_is(tmp_path):
    folder = own_model(tmp_path / "mine")

    assert model_folder(folder, tmp_path / "cache") == folder
    assert model_folder(str(folder), tmp_path / "cache") == folder


@pytest.mark.parametrize("missing", ["config.json", "model.bin", "tokenizer.json"])
def test_incomplete_folder_is_refused_by_name(tmp_path, missing):
    folder = own_model(tmp_path / "mine")
    (folder / missing).unlink()

    with pytest.raises(ModelMissing, match=missing):
        model_folder(folder, tmp_path / "cache")


def test_empty_model_file_is_refused(tmp_path):
    folder = own_model(tmp_path / "mine")
    (folder / "model.bin").write_bytes(b"")

    with pytest.raises(ModelMissing, match=r"model\.bin"):
        model_folder(folder, tmp_path / "cache")


def test_folder_without_vocabulary_is_refused(tmp_path):
    folder = own_model(tmp_path / "mine")
    (folder / "vocabulary.txt").unlink()

    with pytest.raises(ModelMissing, match="vocabulary"):
        model_folder(folder, tmp_path / "cache")


def test_name_that_was_not_fetched_says_how_to_fetch_it(tmp_path):
    with pytest.raises(ModelMissing, match="sprechstunde model add small"):
        model_folder("small", tmp_path)


def test_fetched_name_is_found(tmp_path):
    folder = own_model(tmp_path / "owner--name")

    assert model_folder("owner/name", tmp_path) == folder
    assert add_model("owner/name", tmp_path) == folder


@pytest.mark.parametrize("name", ["small", "no-such-model"])
def test_model_that_cannot_be_fetched_is_told_and_leaves_nothing(tmp_path, name):
    with pytest.raises(ModelMissing, match=f"{name} could not be fetched"):
        add_model(name, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_damaged_model_is_told(tmp_path):
    with pytest.raises(ModelMissing, match="cannot be loaded"):
        load_model(own_model(tmp_path / "mine"), threads=1)


@pytest.mark.media
def test_model_is_loaded_once(speech_model, speech_model_folder):
    assert load_model(speech_model_folder, threads=2) is speech_model
    assert len(speech_model.digest) == 64


@pytest.mark.media
def test_no_sounds_are_no_work(speech_model):
    assert speech_model.decode([], language="de", prompt=None) == []


@pytest.mark.media
def test_sound_is_turned_into_words_whatever_shares_the_batch(speech_model):
    one, other = sound_of("moderator", 1.0, 15.4), sound_of("host", 15.8, 21.0)

    together = speech_model.decode(
        [one, other, one[:32_000]], language="de", prompt=None
    )
    (alone,) = speech_model.decode([other], language="de", prompt=None)

    assert together[1] == alone
    said = " ".join(word.text for word in together[0].words)
    assert heard_before(said, "Guten Abend und herzlich willkommen") >= 4
    assert all(0 <= word.start_s <= word.end_s <= 14.4 for word in together[0].words)
    assert together[0].compression_ratio < 2


@pytest.mark.media
def test_prompt_of_any_length_is_taken(speech_model):
    sound = np.asarray(sound_of("host", 15.8, 21.0))

    (decoded,) = speech_model.decode(
        [sound], language="de", prompt="Bürgersprechstunde: " + "Przybylski, " * 100
    )

    assert len(decoded.words) > 3


def test_base_model_is_not_confused_with_another_in_its_place(tmp_path):
    """A folder that was damaged on disk is refused, not silently used."""
    folder = tmp_path / f"whisper-base-{BASE_MODEL_SHA256[:12]}"
    own_model(folder)
    (folder / "tokenizer.json").unlink()

    with pytest.raises(ModelMissing, match=r"tokenizer\.json"):
        model_folder(None, tmp_path)
