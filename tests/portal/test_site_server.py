import pytest
from starlette.testclient import TestClient

from portal.site_server import create_site_app
from publishers.website import WebsitePublisher
from tests.publishers.site_factory import (
    NOW,
    make_content,
    make_placeholder_files,
    make_published,
)

HOUR = "/sprechstunden/2026-11-24-spielplaetze-und-schulwege"


@pytest.fixture
def site(tmp_path):
    files = make_placeholder_files(tmp_path / "pieces")
    content = make_content(make_published(files))
    WebsitePublisher(tmp_path / "site", search=False).build(content, now=NOW)
    (tmp_path / "site/secret.txt").write_text("secret")
    return tmp_path / "site"


@pytest.fixture
def client(site):
    with TestClient(create_site_app(site), follow_redirects=False) as client:
        yield client


def video_of(site):
    (path,) = (site / "current").resolve().glob("media/*/video_720p.mp4")
    return "/" + path.relative_to(
        (site / "current").resolve()
    ).as_posix(), path.read_bytes()


def test_pages_are_never_cached_and_hashed_files_for_ever(client, site):
    css = next((site / "current/assets").glob("site.*.css")).name

    caching = [
        client.get(path).headers["cache-control"]
        for path in ("/", f"/assets/{css}", video_of(site)[0])
    ]
    assert caching == ["no-cache", *["public, max-age=31536000, immutable"] * 2]


def test_a_part_of_a_video_can_be_asked_for(client, site):
    address, data = video_of(site)

    answer = client.get(address, headers={"range": "bytes=2-5"})

    assert (answer.status_code, answer.content) == (206, data[2:6])
    assert answer.headers["content-range"] == f"bytes 2-5/{len(data)}"
    assert answer.headers["content-type"] == "video/mp4"


def test_every_answer_forbids_framing_except_the_page_made_for_it(client):
    headers = [
        client.get(path).headers["content-security-policy"]
        for path in ("/", f"{HOUR}/", f"{HOUR}/einbetten.html", "/missing")
    ]
    assert headers == [
        "frame-ancestors 'self'",
        "frame-ancestors 'self'",
        "frame-ancestors *",
        "frame-ancestors 'self'",
    ]
    assert client.get("/").headers["x-content-type-options"] == "nosniff"


def test_a_folder_without_its_slash_leads_to_the_one_with_it(client):
    answer = client.get(HOUR)

    assert (answer.status_code, answer.headers["location"]) == (308, f"{HOUR}/")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/%2e%2e/secret.txt",
        "/%2fetc/passwd",
        "/.lock",
        "/manifests/1.json",
        "/nothing/",
        "/index.html%00",
    ],
)
def test_nothing_outside_of_the_current_release_is_shown(client, path):
    answer = client.get(path)

    assert answer.status_code == 404
    assert "Seite nicht gefunden" in answer.text


def test_a_link_in_a_release_that_leads_out_of_it_is_not_followed(client, site):
    ((site / "current").resolve() / "out.txt").symlink_to(site / "secret.txt")

    assert client.get("/out.txt").status_code == 404


def test_only_reading_is_possible(client):
    assert {
        method: client.request(method, "/").status_code
        for method in ("POST", "PUT", "DELETE")
    } == {
        "POST": 405,
        "PUT": 405,
        "DELETE": 405,
    }


def test_the_next_release_is_shown_as_soon_as_it_is_switched(client, site):
    assert "Spielplätze" in client.get("/").text

    WebsitePublisher(site, search=False).build(make_content(), now=NOW)

    assert "Spielplätze" not in client.get("/").text
    assert client.get(f"{HOUR}/").status_code == 404


def test_before_the_first_release_there_is_nothing(tmp_path):
    with TestClient(create_site_app(tmp_path)) as client:
        assert client.get("/").status_code == 404


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        (f"{HOUR}/termin.ics", "text/calendar; charset=utf-8"),
        ("/feed.xml", "application/xml; charset=utf-8"),
        (f"{HOUR}/oembed.json", "application/json"),
        ("/", "text/html; charset=utf-8"),
    ],
)
def test_files_say_what_they_are(client, path, media_type):
    assert client.get(path).headers["content-type"] == media_type
