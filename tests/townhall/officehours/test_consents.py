from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories import NOW, make_consultation, make_participant
from townhall.audit import entries_about
from townhall.errors import InvalidInput, NotFound
from townhall.media import ConsentLevel, Person, Role
from townhall.officehours import consents
from townhall.officehours.consents import Consent

SECRET = b"s" * 32
FROM_WIDE_TO_NONE = ["picture_and_sound", "sound", "sound_without_name", "none"]
PAIRS = list(product(FROM_WIDE_TO_NONE, repeat=2))


@pytest.fixture
def consultation(db):
    return make_consultation(db)


@pytest.mark.parametrize(("now", "to"), PAIRS)
def test_consent_is_withdrawn_by_degrees_and_never_widened(db, consultation, now, to):
    participant = make_participant(db, consultation, level=ConsentLevel(now))
    less = FROM_WIDE_TO_NONE.index(to) > FROM_WIDE_TO_NONE.index(now)
    wish = {"participant": participant, "to": ConsentLevel(to), "now": NOW}

    if less:
        consents.withdraw_consent(db, **wish)
    else:
        with pytest.raises(InvalidInput, match=f"it already is {now}"):
            consents.withdraw_consent(db, **wish)

    assert consents.level_of(db, participant.id) == (to if less else now)


@pytest.mark.parametrize(("level", "built_with"), PAIRS)
def test_a_consent_covers_what_was_built_under_the_same_or_a_narrower_one(
    level, built_with
):
    covered = FROM_WIDE_TO_NONE.index(level) <= FROM_WIDE_TO_NONE.index(built_with)

    assert consents.covers(ConsentLevel(level), ConsentLevel(built_with)) is covered


def test_every_decision_stays_as_proof_and_the_newest_one_counts(db, consultation):
    participant = make_participant(db, consultation, level=ConsentLevel.SOUND)
    consents.withdraw_consent(db, participant=participant, now=NOW)
    consents.give_consent(
        db,
        participant=participant,
        level=ConsentLevel.SOUND_WITHOUT_NAME,
        actor="the host",
        now=NOW,
    )

    kept = db.query(Consent).order_by(Consent.number).all()

    assert [(c.number, str(c.level)) for c in kept] == [
        (1, "sound"),
        (2, "none"),
        (3, "sound_without_name"),
    ]
    assert {c.wording_version for c in kept} == {consents.WORDING_VERSION}
    assert consents.level_of(db, participant.id) is ConsentLevel.SOUND_WITHOUT_NAME


def test_each_decision_stands_in_the_trail(db, consultation):
    participant = make_participant(db, consultation, level=ConsentLevel.SOUND)
    consents.withdraw_consent(db, participant=participant, now=NOW)

    trail = [(e.actor, e.act, e.details) for e in entries_about(db, participant.id)]

    assert trail[1:] == [
        ("the host", "consent.given", {"level": "sound"}),
        ("the person", "consent.withdrawn", {"level": "none"}),
    ]


def test_who_was_never_asked_is_not_published(db, consultation):
    participant = make_participant(db, consultation, level=None)

    assert consents.level_of(db, participant.id) is ConsentLevel.NONE
    assert consents.levels_of(db, consultation.id) == {
        participant.id: ConsentLevel.NONE
    }


@pytest.mark.parametrize(
    ("level", "role", "name"),
    [
        (ConsentLevel.PICTURE_AND_SOUND, Role.CITIZEN, "Max Muster"),
        (ConsentLevel.SOUND, Role.CITIZEN, "Max Muster"),
        (ConsentLevel.SOUND_WITHOUT_NAME, Role.CITIZEN, "Bürgerin oder Bürger"),
        (ConsentLevel.NONE, Role.CITIZEN, "Bürgerin oder Bürger"),
        (ConsentLevel.SOUND_WITHOUT_NAME, Role.MODERATOR, "Moderation"),
        (ConsentLevel.SOUND_WITHOUT_NAME, Role.HOST, "Gastgeberin oder Gastgeber"),
        (None, Role.CITIZEN, "Bürgerin oder Bürger"),
    ],
)
def test_people_appear_by_name_only_as_far_as_they_agreed(
    db, consultation, level, role, name
):
    participant = make_participant(db, consultation, role=role, level=level)

    assert consents.people_of(db, consultation.id) == (
        Person(
            participant_id=participant.id,
            name=name,
            role=role,
            consent=level or ConsentLevel.NONE,
        ),
    )


def test_under_the_consents_of_then_somebody_unnamed_stays_unnamed(db, consultation):
    """They agreed to more since; what is built under the old consents must fit them."""
    participant = make_participant(db, consultation, level=ConsentLevel.SOUND)

    (person,) = consents.people_of(
        db,
        consultation.id,
        levels={participant.id: ConsentLevel.SOUND_WITHOUT_NAME},
    )

    assert person.name == "Bürgerin oder Bürger"


def test_a_slip_finds_its_person_even_with_blanks_around_it(db, consultation):
    participant = make_participant(db, consultation)
    token = consents.withdrawal_token(participant.id, secret=SECRET)

    found = consents.participant_by_token(db, f" {token}\n", secret=SECRET)

    assert found is participant


def test_every_tampered_foreign_or_invented_slip_gets_the_same_answer(db, consultation):
    mine = make_participant(db, consultation, name="Max Muster")
    other = make_participant(db, consultation, name="Eva Muster")
    token = consents.withdrawal_token(mine.id, secret=SECRET)
    proof = token.rpartition("-")[2]
    wrong = [
        "",
        "-",
        mine.id,
        f"{mine.id}-",
        f"{mine.id}-{proof[:-1]}",
        f"{mine.id}-{proof}0",
        f"{mine.id}-{proof}ä",
        f"{other.id}-{proof}",
        f"-{proof}",
        "ä-ö",
        "\ud800",
        consents.withdrawal_token(mine.id, secret=b"o" * 32),
    ]

    for slip in wrong:
        with pytest.raises(NotFound) as refusal:
            consents.participant_by_token(db, slip, secret=SECRET)
        assert refusal.value.details["kind"] == "Consent"


@settings(max_examples=50)
@given(slip=st.text(st.characters(codec=None)))
def test_no_text_that_people_make_up_opens_anything(db, slip):
    with pytest.raises(NotFound):
        consents.participant_by_token(db, slip, secret=SECRET)


def test_a_rightly_signed_slip_of_somebody_unknown_finds_nobody(db):
    slip = consents.withdrawal_token("nobody", secret=SECRET)

    with pytest.raises(NotFound):
        consents.participant_by_token(db, slip, secret=SECRET)
