from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar

from publishers.website.calendars import calendar_bytes
from publishers.website.wording import Wording
from tests.publishers.site_factory import make_content, make_page


def read(*pages):
    content = make_content(*pages)
    data = calendar_bytes(content, list(pages), Wording("de", "Europe/Berlin"))
    calendar = Calendar.from_ical(data)
    return calendar, list(calendar.walk("VEVENT"))


def test_a_date_says_when_what_and_where_in_the_municipalitys_time():
    calendar, (event,) = read(make_page(sequence=3))

    assert event.decoded("dtstart") == datetime(
        2026, 12, 15, 18, 0, tzinfo=ZoneInfo("Europe/Berlin")
    )
    assert event.decoded("dtend") == datetime(2026, 12, 15, 18, 0, tzinfo=UTC)
    assert event["dtstart"].params["TZID"] == "Europe/Berlin"
    assert [str(zone["tzid"]) for zone in calendar.walk("VTIMEZONE")] == [
        "Europe/Berlin"
    ]
    assert {
        "method": str(calendar["method"]),
        "uid": str(event["uid"]),
        "sequence": event["sequence"],
        "summary": str(event["summary"]),
        "status": str(event["status"]),
    } == {
        "method": "PUBLISH",
        "uid": "oh-1@sprechstunde.musterbach.example",
        "sequence": 3,
        "summary": "Bürgersprechstunde: Spielplätze und sichere Schulwege",
        "status": "CONFIRMED",
    }


def test_a_called_off_date_is_struck_out_under_the_same_uid():
    calendar, (event,) = read(
        make_page(cancelled=True, cancellation_reason="Erkrankt.")
    )

    assert (str(calendar["method"]), str(event["status"]), str(event["uid"])) == (
        "CANCEL",
        "CANCELLED",
        "oh-1@sprechstunde.musterbach.example",
    )
    assert str(event["description"]).startswith("Erkrankt.")


def test_an_unknown_end_is_not_invented():
    _, (event,) = read(make_page(ends_at=None))

    assert "dtend" not in event
    assert "duration" not in event


def test_a_calendar_without_dates_is_valid():
    calendar, events = read()

    assert (str(calendar["version"]), events) == ("2.0", [])
