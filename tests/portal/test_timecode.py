"""Times as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.timecode import read_range, read_time, write_time
from townhall.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("75", 75),
        ("1:15", 75),
        ("01:02:03.5", 3723.5),
        ("2:05,25", 125.25),
        ("90", 90),
    ],
)
def test_written_time_is_read(text, seconds):
    assert read_time(text) == seconds


@pytest.mark.parametrize("text", ["", "eins", "1:75", "-3", "1:2:3:4", "1:61:00"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(InvalidInput):
        read_time(text)


def test_range_is_read_with_any_dash():
    assert read_range("1:15-1:17") == read_range("75–77") == (75, 77)


@pytest.mark.parametrize("text", ["75", "77-75", "75-75", "a-b"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(InvalidInput):
        read_range(text)


@given(st.integers(0, 360_000))
def test_written_seconds_read_back_the_same(seconds):
    assert read_time(write_time(seconds)) == seconds
