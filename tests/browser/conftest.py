"""A real website with a real recording, and a real Chromium to look at it."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from publishers.website import WebsitePublisher
from tests.browser.serving import serving
from tests.publishers.site_factory import (
    NOW,
    MediaFiles,
    make_clip,
    make_content,
    make_every_state,
)

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Witness:
    """What a page did that it must not do."""

    origin: str
    messages: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to a page from its first byte."""
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        self.requests.append(url.removeprefix(self.origin))
        if not url.startswith((self.origin, "data:")):
            self.strangers.append(url)


@dataclass(frozen=True)
class Site:
    """A served website."""

    address: str
    folder: Path

    @property
    def current(self) -> Path:
        """What readers see."""
        return self.folder / "current"


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> MediaFiles:
    """A recording of 24 seconds that Chromium can play."""
    return make_clip(tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="session")
def site(clip: MediaFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The website with an office hour in every state, served on loopback."""
    folder = tmp_path_factory.mktemp("website") / "site"
    with serving(folder) as address:
        content = make_content(*make_every_state(clip), site_url=address)
        WebsitePublisher(folder).build(content, now=NOW)
        yield Site(address=address, folder=folder)


# for each module anew: while it runs, no other test may run an event loop of its own
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        environment = {**os.environ, "LANG": "de_DE.UTF-8"}
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, env=environment
        )
        yield browser
        browser.close()


@pytest.fixture
def witness(site: Site) -> Iterator[Witness]:
    """Collects what pages must not do; a test that finds something has failed."""
    seen = Witness(origin=site.address)
    yield seen
    assert (seen.messages, seen.strangers) == ([], [])


@pytest.fixture
def desk(chromium: Browser) -> Iterator[BrowserContext]:
    """A desktop window."""
    with contextlib.closing(
        chromium.new_context(viewport={"width": 1280, "height": 800}, locale="de-DE")
    ) as context:
        yield context


@pytest.fixture
def page(desk: BrowserContext, witness: Witness) -> Page:
    """An empty page of a desktop window, watched."""
    opened = desk.new_page()
    witness.watch(opened)
    return opened
