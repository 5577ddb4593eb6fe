"""Words of the terminal's language that stand alone."""

import pytest

from portal.language import told_progress, word
from site_templates.locales import locale_name


@pytest.fixture(params=["de_DE.UTF-8", "C.UTF-8"])
def language(request, monkeypatch):
    monkeypatch.setenv("LC_ALL", request.param)
    locale_name.cache_clear()
    yield locale_name()
    locale_name.cache_clear()


def test_progress_is_told_with_its_share(language):
    told = [told_progress("hear 43 %"), told_progress("picture 0 %")]

    assert (
        told
        == {
            "de": ["Zuhören 43 %", "Bild 0 %"],
            "en": ["hear 43 %", "picture 0 %"],
        }[language]
    )


def test_states_are_told_as_they_read_in_a_table(language):
    told = [word("in_review"), word("held"), word("no word of ours")]

    assert (
        told
        == {
            "de": ["in Prüfung", "abgehalten", "no word of ours"],
            "en": ["in_review", "held", "no word of ours"],
        }[language]
    )
