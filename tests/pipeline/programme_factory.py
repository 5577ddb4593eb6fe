"""Small recordings with known contents, and the plans that put them together."""

import subprocess
import wave
from itertools import pairwise

import av
import numpy as np

from pipeline.pieces import sha256_of_file
from townhall.media import (
    ConsentLevel,
    Cut,
    CutKind,
    HandedInQuestion,
    Person,
    ProgrammePart,
    ProgrammePlan,
    Recording,
    Role,
    Speech,
    SpeechSpan,
    TrackFile,
    TrackKind,
    Transcript,
    TranscriptSegment,
    Word,
)

RATE = 48_000


def write_wave(path, samples, *, rate=RATE):
    """A mono WAV file from samples between −1 and 1."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.asarray(samples) * 32767).astype("<i2").tobytes())
    return path


def tone(seconds, *, hz=440.0, level=0.25, rate=RATE):
    """A sine; its RMS is 3 dB below its level."""
    return level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def make_video(path, *, seconds, source="testsrc2=size=160x90:rate=25", encoder=()):
    """A moving picture without sound."""
    encode = encoder or ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50")
    command = [
        *("ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi"),
        *("-i", source, "-t", str(seconds), "-pix_fmt", "yuv420p", *encode),
        *("-threads", "1", str(path)),
    ]
    subprocess.run(command, check=True)
    return path


def flashing(seconds, *, every_s=5, first_s=2.0, rate=25):
    """A black picture, white for 0.2 s at each beat."""
    beat = f"gte(t,{first_s})*lt(mod(t-{first_s},{every_s}),0.2)"
    return (
        f"color=black:s=160x90:r={rate}:d={seconds},"
        f"drawbox=x=0:y=0:w=160:h=90:color=white:t=fill:enable='{beat}'"
    )


def beeping(seconds, *, every_s=5, first_s=2.0):
    """Silence, with 0.2 s of tone at each beat."""
    samples = tone(seconds, hz=880.0, level=0.5)
    at = np.arange(samples.shape[0]) / RATE - first_s
    return np.where((at >= 0) & (at % every_s < 0.2), samples, 0.0)


def beats(programme, *, brightness=120):
    """When a film flashes, and when it beeps."""
    frames, moments = [], []
    with av.open(str(programme)) as container:
        for frame in container.decode(video=0):
            grey = frame.to_ndarray(format="gray")
            height, width = grey.shape
            middle = grey[height // 4 : height // 2, width // 4 : width // 2]
            frames.append((frame.time, middle.mean() > brightness))
    flashes = [at for (_, was), (at, now) in pairwise(frames) if now > was]
    with av.open(str(programme)) as container:
        for frame in container.decode(audio=0):
            level = np.abs(frame.to_ndarray()).max(axis=0)
            steps = level[: level.shape[0] // 48 * 48].reshape(-1, 48).max(axis=1)
            moments += [(frame.time + i / 1000, peak) for i, peak in enumerate(steps)]
    threshold = 0.3 * max(peak for _, peak in moments)
    beeps, last_s = [], -1.0
    for at, peak in moments:
        if peak > threshold:
            if at - last_s > 1.0:
                beeps.append(at)
            last_s = at
    return flashes, beeps


def person(participant_id, role=Role.HOST, *, consent=ConsentLevel.PICTURE_AND_SOUND):
    """Somebody named like their id."""
    return Person(
        participant_id=participant_id,
        name=participant_id.title(),
        role=role,
        consent=consent,
    )


def track(path, participant_id, kind, *, seconds, offset_ms=0, slope=1.0):
    """A file as a track."""
    return TrackFile(
        path=path,
        participant_id=participant_id,
        kind=TrackKind(kind),
        offset_ms=offset_ms,
        duration_s=seconds,
        sha256=sha256_of_file(path),
        clock_slope=slope,
    )


def spans(*turns, level_db=-20.0):
    """(who, from, to) as detected speech."""
    return tuple(
        SpeechSpan(participant_id=who, start_s=start, end_s=end, loudness_db=level_db)
        for who, start, end in turns
    )


def words(text, start_s, *, each_s=0.5):
    """Words of equal length, one after the other."""
    return tuple(
        Word(
            start_s=start_s + number * each_s,
            end_s=start_s + (number + 1) * each_s,
            text=word,
            probability=0.9,
        )
        for number, word in enumerate(text.split())
    )


def segment(participant_id, text, start_s, *, each_s=0.5):
    """A segment of such words."""
    said = words(text, start_s, each_s=each_s)
    return TranscriptSegment(
        start_s=start_s,
        end_s=said[-1].end_s,
        participant_id=participant_id,
        text=text,
        words=said,
    )


def cut(kind, start_s, end_s):
    """An edit."""
    return Cut(start_s=start_s, end_s=end_s, kind=CutKind(kind), reason="test")


def recording(people, tracks=(), *, seconds, marks=()):
    """A recording of some people."""
    return Recording(
        recording_id="r1",
        tracks=tuple(tracks),
        people=tuple(people),
        marks=tuple(marks),
        duration_s=seconds,
    )


def part(of, spoken=(), segments=(), cuts=()):
    """A recording inside a programme."""
    transcript = Transcript(language="de", segments=tuple(segments))
    return ProgrammePart(
        recording=of,
        speech=Speech(spans=tuple(spoken), transcript=transcript),
        cuts=tuple(cuts),
    )


def plan(*parts, questions=()):
    """A programme of some parts."""
    return ProgrammePlan(
        programme_id="p1",
        title="Bürgersprechstunde",
        municipality="Stadt Musterbach",
        language="de",
        parts=parts,
        questions=tuple(questions),
    )


def question(question_id, text, *, participant_id=None):
    """A question handed in."""
    return HandedInQuestion(
        question_id=question_id,
        ref=question_id.removeprefix("q"),
        text=text,
        topic=None,
        author=None,
        participant_id=participant_id,
    )
