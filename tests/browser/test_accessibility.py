"""The checks A1 to A15 of our accessibility list, on every template.

WCAG 2.2 A and AA by axe-core, and what axe cannot see: reflow, text spacing,
captions beside play, targets a thumb can hit, the way with the keyboard alone.
"""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect

from tests.browser.waiting import until
from tests.publishers.site_factory import CLIP_S

AXE = (Path(__file__).parent / "vendor/axe.min.js").read_text()
AXE_RUN = "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
HOUR = "/sprechstunden/2026-11-24-spielplaetze-und-schulwege/"

#: one page of each template, in each state it knows, and one in English
PAGES = {
    "home": "/",
    "published": HOUR,
    "announced": "/sprechstunden/2026-12-15-spielplaetze-und-schulwege/",
    "called off": "/sprechstunden/2026-12-20-wirtschaftsfoerderung/",
    "awaited": "/sprechstunden/2025-11-11-kita-plaetze/",
    "tombstone": "/sprechstunden/2026-10-06-haushalt/",
    "embedded": f"{HOUR}einbetten.html",
    "embedded tombstone": "/sprechstunden/2026-10-06-haushalt/einbetten.html",
    "archive": "/archiv/",
    "year": "/archiv/2026/",
    "politicians": "/personen/",
    "politician": "/personen/jana-roth/",
    "topics": "/themen/",
    "topic": "/themen/verkehr/",
    "search": "/suche/?q=Spielplatz",
    "imprint": "/impressum/",
    "privacy": "/datenschutz/",
    "accessibility": "/barrierefreiheit/",
    "plain words": "/einfach-erklaert/",
    "not found": "/404.html",
    "English": f"/en{HOUR}",
    "English search": "/en/suche/?q=Spielplatz",
}
SMALL, LARGE = {"width": 320, "height": 640}, {"width": 1280, "height": 800}


@pytest.fixture
def open_page(chromium, witness):
    """Opens a window of some kind; closes it after the test."""
    contexts = []

    def opened(**options):
        context = chromium.new_context(locale="de-DE", **options)
        contexts.append(context)
        page = context.new_page()
        witness.watch(page)
        return page

    yield opened
    for context in contexts:
        context.close()


def show(page, site, path):
    page.goto(site.address + path)
    if "suche" in path:
        expect(page.locator(".results li").first).to_be_visible()


def files_of_templates():
    folder = Path("site_templates/website")
    pages = {path.stem for path in folder.glob("*.html")}
    return pages - {"layout", "macros", "player", "question_list", "search_document"}


def test_every_template_is_among_the_pages_looked_at():
    assert files_of_templates() == {
        *(
            "home",
            "office_hour",
            "embed",
            "archive",
            "politicians",
            "politician",
            "topics",
        ),
        *("topic", "search", "imprint", "privacy", "accessibility", "easy", "404"),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["320", "1280"])
def test_axe_finds_nothing_on_any_page(open_page, site, size, scheme):
    page = open_page(viewport=size, color_scheme=scheme)
    found = {}

    for name, path in PAGES.items():
        show(page, site, path)
        page.evaluate(AXE)
        result = page.evaluate(AXE_RUN, TAGS)
        assert result["testEngine"]["name"] == "axe-core"
        for violation in result["violations"]:
            nodes = [node["html"][:120] for node in violation["nodes"]]
            found.setdefault(name, {})[violation["id"]] = nodes

    assert found == {}


def test_axe_would_find_something(open_page, site):
    page = open_page(viewport=LARGE)
    page.goto(site.address)
    page.evaluate(
        "document.querySelector('main').append(document.createElement('button'))"
    )
    page.evaluate(AXE)

    result = page.evaluate(AXE_RUN, TAGS)

    assert [violation["id"] for violation in result["violations"]] == ["button-name"]


def test_nothing_is_wider_than_a_small_screen(open_page, site):
    page = open_page(viewport=SMALL)  # also what 1280 px are at 400 % zoom
    widths = {}

    for name, path in PAGES.items():
        show(page, site, path)
        widths[name] = page.evaluate("document.documentElement.scrollWidth")

    assert set(widths.values()) == {320}, widths


def test_wider_text_spacing_loses_nothing(open_page, site):
    spacing = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
      word-spacing: .16em !important; } p { margin-bottom: 2em !important; }"""  # WCAG 1.4.12
    clipped = """css => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      document.adoptedStyleSheets = [sheet];
      return [...document.querySelectorAll("body *:not(video):not(option)")]
        .filter(element => element.clientWidth && !element.closest(".hidden, select, .skip")
          && getComputedStyle(element).overflow !== "visible"
          && (element.scrollWidth > element.clientWidth + 1
            || element.scrollHeight > element.clientHeight + 1))
        .map(element => element.outerHTML.slice(0, 80));
    }"""
    page = open_page(viewport=SMALL)
    found, widths = {}, set()

    for name, path in PAGES.items():
        show(page, site, path)
        if lost := page.evaluate(clipped, spacing):
            found[name] = lost
        widths.add(page.evaluate("document.documentElement.scrollWidth"))

    assert (found, widths) == ({}, {320})


def test_every_page_says_its_language_and_has_one_heading_and_landmarks(site):
    for name, path in PAGES.items():
        file = site.current / path.partition("?")[0].strip("/")
        html = (file if file.is_file() else file / "index.html").read_text()
        page = BeautifulSoup(html, "html.parser")
        english = name.startswith("English")

        assert page.html["lang"] == ("en" if english else "de"), name
        assert len(page.find_all("h1")) == 1, name
        assert page.title.string.endswith(" – Stadt Musterbach"), name
        assert len(page.find_all("main")) == 1, name
        if not name.startswith("embedded"):
            assert page.body.a["href"] == "#main", name
            landmarks = [page.find(mark) for mark in ("header", "footer", "nav")]
            assert all(landmarks), name


def test_german_content_on_english_pages_is_marked_as_german(site):
    page = BeautifulSoup(
        (site.current / "en" / HOUR.strip("/") / "index.html").read_text(),
        "html.parser",
    )

    assert page.h1["lang"] == "de"
    assert {text["lang"] for text in page.select(".question-text")} == {"de"}
    assert (
        page.select_one(".transcript p[id]").find_parent(attrs={"lang": True})["lang"]
        == "de"
    )
    assert page.select_one("#questions").string == "Questions"


def test_targets_are_large_enough_for_a_thumb(open_page, site):
    page = open_page(viewport=SMALL)
    page.goto(site.address + HOUR)

    small = page.evaluate(
        """[...document.querySelectorAll("button, select, summary, .jump, nav a, .site-foot a")]
          .map(element => [element.textContent.trim(), element.getBoundingClientRect()])
          .filter(([, box]) => box.width && (box.height < 44 || box.width < 44))
          .map(([text, box]) => [text, box.width, box.height])"""
    )

    assert small == []


def test_nothing_plays_or_moves_by_itself(site):
    html = "".join(path.read_text() for path in site.current.resolve().rglob("*.html"))
    css = next((site.current / "assets").glob("site.*.css")).read_text()

    assert re.findall(r"autoplay|<marquee|<blink|http-equiv=.refresh", html) == []
    assert re.findall(r"animation|transition|@keyframes", css) == []


def test_the_keyboard_alone_reaches_everything_in_order_and_gets_out_again(
    open_page, site
):
    page = open_page(viewport=LARGE)
    page.goto(site.address + HOUR)
    stops = []

    for _ in range(120):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const at = document.activeElement;
              if (!at || at === document.body) return null;
              const style = getComputedStyle(at), box = at.getBoundingClientRect();
              const covered = document.elementFromPoint(
                Math.max(0, box.left) + box.width / 2,
                Math.max(0, box.top) + Math.min(box.height, innerHeight) / 2);
              const name = at.getAttribute("aria-label") || at.textContent;
              return {
                name: name.trim().replace(/\\s+/g, " ").slice(0, 40),
                tag: at.tagName,
                ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                seen: at.contains(covered) || covered?.contains(at) || at.tagName === "VIDEO",
              };
            }"""
        )
        if stop is None:
            break
        stops.append(stop)

    names = [stop["name"] for stop in stops]
    wanted = [
        "Zum Inhalt springen",
        "Abspielen",
        "Untertitel",
        "Antwort ansehen ab 0:04",
        "0:04",
        "Impressum",
    ]
    assert [name for name in names if name in wanted] == wanted
    assert [stop for stop in stops if stop["tag"] != "VIDEO" and not stop["ring"]] == []
    assert [stop for stop in stops if not stop["seen"]] == []
    assert len(stops) < 119  # it came back to the browser: no trap


def test_the_skip_link_leads_to_the_content(open_page, site):
    page = open_page(viewport=LARGE)
    page.goto(site.address + HOUR)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_pressed_and_current_things_can_be_told_apart_in_forced_colours(
    open_page, site
):
    page = open_page(viewport=LARGE, forced_colors="active")
    page.goto(site.address + HOUR)
    page.locator(".controls button[data-do=captions]").click()

    outline = "element => getComputedStyle(element).outlineStyle"
    assert page.locator("[data-do=captions]").evaluate(outline) == "solid"
    page.goto(site.address)
    assert page.locator("nav [aria-current=page]").evaluate(outline) == "solid"


def test_every_video_has_captions_that_load_and_lie_inside_it(open_page, site):
    page = open_page(viewport=LARGE)
    for path in (HOUR, f"/en{HOUR}", f"{HOUR}einbetten.html"):
        page.goto(site.address + path)
        assert (
            page.locator("video").count()
            == page.locator("track[kind=captions][srclang=de]").count()
            == 1
        )
        page.locator("[data-do=captions]").click()
        until(page, "document.querySelector('video').textTracks[0].cues?.length > 0")
        ends = page.evaluate(
            "[...document.querySelector('video').textTracks[0].cues].map(c => c.endTime)"
        )
        assert max(ends) <= CLIP_S


def test_the_result_count_of_a_search_is_announced(open_page, site):
    page = open_page(viewport=LARGE)
    page.goto(site.address + "/suche/")

    page.get_by_label("Was suchen Sie?").fill("Spielplatz")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text(
        re.compile(r"^\d+ Fundstellen? zu „Spielplatz“\.$")
    )


def test_every_page_links_the_legal_pages_and_the_way_to_report_a_barrier(site):
    for name, path in PAGES.items():
        if name.startswith("embedded"):
            continue
        file = site.current / path.partition("?")[0].strip("/")
        html = (file if file.is_file() else file / "index.html").read_text()
        foot = BeautifulSoup(html, "html.parser").footer
        targets = [link["href"] for link in foot.find_all("a")]

        for end in (
            "impressum/",
            "datenschutz/",
            "barrierefreiheit/",
            "einfach-erklaert/",
        ):
            assert any(target.endswith(end) for target in targets), (name, end)
        assert any(t.startswith("mailto:") and "body=http" in t for t in targets), name


def test_every_internal_link_leads_somewhere(site):
    root = site.current.resolve()
    dead = []
    for file in root.rglob("*.html"):
        page = BeautifulSoup(file.read_text(), "html.parser")
        anchors = {element["id"] for element in page.find_all(id=True)}
        for element in page.find_all(
            ["a", "link", "script", "img", "source", "track", "video"]
        ):
            target = element.get("href") or element.get("src") or element.get("poster")
            if not target or target.startswith(("mailto:", "http")):
                continue
            path, _, anchor = target.partition("#")
            if path.startswith("/"):
                found = root / path.lstrip("/")
            else:
                found = (file.parent / path).resolve() if path else file
            if found.is_dir():
                found /= "index.html"
            if not found.is_file() or (anchor and not path and anchor not in anchors):
                dead.append((file.relative_to(root).as_posix(), target))
            elif anchor and path:
                other = BeautifulSoup(found.read_text(), "html.parser")
                if other.find(id=anchor) is None:
                    dead.append((file.relative_to(root).as_posix(), target))
    assert dead == []


def test_structured_data_is_valid_json_on_every_page(site):
    for file in site.current.resolve().rglob("*.html"):
        for block in BeautifulSoup(file.read_text(), "html.parser").find_all(
            "script", type="application/ld+json"
        ):
            assert json.loads(block.string)["@context"] == "https://schema.org"
