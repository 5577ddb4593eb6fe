from __future__ import annotations

import pytest

from tests.factories import NOW, make_consultation, make_office_hour, make_participant
from townhall.audit import entries_about
from townhall.errors import InvalidInput, WrongState
from townhall.media import Role
from townhall.officehours import consultations
from townhall.officehours.consultations import ConsultationState
from townhall.officehours.schedule import OfficeHourState


def test_consultations_stand_in_order_and_in_the_trail(db):
    office_hour = make_office_hour(db)

    first, second = (
        make_consultation(db, office_hour),
        make_consultation(db, office_hour),
    )

    assert [first.position, second.position] == [1, 2]
    assert consultations.consultations_of(db, office_hour.id) == [first, second]
    assert [(e.actor, e.act) for e in entries_about(db, second.id)] == [
        ("Anna Berg", "consultation.planned")
    ]


def test_a_cancelled_office_hour_gets_no_consultation(db):
    office_hour = make_office_hour(db, state=OfficeHourState.CANCELLED)

    with pytest.raises(WrongState, match="is cancelled; from there only nothing"):
        make_consultation(db, office_hour)


def test_opening_and_closing_are_in_the_trail(db):
    consultation = make_consultation(db)
    doing = {"consultation": consultation, "actor": "the host", "now": NOW}

    consultations.open_consultation(db, **doing)
    consultations.close_consultation(db, **doing)

    assert consultation.state is ConsultationState.CLOSED
    assert [e.act for e in entries_about(db, consultation.id)] == [
        "consultation.planned",
        "consultation.open",
        "consultation.closed",
    ]
    with pytest.raises(WrongState):
        consultations.open_consultation(db, **doing)


def test_whoever_is_admitted_stands_in_the_trail_without_a_name(db):
    consultation = make_consultation(db)

    participant = make_participant(db, consultation, name=" Max  Muster ", level=None)

    assert participant.name == "Max Muster"
    (entry,) = entries_about(db, participant.id)
    assert (entry.act, entry.details) == ("participant.admitted", {"role": "citizen"})


@pytest.mark.parametrize(
    ("name", "reason"),
    [("", "nobody is named"), ("\x00", "nobody is named"), ("MAX muster", "is there")],
)
def test_somebody_nameless_or_already_there_is_not_admitted(db, name, reason):
    consultation = make_consultation(db)
    make_participant(db, consultation, name="Max Muster")

    with pytest.raises(InvalidInput, match=reason):
        make_participant(db, consultation, name=name)


def test_participants_are_listed_host_moderator_citizens(db):
    consultation = make_consultation(db)
    for name, role in [
        ("Zoe", Role.CITIZEN),
        ("Mia", Role.MODERATOR),
        ("Ada", Role.CITIZEN),
        ("Jana", Role.HOST),
    ]:
        make_participant(db, consultation, name=name, role=role)

    listed = consultations.participants_of(db, consultation.id)

    assert [participant.name for participant in listed] == ["Jana", "Mia", "Ada", "Zoe"]
