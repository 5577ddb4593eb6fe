import os
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from publishers.errors import ContentRefused, MediaMissing
from publishers.website import (
    WebsitePublisher,
    built_digest,
    content_digest,
    is_up_to_date,
)
from tests.publishers.site_factory import (
    NOW,
    make_build,
    make_content,
    make_every_state,
    make_page,
    make_placeholder_files,
    make_publication,
    make_published,
    make_question,
    make_retracted,
)
from tests.publishers.website.site_tree import holders_of, inodes_below, tree
from townhall.publishing import Tombstone

HOUR = "sprechstunden/2026-11-24-spielplaetze-und-schulwege"


@pytest.fixture
def files(tmp_path):
    return make_placeholder_files(tmp_path / "pieces")


@pytest.fixture
def site(tmp_path):
    return tmp_path / "site"


def build(site, *pages, search=False, now=NOW, **changes):
    content = make_content(*pages, **changes)
    return WebsitePublisher(site, search=search).build(content, now=now)


def taken_down(page):
    tombstone = Tombstone(
        retracted_at=NOW, reason="Eine Einwilligung wurde widerrufen."
    )
    return replace(page, publication=None, tombstone=tombstone)


def test_a_published_office_hour_has_its_page_its_files_and_its_media(site, files):
    build(site, make_published(files))

    current = site / "current"
    beside = {path.name for path in (current / HOUR).iterdir()}
    folder = make_build(files).digest[:32]
    media = {
        path.name: path.read_bytes() for path in (current / "media" / folder).iterdir()
    }
    assert beside == {
        "index.html",
        "einbetten.html",
        "oembed.json",
        "kapitel.json",
        "termin.ics",
    }
    assert media == {
        "video_720p.mp4": files.video_720p.read_bytes(),
        "video_360p.mp4": files.video_360p.read_bytes(),
        "audio.m4a": files.audio.read_bytes(),
        "untertitel.vtt": files.captions.read_bytes(),
        "kapitel.vtt": files.chapters.read_bytes(),
        "vorschau.jpg": files.poster.read_bytes(),
    }


def test_media_is_the_same_file_on_disk_and_not_a_copy(site, files):
    build(site, make_published(files))

    folder = make_build(files).digest[:32]
    shown = site / "current" / "media" / folder / "video_720p.mp4"
    assert shown.stat().st_ino == files.video_720p.stat().st_ino


def test_equal_content_builds_equal_bytes_and_equal_digests(tmp_path, files):
    pages = make_every_state(files)

    build(tmp_path / "one", *pages)
    build(tmp_path / "two", *reversed(pages))

    assert tree(tmp_path / "one/current") == tree(tmp_path / "two/current")
    assert content_digest(make_content(*pages)) == content_digest(
        make_content(*reversed(pages))
    )


def test_a_second_build_of_the_same_content_does_nothing(site, files):
    first = build(site, *make_every_state(files))

    second = build(site, *make_every_state(files))

    assert (second.release, second.rendered) == (first.release, ())


def test_one_changed_office_hour_leaves_the_pages_of_the_others_as_they_are(
    site, files
):
    pages = make_every_state(files)
    build(site, *pages)

    changed = replace(pages[3], title="Kita-Plätze und Schulhöfe")
    built = build(site, *pages[:3], changed, pages[4])

    written = {path for path in built.rendered if "sprechstunden/" in path}
    assert written == {
        "sprechstunden/2025-11-11-kita-plaetze/index.html",
        "en/sprechstunden/2025-11-11-kita-plaetze/index.html",
        "sprechstunden/2025-11-11-kita-plaetze/termin.ics",
    }


def test_unchanged_pages_are_the_same_file_on_disk_as_before(site, files):
    pages = make_every_state(files)
    first = build(site, *pages)
    before = (first.path / HOUR / "index.html").stat().st_ino

    second = build(site, *pages[:3], replace(pages[3], title="Neu"), pages[4])

    assert (second.path / HOUR / "index.html").stat().st_ino == before


def test_any_sequence_of_changes_ends_in_the_tree_a_fresh_build_makes(tmp_path, files):
    dice = random.Random(20261201)
    all_pages = [
        *make_every_state(files),
        taken_down(make_published(files)),
        make_published(files, title="Ein anderer Titel"),
        make_published(
            files, publication=make_publication(make_build(files, chapters=()))
        ),
    ]

    for step in range(25):
        chosen = {}
        for page in dice.sample(all_pages, dice.randint(0, len(all_pages))):
            chosen.setdefault(page.slug, page)
        fresh = tmp_path / f"fresh-{step}"
        build(tmp_path / "site", *chosen.values())
        build(fresh, *chosen.values())

        assert tree(tmp_path / "site/current") == tree(fresh / "current")


def test_a_changed_sentence_of_the_municipality_reaches_every_page(site, files):
    build(site, make_published(files))
    content = make_content(make_published(files))
    town = replace(content.municipality, name="Stadt Talheim")

    WebsitePublisher(site, search=False).build(
        replace(content, municipality=town), now=NOW
    )

    pages = {
        path: data
        for path, data in tree(site / "current").items()
        if path.endswith("html")
    }
    assert [path for path, data in pages.items() if b"Musterbach</title>" in data] == []
    assert [
        path for path, data in pages.items() if b"Talheim</title>" not in data
    ] == []


def test_the_digest_of_a_built_site_is_that_of_its_content(site, files):
    content = make_content(make_published(files))

    before = built_digest(site)
    WebsitePublisher(site, search=False).build(content, now=NOW)

    assert (before, built_digest(site)) == (None, content_digest(content))


def test_a_site_is_out_of_date_when_a_date_has_passed(site):
    content = make_content(make_page())
    WebsitePublisher(site, search=False).build(content, now=NOW)
    ends_at = content.office_hours[0].ends_at

    assert is_up_to_date(site, content, now=ends_at - timedelta(seconds=1))
    assert not is_up_to_date(site, content, now=ends_at)

    WebsitePublisher(site, search=False).build(content, now=ends_at)
    assert is_up_to_date(site, content, now=ends_at)
    home = (site / "current/index.html").read_text()
    assert "Zurzeit ist kein Termin angekündigt." in home


def test_the_digest_changes_with_every_public_value(files):
    page = make_published(files)
    changes = {
        "title": "Neu",
        "description": None,
        "cancelled": True,
        "sequence": 7,
        "questions": page.questions[:2],
        "publication": None,
        "changed_at": NOW,
    }

    digests = {
        content_digest(make_content(replace(page, **{k: v})))
        for k, v in changes.items()
    }

    assert len(digests | {content_digest(make_content(page))}) == len(changes) + 1


def test_taking_down_leaves_no_byte_of_the_programme_anywhere(site, files):
    page, other = make_published(files), make_page(office_hour_id="oh-2")
    publisher = WebsitePublisher(site)
    publisher.build(make_content(page, other), now=NOW)
    publisher.build(make_content(replace(page, description="Neu."), other), now=NOW)
    secret = "Bauarbeiten"
    media = {path.stat().st_ino for path in files.video_720p.parent.iterdir()}
    assert (
        len(holders_of(secret, site)) >= 6
    )  # pages, captions, index: all of it is there
    assert inodes_below(site) & media

    publisher.build(make_content(taken_down(page), other), now=NOW)

    assert holders_of(secret, site) == []
    assert holders_of("programme-1", site) == []
    assert inodes_below(site) & media == set()
    shown = (site / "current" / HOUR / "index.html").read_text()
    assert "Die Aufzeichnung wurde am 1. Dezember 2026 zurückgezogen." in shown
    assert "Eine Einwilligung wurde widerrufen." in shown


def test_taking_down_also_clears_feeds_and_keeps_the_embedded_page_as_a_tombstone(
    site, files
):
    page = make_published(files)
    build(site, page)
    assert "<item>" in (site / "current/podcast.xml").read_text()

    build(site, taken_down(page))

    current = tree(site / "current")
    assert b"<item>" not in current["podcast.xml"]
    assert b"at:deleted-entry" in current["feed.xml"]
    assert b"<entry>" not in current["feed.xml"]
    assert "zurückgezogen" in current[f"{HOUR}/einbetten.html"].decode()
    assert f"{HOUR}/oembed.json" not in current
    assert HOUR.encode() not in current["sitemap.xml"]


def test_a_withdrawn_question_is_gone_from_old_releases_too(site):
    page = make_page(
        questions=(make_question("1", "Wo bleibt mein Bauantrag Nr. 4711?"),)
    )
    build(site, page)
    build(site, replace(page, title="Neuer Titel"))
    assert len({name.split("/")[1] for name in holders_of("4711", site)}) == 2

    build(site, replace(page, questions=()))

    assert holders_of("4711", site) == []


def test_a_corrected_version_leaves_nothing_of_the_one_before(site, files, tmp_path):
    page = make_published(files)
    build(site, page)
    old = make_build(files)
    words = replace(
        old.transcript.segments[2], text="Die Arbeiten beginnen im März.", words=()
    )
    segments = (*old.transcript.segments[:2], words, *old.transcript.segments[3:])
    again = make_placeholder_files(tmp_path / "again", "bleeped")
    again.captions.write_text("WEBVTT\n")
    new = make_build(again, transcript=replace(old.transcript, segments=segments))

    package = make_publication(new, version=2)
    build(site, replace(page, publication=package))

    assert holders_of("Bauarbeiten", site) == []
    assert not inodes_below(site) & {
        p.stat().st_ino for p in files.poster.parent.iterdir()
    }


def test_the_release_before_is_kept_as_long_as_nothing_in_it_had_to_go(site):
    for number in range(5):
        build(site, make_page(title=f"Titel {number}"))

    kept = sorted((site / "releases").iterdir())
    assert [
        (kept[1] / "index.html").read_text().count(f"Titel {n}") > 0 for n in range(5)
    ] == [
        *[False] * 4,
        True,
    ]
    assert "Titel 3" in (kept[0] / "index.html").read_text()
    assert (site / "current").resolve() == kept[1]
    assert len(kept) == 2


def test_a_release_something_had_to_go_from_becomes_like_the_current_one(site, files):
    page, other = make_published(files), make_page(office_hour_id="oh-2")
    build(site, page, other, search=True)

    build(site, taken_down(page), other, search=True)

    old, new = sorted((site / "releases").iterdir())
    assert tree(old) == {
        path: data
        for path, data in tree(new).items()
        if not path.startswith("pagefind/")
    }


def test_a_missing_file_stops_the_build_and_leaves_the_site_as_it_was(site, files):
    build(site, make_page())
    before = tree(site / "current")
    page = make_published(files)
    files.audio.unlink()

    with pytest.raises(MediaMissing, match=r"audio\.m4a is missing"):
        build(site, make_page(office_hour_id="oh-2"), page)

    assert tree(site / "current") == before
    assert list((site / "drafts").glob("*")) == []
    assert built_digest(site) is None


def test_a_file_of_another_size_than_the_approved_one_is_refused(site, files):
    page = make_published(files)
    files.video_720p.write_bytes(b"something else")

    with pytest.raises(MediaMissing):
        build(site, page)

    assert not (site / "current").exists()


@pytest.mark.parametrize("slug", ["../../etc", "a/b", "", ".hidden", "x y", "ä"])
def test_an_address_that_could_lead_out_of_the_site_is_refused(site, slug):
    with pytest.raises(ContentRefused):
        build(site, make_page(slug=slug))

    assert not (site / "current").exists()


def test_a_web_server_under_another_account_may_read_everything(site, files):
    before = os.umask(0o077)
    try:
        build(site, make_published(files))
    finally:
        os.umask(before)

    current = (site / "current").resolve()
    places = [site, site / "releases", current, *current.rglob("*")]
    assert {oct(path.stat().st_mode & 0o777) for path in places} == {"0o755", "0o644"}


def test_only_what_the_public_may_see_lies_in_current(site, files):
    build(site, make_published(files), make_retracted(), search=True)

    names = {path.name for path in (site / "current").resolve().iterdir()}
    assert names == {
        *(
            "index.html",
            "404.html",
            "feed.xml",
            "podcast.xml",
            "sitemap.xml",
            "robots.txt",
        ),
        *(
            "termine.ics",
            "archiv",
            "assets",
            "barrierefreiheit",
            "datenschutz",
            "impressum",
        ),
        *("einfach-erklaert", "en", "media", "pagefind", "personen", "sprechstunden"),
        *("suche", "themen"),
    }


def test_without_search_there_is_neither_a_search_page_nor_a_link_to_it(site, files):
    build(site, make_published(files), search=False)

    found = tree(site / "current")
    assert [path for path in found if "suche" in path or "pagefind" in path] == []
    assert [path for path, data in found.items() if b"suche/" in data] == []


def test_a_new_index_is_made_only_when_something_can_be_found_anew(site, files):
    first = build(site, make_published(files), search=True)
    content = make_content(make_published(files))
    town = replace(content.municipality, imprint="Neues Impressum")

    second = WebsitePublisher(site).build(replace(content, municipality=town), now=NOW)
    third = build(site, make_published(files, title="Neu"), search=True)

    assert (first.search_indexed, second.search_indexed, third.search_indexed) == (
        True,
        False,
        True,
    )


def test_a_site_without_any_office_hour_is_a_site(site):
    build(site, search=True)

    home = (site / "current/index.html").read_text()
    assert "Zurzeit ist kein Termin angekündigt." in home
