"""The lookout: dear looks only when something may have changed."""

from datetime import timedelta

from flows.lookout import LOOK_ANYWAY_EACH, Lookout
from tests.factories import NOW, SECOND, approve, make_office_hour, make_programme


def look(lookout, db, now):
    """Look, and say that all was seen to."""
    sight = lookout.news(db, now=now)
    if sight is not None:
        lookout.seen(sight)
    return sight is not None


def test_the_first_look_is_news_and_the_second_is_not(db):
    lookout = Lookout()

    looks = [look(lookout, db, NOW), look(lookout, db, NOW + SECOND)]

    assert looks == [True, False]


def test_any_act_is_news(db):
    lookout = Lookout()
    look(lookout, db, NOW)

    make_office_hour(db)

    assert look(lookout, db, NOW + SECOND)


def test_news_stays_news_until_it_was_seen_to(db):
    lookout = Lookout()

    looks = [lookout.news(db, now=NOW + number * SECOND) for number in range(3)]

    assert [sight is not None for sight in looks] == [True, True, True]


def test_an_embargo_is_news_in_the_second_it_ends_and_only_once(db):
    programme = make_programme(db)
    approve(db, programme, not_before=NOW + timedelta(minutes=1))
    lookout = Lookout()
    look(lookout, db, NOW)

    looks = [look(lookout, db, NOW + timedelta(seconds=s)) for s in (59, 60, 61)]

    assert looks == [False, True, False]


def test_a_revoked_embargo_is_no_news_when_it_ends(db):
    programme = make_programme(db)
    (approval,) = approve(db, programme, not_before=NOW + timedelta(minutes=1))
    approval.revoked_at = NOW
    db.flush()
    lookout = Lookout()
    look(lookout, db, NOW)

    assert not look(lookout, db, NOW + timedelta(minutes=2))


def test_dates_move_on_without_any_act(db):
    lookout = Lookout()
    look(lookout, db, NOW)

    looks = [
        look(lookout, db, NOW + LOOK_ANYWAY_EACH - SECOND),
        look(lookout, db, NOW + LOOK_ANYWAY_EACH),
    ]

    assert looks == [False, True]
