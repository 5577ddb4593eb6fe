"""Searching in German, with the traps of its stemmer."""

import random
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from publishers.website import WebsitePublisher
from tests.browser.conftest import Site, Witness
from tests.browser.serving import serving
from tests.publishers.site_factory import (
    BRANDT,
    NOW,
    ROTH,
    make_build,
    make_content,
    make_placeholder_files,
    make_publication,
    make_published,
    make_question,
)
from townhall.media import Chapter, ChapterSource, Transcript, TranscriptSegment
from townhall.publishing import PublicQuestionState

HOURS, QUESTIONS = 24, 8
FILLERS = (
    "Das haben wir im Ausschuss besprochen und dann beschlossen.",
    "Die Verwaltung kümmert sich darum, das dauert noch etwas.",
    "Er hat sich gemeldet, und wir haben uns die Sache angesehen.",
    "Man muss sich das einmal vorstellen, so geht es nicht weiter.",
    "Dafür steht im kommenden Jahr Geld bereit.",
)
#: what is planted where: sentence → every how many chapters
PLANTED = {
    "Die Sicherheit der Kinder steht dabei an erster Stelle.": 12,
    "Neue Spielplätze entstehen am Mühlenbach.": 25,
    "Die Straße wird im Sommer gesperrt.": 31,
    "Den roten Faden verlieren wir dabei nicht.": 60,
}


def planted_hours(folder):
    dice = random.Random(3)
    files = make_placeholder_files(folder)
    chapters, hours, number = [], [], 0
    for hour in range(HOURS):
        questions, chapters, segments = [], [], []
        for index in range(QUESTIONS):
            number += 1
            start_s = index * 60.0
            said = dice.choices(FILLERS, k=4)
            for sentence, every in PLANTED.items():
                if number % every == 0:
                    said.insert(2, sentence)
            segments += [
                TranscriptSegment(
                    start_s=start_s + place * 10,
                    end_s=start_s + place * 10 + 9,
                    participant_id="citizen" if place % 2 else "host",
                    text=text,
                    words=(),
                )
                for place, text in enumerate(said)
            ]
            questions.append(
                make_question(
                    str(index + 1),
                    f"Wie geht es weiter mit Vorhaben {number}?",
                    question_id=f"q{number}",
                    topic="Bauen" if number % 2 else "Kinder",
                    state=PublicQuestionState.ANSWERED,
                )
            )
            chapters.append(
                Chapter(
                    question_ids=(f"q{number}",),
                    start_s=start_s,
                    end_s=start_s + 60,
                    confidence=1.0,
                    source=ChapterSource.MARK,
                )
            )
        build = make_build(
            files,
            transcript=Transcript(language="de", segments=tuple(segments)),
            chapters=tuple(chapters),
        )
        starts_at = NOW - timedelta(days=30 * hour + 7)
        hours.append(
            make_published(
                files,
                office_hour_id=f"oh-{hour}",
                slug=f"{starts_at:%Y-%m-%d}-sprechstunde",
                title=f"Sprechstunde Nummer {hour}",
                description=None,
                politician=BRANDT if hour % 3 else ROTH,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=1),
                questions=tuple(questions),
                publication=make_publication(build, programme_id=f"programme-{hour}"),
            )
        )
    return hours


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """A site with some two hundred answers to search in."""
    folder = tmp_path_factory.mktemp("library")
    with serving(folder / "site") as address:
        content = make_content(*planted_hours(folder / "pieces"), site_url=address)
        WebsitePublisher(folder / "site").build(content, now=NOW)
        yield Site(address=address, folder=folder / "site")


@pytest.fixture
def searching(desk, library):
    """The search page; afterwards: no message, no stranger."""
    seen = Witness(origin=library.address)
    page = desk.new_page()
    seen.watch(page)
    page.goto(library.address + "/suche/")
    page.witness = seen
    yield page
    assert (seen.messages, seen.strangers) == ([], [])


def ask(page, query, count=r"\d+"):
    page.get_by_label("Was suchen Sie?").fill(query)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text(
        re.compile(rf"^{count} Fundstellen? zu „{re.escape(query)}“\.$")
    )
    return [
        {
            "text": item.locator("p").last.inner_text(),
            "href": item.locator("a").get_attribute("href"),
        }
        for item in page.locator(".results li").all()
    ]


@pytest.mark.parametrize("query", ["Spielplatz", "Spielplätze", "spielplätzen"])
def test_singular_and_plural_find_the_same(searching, query):
    hits = ask(searching, query, count=HOURS * QUESTIONS // 25)

    assert all("Spielplätze" in hit["text"] for hit in hits)


@pytest.mark.parametrize(
    "query", ["Mühlenbach", "Muehlenbach", "Muhlenbach", "mühlenb"]
)
def test_umlauts_may_be_written_in_any_way(searching, query):
    hits = ask(searching, query, count=HOURS * QUESTIONS // 25)

    assert all("Mühlenbach" in hit["text"] for hit in hits)


@pytest.mark.parametrize("query", ["Straße", "Strasse"])
def test_sharp_s_may_be_written_in_both_ways(searching, query):
    hits = ask(searching, query, count=HOURS * QUESTIONS // 31)

    assert all("Straße" in hit["text"] for hit in hits)


def test_words_in_quotes_are_found_as_they_stand(searching):
    hits = ask(searching, '"roten Faden"', count=3)

    assert all("roten Faden" in hit["text"] for hit in hits)


def test_the_word_every_sentence_has_does_not_drown_what_was_asked_for(searching):
    hits = ask(searching, "Sicherheit", count=HOURS * QUESTIONS // 12)

    right = [hit for hit in hits[:10] if "Sicherheit" in hit["text"]]
    assert len(hits) >= 10
    assert len(right) >= 8


def test_the_hidden_word_is_shown_as_it_was_said(searching):
    ask(searching, "gemeldet")

    shown = searching.locator(".results").inner_text()
    assert "Er hat sich gemeldet" in shown
    assert not re.search("[\ue000-\uf8ff]", shown)


def test_a_result_leads_to_the_paragraph_that_has_the_word(searching):
    hits = ask(searching, "Mühlenbach")

    for hit in hits[:3]:
        searching.goto(hit["href"])
        anchor = hit["href"].partition("#")[2]
        expect(searching.locator(f"[id='{anchor}']")).to_contain_text("Mühlenbach")
        assert re.fullmatch(r"t\d+", anchor)


def test_a_question_that_matches_by_itself_leads_to_the_question(searching):
    (hit, *_) = ask(searching, "Vorhaben 17")

    assert re.search(r"#frage-\d+$", hit["href"])
    searching.goto(hit["href"])
    anchor = hit["href"].partition("#")[2]
    expect(searching.locator(f"#{anchor}")).to_contain_text("Vorhaben 17?")


def test_results_can_be_narrowed_by_person_topic_and_year(searching):
    everything = len(ask(searching, "Sicherheit"))
    searching.get_by_label("Person").select_option("Dr. Emil Brandt")
    searching.get_by_label("Jahr").select_option("2025")

    status = searching.get_by_role("status")
    expect(status).to_have_text(re.compile(r"^9 Fundstellen zu „Sicherheit“"))
    about = searching.locator(".results .meta").all_inner_texts()
    assert 0 < len(about) < everything
    assert all("2025 · Dr. Emil Brandt" in line for line in about)
    assert "politician=Dr.+Emil+Brandt" in searching.url
    searching.reload()
    expect(searching.get_by_label("Person")).to_have_value("Dr. Emil Brandt")
    expect(searching.locator(".results li")).to_have_count(len(about))


def test_nothing_found_is_said(searching):
    searching.get_by_label("Was suchen Sie?").fill("Quastenflosser")
    searching.keyboard.press("Enter")

    expect(searching.get_by_role("status")).to_have_text(
        "Nichts gefunden zu „Quastenflosser“."
    )


def test_more_results_are_shown_on_demand_and_the_focus_goes_to_the_first_new_one(
    searching,
):
    hits = ask(searching, "Sicherheit")
    assert len(hits) == 10

    searching.get_by_role("button", name="Mehr anzeigen").click()

    expect(searching.locator(".results li")).to_have_count(HOURS * QUESTIONS // 12)
    eleventh = searching.locator(".results li a").nth(10).get_attribute("href")
    assert searching.evaluate("document.activeElement.getAttribute('href')") == eleventh


def test_english_pages_search_the_same_and_lead_to_english_pages(desk, library):
    page = desk.new_page()
    page.goto(library.address + "/en/suche/?q=Sicherheit")

    expect(page.get_by_role("status")).to_have_text("16 places found for “Sicherheit”.")
    assert "/en/sprechstunden/" in page.locator(".results a").first.get_attribute(
        "href"
    )
    page.close()


def test_while_the_index_is_renewed_the_page_says_so(desk, tmp_path):
    content = make_content(*planted_hours(tmp_path / "pieces")[:1])
    publisher = WebsitePublisher(tmp_path / "site")
    publisher.build(content, now=NOW)
    # what readers see between a take-down and its new index
    index = publisher.releases.current().path / "pagefind"
    index.rename(tmp_path / "away")
    page = desk.new_page()

    with serving(tmp_path / "site") as address:
        page.goto(address + "/suche/?q=Sicherheit")
        expect(page.get_by_role("status")).to_have_text(
            "Die Suche wird gerade erneuert. Bitte versuchen Sie es in einigen Minuten noch einmal."
        )
        page.close()


def test_a_query_loads_less_than_a_hundred_kilobytes(desk, library):
    page = desk.new_page()
    sizes = []

    def note(response):
        if (
            "/pagefind/" in response.url
            and "pagefind." not in response.url.rpartition("/")[2]
        ):
            sizes.append(len(response.body()))

    page.goto(library.address + "/suche/")
    expect(page.get_by_label("Person").locator("option")).to_have_count(3)
    page.on("response", note)
    ask(page, "Sicherheit")
    page.close()

    assert 0 < sum(sizes) < 100_000


def test_a_taken_down_office_hour_is_not_found_any_more(desk, tmp_path):
    hours = planted_hours(tmp_path / "pieces")[:4]
    publisher = WebsitePublisher(tmp_path / "site")
    publisher.build(make_content(*hours), now=NOW)

    publisher.build(
        make_content(
            *hours[:1], replace(hours[1], publication=None, questions=()), *hours[2:]
        ),
        now=NOW,
    )

    page = desk.new_page()
    with serving(tmp_path / "site") as address:
        page.goto(address + "/suche/")
        hits = ask(page, "Vorhaben")
        page.close()
    assert hits
    assert [hit for hit in hits if hours[1].slug in hit["href"]] == []
