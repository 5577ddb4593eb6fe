from datetime import UTC, date, datetime, timedelta

import pytest

from publishers.website.wording import (
    Wording,
    clock,
    data_block,
    iso_duration,
    paragraphs,
)

MOMENT = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "de",
            (
                "Dienstag, 1. Dezember 2026",
                "1. Dezember 2026",
                "18:00 Uhr",
                "18:00 bis 19:30 Uhr",
                "Dez",
            ),
        ),
        (
            "en",
            (
                "Tuesday, 1 December 2026",
                "1 December 2026",
                "18:00",
                "18:00 to 19:30",
                "Dec",
            ),
        ),
    ],
)
def test_dates_are_said_in_the_language_of_the_page(language, expected):
    wording = Wording(language, "Europe/Berlin")
    end = MOMENT + timedelta(minutes=90)

    said = (
        wording.full_date(MOMENT),
        wording.day(date(2026, 12, 1)),
        wording.time(MOMENT),
        wording.time_range(MOMENT, end),
        wording.month(MOMENT),
    )

    assert said == expected


def test_times_follow_the_change_of_the_clocks():
    wording = Wording("de", "Europe/Berlin")
    before = datetime(2026, 10, 24, 16, 0, tzinfo=UTC)

    assert [wording.time(before), wording.time(before + timedelta(days=1))] == [
        "18:00 Uhr",
        "17:00 Uhr",
    ]


@pytest.mark.parametrize(
    ("seconds", "shown", "iso"),
    [
        (0, "0:00", "PT0S"),
        (59.9, "0:59", "PT1M0S"),
        (192.4, "3:12", "PT3M12S"),
        (3792, "1:03:12", "PT1H3M12S"),
    ],
)
def test_places_and_durations_in_the_recording(seconds, shown, iso):
    assert (clock(seconds), iso_duration(seconds)) == (shown, iso)


@pytest.mark.parametrize(
    ("size", "shown"), [(1_234_567, "1,2\u00a0MB"), (412_345_678, "412\u00a0MB")]
)
def test_sizes_have_a_german_comma(size, shown):
    assert Wording("de", "Europe/Berlin").size(size) == shown


def test_blank_lines_part_paragraphs():
    assert paragraphs("Eins\nzwei\r\n\r\n\n Drei \n\n") == ["Eins\nzwei", "Drei"]


def test_data_in_a_page_can_never_end_its_element():
    assert data_block('{"a": "</script><b>&"}') == (
        '{"a": "\\u003c/script\\u003e\\u003cb\\u003e\\u0026"}'
    )
