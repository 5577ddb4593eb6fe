"""The rehearsal channel: files in a private folder, and nothing but those approved."""

from dataclasses import replace

import pytest

from publishers.errors import ContentRefused, MediaMissing
from publishers.rehearsal import RehearsalPublisher
from tests.factories import NOW, make_build
from townhall.media import PublicationPackage


@pytest.fixture
def publisher(tmp_path):
    """An empty rehearsal folder."""
    return RehearsalPublisher(tmp_path / "rehearsal")


@pytest.fixture
def package(tmp_path):
    """An approved programme with its files."""
    folder = tmp_path / "programmes"
    folder.mkdir()
    build = make_build()
    paths = {
        name: folder / getattr(build, name).name
        for name in ("captions_path", "chapters_path", "poster_path", "peaks_path")
    }
    for path in paths.values():
        path.write_text(path.name)
    return PublicationPackage(
        office_hour_id="abc",
        programme_id="abc-v1",
        version=1,
        digest="d" * 64,
        approved_at=NOW,
        published_at=NOW,
        build=replace(build, **paths),
    )


def shown(publisher):
    """Everything in the folder."""
    return sorted(
        str(path.relative_to(publisher.folder))
        for path in publisher.folder.rglob("*")
        if path.is_file()
    )


def test_a_programme_is_shown_under_its_id(publisher, package):
    publisher.build([package])

    assert shown(publisher) == [
        "abc-v1/captions.vtt",
        "abc-v1/chapters.vtt",
        "abc-v1/digest.txt",
        "abc-v1/poster.jpg",
    ]


def test_building_again_changes_nothing(publisher, package):
    publisher.build([package])
    before = publisher.place_of("abc-v1").stat().st_mtime_ns

    publisher.build([package])

    assert publisher.place_of("abc-v1").stat().st_mtime_ns == before


def test_what_is_no_longer_on_the_channel_goes(publisher, package):
    publisher.build([package])

    publisher.build([])

    assert shown(publisher) == []


def test_another_digest_replaces_the_files(publisher, package):
    publisher.build([package])
    package.build.captions_path.unlink()  # releases share files by hard links
    package.build.captions_path.write_text("new")

    publisher.build([replace(package, digest="e" * 64)])

    assert (publisher.place_of("abc-v1") / "captions.vtt").read_text() == "new"


def test_a_draft_of_a_killed_build_is_cleared_away(publisher, package):
    (publisher.folder / ".draft-x").mkdir(parents=True)

    publisher.build([package])

    assert [path.name for path in publisher.folder.iterdir()] == ["abc-v1"]


def test_a_missing_file_is_refused(publisher, package):
    package.build.captions_path.unlink()

    with pytest.raises(MediaMissing):
        publisher.build([package])


@pytest.mark.parametrize("programme_id", ["", "..", "../x", "a/b", ".hidden"])
def test_an_id_that_leads_elsewhere_is_refused(publisher, package, programme_id):
    with pytest.raises(ContentRefused):
        publisher.build([replace(package, programme_id=programme_id)])
