"""All pairs of states of all rows with a life."""

from __future__ import annotations

from itertools import product

import pytest

from townhall.database import Row
from townhall.errors import WrongState
from townhall.officehours import retention  # noqa: F401 - so that all rows are known
from townhall.officehours.consultations import Consultation, ConsultationState
from townhall.officehours.programmes import Programme, ProgrammeState
from townhall.officehours.publications import Publication, PublicationState
from townhall.officehours.questions import Question, QuestionState
from townhall.officehours.recordings import Recording, RecordingState
from townhall.officehours.schedule import OfficeHour, OfficeHourState
from townhall.states import move

# What the glossary and the architecture say, written down a second time on purpose.
LIVES = {
    OfficeHour: (
        OfficeHourState,
        {
            "draft": "announced cancelled held",
            "announced": "cancelled held live",
            "live": "held",
            "held": "",
            "cancelled": "",
        },
    ),
    Question: (
        QuestionState,
        {
            "submitted": "confirmed withdrawn",
            "confirmed": "accepted merged refused withdrawn",
            "accepted": "answered merged withdrawn written_answer",
            "refused": "",
            "merged": "",
            "answered": "",
            "written_answer": "answered",
            "withdrawn": "",
        },
    ),
    Consultation: (
        ConsultationState,
        {"planned": "open", "open": "closed", "closed": ""},
    ),
    Recording: (RecordingState, {"open": "sealed", "sealed": "erased", "erased": ""}),
    Programme: (
        ProgrammeState,
        {
            "building": "in_review superseded",
            "in_review": "approved refused superseded",
            "approved": "refused",
            "refused": "superseded",
            "superseded": "",
        },
    ),
    Publication: (
        PublicationState,
        {
            "due": "publishing retracting",
            "publishing": "due failed published retracting",
            "published": "replaced retracting",
            "retracting": "retracted",
            "retracted": "due",
            "replaced": "",
            "failed": "due retracting",
        },
    ),
}
PAIRS = [
    pytest.param(kind, before, after, id=f"{kind.__name__}-{before}-{after}")
    for kind, (states, _moves) in LIVES.items()
    for before, after in product(states, repeat=2)
]


@pytest.mark.parametrize(("kind", "before", "after"), PAIRS)
def test_a_row_moves_as_its_table_says_and_else_says_what_is_possible(
    kind, before, after
):
    row = kind(id="x", state=before)
    allowed = LIVES[kind][1][str(before)].split()

    if str(after) in allowed:
        move(row, after)

        assert row.state is after
    else:
        with pytest.raises(WrongState) as refusal:
            move(row, after)

        assert row.state is before
        assert refusal.value.message == (
            f"{kind.__name__} x is {before}; from there only "
            f"{', '.join(allowed) or 'nothing'} is possible, not {after}."
        )


def test_every_row_with_a_table_of_moves_is_among_these_lives():
    with_moves = {
        mapper.class_
        for mapper in Row.registry.mappers
        if hasattr(mapper.class_, "MOVES")
    }

    assert with_moves == set(LIVES)


@pytest.mark.parametrize("kind", LIVES)
def test_a_table_of_moves_names_every_state(kind):
    states, _ = LIVES[kind]

    assert set(kind.MOVES) == set(states)
