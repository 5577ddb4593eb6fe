"""A site left by another version of the program is replaced, never in the way."""

import json
from dataclasses import replace

import pytest

from publishers.website import WebsitePublisher, built_digest, is_up_to_date
from tests.publishers.site_factory import (
    NOW,
    make_content,
    make_placeholder_files,
    make_published,
)
from tests.publishers.website.site_tree import holders_of, tree
from townhall.publishing import Tombstone


@pytest.mark.parametrize("manifest", ["", "[]", json.dumps({"pages": {}})])
def test_what_must_go_goes_even_if_the_manifest_cannot_be_read(tmp_path, manifest):
    site = tmp_path / "site"
    page = make_published(make_placeholder_files(tmp_path / "pieces", "secret words"))
    release = WebsitePublisher(site, search=False).build(make_content(page), now=NOW)
    (site / "manifests" / f"{release.release}.json").write_text(manifest)
    gone = make_content(
        replace(
            page,
            publication=None,
            tombstone=Tombstone(retracted_at=NOW, reason="Widerruf."),
        )
    )

    assert built_digest(site) is None
    assert not is_up_to_date(site, gone, now=NOW)
    WebsitePublisher(site, search=False).build(gone, now=NOW)

    left = [name for name in tree(site) if "media/" in str(name)]
    assert left == []
    assert holders_of("secret words", site) == []
    assert is_up_to_date(site, gone, now=NOW)
