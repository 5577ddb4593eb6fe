"""A whole programme, from small real recordings to the files that people watch."""

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import av
import psutil
import pytest

from pipeline.errors import FfmpegMissing
from pipeline.pieces import PieceStore
from pipeline.programme import (
    NothingLeft,
    build_from_json,
    build_picture,
    build_programme,
    build_sound,
    build_to_json,
    edit_list_of,
    finish_programme,
    piece_keys,
)
from tests.pipeline.programme_factory import (
    beats,
    beeping,
    cut,
    flashing,
    make_video,
    part,
    person,
    plan,
    question,
    recording,
    segment,
    spans,
    tone,
    track,
    write_wave,
)
from townhall.media import ConsentLevel, Mark, Role

pytestmark = pytest.mark.media

SECONDS = 26.0
QUESTION = "Wann wird die Gerbergasse neu asphaltiert?"


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    return {
        "picture": make_video(
            folder / "host.mp4", seconds=SECONDS, source=flashing(SECONDS)
        ),
        "host": write_wave(folder / "host.wav", beeping(SECONDS)),
        "guest": write_wave(folder / "guest.wav", tone(SECONDS, hz=300, level=0.1)),
    }


TURNS = (("host", 0.5, 12.5), ("guest", 13.0, 16.0), ("host", 16.5, SECONDS))


def make_plan(media, *, cuts=(), consent=ConsentLevel.SOUND, offset_ms=0, turns=TURNS):
    """The host flashes and beeps each five seconds; the guest asks at second 13."""
    tracks = [
        track(media["picture"], "host", "video", seconds=SECONDS, offset_ms=offset_ms),
        track(media["host"], "host", "audio", seconds=SECONDS, offset_ms=offset_ms),
        track(media["guest"], "guest", "audio", seconds=SECONDS),
    ]
    talk = recording(
        [person("host"), person("guest", Role.CITIZEN, consent=consent)],
        tracks,
        seconds=SECONDS,
        marks=[Mark(question_id="q7", at_s=16.0)],
    )
    segments = [
        segment("host", "Guten Abend allerseits und willkommen", 1.0),
        segment("guest", QUESTION, 13.0),
        segment("host", "Herr Müller die Gerbergasse wird erneuert", 17.0),
    ]
    return plan(
        part(talk, spans(*turns), segments, cuts),
        questions=[question("q7", QUESTION), question("q8", "Und das Hallenbad?")],
    )


CUTS = (
    cut("remove", 5.013, 10.777),
    cut("bleep", 17.5, 18.0),
    cut("blank", 19.0, 21.0),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return PieceStore(tmp_path_factory.mktemp("pieces"))


@pytest.fixture(scope="module")
def edited(media, store, tmp_path_factory):
    """The plan with one cut of each kind, built."""
    folder = tmp_path_factory.mktemp("programme") / "v1"
    made = make_plan(media, cuts=CUTS)
    return build_programme(made, store, folder=folder, workers=2), folder


def file_of(build, kind):
    (found,) = [each.path for each in build.renditions if each.kind == kind]
    return found


def test_picture_and_sound_stay_together_from_beginning_to_end(edited):
    build, _ = edited

    for kind in ("video_720p", "video_360p"):
        flashes, beeps = beats(file_of(build, kind))

        # the beat at 7 is cut out, those after it come 5.8 s earlier
        at = [2.0, *(second - 5.8 for second in (12, 17, 22))]
        assert beeps == pytest.approx(at, abs=0.04)
        assert flashes == pytest.approx(at, abs=0.04)


@pytest.mark.parametrize("offset_ms", [1234, -1480])
def test_offsets_move_picture_and_sound_together(media, store, tmp_path, offset_ms):
    made = make_plan(media, offset_ms=offset_ms, turns=[("host", 0, SECONDS)])

    build = build_programme(made, store, folder=tmp_path, workers=2)

    flashes, beeps = beats(file_of(build, "video_360p"))
    assert len(beeps) == 5
    assert flashes == pytest.approx(beeps, abs=0.04)
    assert beeps[0] == pytest.approx((2.0 + offset_ms / 1000) % 5, abs=0.04)


def test_everything_lasts_equally_long(edited):
    build, _ = edited

    assert build.duration_s == SECONDS - 5.8
    assert [each.duration_s for each in build.renditions] == pytest.approx(
        [build.duration_s] * 3, abs=0.03
    )
    assert len(json.loads(build.peaks_path.read_text())["peaks"]) == 202


def test_the_loudness_is_what_it_should_be(edited):
    build, _ = edited
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-i"]
    command += [str(file_of(build, "video_720p")), "-af", "ebur128=peak=true"]
    run = subprocess.run(
        [*command, "-vn", "-f", "null", "-"], check=True, capture_output=True, text=True
    )
    summary = run.stderr[run.stderr.rindex("Summary:") :]

    assert float(re.search(r"I:\s+(\S+) LUFS", summary)[1]) == pytest.approx(
        -16, abs=0.5
    )
    assert float(re.search(r"Peak:\s+(\S+) dBFS", summary)[1]) <= -1.0
    assert build.loudness_lufs == pytest.approx(-16, abs=0.5)


def test_films_begin_to_play_before_they_are_loaded_and_decode_cleanly(edited):
    build, _ = edited

    for found in build.renditions:
        head = found.path.read_bytes()
        assert head.index(b"moov") < head.index(b"mdat")
        command = ["ffmpeg", "-nostdin", "-v", "warning", "-i", str(found.path)]
        run = subprocess.run(
            [*command, "-f", "null", "-"], check=True, capture_output=True, text=True
        )
        assert run.stderr == ""
    with av.open(str(file_of(build, "video_720p"))) as film:
        video, sound = film.streams.video[0], film.streams.audio[0]
        assert (video.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert (video.average_rate, sound.rate, sound.channels) == (25, 48_000, 2)


def test_words_and_chapters_moved_along_with_the_cut(edited):
    build, _ = edited

    assert [each.text for each in build.transcript.segments] == [
        "Guten Abend allerseits und willkommen",
        QUESTION,
        "Herr die Gerbergasse wird erneuert",  # the name is under the bleep
    ]
    assert build.transcript.segments[1].start_s == pytest.approx(13.0 - 5.8)
    (chapter,) = build.chapters
    assert chapter.question_ids == ("q7",)
    assert chapter.start_s == pytest.approx(16.5 - 5.8, abs=0.5)
    assert build.open_question_ids == ("q8",)
    captions = build.captions_path.read_text()
    assert "<v Guest>" in captions
    assert "[…]" in captions
    assert "Müller" not in captions
    assert QUESTION in build.chapters_path.read_text()


def test_the_poster_shows_somebody_large(edited):
    build, folder = edited

    with av.open(str(build.poster_path)) as poster:
        (frame,) = poster.decode(video=0)
    assert (frame.width, frame.height) == (1280, 720)
    assert build.poster_path == folder / "poster.jpg"


def test_nothing_but_finished_files_is_in_the_folder(edited):
    _, folder = edited

    assert sorted(path.name for path in folder.iterdir()) == [
        "audio.m4a",
        "captions.vtt",
        "chapters.vtt",
        "peaks.json",
        "pieces.json",
        "poster.jpg",
        "video_360p.mp4",
        "video_720p.mp4",
    ]


def test_a_build_survives_the_database(edited, tmp_path):
    build, folder = edited
    stored = json.loads(json.dumps(build_to_json(build, folder)))

    assert build_from_json(stored, folder) == build
    moved = build_from_json(stored, tmp_path)
    assert moved.captions_path == tmp_path / "captions.vtt"
    assert str(folder) not in json.dumps(stored)


def test_the_same_plan_gives_the_same_digest_anywhere(edited, media, tmp_path):
    build, _ = edited
    made = make_plan(media, cuts=CUTS)
    elsewhere = PieceStore(tmp_path / "pieces")

    again = build_programme(made, elsewhere, folder=tmp_path / "v9", workers=1)

    assert again.digest == build.digest
    assert again.pieces_built == again.pieces_used == build.pieces_used


def test_stages_called_one_by_one_give_the_same(edited, media, store, tmp_path):
    build, _ = edited
    made = make_plan(media, cuts=CUTS)

    picture = build_picture(made, store, workers=1)
    sound = build_sound(made, store, workers=1)
    again = finish_programme(made, store, folder=tmp_path, workers=1)

    assert again.digest == build.digest
    assert (picture.built, sound.built, again.pieces_built) == (0, 0, 0)
    assert set(picture.used) | set(sound.used) < piece_keys(tmp_path)


def test_each_change_of_what_is_published_changes_the_digest(
    edited, media, store, tmp_path
):
    build, _ = edited
    made = make_plan(media, cuts=CUTS)
    (only,) = made.parts
    host, guest = only.recording.people
    renamed = replace(only.recording, people=(host, replace(guest, name="Jo Roth")))
    reworded = replace(
        only.speech,
        transcript=replace(
            only.speech.transcript, segments=only.speech.transcript.segments[1:]
        ),
    )
    changed = [
        replace(made, title="Anderer Titel"),
        replace(made, parts=(replace(only, recording=renamed),)),
        replace(made, parts=(replace(only, speech=reworded),)),
        replace(made, questions=made.questions[:1]),
    ]

    digests = {
        build_programme(each, store, folder=tmp_path / str(n), workers=2).digest
        for n, each in enumerate(changed)
    }

    assert len(digests | {build.digest}) == 5


def test_one_more_bleep_builds_no_picture_and_one_piece_of_sound(
    edited, media, store, tmp_path
):
    assert edited[0].pieces_built  # there is something that could be built again
    before = len(store.builds())
    made = make_plan(media, cuts=(*CUTS, cut("bleep", 24.0, 25.0)))

    build = build_programme(made, store, folder=tmp_path, workers=2)

    steps = [step for step, _ in store.builds()[before:]]
    assert steps == ["sound", "master"]
    assert build.pieces_built == 2


def test_after_a_withdrawn_consent_nothing_of_the_person_is_left(
    edited, media, store, tmp_path
):
    full, _ = edited
    made = make_plan(media, cuts=CUTS, consent=ConsentLevel.NONE)

    build = build_programme(made, store, folder=tmp_path, workers=2)

    assert [each.participant_id for each in build.people] == ["host"]
    published = json.dumps(build_to_json(build, tmp_path))
    published += build.captions_path.read_text() + build.chapters_path.read_text()
    assert "Guest" not in published.title()
    assert "Guest" in json.dumps(build_to_json(full, edited[1])).title()
    guest = store.key(
        "voice",
        1,
        {
            "sha256": track(media["guest"], "g", "audio", seconds=1).sha256,
            "duration_s": SECONDS,
            "slope": 1.0,
            "channels": 1,
        },
    )
    assert guest in piece_keys(edited[1])
    assert guest not in piece_keys(tmp_path)
    # … but the question they asked is to be read for as long as the turn lasts
    with av.open(str(file_of(build, "video_720p"))) as film:
        card = [f.to_ndarray(format="rgb24") for f in film.decode(video=0)][
            round((14.5 - 5.8) * 25)
        ]
    assert (card[100:580, 80:88].min(axis=(0, 1)) > (130, 180, 210)).all()


def test_a_finished_file_of_another_system_has_words_but_no_names(
    store, media, tmp_path
):
    both = tmp_path / "talk.mp4"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(media["picture"])]
    command += ["-i", str(media["host"]), "-c:v", "copy", "-c:a", "aac", str(both)]
    subprocess.run(command, check=True)
    tracks = [track(both, None, kind, seconds=SECONDS) for kind in ("audio", "video")]
    talk = recording([], tracks, seconds=SECONDS)
    made = plan(
        part(talk, spans((None, 0, 9)), [segment(None, "Guten Tag zusammen", 1)])
    )

    build = build_programme(made, store, folder=tmp_path / "v1", workers=2)

    flashes, beeps = beats(file_of(build, "video_720p"))
    assert flashes == pytest.approx(beeps, abs=0.04)
    assert len(beeps) == 5
    assert (build.people, build.chapters) == ((), ())
    assert "<v" not in build.captions_path.read_text()


def test_parts_follow_one_another(store, media, tmp_path):
    one = make_plan(media, cuts=[cut("remove", 10.0, SECONDS)])
    other = make_plan(media, cuts=[cut("remove", 0.0, 16.0)])
    made = plan(*one.parts, *other.parts)

    build = build_programme(made, store, folder=tmp_path, workers=2)

    flashes, beeps = beats(file_of(build, "video_360p"))
    assert flashes == pytest.approx([2, 7, 11, 16], abs=0.04)  # 17 s and 22 s of part 2
    assert beeps == pytest.approx(flashes, abs=0.04)
    assert edit_list_of(made).programme_to_session(11.0) == (1, 17.0)


def test_a_programme_of_which_nothing_is_left_is_refused(media, store, tmp_path):
    made = make_plan(media, cuts=[cut("remove", 0, 100)])

    with pytest.raises(NothingLeft):
        build_programme(made, store, folder=tmp_path / "v1", workers=1)

    assert not (tmp_path / "v1").exists()


def test_progress_is_told_stage_by_stage(edited, media, store, tmp_path):
    told = []
    again = build_programme(
        make_plan(media, cuts=CUTS),
        store,
        folder=tmp_path,
        workers=2,
        progress=lambda stage, done: told.append((stage, done)),
    )

    assert again.digest == edited[0].digest
    stages = [stage for stage, _ in told]
    assert stages == sorted(stages, key=["picture", "sound", "finish"].index)
    for stage in ("picture", "sound", "finish"):
        shares = [done for name, done in told if name == stage]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0


def test_who_stops_listening_stops_the_encoders(media, tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_picture(make_plan(media), PieceStore(tmp_path), workers=2, progress=stop)

    assert [p for p in psutil.Process().children() if p.name() == "ffmpeg"] == []


def test_a_missing_ffmpeg_is_said(media, tmp_path):
    with pytest.raises(FfmpegMissing):
        build_picture(
            make_plan(media), PieceStore(tmp_path), workers=2, ffmpeg="no-ffmpeg"
        )


BUILD = """
import pickle, sys
from pathlib import Path
from pipeline.pieces import PieceStore
from pipeline.programme import build_programme
folder = Path(sys.argv[1])
plan = pickle.loads((folder / "plan").read_bytes())
build_programme(plan, PieceStore(folder / "pieces"), folder=folder / "v1", workers=2)
"""


@pytest.mark.parametrize("after", ["picture", "sound"])
def test_kill_9_costs_only_the_piece_in_hand_and_leaves_no_ffmpeg(
    edited, media, tmp_path, after
):
    made = make_plan(media, cuts=CUTS)
    (tmp_path / "plan").write_bytes(pickle.dumps(made))
    killed = subprocess.Popen([sys.executable, "-c", BUILD, str(tmp_path)])
    store = PieceStore(tmp_path / "pieces")
    deadline = time.monotonic() + 120
    while after not in {step for step, _ in store.builds()}:
        assert killed.poll() is None
        assert time.monotonic() < deadline
    family = psutil.Process(killed.pid).children(recursive=True)

    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()

    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    build = build_programme(made, store, folder=tmp_path / "v1", workers=2)
    assert build.digest == edited[0].digest
    keys = [key for _, key in store.builds()]
    assert len(keys) == len(set(keys)) == build.pieces_used
