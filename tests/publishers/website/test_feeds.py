import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

from publishers.website import WebsitePublisher
from tests.publishers.site_factory import (
    CLIP_S,
    NOW,
    make_build,
    make_content,
    make_every_state,
    make_placeholder_files,
)

ATOM = "{http://www.w3.org/2005/Atom}"
PODCAST = "{https://podcastindex.org/namespace/1.0}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
SITE = "https://sprechstunde.musterbach.example"
HOUR = "sprechstunden/2026-11-24-spielplaetze-und-schulwege/"


@pytest.fixture
def files(tmp_path):
    return make_placeholder_files(tmp_path / "pieces")


@pytest.fixture
def site(tmp_path, files):
    content = make_content(*make_every_state(files))
    # what people write must never become markup
    town = replace(content.municipality, name='Stadt "Bach & <Tal>"')
    WebsitePublisher(tmp_path / "site", search=False).build(
        replace(content, municipality=town), now=NOW
    )
    return tmp_path / "site/current"


def read_xml(path):
    return ET.parse(path)  # noqa: S314  # our own file


def test_the_news_feed_holds_every_date_and_the_tombstone(site):
    feed = read_xml(site / "feed.xml").getroot()

    entries = [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
    gone = [element.get("ref") for element in feed if "deleted-entry" in element.tag]
    assert feed.findtext(f"{ATOM}title") == 'Bürgersprechstunde Stadt "Bach & <Tal>"'
    assert sorted(entries) == [
        "Kita-Plätze",
        "Spielplätze und sichere Schulwege",
        "Spielplätze und sichere Schulwege",
        "Wirtschaftsförderungsgesellschaft und Gewerbeflächenentwicklung",
    ]
    assert gone == [f"{SITE}/sprechstunden/2026-10-06-haushalt/"]


def test_the_podcast_gives_sound_transcript_and_chapters(site, files):
    channel = read_xml(site / "podcast.xml").getroot().find("channel")

    (item,) = channel.findall("item")
    media = f"{SITE}/media/{make_build(files).digest[:32]}"
    assert item.find("enclosure").attrib == {
        "url": f"{media}/audio.m4a",
        "length": str(files.audio.stat().st_size),
        "type": "audio/mp4",
    }
    assert item.find(f"{PODCAST}transcript").attrib == {
        "url": f"{media}/untertitel.vtt",
        "type": "text/vtt",
        "language": "de",
    }
    assert item.find(f"{PODCAST}chapters").get("url") == f"{SITE}/{HOUR}kapitel.json"
    assert item.findtext(f"{ITUNES}duration") == str(int(CLIP_S))
    assert item.findtext("guid") == "programme-1"
    assert item.findtext("pubDate") == "Tue, 01 Dec 2026 15:00:00 +0000"


def test_podcast_chapters_hold_only_what_somebody_vouches_for(site):
    chapters = json.loads((site / HOUR / "kapitel.json").read_text())

    assert chapters == {
        "version": "1.2.0",
        "chapters": [
            {
                "startTime": 4.2,
                "title": "Wann wird der Spielplatz am Mühlenbach repariert?",
            },
            {
                "startTime": 10.4,
                "title": "Was tun Sie für die Sicherheit auf dem Schulweg?",
            },
        ],
    }


def test_the_sitemap_names_every_page_but_the_tombstone(site):
    root = read_xml(site / "sitemap.xml").getroot()
    named = {
        element.text.removeprefix(f"{SITE}/")
        for element in root.iter()
        if element.tag.endswith("loc")
    }

    pages = {
        path.parent.relative_to(site.resolve()).as_posix() + "/"
        for path in site.resolve().rglob("index.html")
    }
    pages = {
        page.removeprefix("./")
        for page in pages
        if "haushalt/" not in page or "themen" in page
    }
    assert named == pages


def test_search_engines_read_the_recording_and_its_clips(site, files):
    page = BeautifulSoup((site / HOUR / "index.html").read_text(), "html.parser")

    data = json.loads(page.find("script", type="application/ld+json").string)
    media = f"{SITE}/media/{make_build(files).digest[:32]}"
    assert data["@type"] == "VideoObject"
    assert data["publisher"]["name"] == 'Stadt "Bach & <Tal>"'
    assert {
        key: data[key]
        for key in ("uploadDate", "duration", "contentUrl", "thumbnailUrl")
    } == {
        "uploadDate": "2026-12-01T16:00:00+01:00",
        "duration": "PT24S",
        "contentUrl": f"{media}/video_720p.mp4",
        "thumbnailUrl": f"{media}/vorschau.jpg",
    }
    assert [(c["startOffset"], c["endOffset"], c["url"]) for c in data["hasPart"]] == [
        (4, 10, f"{SITE}/{HOUR}#frage-3"),
        (10, 14, f"{SITE}/{HOUR}#frage-7"),
    ]


@pytest.mark.parametrize(
    ("slug", "status"),
    [
        ("2026-12-15-spielplaetze-und-schulwege", "EventScheduled"),
        ("2026-12-20-wirtschaftsfoerderung", "EventCancelled"),
    ],
)
def test_search_engines_read_a_date_as_an_online_event(site, slug, status):
    page = BeautifulSoup(
        (site / f"sprechstunden/{slug}/index.html").read_text(), "html.parser"
    )

    data = json.loads(page.find("script", type="application/ld+json").string)
    assert (data["@type"], data["eventStatus"]) == (
        "Event",
        f"https://schema.org/{status}",
    )


def test_a_tombstone_is_not_offered_to_search_engines(site):
    page = BeautifulSoup(
        (site / "sprechstunden/2026-10-06-haushalt/index.html").read_text(),
        "html.parser",
    )

    assert page.find("meta", attrs={"name": "robots"})["content"] == "noindex"
    assert page.find("script", type="application/ld+json") is None


def test_other_websites_learn_how_to_embed_the_recording(site):
    answer = json.loads((site / HOUR / "oembed.json").read_text())

    frame = BeautifulSoup(answer["html"], "html.parser").iframe
    assert (answer["type"], answer["version"]) == ("video", "1.0")
    assert frame["src"] == f"{SITE}/{HOUR}einbetten.html"
    assert frame["title"] == "Spielplätze und sichere Schulwege"
