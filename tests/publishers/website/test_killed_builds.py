"""A build may be killed at any point: no reader sees half a site, and nothing is left."""

from dataclasses import replace

import pytest

from publishers.website import (
    WebsitePublisher,
    built_digest,
    content_digest,
    is_up_to_date,
)
from tests.publishers.site_factory import (
    NOW,
    make_content,
    make_page,
    make_placeholder_files,
    make_published,
)
from tests.publishers.website.killed_build import killed_build
from tests.publishers.website.site_tree import holders_of, inodes_below, tree

#: each of these points of one build is tried
STEP = 19


@pytest.fixture
def files(tmp_path):
    return make_placeholder_files(tmp_path / "pieces")


def test_a_take_down_killed_at_any_point_is_finished_by_the_next_build(tmp_path, files):
    page, other = make_published(files), make_page(office_hour_id="oh-2")
    shown = make_content(page, other)
    hidden = make_content(replace(page, publication=None), other)
    media = {path.stat().st_ino for path in files.poster.parent.iterdir()}
    WebsitePublisher(tmp_path / "fresh", search=False).build(hidden, now=NOW)
    wanted = tree(tmp_path / "fresh/current")
    tried = 0

    for after in range(0, 10_000, STEP):
        site = tmp_path / f"site-{after}"
        publisher = WebsitePublisher(site, search=False)
        for title in ("Eins", "Zwei", "Drei"):  # enough releases that one is used again
            publisher.build(
                replace(shown, office_hours=(page, replace(other, title=title))),
                now=NOW,
            )
        publisher.build(shown, now=NOW)
        before = tree(site / "current")

        lived = killed_build(site, hidden, after)

        tried += 1
        assert tree(site / "current") in (before, wanted)
        settled = built_digest(site)
        if settled == content_digest(hidden):
            assert inodes_below(site) & media == set()
        else:  # otherwise a build is due, unless nothing was touched at all
            assert settled is None or not is_up_to_date(site, hidden, now=NOW)
        publisher.build(hidden, now=NOW)
        assert tree(site / "current") == wanted
        assert holders_of("Bauarbeiten", site) == []
        assert inodes_below(site) & media == set()
        assert list((site / "drafts").glob("*")) == []
        if lived:
            break
    assert tried > 8


def test_what_a_killed_build_left_is_cleared_even_when_the_old_content_returns(
    tmp_path, files
):
    before = make_content(make_page())
    published = make_content(make_published(files))
    media = {path.stat().st_ino for path in files.poster.parent.iterdir()}
    left_something = 0

    for after in range(0, 200, STEP):
        site = tmp_path / f"site-{after}"
        WebsitePublisher(site, search=False).build(before, now=NOW)

        killed_build(site, published, after)
        left_something += bool(inodes_below(site) & media)
        if not is_up_to_date(site, before, now=NOW):
            WebsitePublisher(site, search=False).build(before, now=NOW)

        assert inodes_below(site) & media == set()
    assert left_something > 0
