import pytest

from publishers.errors import ContentRefused
from publishers.website import addresses


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Rad- & Fußwege", "rad-fusswege"),
        ("Ärger über Öl", "aerger-ueber-oel"),
        ("Café", "cafe"),
        ("…", "x"),
    ],
)
def test_german_text_becomes_a_readable_address(text, slug):
    assert addresses.slug_of(text) == slug


def test_topics_that_look_alike_get_addresses_of_their_own_that_stay():
    first = addresses.topic_slugs(["Rad/Wege", "Rad Wege", "Bau"])
    second = addresses.topic_slugs(["Bau", "Rad Wege", "Rad/Wege", "Kita"])

    assert len(set(first.values())) == 3
    assert first["Bau"] == "bau"
    assert {name: second[name] for name in first} == first


@pytest.mark.parametrize("value", ["..", "a/b", "", "-a", "a b", "%2e", "ä", "a\n"])
def test_unsafe_steps_of_an_address_are_refused(value):
    with pytest.raises(ContentRefused, match="slug cannot be used in an address"):
        addresses.checked(value, "slug")


def test_a_question_is_found_under_its_number():
    assert addresses.question_anchor("7") == "frage-7"
