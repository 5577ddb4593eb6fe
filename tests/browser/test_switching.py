"""Readers in the middle of a switch."""

import threading
import urllib.error
import urllib.request
from dataclasses import replace

import pytest

from publishers.website import WebsitePublisher
from tests.browser.serving import serving
from tests.publishers.site_factory import (
    NOW,
    make_content,
    make_page,
    make_placeholder_files,
    make_published,
)

READERS, SWITCHES = 4, 20
HOUR = "/sprechstunden/2026-11-24-spielplaetze-und-schulwege/"


@pytest.mark.browser
def test_readers_see_no_error_and_no_half_page_during_twenty_switches(tmp_path):
    files = make_placeholder_files(tmp_path / "pieces")
    page = make_published(files)
    site = tmp_path / "site"
    publisher = WebsitePublisher(site, search=False)
    publisher.build(make_content(page), now=NOW)
    done = threading.Event()
    reads, errors, broken = [0] * READERS, [], []

    def read(reader):
        while not done.is_set():
            for path in ("/", HOUR, f"{HOUR}einbetten.html"):
                try:
                    with urllib.request.urlopen(address + path, timeout=10) as answer:
                        body = answer.read()
                except (urllib.error.URLError, OSError) as error:
                    errors.append(repr(error))
                    continue
                reads[reader] += 1
                if not body.rstrip().endswith(b"</html>"):
                    broken.append(path)

    with serving(site) as address:
        readers = [
            threading.Thread(target=read, args=(number,)) for number in range(READERS)
        ]
        for reader in readers:
            reader.start()
        for number in range(SWITCHES):
            other = make_page(office_hour_id="oh-2", title=f"Titel {number}")
            built = publisher.build(
                make_content(replace(page, title=f"Titel {number}"), other), now=NOW
            )
            assert built.pages_rendered > 0
        done.set()
        for reader in readers:
            reader.join()

    assert (errors, broken) == ([], [])
    assert min(reads) > SWITCHES
