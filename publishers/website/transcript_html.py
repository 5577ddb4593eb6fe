"""The transcript as HTML: most of the page's bytes, so it is written without templates.

Each paragraph is an anchor (``#t83`` begins in second 83) and starts with a link to
itself: without JavaScript a place to share, with it the way into the recording.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from publishers.website.programme_view import question_anchor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from publishers.website.programme_view import JumpMark, Paragraph, Section


def transcript_html(sections: Iterable[Section], question_word: str) -> Markup:
    """All sections; ``question_word`` is what a question is called ("Frage")."""
    lines: list[str] = []
    for section in sections:
        if section.mark is not None:
            lines.append(_heading(section.mark, question_word))
        elif lines:
            lines.append("<hr>")
        lines.extend(_paragraphs(section.paragraphs))
    # every value was escaped when its line was made
    return Markup("\n".join(lines))  # noqa: S704


def _heading(mark: JumpMark, question_word: str) -> str:
    links = (
        f'<a href="#{question_anchor(question)}">{escape(question_word)} {escape(question.ref)}</a>'
        for question in mark.questions
    )
    return f'<h3 class="transcript-mark">{", ".join(links)}</h3>'


def _paragraphs(paragraphs: Iterable[Paragraph]) -> Iterator[str]:
    for part in paragraphs:
        unsure = ' class="unsure"' if part.unsure else ""
        speaker = f"<b>{escape(part.speaker)}:</b> " if part.speaker else ""
        yield (
            f'<p id="{part.anchor}"{unsure}><a href="#{part.anchor}">{part.time}</a> '
            f"{speaker}{escape(part.text)}</p>"
        )
