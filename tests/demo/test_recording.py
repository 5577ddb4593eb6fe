"""The demo's recording folder: importable, with voices and faces where truth says so."""

import os
import subprocess
import sys

import av
import numpy as np
import pytest

from demo.pictures import FRAME_RATE, HEIGHT_PX, WIDTH_PX
from demo.recording import REHEARSAL, build_rehearsal, read_truth
from demo.screenplay import read_screenplay
from pipeline.recording_folder import FolderMark, read_recording_folder
from townhall.media import ConsentLevel, Role, TrackKind

pytestmark = pytest.mark.media

UNTIL_S = 25.0
RATE_HZ = 16_000


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    return build_rehearsal(
        tmp_path_factory.mktemp("demo") / "recording", until_s=UNTIL_S
    )


def voice(path) -> np.ndarray:
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        path,
        "-f",
        "s16le",
        "-ar",
        str(RATE_HZ),
        "-",
    ]
    decoded = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(decoded, dtype="<i2") / 32768


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples**2) + 1e-12))


def test_the_first_seconds_are_an_importable_folder(short):
    recording = read_recording_folder(short)

    assert [(t.participant, t.role, t.consent, t.kind) for t in recording.tracks] == [
        (name, role, ConsentLevel.PICTURE_AND_SOUND, kind)
        for name, role in (
            ("Jonas Reuter", Role.MODERATOR),
            ("Katrin Sommerfeld", Role.HOST),
        )
        for kind in (TrackKind.AUDIO, TrackKind.VIDEO)
    ]
    assert recording.duration_s == pytest.approx(UNTIL_S, abs=0.1)
    (mark,) = recording.marks
    assert mark == FolderMark(question="1", at_ms=mark.at_ms)


def test_pictures_are_films_of_the_announced_size(short):
    films = [
        track.media
        for track in read_recording_folder(short).tracks
        if track.kind is TrackKind.VIDEO
    ]

    assert [(f.width_px, f.height_px, f.frame_rate, f.video_codec) for f in films] == [
        (WIDTH_PX, HEIGHT_PX, FRAME_RATE, "h264")
    ] * 2


def test_the_mouth_moves_while_its_owner_speaks_and_rests_while_others_do(short):
    truth = read_truth(until_s=UNTIL_S)
    moderator_speaks = truth["turns"][0]
    host_speaks = truth["turns"][1]
    mouths: dict[int, np.ndarray] = {}
    with av.open(str(short / "moderator.mkv")) as film:
        for number, frame in enumerate(film.decode(video=0)):
            luma = frame.to_ndarray(format="gray")
            if number > host_speaks["end_s"] * FRAME_RATE:
                break
            mouths[number] = luma[
                HEIGHT_PX * 64 // 100 : HEIGHT_PX * 73 // 100, 560:720
            ]

    def darkest_share(turn) -> float:
        """How many of its moments show the dark of an open mouth."""
        first, last = (round(turn[key] * FRAME_RATE) for key in ("start_s", "end_s"))
        moments = [np.mean(mouths[n] < 70) > 0.01 for n in range(first + 5, last - 5)]
        return float(np.mean(moments))

    assert darkest_share(moderator_speaks) > darkest_share(host_speaks) + 0.3


def test_every_voice_is_heard_exactly_in_its_turns():
    truth = read_truth()
    begins_s = {
        track.participant: track.offset_ms / 1000
        for track in read_recording_folder(REHEARSAL).tracks
    }
    names = {person.id: person.name for person in read_screenplay().people}
    for speaker in truth["speakers"]:
        samples = voice(REHEARSAL / f"{speaker}.opus")
        silent = np.ones(len(samples), dtype=bool)
        for turn in truth["turns"]:
            if turn["speaker"] != speaker:
                continue
            first, last = (
                round((turn[key] - begins_s[names[speaker]]) * RATE_HZ)
                for key in ("start_s", "end_s")
            )
            assert level_db(samples[first:last]) == pytest.approx(-24, abs=3)
            assert level_db(samples[first : first + RATE_HZ // 5]) > -45
            silent[first - RATE_HZ // 10 : last + RATE_HZ // 10] = False
        assert level_db(samples[silent]) == pytest.approx(-64, abs=3)


def test_a_folder_that_holds_something_is_left_alone(short):
    before = sorted(path.stat().st_mtime_ns for path in short.iterdir())

    with pytest.raises(FileExistsError):
        build_rehearsal(short)

    assert sorted(path.stat().st_mtime_ns for path in short.iterdir()) == before


def test_the_same_command_speaks_the_same_again(tmp_path):
    """The command starts Python anew with zeroed memory, so it is run as people do."""
    script = (
        "from demo.voice import with_clean_memory\n"
        "with_clean_memory()\n"
        "from demo.screenplay import read_screenplay\n"
        "from demo.voice import NanoTTS, RATE_HZ, speak\n"
        "play = read_screenplay()\n"
        "people = {person.id: person for person in play.people}\n"
        "for turn in play.turns[:3]:\n"
        "    samples = speak(NanoTTS(), turn.text, people[turn.speaker])\n"
        "    print(round(len(samples) / RATE_HZ, 3))\n"
    )
    (tmp_path / "speak.py").write_text(script)
    spoken = subprocess.run(
        [sys.executable, tmp_path / "speak.py"],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REHEARSAL.parents[1])},
    ).stdout

    lengths = [float(line) for line in spoken.split()]
    assert lengths == pytest.approx(
        [turn["end_s"] - turn["start_s"] for turn in read_truth()["turns"][:3]],
        abs=0.0011,
    )
