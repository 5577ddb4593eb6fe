"""Folders with tracks.toml: taken in as a whole, or refused with sentences that help."""

import hashlib
import os
from pathlib import Path

import pytest

from pipeline.errors import (
    FolderInvalid,
    MediaChanging,
    MediaEmpty,
    MediaUnreadable,
    SeveralRefused,
)
from pipeline.probe import probe
from pipeline.recording_folder import (
    FolderMark,
    FolderTrack,
    read_recording_folder,
    read_single_file,
    stage_files,
)
from tests.pipeline.recorded_media import claim_ten_hours, cut_off
from tests.pipeline.recording_folders import (
    CITIZEN,
    HOST_PICTURE,
    HOST_SOUND,
    refusal_of,
    write,
)
from townhall.media import ConsentLevel, Role, TrackFile, TrackKind

pytestmark = pytest.mark.media


def test_a_folder_is_read_as_it_is_written(folder):
    recording = read_recording_folder(folder)

    assert recording.tracks == (
        FolderTrack(
            participant="Katrin Sommerfeld",
            role=Role.HOST,
            consent=ConsentLevel.PICTURE_AND_SOUND,
            kind=TrackKind.AUDIO,
            offset_ms=0,
            media=probe(folder / "voice.ogg"),
        ),
        FolderTrack(
            participant="Katrin Sommerfeld",
            role=Role.HOST,
            consent=ConsentLevel.PICTURE_AND_SOUND,
            kind=TrackKind.VIDEO,
            offset_ms=0,
            media=probe(folder / "camera.mkv"),
        ),
        FolderTrack(
            participant="Emre Aslan",
            role=Role.CITIZEN,
            consent=ConsentLevel.SOUND,
            kind=TrackKind.AUDIO,
            offset_ms=1000,
            media=probe(folder / "voice.wav"),
        ),
    )
    assert recording.marks == (FolderMark(question="7", at_ms=1500),)
    assert recording.duration_s == pytest.approx(4.0, abs=0.1)


def test_one_file_may_be_sound_and_picture_of_one_person(folder):
    both = {**HOST_SOUND, "file": "talk.mkv"}
    write(folder, both, {**both, "kind": "video"})

    kinds = [track.kind for track in read_recording_folder(folder).tracks]

    assert kinds == [TrackKind.AUDIO, TrackKind.VIDEO]


def test_files_may_lie_in_folders_inside_and_begin_before_the_session(folder):
    (folder / "sound").mkdir()
    (folder / "voice.ogg").rename(folder / "sound" / "voice.ogg")
    write(folder, {**HOST_SOUND, "file": "sound/voice.ogg", "offset_ms": -500})

    assert read_recording_folder(folder).duration_s == pytest.approx(2.5, abs=0.1)


def test_picture_alone_is_refused(folder):
    write(folder, HOST_PICTURE)

    assert refusal_of(folder).message == (
        'tracks.toml: no track has kind = "audio"; add the sound of the conversation.'
    )


@pytest.mark.parametrize("offset_ms", [3_050, 3_100, 36_000_000, -3_100])
def test_a_track_wholly_outside_the_recording_is_refused(folder, offset_ms):
    write(
        folder, {**HOST_SOUND, "file": "talk.mkv"}, {**CITIZEN, "offset_ms": offset_ms}
    )

    message = refusal_of(folder).message

    assert message.startswith(
        f"tracks.toml: offset_ms = {offset_ms} puts voice.wav wholly outside"
    )


def test_a_recording_whose_every_offset_is_absurd_is_refused(folder):
    write(
        folder,
        {**HOST_SOUND, "offset_ms": 36_000_000},
        {**CITIZEN, "offset_ms": 36_000_500},
    )

    assert isinstance(refusal_of(folder), SeveralRefused)


def test_somebody_who_comes_when_the_first_has_gone_is_fine_while_others_stay(folder):
    write(
        folder,
        {**HOST_SOUND, "file": "talk.mkv"},
        {**CITIZEN, "offset_ms": 2_900},
        {
            **CITIZEN,
            "file": "voice.ogg",
            "participant": "Anna Wolters",
            "offset_ms": 5_500,
        },
    )

    assert read_recording_folder(folder).duration_s == pytest.approx(8.5, abs=0.1)


@pytest.mark.parametrize("at_ms", [4_100, 10**9])
def test_a_mark_beyond_the_end_is_refused(folder, at_ms):
    write(folder, HOST_SOUND, CITIZEN, marks=[{"question": "7", "at_ms": at_ms}])

    message = refusal_of(folder).message

    assert message.startswith(
        f"tracks.toml: the mark for question 7 stands at {at_ms} ms, but the "
    )


def test_all_problems_are_told_at_once(folder):
    (folder / "voice.ogg").write_bytes(b"")
    write(
        folder,
        HOST_SOUND,
        {**CITIZEN, "file": "gone.wav"},
        {**HOST_PICTURE, "role": "citizen"},
    )

    refusal = refusal_of(folder)

    assert isinstance(refusal, SeveralRefused)
    assert [type(problem) for problem in refusal.problems] == [
        FolderInvalid,
        MediaEmpty,
        FolderInvalid,
    ]
    assert refusal.message == (
        "3 things are wrong with this recording:\n"
        "- tracks.toml: Katrin Sommerfeld has more than one role (host, citizen); decide for one.\n"
        "- voice.ogg holds no sound and no picture, or lasts 0 seconds.\n"
        "- gone.wav is not in the folder; "
        "add the file or correct its name in tracks.toml."
    )


def _point_out(folder: Path) -> None:
    outside = folder.parent / "outside.ogg"
    outside.write_bytes((folder / "voice.ogg").read_bytes())
    (folder / "voice.ogg").unlink()
    (folder / "voice.ogg").symlink_to(outside)


def _point_at_passwords(folder: Path) -> None:
    (folder / "voice.ogg").unlink()
    (folder / "voice.ogg").symlink_to("/etc/passwd")


def _point_in_a_circle(folder: Path) -> None:
    (folder / "voice.ogg").unlink()
    (folder / "voice.ogg").symlink_to("voice.ogg")


def _name_passwords_in_a_playlist(folder: Path) -> None:
    (folder / "voice.ogg").write_text("ffconcat version 1.0\nfile /etc/passwd\n")


def _bring_a_web_page(folder: Path) -> None:
    (folder / "voice.ogg").write_text("<!DOCTYPE html><title>Anmelden</title>")


def _cut_off(folder: Path) -> None:
    cut_off(folder / "voice.ogg", folder / "voice.ogg")


def _claim(folder: Path) -> None:
    claim_ten_hours(folder / "talk.mp4", folder / "voice.ogg")


def _empty(folder: Path) -> None:
    (folder / "voice.ogg").write_bytes(b"")


def _bring_a_pipe(folder: Path) -> None:
    (folder / "voice.ogg").unlink()
    os.mkfifo(folder / "voice.ogg")


@pytest.mark.parametrize(
    ("attack", "refusal"),
    [
        (_point_out, FolderInvalid),
        (_point_at_passwords, FolderInvalid),
        (_point_in_a_circle, FolderInvalid),
        (_name_passwords_in_a_playlist, MediaUnreadable),
        (_bring_a_web_page, MediaUnreadable),
        (_cut_off, MediaUnreadable),
        (_claim, MediaUnreadable),
        (_empty, MediaEmpty),
        (_bring_a_pipe, MediaUnreadable),
    ],
)
def test_hostile_files_are_refused_and_nothing_is_written(folder, attack, refusal):
    attack(folder)
    before = sorted(folder.parent.rglob("*"))

    assert type(refusal_of(folder)) is refusal
    assert sorted(folder.parent.rglob("*")) == before


def test_a_description_that_points_out_of_the_folder_is_refused(folder):
    (folder / "tracks.toml").rename(folder.parent / "tracks.toml")
    (folder / "tracks.toml").symlink_to(folder.parent / "tracks.toml")

    assert refusal_of(folder).message == (
        "tracks.toml lies outside the folder; copy the file into the folder."
    )


def test_a_link_to_a_file_inside_the_folder_is_fine(folder):
    (folder / "host.ogg").symlink_to("voice.ogg")
    write(folder, {**HOST_SOUND, "file": "host.ogg"})

    (track,) = read_recording_folder(folder).tracks

    assert track.media.path == folder / "voice.ogg"


def test_a_single_file_gives_sound_and_picture_of_nobody_known(folder):
    recording = read_single_file(folder / "talk.mp4")

    media = probe(folder / "talk.mp4")
    assert recording.tracks == tuple(
        FolderTrack(
            participant=None,
            role=None,
            consent=None,
            kind=kind,
            offset_ms=0,
            media=media,
        )
        for kind in (TrackKind.AUDIO, TrackKind.VIDEO)
    )
    assert recording.marks == ()


def test_a_single_sound_file_gives_sound_alone(folder):
    kinds = [track.kind for track in read_single_file(folder / "voice.wav").tracks]

    assert kinds == [TrackKind.AUDIO]


def test_a_single_file_without_sound_is_refused(folder):
    with pytest.raises(FolderInvalid) as refusal:
        read_single_file(folder / "camera.mkv")

    assert refusal.value.message == (
        "camera.mkv has no sound; export the recording again with sound."
    )


IDS = {"Katrin Sommerfeld": "p-1", "Emre Aslan": "p-2"}


def test_staged_files_are_copies_named_by_their_content(folder, tmp_path):
    recording = read_recording_folder(folder)
    destination = tmp_path / "house" / "r-1"

    tracks = stage_files(recording, destination, IDS)

    assert tracks == tuple(
        TrackFile(
            path=destination / f"{track.media.sha256}{suffix}",
            participant_id=participant_id,
            kind=track.kind,
            offset_ms=track.offset_ms,
            duration_s=track.media.duration_s,
            sha256=track.media.sha256,
        )
        for track, suffix, participant_id in zip(
            recording.tracks,
            (".ogg", ".mkv", ".wav"),
            ("p-1", "p-1", "p-2"),
            strict=True,
        )
    )
    assert [hashlib.sha256(t.path.read_bytes()).hexdigest() for t in tracks] == [
        track.sha256 for track in tracks
    ]
    (folder / "voice.ogg").write_bytes(b"altered later")
    assert probe(tracks[0].path).sha256 == tracks[0].sha256
    assert sorted(path.name for path in destination.parent.iterdir()) == ["r-1"]


def test_a_file_used_twice_is_copied_once(folder, tmp_path):
    destination = tmp_path / "house"

    sound, picture = stage_files(read_single_file(folder / "talk.mp4"), destination, {})

    assert sound.path == picture.path
    assert (sound.participant_id, picture.participant_id) == (None, None)
    assert list(destination.iterdir()) == [sound.path]


def test_a_file_that_changed_after_it_was_measured_is_not_staged(folder, tmp_path):
    recording = read_recording_folder(folder)
    (folder / "voice.wav").write_bytes((folder / "voice.ogg").read_bytes())

    with pytest.raises(MediaChanging, match=r"voice\.wav changed"):
        stage_files(recording, tmp_path / "house" / "r-1", IDS)

    assert list((tmp_path / "house").iterdir()) == []


def test_a_file_that_vanished_after_it_was_measured_is_not_staged(folder, tmp_path):
    recording = read_recording_folder(folder)
    (folder / "camera.mkv").unlink()

    with pytest.raises(MediaChanging, match=r"camera\.mkv changed"):
        stage_files(recording, tmp_path / "house" / "r-1", IDS)

    assert list((tmp_path / "house").iterdir()) == []


def test_files_are_never_staged_over_others(folder, tmp_path):
    recording = read_recording_folder(folder)
    destination = tmp_path / "house" / "r-1"
    stage_files(recording, destination, IDS)
    before = sorted(destination.iterdir())

    with pytest.raises(OSError, match="not empty"):
        stage_files(recording, destination, IDS)

    assert sorted(destination.iterdir()) == before
    assert list(destination.parent.iterdir()) == [destination]


def test_somebody_without_an_id_stops_staging_before_anything_is_copied(
    folder, tmp_path
):
    with pytest.raises(KeyError):
        stage_files(read_recording_folder(folder), tmp_path / "house" / "r-1", {})

    assert not (tmp_path / "house").exists()
