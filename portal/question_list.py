"""Question lists: CSV files from a form, a mailbox or a spreadsheet.

Columns ``ref,author,email,channel,topic,text``; only ``text`` is needed. Comma,
semicolon or tab, UTF-8 (with or without mark) or Windows-1252: what spreadsheets
write in German offices.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from portal.language import why_unreadable
from townhall.errors import AsWritten, InvalidInput, Phrase, phrase
from townhall.officehours.questions import Channel, Question, accept, submit_question
from townhall.officehours.schedule import OfficeHour

COLUMNS = ("ref", "author", "email", "channel", "topic", "text")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedQuestion:
    """One line of the list."""

    line: int
    ref: str | None
    author: str | None
    email: str | None
    channel: Channel
    topic: str | None
    text: str


def read_question_list(path: Path) -> list[ListedQuestion]:
    """All questions of a list.

    Raises:
        InvalidInput: the file cannot be read, a column is unknown, a line is wrong.
    """
    text = _read_text(path)
    if not text.strip():
        raise InvalidInput(field=path.name, reason=phrase("the file is empty"))
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(
            text.splitlines()[0], delimiters=",;\t"
        )
        dialect.doublequote = True
    except csv.Error:
        dialect = csv.excel
    # a field longer than a question may be is refused later, with its line
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.DictReader(io.StringIO(text), dialect=dialect)
    columns = [name.strip().lower() for name in reader.fieldnames or []]
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown or "text" not in columns:
        raise InvalidInput(
            field=path.name,
            reason=phrase(
                "the first line must name the columns {columns}; found {found}",
                columns=",".join(COLUMNS),
                found=",".join(columns),
            ),
        )
    reader.fieldnames = columns
    questions = []
    for row in reader:
        if None in row or None in row.values():
            raise InvalidInput(
                field=line_of(path, reader.line_num),
                reason=phrase("it has more or fewer columns than the first line"),
            )
        values = {name: (value or "").strip() or None for name, value in row.items()}
        if not any(values.values()):
            continue
        questions.append(_listed(values, path, reader.line_num))
    return questions


def line_of(path: Path, line: int) -> Phrase:
    """A line of a file, as it stands before a refusal."""
    return phrase("{file}, line {line}", file=path.name, line=line)


def take_in(
    db: Session,
    listed: ListedQuestion,
    *,
    office_hour: OfficeHour,
    accepted: bool,
    actor: str,
    now: datetime,
) -> Question:
    """Hand in one line of a list; staff vouch for its author.

    Raises:
        InvalidInput: the question cannot be taken in as it is.
    """
    question = submit_question(
        db,
        office_hour=office_hour,
        text=listed.text,
        channel=listed.channel,
        ref=listed.ref,
        topic=listed.topic,
        author=listed.author,
        email=listed.email,
        confirmed=True,
        actor=actor,
        now=now,
    )
    if accepted:
        accept(db, question=question, actor=actor, now=now)
    return question


def _listed(values: dict[str, str | None], path: Path, line: int) -> ListedQuestion:
    where = line_of(path, line)
    channel = (values.get("channel") or Channel.WEB).lower()
    if channel not in set(Channel):
        raise InvalidInput(
            field=where,
            reason=phrase(
                "channel {channel} is none of {channels}",
                channel=AsWritten(channel),
                channels=", ".join(Channel),
            ),
        )
    text = values.get("text")
    if text is None:
        raise InvalidInput(field=where, reason=phrase("the question is empty"))
    return ListedQuestion(
        line=line,
        ref=values.get("ref"),
        author=values.get("author"),
        email=values.get("email"),
        channel=Channel(channel),
        topic=values.get("topic"),
        text=text,
    )


def _read_text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(field=str(path), reason=why_unreadable(error)) from error
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput(
        field=path.name, reason=phrase("it is neither UTF-8 nor Windows-1252")
    )
