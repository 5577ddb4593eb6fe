"""Search without a server: one document for each question, indexed by Pagefind.

A result is a question or a passage, not an hour-long page, and its address is the
very second. Documents are written to a folder of their own, because what is found
and what is shown are parted differently; their addresses carry the target:
``sprechstunden/x/frage-7.html`` stands for ``sprechstunden/x/#frage-7``.

Two traps of the German stemmer, both measured: *Sicherheit* becomes *sich*, so
every text would match; therefore the word "sich" is hidden behind a private
character, which the search page turns back. And everything given as metadata is
searched too, so addresses do not travel as metadata.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishers.errors import IndexFailed
from publishers.website.digests import digest_of
from publishers.website.hours import HourState
from publishers.website.programme_view import question_anchor
from publishers.website.templates import environment
from townhall.publishing import PublicQuestionState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from publishers.website.hours import Hour
    from publishers.website.programme_view import Section
    from publishers.website.site_plan import SitePlan
    from townhall.publishing import PublicQuestion

#: a change of the documents' shape makes a new index
SEARCH_VERSION = 1
#: private characters (Unicode, private use area) that stand for "sich" and "Sich"
HIDDEN_WORDS = {"sich": "\ue000", "Sich": "\ue001"}
_SICH = re.compile(r"\b[sS]ich\b")
#: what Pagefind writes for its own search page; we have ours
_UNUSED = (
    "pagefind-ui.*",
    "pagefind-modular-ui.*",
    "pagefind-component-ui.*",
    "pagefind-highlight.js",
)
#: 6 000 documents take about half a minute of two cores
INDEX_TIMEOUT_S = 1_800


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchDocument:
    """Something that can be found."""

    path: str  #: ``sprechstunden/x/frage-7.html`` → ``sprechstunden/x/#frage-7``
    title: str
    politician: str
    year: int
    day: str  #: ISO date
    topics: tuple[str, ...]
    paragraphs: tuple[tuple[str | None, str], ...]  #: (anchor, text)


def search_digest(plan: SitePlan) -> str:
    """The digest of everything that can be found."""
    return digest_of([SEARCH_VERSION, sorted(hour.digest for hour in plan.hours)])


def documents_of(hour: Hour) -> Iterator[SearchDocument]:
    """What can be found of one office hour."""
    told: set[str] = set()
    if hour.state is HourState.PUBLISHED:
        for number, section in enumerate(hour.sections):
            yield _passage(hour, section, number)
            if section.mark:
                told.update(question.question_id for question in section.mark.questions)
    for question in hour.questions:
        if question.question_id not in told:
            yield _question(hour, question)
    if hour.state is not HourState.RETRACTED and hour.page.description:
        yield _document(hour, "index", hour.page.title, [(None, hour.page.description)])


def _passage(hour: Hour, section: Section, number: int) -> SearchDocument:
    paragraphs: list[tuple[str | None, str]] = [
        (part.anchor, part.text) for part in section.paragraphs
    ]
    if section.mark is None:
        anchor = section.paragraphs[0].anchor
        return _document(hour, anchor, hour.page.title, paragraphs)
    first = section.mark.questions[0]
    name = question_anchor(first)
    # a mark may be interrupted by another one: the second stretch needs its own name
    step = name if section is _first_with(hour, section) else f"{name}~{number}"
    title = " / ".join(question.text for question in section.mark.questions)
    topics = tuple(dict.fromkeys(q.topic for q in section.mark.questions if q.topic))
    return _document(hour, step, title, paragraphs, topics)


def _first_with(hour: Hour, section: Section) -> Section:
    return next(other for other in hour.sections if other.mark is section.mark)


def _question(hour: Hour, question: PublicQuestion) -> SearchDocument:
    paragraphs: list[tuple[str | None, str]] = []
    if question.state is PublicQuestionState.WRITTEN_ANSWER and question.written_answer:
        paragraphs.append((None, question.written_answer))
    topics = (question.topic,) if question.topic else ()
    return _document(hour, question_anchor(question), question.text, paragraphs, topics)


def _document(
    hour: Hour,
    step: str,
    title: str,
    paragraphs: list[tuple[str | None, str]],
    topics: tuple[str, ...] = (),
) -> SearchDocument:
    return SearchDocument(
        path=f"{hour.path}{step}.html",
        title=title,
        politician=hour.page.politician.name,
        year=hour.year,
        day=hour.page.starts_at.date().isoformat(),
        topics=topics,
        paragraphs=tuple(paragraphs),
    )


def build_index(plan: SitePlan, *, drafts: Path, lock: int) -> Path:
    """Index everything; return the folder of the finished index, inside ``drafts``.

    ``lock`` is the open lock of the site's folder: the indexer inherits it, so
    nobody builds beside one that outlived us.

    Raises:
        IndexFailed: the indexer ended with an error.
    """
    source, target = drafts / "search-documents", drafts / "search-index"
    template = environment(plan.root_language).get_template("search_document.html")
    for hour in plan.hours:
        for document in documents_of(hour):
            path = source / document.path
            path.parent.mkdir(parents=True, exist_ok=True)
            html = template.render(document=document, language=plan.root_language)
            path.write_text(hide_words(html))
    source.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "pagefind",
        "--site",
        str(source),
        "--output-path",
        str(target),
        "--force-language",
        plan.root_language,
        "--silent",
    ]
    run = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=INDEX_TIMEOUT_S,
        pass_fds=(lock,),
        stdin=subprocess.DEVNULL,
    )
    if run.returncode != 0:
        raise IndexFailed(reason=(run.stderr or run.stdout).strip()[-500:])
    for pattern in _UNUSED:
        for path in target.glob(pattern):
            path.unlink()
    shutil.rmtree(source)
    return target


def hide_words(text: str) -> str:
    """The text with every "sich" behind its private character."""
    return _SICH.sub(lambda match: HIDDEN_WORDS[match[0]], text)
