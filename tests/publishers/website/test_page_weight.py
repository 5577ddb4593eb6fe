"""What a reader on a slow line has to wait for."""

import gzip
import random

from bs4 import BeautifulSoup

from publishers.website import WebsitePublisher
from tests.publishers.site_factory import (
    NOW,
    make_build,
    make_content,
    make_placeholder_files,
    make_publication,
    make_published,
)
from townhall.media import Transcript, TranscriptSegment

#: an hour of speech; German words of an everyday vocabulary
WORDS, TURNS, LENGTH_S = 9_000, 180, 3_600.0
PAGE_MAX_BYTES, SCRIPT_MAX_BYTES = 60_000, 6_000


def an_hour_of_speech():
    dice = random.Random(5)
    syllables = [
        "ge",
        "ver",
        "stadt",
        "weg",
        "bau",
        "platz",
        "ung",
        "ten",
        "rat",
        "schu",
        "le",
        "an",
        "haus",
        "halt",
        "ver",
        "kehr",
        "er",
    ]
    vocabulary = [
        "".join(dice.choices(syllables, k=dice.randint(1, 4))) for _ in range(8_000)
    ]
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]  # as words in speech
    step_s = LENGTH_S / TURNS
    return tuple(
        TranscriptSegment(
            start_s=turn * step_s,
            end_s=(turn + 1) * step_s,
            participant_id="host" if turn % 2 else "citizen",
            text=" ".join(dice.choices(vocabulary, weights, k=WORDS // TURNS)) + ".",
            words=(),
        )
        for turn in range(TURNS)
    )


def packed(data):
    return len(gzip.compress(data, 6))


def test_the_page_of_an_hour_with_its_whole_transcript_is_light(tmp_path):
    files = make_placeholder_files(tmp_path / "pieces")
    transcript = Transcript(language="de", segments=an_hour_of_speech())
    build = make_build(files, transcript=transcript, duration_s=LENGTH_S)
    hour = make_published(files, publication=make_publication(build))
    WebsitePublisher(tmp_path / "site", search=False).build(make_content(hour), now=NOW)
    folder = tmp_path / "site/current/sprechstunden" / hour.slug

    html = (folder / "index.html").read_bytes()
    page = BeautifulSoup(html, "html.parser")
    styles = [
        (folder / link["href"]).read_bytes()
        for link in page.select("link[rel=stylesheet]")
    ]
    scripts = [
        (folder / script["src"]).read_bytes() for script in page.select("script[src]")
    ]
    weights = [packed(html), *map(packed, styles), *map(packed, scripts)]

    assert len(page.select(".transcript p[id]")) == TURNS
    assert (len(styles), len(scripts)) == (1, 1)
    assert sum(weights) <= PAGE_MAX_BYTES, weights
    assert sum(map(packed, scripts)) <= SCRIPT_MAX_BYTES
