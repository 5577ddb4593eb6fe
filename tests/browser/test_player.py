"""A citizen watches an office hour."""

import pytest
from playwright.sync_api import expect

from tests.browser.serving import serving
from tests.browser.waiting import current_time, until
from tests.publishers.site_factory import CLIP_S

HOUR = "/sprechstunden/2026-11-24-spielplaetze-und-schulwege/"
PLAYING = """(() => {
  const video = document.querySelector("video");
  return !video.paused && video.readyState > 2;
})()"""
CAPTIONS = (
    "[...document.querySelector('video').textTracks].find(t => t.kind === 'captions')"
)


def button(page, name):
    return page.locator(".controls").get_by_role("button", name=name)


def test_the_recording_plays_when_asked_and_not_before(page, site, witness):
    page.goto(site.address + HOUR)
    assert page.evaluate("document.querySelector('video').paused")
    kinds = {url.rpartition(".")[2] for url in witness.requests[1:]}
    assert kinds - {"svg"} == {"css", "js", "woff2", "jpg"}

    button(page, "Abspielen").click()

    until(page, PLAYING)
    until(page, "document.querySelector('video').currentTime > 0.5")
    assert page.evaluate("document.querySelector('video').duration") == pytest.approx(
        CLIP_S, abs=0.1
    )
    button(page, "Pause").click()
    expect(button(page, "Abspielen")).to_be_visible()


@pytest.mark.parametrize(("ref", "second"), [("3", 4.2), ("7", 10.4), ("5", 10.4)])
def test_a_shared_link_to_a_question_starts_at_its_answer(page, site, ref, second):
    page.goto(f"{site.address}{HOUR}#frage-{ref}")
    assert page.evaluate("document.querySelector('video').paused")

    button(page, "Abspielen").click()

    until(page, PLAYING)
    assert current_time(page) == pytest.approx(second, abs=1)
    expect(page.locator(f"#frage-{ref}")).to_have_attribute("aria-current", "true")


def test_a_jump_mark_plays_its_answer_and_says_which_one_is_on(page, site):
    page.goto(site.address + HOUR)

    page.locator("#frage-7 .jump").click()

    until(page, PLAYING)
    assert current_time(page) == pytest.approx(10.4, abs=1)
    assert page.url.endswith("#frage-7")
    expect(page.locator(".now")).to_contain_text(
        "Frage 7: Was tun Sie für die Sicherheit auf dem Schulweg?"
    )


def test_an_unsure_chapter_is_no_jump_mark(page, site):
    page.goto(site.address + HOUR)

    expect(page.locator("#frage-8")).to_contain_text("In der Sprechstunde beantwortet.")
    expect(page.locator("#frage-8 .jump")).to_have_count(0)
    assert page.locator(".jump").count() == 3


def test_captions_are_switched_on_by_the_button_beside_play(page, site):
    page.goto(site.address + HOUR)
    captions = button(page, "Untertitel")
    expect(captions).to_have_attribute("aria-pressed", "false")

    captions.click()

    expect(captions).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(f"{CAPTIONS}.mode") == "showing"
    until(page, f"{CAPTIONS}.cues?.length === 6")
    assert page.evaluate(f"{CAPTIONS}.cues[1].text").startswith(
        "<v Bürgerin oder Bürger>"
    )


def test_captions_are_switched_by_the_keyboard_alone(page, site):
    page.goto(site.address + HOUR)
    button(page, "Abspielen").focus()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(button(page, "Untertitel")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("c")
    expect(button(page, "Untertitel")).to_have_attribute("aria-pressed", "false")


def test_keys_move_the_recording_only_while_the_player_has_the_focus(page, site):
    page.goto(site.address + HOUR)
    page.locator("h1").click()
    page.keyboard.press("k")
    page.keyboard.press("l")
    assert (
        page.evaluate("document.querySelector('video').paused"),
        current_time(page),
    ) == (True, 0)

    button(page, "Abspielen").focus()
    page.keyboard.press("l")
    page.keyboard.press("l")
    page.keyboard.press("j")
    assert current_time(page) == 10
    page.keyboard.press("k")
    until(page, PLAYING)
    page.locator(".keys summary").click()
    expect(page.locator(".keys")).to_contain_text("Abspielen oder Pause")


def test_captions_can_be_made_larger(page, site):
    page.goto(site.address + HOUR)

    page.get_by_label("Untertitelgröße").select_option("sehr groß")

    expect(page.locator(".player")).to_have_attribute("data-cue", "huge")


def test_speed_is_a_choice(page, site):
    page.goto(site.address + HOUR)

    page.get_by_label("Tempo").select_option("schneller")

    assert page.evaluate("document.querySelector('video').playbackRate") == 1.25


def test_another_quality_goes_on_at_the_same_place_with_captions(page, site):
    page.goto(site.address + HOUR)
    button(page, "Untertitel").click()
    page.locator("#frage-7 .jump").click()
    until(page, PLAYING)

    page.get_by_label("Bild").select_option(index=1)

    until(page, PLAYING)
    until(page, "document.querySelector('video').currentSrc.endsWith('video_360p.mp4')")
    assert current_time(page) == pytest.approx(11, abs=2)
    until(page, "document.querySelector('video').videoHeight === 360")
    assert page.evaluate(f"{CAPTIONS}.mode") == "showing"
    page.get_by_label("Bild").select_option(index=2)
    until(page, "document.querySelector('video').currentSrc.endsWith('audio.m4a')")
    until(page, PLAYING)


def test_a_small_screen_gets_the_small_picture_by_itself(chromium, site):
    context = chromium.new_context(viewport={"width": 360, "height": 640})
    page = context.new_page()
    page.goto(site.address + HOUR)

    button(page, "Abspielen").click()

    until(page, PLAYING)
    assert page.evaluate("document.querySelector('video').videoHeight") == 360
    chosen = page.get_by_label("Bild").evaluate(
        "select => select.selectedOptions[0].text"
    )
    assert chosen.startswith("datensparsam")
    context.close()


def test_the_transcript_follows_the_recording(page, site):
    page.goto(site.address + HOUR)
    page.locator("#frage-3 .jump").click()

    line = page.locator(".transcript p[aria-current]")
    expect(line).to_have_attribute("id", "t4")
    page.evaluate("document.querySelector('video').currentTime = 18.5")
    expect(line).to_have_count(1)
    expect(line).to_have_attribute("id", "t14")


def test_a_reader_of_the_transcript_is_moved_along_and_nobody_else(chromium, site):
    context = chromium.new_context(viewport={"width": 1000, "height": 420})
    page = context.new_page()
    page.goto(site.address + HOUR)
    in_sight = """id => {
      const box = document.getElementById(id).getBoundingClientRect();
      return box.top >= 0 && box.bottom <= innerHeight;
    }"""
    page.locator("#frage-3 .jump").evaluate("link => link.click()")
    until(page, PLAYING)
    page.evaluate("scrollTo(0, 0)")
    page.evaluate("document.querySelector('video').currentTime = 7.2")
    expect(page.locator("#t7")).to_have_attribute("aria-current", "true")
    assert page.evaluate("scrollY") == 0  # somebody looks at the picture: stay there

    page.locator("#t7").evaluate("line => line.scrollIntoView({block: 'end'})")
    page.evaluate("document.querySelector('video').currentTime = 14.3")
    expect(page.locator("#t14")).to_have_attribute("aria-current", "true")
    until(page, in_sight, "t14")
    context.close()


def test_choosing_a_time_or_a_line_of_the_transcript_goes_there(page, site):
    page.goto(site.address + HOUR)

    page.locator("#t10 a").click()
    until(page, PLAYING)
    assert current_time(page) == pytest.approx(10, abs=1)
    page.locator("#t4").click(position={"x": 200, "y": 12})
    until(page, "document.querySelector('video').currentTime < 6")
    assert current_time(page) == pytest.approx(4, abs=1)


def test_a_link_to_a_line_of_the_transcript_stands_ready_at_its_second(page, site):
    page.goto(f"{site.address}{HOUR}#t14")

    button(page, "Abspielen").click()

    until(page, PLAYING)
    assert current_time(page) == pytest.approx(14, abs=1)


def test_the_link_to_a_question_is_copied(page, desk, site):
    desk.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site.address + HOUR)

    page.get_by_role("button", name="Link kopieren zu Frage 7").click()

    expect(page.get_by_role("status")).to_have_text("Der Link ist kopiert.")
    assert (
        page.evaluate("navigator.clipboard.readText()")
        == f"{site.address}{HOUR}#frage-7"
    )


def test_without_javascript_everything_is_there_to_read_and_to_jump_to(chromium, site):
    context = chromium.new_context(
        java_script_enabled=False, viewport={"width": 1280, "height": 800}
    )
    page = context.new_page()
    page.goto(f"{site.address}{HOUR}#frage-7")

    expect(page.locator(".transcript p[id]")).to_have_count(6 - 1)
    expect(page.locator(".transcript")).to_contain_text(
        "Die Bauarbeiten beginnen im März"
    )
    expect(page.locator(".controls")).to_be_hidden()
    expect(page.locator("video")).to_have_attribute("controls", "")
    expect(page.locator("#frage-7")).to_be_in_viewport()
    page.locator("#t14 a").click()
    expect(page.locator("#t14")).to_be_in_viewport()
    expect(page.locator(".question .jump")).to_have_count(3)
    context.close()


def test_another_website_can_embed_the_recording(desk, site, tmp_path):
    host = tmp_path / "cms" / "current"
    host.mkdir(parents=True)
    frame = f'<iframe src="{site.address}{HOUR}einbetten.html" title="Sprechstunde"></iframe>'
    (host / "index.html").write_text(f"<!doctype html><title>CMS</title>{frame}")
    page = desk.new_page()

    with serving(host.parent) as address:
        page.goto(address)
        inside = page.frame_locator("iframe")
        inside.locator(".jump").nth(1).click()
        frame = page.frames[1]
        until(frame, PLAYING)
        assert current_time(frame) == pytest.approx(10.4, abs=1)
        page.close()


def test_another_website_cannot_frame_the_other_pages(desk, site, tmp_path):
    host = tmp_path / "cms" / "current"
    host.mkdir(parents=True)
    frame = f'<iframe src="{site.address}{HOUR}" title="Sprechstunde"></iframe>'
    (host / "index.html").write_text(f"<!doctype html><title>CMS</title>{frame}")
    page = desk.new_page()
    refused = []
    page.on("console", lambda message: refused.append(message.text))

    with serving(host.parent) as address:
        page.goto(address)
        until(page, "true")
        assert page.frame_locator("iframe").locator("video").count() == 0
        page.close()
    assert "frame-ancestors" in " ".join(refused)
