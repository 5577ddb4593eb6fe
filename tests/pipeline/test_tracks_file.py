"""What may stand in tracks.toml, and the sentences that say what is wrong."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.errors import MediaRefused
from pipeline.recording_folder import FolderMark, read_recording_folder
from tests.pipeline.recording_folders import (
    CITIZEN,
    HOST_PICTURE,
    HOST_SOUND,
    refusal_of,
    write,
)

pytestmark = pytest.mark.media


def test_a_name_written_in_two_unicode_spellings_is_one_person(folder):
    write(
        folder,
        {**HOST_SOUND, "participant": "Jörg Weiß"},
        {**HOST_PICTURE, "participant": " Jo\u0308rg  Weiß"},
    )

    names = {track.participant for track in read_recording_folder(folder).tracks}

    assert names == {"Jörg Weiß"}


def test_the_question_of_a_mark_may_be_a_bare_number(folder):
    write(folder, HOST_SOUND, marks=[{"question": 3, "at_ms": 0}])

    assert read_recording_folder(folder).marks == (FolderMark(question="3", at_ms=0),)


WRONG_TABLES = {
    "an unknown key": (
        {**HOST_SOUND, "colour": "red"},
        (
            "tracks.toml: track 1: the key colour is not known; remove it. "
            "Known are file, participant, role, kind, offset_ms, consent."
        ),
    ),
    "a missing key": (
        {key: HOST_SOUND[key] for key in HOST_SOUND if key != "consent"},
        "tracks.toml: track 1: the key consent is missing; add it.",
    ),
    "an unknown role": (
        {**HOST_SOUND, "role": "guest"},
        (
            "tracks.toml: track 1: role is 'guest'; allowed are "
            "host, moderator, citizen."
        ),
    ),
    "an unknown consent": (
        {**HOST_SOUND, "consent": "yes"},
        (
            "tracks.toml: track 1: consent is 'yes'; allowed are "
            "picture_and_sound, sound, sound_without_name, none."
        ),
    ),
    "an offset in seconds": (
        {**HOST_SOUND, "offset_ms": 1.5},
        (
            "tracks.toml: track 1: offset_ms cannot be used: write a whole number of "
            "milliseconds, without quotation marks."
        ),
    ),
    "a nobody": (
        {**HOST_SOUND, "participant": "  "},
        "tracks.toml: track 1: participant cannot be used: it is empty; fill it in.",
    ),
    "a name with a control character": (
        {**HOST_SOUND, "participant": "Katrin\u202eSommerfeld"},
        (
            "tracks.toml: track 1: participant cannot be used: holds invisible control "
            "characters; write it anew."
        ),
    ),
    "a file outside": (
        {**HOST_SOUND, "file": "../voice.ogg"},
        "../voice.ogg lies outside the folder; copy the file into the folder.",
    ),
    "an absolute path": (
        {**HOST_SOUND, "file": "/etc/passwd"},
        "/etc/passwd lies outside the folder; copy the file into the folder.",
    ),
    "the folder itself": (
        {**HOST_SOUND, "file": "."},
        ". lies outside the folder; copy the file into the folder.",
    ),
    "a file that is not there": (
        {**HOST_SOUND, "file": "gone.ogg"},
        "gone.ogg is not in the folder; add the file or correct its name in tracks.toml.",
    ),
    "a name no file can have": (
        {**HOST_SOUND, "file": "a\x00b"},
        "'a\\x00b' is no usable file name; write it as it stands in the folder.",
    ),
    "the description itself": (
        {**HOST_SOUND, "file": "tracks.toml"},
        (
            "tracks.toml is not a readable recording: "
            "it is damaged, cut off, or no sound or video recording at all."
        ),
    ),
    "picture without picture": (
        {**HOST_SOUND, "kind": "video"},
        (
            'voice.ogg has no moving picture; write kind = "audio", '
            "or export it again with picture."
        ),
    ),
    "sound without sound": (
        {**HOST_SOUND, "file": "camera.mkv"},
        'camera.mkv has no sound; write kind = "video", or export it again with sound.',
    ),
}


@pytest.mark.parametrize("wrong", WRONG_TABLES)
def test_what_is_wrong_with_a_track_is_said_in_a_sentence(folder, wrong):
    table, sentence = WRONG_TABLES[wrong]
    write(folder, table, CITIZEN)

    assert refusal_of(folder).message == sentence


def test_two_tracks_of_one_kind_for_one_person_are_refused(folder):
    write(folder, HOST_SOUND, {**HOST_SOUND, "file": "voice.wav"})

    assert refusal_of(folder).message == (
        "tracks.toml: Katrin Sommerfeld has 2 tracks of kind audio "
        "(voice.ogg, voice.wav); keep one, or join them to one file."
    )


@pytest.mark.parametrize(("key", "other"), [("role", "moderator"), ("consent", "none")])
def test_a_person_cannot_have_two_roles_or_two_consents(folder, key, other):
    write(folder, HOST_SOUND, {**HOST_PICTURE, key: other})

    assert refusal_of(folder).message == (
        f"tracks.toml: Katrin Sommerfeld has more than one {key} ({HOST_SOUND[key]}, {other}); "
        "decide for one."
    )


def test_two_people_cannot_share_a_file(folder):
    write(folder, HOST_SOUND, {**CITIZEN, "file": "voice.ogg"})

    assert refusal_of(folder).message == (
        "tracks.toml: voice.ogg is used for Katrin Sommerfeld, Emre Aslan; each "
        "person needs a file of their own. For one file with everybody use --single."
    )


@pytest.mark.parametrize(
    ("mark", "sentence"),
    [
        (
            {"question": "7"},
            "tracks.toml: mark 1: the key at_ms is missing; add it.",
        ),
        (
            {"question": "7", "at_ms": -1},
            "tracks.toml: mark 1: at_ms cannot be used: it must not be negative.",
        ),
        (
            {"question": "7", "at_ms": 1, "by": "me"},
            (
                "tracks.toml: mark 1: the key by is not known; remove it. "
                "Known are question, at_ms."
            ),
        ),
    ],
)
def test_what_is_wrong_with_a_mark_is_said_in_a_sentence(folder, mark, sentence):
    write(folder, HOST_SOUND, marks=[mark])

    assert refusal_of(folder).message == sentence


@pytest.mark.parametrize("head", ["", "track = []\n"])
def test_a_folder_without_tracks_is_refused(folder, head):
    write(folder, head=head)

    assert refusal_of(folder).message == (
        "tracks.toml: no track is named; add a [[track]] for each file."
    )


def test_an_unknown_key_at_the_top_is_refused(folder):
    write(folder, HOST_SOUND, head='version = "1"\n')

    assert refusal_of(folder).message == (
        "tracks.toml: the key version is not known; remove it. Known are track, mark."
    )


@pytest.mark.parametrize("content", [b"[[track]\n", b"\xff\xfe", b"[" * 5000])
def test_a_description_that_is_no_toml_is_refused(folder, content):
    (folder / "tracks.toml").write_bytes(content)

    assert refusal_of(folder).message.startswith(
        "tracks.toml cannot be read as TOML in UTF-8: "
    )


def test_a_description_larger_than_any_is_refused(folder):
    (folder / "tracks.toml").write_bytes(b"#" * (2 << 20))

    assert refusal_of(folder).message == "tracks.toml is not a text file of usual size."


def test_a_folder_without_a_description_is_refused(folder):
    (folder / "tracks.toml").unlink()

    assert refusal_of(folder).message == (
        "tracks.toml is not in the folder; "
        "add the file or correct its name in tracks.toml."
    )


def test_a_file_in_place_of_a_folder_is_refused(folder):
    assert refusal_of(folder / "talk.mp4").message == (
        "talk.mp4 is not a folder; name the folder that holds tracks.toml, "
        "or use --single for one finished file."
    )


PLAIN_VALUES = st.one_of(
    st.text(max_size=20),
    st.integers(-(10**12), 10**12),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.text(max_size=3), max_size=2),
    st.sampled_from(
        [
            "voice.ogg",
            "talk.mkv",
            "../voice.ogg",
            "/etc/passwd",
            "host",
            "audio",
            "none",
        ]
    ),
)
KEYS = st.sampled_from([*CITIZEN, "question", "at_ms", "colour"])
ROWS = st.builds(
    lambda base, changes, gone: {
        key: value for key, value in {**base, **changes}.items() if key not in gone
    },
    st.sampled_from([HOST_SOUND, HOST_PICTURE, CITIZEN, {"question": "7", "at_ms": 9}]),
    st.dictionaries(KEYS, PLAIN_VALUES, max_size=3),
    st.sets(KEYS, max_size=1),
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(tracks=st.lists(ROWS, max_size=3), marks=st.lists(ROWS, max_size=2))
@example(tracks=[{**HOST_SOUND, "file": "a" * 5000}], marks=[])
@example(tracks=[{**HOST_SOUND, "offset_ms": 10**400}], marks=[])
def test_no_description_brings_anything_but_a_refusal_or_a_sound_recording(
    folder, tracks, marks
):
    write(folder, *tracks, marks=marks)
    try:
        recording = read_recording_folder(folder)
    except MediaRefused:
        return

    assert all(track.media.path.is_relative_to(folder) for track in recording.tracks)
    kinds = [(track.participant, track.kind) for track in recording.tracks]
    assert len(kinds) == len(set(kinds)) == len(tracks)
    assert all(
        mark.at_ms <= recording.duration_s * 1000 + 1 for mark in recording.marks
    )
