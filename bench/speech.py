"""Figures of the speech room: error rates, names, cost, answers, captions, memory.

Everything is measured on the development recordings beside the checkout; without them
nothing is measured and that is said. Costs are seconds of CPU, ratios are taken against
plain whole-file faster-whisper in the same run.
"""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.german_text import error_rate, normalised
from bench.speech_sets import (
    FOLDER,
    OFFICE_HOUR,
    PANEL,
    SpeechSet,
    recording,
    speech_set,
    with_bleed,
)
from pipeline.answers import by_question, find_answers
from pipeline.captions import cues
from pipeline.pieces import PieceStore
from pipeline.speech_activity import speech_spans
from pipeline.speech_model import load_model, model_folder
from pipeline.transcribe import names_for, transcribe
from townhall.media import Speech, SpeechSpan, Transcript

Report = Callable[[str, float, str, str, bool], None]
THREADS = 2
_HOUR_S = 3600


@dataclass(frozen=True)
class Heard:
    of: SpeechSet
    speech: Speech
    cpu_s: float

    @property
    def transcript(self) -> Transcript:
        return self.speech.transcript

    def error_rate(self) -> float:
        speakers = {turn.speaker for turn in self.of.turns}
        return error_rate(
            (
                " ".join(t.text for t in self.of.turns if t.speaker == speaker),
                _text(self.transcript, speaker),
            )
            for speaker in sorted(speakers, key=str)
        )

    def names_right(self) -> int:
        said = " ".join(segment.text for segment in self.transcript.segments)
        return sum(name in said for name in self.of.proper_names)


def run(report: Report) -> None:
    if not FOLDER.is_dir():
        print(f"speech: nothing measured, {FOLDER} is not there")
        return
    with tempfile.TemporaryDirectory(prefix="bench-speech-") as folder:
        _Bench(report, Path(folder)).run()


class _Bench:
    def __init__(self, report: Report, folder: Path) -> None:
        self.report = report
        self.folder = folder
        self.store = PieceStore(folder / "store")
        self.model_folder = model_folder(None, folder / "models")
        self.model = load_model(self.model_folder, threads=THREADS)

    def run(self) -> None:
        kerstin = self.hear(speech_set("kerstin_dev", None))
        panel = self.hear(speech_set("panel_dev", PANEL))
        office_hour = speech_set("office_hour_dev", OFFICE_HOUR)
        unprompted = self.hear(office_hour)
        prompted = self.hear(office_hour, office_hour.proper_names)
        rehearsal_set = speech_set("rehearsal_dev", OFFICE_HOUR)
        rehearsal = self.hear(rehearsal_set, rehearsal_set.proper_names)
        self.error_rates(kerstin, panel, prompted, rehearsal)
        self.names(unprompted, prompted)
        self.cost(panel, prompted)
        self.second_run(panel)
        self.silence()
        self.turn_starts([prompted, rehearsal])
        self.answers([self.as_in_life(office_hour), self.as_in_life(rehearsal_set)])
        self.bleed(office_hour)
        self.captions([kerstin, panel, prompted, rehearsal])
        self.killed_and_resumed(rehearsal)
        self.memory()

    def hear(
        self, of: SpeechSet, names: Sequence[str] = (), *, again: str = ""
    ) -> Heard:
        begin_s = time.process_time()
        store = PieceStore(self.folder / f"{of.name}-{len(names)}{again}")
        spans = speech_spans(store, of.recording)
        transcript = transcribe(store, of.recording, spans, self.model, names=names)
        cpu_s = time.process_time() - begin_s
        return Heard(of, Speech(spans=spans, transcript=transcript), cpu_s)

    def as_in_life(self, of: SpeechSet) -> Heard:
        """With the names the pipeline gathers by itself; the glossary knows the town."""
        names = names_for(of.recording, of.questions, [of.extra["town"]])
        return self.hear(of, names)

    def error_rates(self, *sets: Heard) -> None:
        goals = {
            "kerstin_dev": 0.21,
            "panel_dev": 0.25,
            "office_hour_dev": 0.25,
            "rehearsal_dev": 0.085,
        }
        for heard in sets:
            rate, goal = heard.error_rate(), goals[heard.of.name]
            self.report(
                f"word error rate, {heard.of.name}", rate, "", f"≤ {goal}", rate <= goal
            )

    def names(self, unprompted: Heard, prompted: Heard) -> None:
        before, after = unprompted.names_right(), prompted.names_right()
        self.report(
            "proper names right when known beforehand (of 10)",
            after,
            "names",
            f"≥ 6 and more than {before} without",
            after >= 6 and after > before,
        )

    def cost(self, panel: Heard, office_hour: Heard) -> None:
        tracks = [each.path for each in panel.of.recording.tracks]
        self.cost_against_plain(
            "CPU, panel's tracks ÷ plain whisper on each track", panel, [], tracks, 0.35
        )
        self.cost_against_plain(
            "CPU, office hour's tracks with names ÷ plain whisper on the mix",
            office_hour,
            office_hour.of.proper_names,
            [FOLDER / "office_hour_dev_mix.opus"],
            0.9,
        )

    def cost_against_plain(
        self,
        name: str,
        heard: Heard,
        names: Sequence[str],
        plain: Sequence[Path],
        goal: float,
    ) -> None:
        """Right before and right after the other: a busy machine costs both alike."""
        before_s = self.hear(heard.of, names, again="before").cpu_s
        plain_s = self.plain_cpu_s(plain)
        after_s = self.hear(heard.of, names, again="after").cpu_s
        ratio = (before_s + after_s) / 2 / plain_s
        self.report(name, ratio, "×", f"≤ {goal}", ratio <= goal)

    def plain_cpu_s(self, paths: Sequence[Path]) -> float:
        """The library as its readme shows it, on the same model and threads."""
        from faster_whisper import WhisperModel

        whisper: Any = WhisperModel(
            str(self.model_folder),
            device="cpu",
            compute_type="int8",
            cpu_threads=THREADS,
        )
        begin_s = time.process_time()
        for path in paths:
            segments, _ = whisper.transcribe(str(path), language="de")
            list(segments)
        return time.process_time() - begin_s

    def second_run(self, panel: Heard) -> None:
        store = PieceStore(self.folder / "panel_dev-0")
        before = len(store.builds())
        spans = speech_spans(store, panel.of.recording)
        again = transcribe(store, panel.of.recording, spans, self.model)
        built = len(store.builds()) - before
        self.report(
            "pieces built by a second run over unchanged tracks",
            built,
            "pieces",
            "0, same words",
            built == 0 and again == panel.transcript,
        )

    def silence(self) -> None:
        words = 0
        for path in sorted(FOLDER.glob("nonspeech_dev_*.opus")):
            clip = recording(path.stem, {None: path})
            spans = speech_spans(self.store, clip)
            heard = transcribe(self.store, clip, spans, self.model)
            words += len(normalised(_text(heard, None)).split())
        self.report(
            "words invented on silence, noise, hum, music, applause",
            words,
            "words",
            "0",
            words == 0,
        )

    def turn_starts(self, sets: Sequence[Heard]) -> None:
        for heard in sets:
            off_s = []
            for turn in heard.of.turns:
                starts = [
                    word.start_s
                    for segment in heard.transcript.segments
                    if segment.participant_id == turn.speaker
                    for word in segment.words
                    if turn.start_s - 1 <= word.start_s < turn.end_s
                ]
                off_s.append(
                    min(starts, default=turn.end_s) - turn.start_s,
                )
            worst_s = float(np.percentile(np.abs(off_s), 95))
            self.report(
                f"start of a turn from words, 95 %, {heard.of.name}",
                worst_s,
                "s",
                "≤ 0.5",
                worst_s <= 0.5,
            )

    def answers(self, sets: Sequence[Heard]) -> None:
        for heard in sets:
            truth = heard.of.answer_starts
            found = find_answers(heard.of.recording, heard.speech, heard.of.questions)
            answers = by_question(found)
            right = sum(
                at_s is not None
                and question_id in answers
                and abs(answers[question_id].start_s - at_s) <= 2
                for question_id, at_s in truth.items()
            )
            asked = sum(at_s is not None for at_s in truth.values())
            never = {name for name, at_s in truth.items() if at_s is None}
            self.report(
                f"answers within 2 s, the never answered left open, {heard.of.name}",
                right,
                "answers",
                f"{asked} and open: {', '.join(sorted(never))}",
                right == asked and set(found.open_question_ids) == never,
            )

    def bleed(self, of: SpeechSet) -> None:
        folder = self.folder / "bleed"
        folder.mkdir()
        leaky = with_bleed(self.store, of.recording, folder, level_db=-25.0, lag_s=0.15)
        spans = speech_spans(self.store, leaky)
        citizen = [
            span for span in spans if span.participant_id == "citizen" or span.bleed_of
        ]
        heard = transcribe(self.store, leaky, citizen, self.model)
        true = " ".join(turn.text for turn in of.turns if turn.speaker == "citizen")
        ratio = len(normalised(_text(heard, "citizen")).split()) / len(
            normalised(true).split()
        )
        self.report(
            "words on the citizen's track with bleed at −25 dB ÷ true words",
            ratio,
            "×",
            "≤ 1.2 and ≥ 0.8",
            0.8 <= ratio <= 1.2,
        )
        lost_s = _own_speech_lost_s(of, spans)
        self.report(
            "longest own speech taken for bleed at −25 dB",
            lost_s,
            "s",
            "≤ 0.1",
            lost_s <= 0.1,
        )

    def captions(self, sets: Sequence[Heard]) -> None:
        broken = total = lost = 0
        for heard in sets:
            found = cues(heard.transcript)
            total += len(found)
            for cue, following in zip(found, [*found[1:], None], strict=True):
                length_s = cue.end_s - cue.start_s
                broken += (
                    len(cue.lines) > 2
                    or max(len(line) for line in cue.lines) > 42
                    or not 0.9995 <= length_s <= 7.0005
                    or len(cue.text) / length_s > 20
                    or (following is not None and following.start_s < cue.end_s)
                )
            shown = sorted(
                word for cue in found for word in cue.text.split() if word != "–"
            )
            said = sorted(
                word for part in heard.transcript.segments for word in part.text.split()
            )
            lost += shown != said
        self.report(
            f"cues that break a rule (of {total}), or sessions that lose a word",
            broken + lost,
            "cues",
            "0",
            broken + lost == 0,
        )

    def killed_and_resumed(self, undisturbed: Heard) -> None:
        folder = self.folder / "killed"
        names = undisturbed.of.proper_names
        command = [sys.executable, "-m", "bench.speech_child", "killed", str(folder)]
        killed = subprocess.run(command, check=False)
        store = PieceStore(folder)
        spans = speech_spans(store, undisturbed.of.recording)
        resumed = transcribe(
            store, undisturbed.of.recording, spans, self.model, names=names
        )
        builds = store.builds()
        twice = len(builds) - len(set(builds))
        self.report(
            "windows decoded twice when killed in the middle and resumed",
            twice,
            "windows",
            "0, same words",
            killed.returncode == -signal.SIGKILL
            and twice == 0
            and resumed == undisturbed.transcript,
        )

    def memory(self) -> None:
        peaks = []
        for name, duration_s in (("ten minutes", 600), ("an hour", _HOUR_S)):
            folder = self.folder / f"long-{duration_s}"
            folder.mkdir()
            command = [
                *(sys.executable, "-m", "bench.speech_child", "long"),
                *(str(folder), str(duration_s), str(self.model_folder)),
            ]
            told = subprocess.run(command, check=True, capture_output=True, text=True)
            peaks.append(int(told.stdout.split()[-1]) / 1e9)
            self.report(
                f"peak memory, {name} of three tracks",
                peaks[-1],
                "GB",
                "≤ 1",
                peaks[-1] <= 1,
            )
        growth = peaks[1] / peaks[0]
        self.report(
            "peak memory, an hour ÷ ten minutes", growth, "×", "≤ 1.25", growth <= 1.25
        )


def _text(transcript: Transcript, participant_id: str | None) -> str:
    return " ".join(
        segment.text
        for segment in transcript.segments
        if segment.participant_id == participant_id
    )


def _own_speech_lost_s(of: SpeechSet, spans: Sequence[SpeechSpan]) -> float:
    return max(
        (
            sum(
                max(0.0, min(span.end_s, turn.end_s) - max(span.start_s, turn.start_s))
                for turn in of.turns
                if turn.speaker == span.participant_id
            )
            for span in spans
            if span.bleed_of is not None
        ),
        default=0.0,
    )
