"""The transcript as a text file that people correct in any editor.

    # one line per passage; change the words after the bar, nothing before it
    1@12.340 Anna Amt | Guten Abend zusammen.

``1@12.340``: first recording, passage that begins at 12.340 s of its session clock.
"""

from __future__ import annotations

import re
from pathlib import Path

from portal.language import why_unreadable
from townhall.errors import InvalidInput, phrase
from townhall.media import ProgrammePlan

_LINE = re.compile(r"(?P<part>\d+)@(?P<start>\d+\.\d{3}) (?P<who>[^|]*)\|(?P<text>.*)")
_HEADER = (
    "# Ändern Sie nur die Worte hinter dem Strich. Zeilen mit # werden überlesen.\n"
    "# Change only the words behind the bar. Lines with # are skipped.\n"
)


def write_transcript_text(plan: ProgrammePlan) -> str:
    """All passages of a programme's recordings, in order."""
    lines = [_HEADER]
    for number, part in enumerate(plan.parts, start=1):
        names = {p.participant_id: p.name for p in part.recording.people}
        lines += [
            f"{number}@{segment.start_s:.3f} "
            f"{names.get(segment.participant_id or '', '?')} | {segment.text}"
            f"{'  # ?' if segment.unsure else ''}\n"
            for segment in part.speech.transcript.segments
        ]
    return "".join(lines)


def read_transcript_text(path: Path, plan: ProgrammePlan) -> dict[tuple[int, int], str]:
    """The words of each passage, by (part index, segment index).

    Raises:
        InvalidInput: a line is not one of the exported ones.
    """
    places = {
        (
            number,
            f"{segment.start_s:.3f}",
            names.get(segment.participant_id or "", "?"),
        ): (
            number - 1,
            index,
        )
        for number, part in enumerate(plan.parts, start=1)
        for names in [{p.participant_id: p.name for p in part.recording.people}]
        for index, segment in enumerate(part.speech.transcript.segments)
    }
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(field=str(path), reason=why_unreadable(error)) from error
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        place = match and places.get(
            (int(match["part"]), match["start"], match["who"].strip())
        )
        if not match or place is None:
            raise InvalidInput(
                field=phrase("{file}, line {line}", file=path.name, line=number),
                reason=phrase("it is not a line of the exported transcript"),
            )
        found[place] = match["text"].removesuffix("# ?").strip()
    return found
