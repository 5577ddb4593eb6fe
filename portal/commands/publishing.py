"""``approve``, ``refuse``, ``publish``, ``retract`` and ``consent``: who may see what."""

from __future__ import annotations

from typing import Annotated

import typer

from portal.commands.processing import channel_states
from portal.console import (
    DEFAULT_DATA,
    ActorOption,
    DataOption,
    JsonOption,
    OfficeHourArgument,
    actor_name,
    local_datetime,
    now,
    open_house,
    out,
    show_json,
    show_table,
)
from portal.errand_runner import run_flows
from portal.language import _, word
from portal.usage import Commands
from townhall.errors import InvalidInput, SprechstundeError, phrase
from townhall.house import House
from townhall.media import ConsentLevel
from townhall.officehours import (
    approvals,
    consents,
    consultations,
    programmes,
    publications,
    schedule,
)
from townhall.officehours.approvals import PublishingChannel
from townhall.officehours.publications import PublicationState


class StillPublic(SprechstundeError):
    """It is noted, but could not be taken down yet. `sprechstunde up` tries again; if it must go this moment, remove {folder}."""

    retryable = True


consent_app = Commands(help=_("Who agreed to what, and the way back."))


def approve(
    office_hour_id: OfficeHourArgument,
    as_: Annotated[str, typer.Option("--as", metavar="NAME", help=_("Who approves."))],
    digest: Annotated[
        str, typer.Option(help=_("Digest of what was reviewed, from: review ID."))
    ],
    channel: Annotated[
        list[PublishingChannel], typer.Option(help=_("Where it may be shown."))
    ],
    not_before: Annotated[
        str | None, typer.Option(metavar="TIME", help=_("Not shown before (embargo)."))
    ] = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    house = open_house(data)
    with house.writing() as db:
        approvals.approve(
            db,
            programme=programmes.reviewable_programme(db, office_hour_id),
            digest=digest,
            name=as_,
            channels=channel,
            not_before=local_datetime(
                not_before, timezone=house.settings.site.timezone, field="--not-before"
            )
            if not_before
            else None,
            four_eyes=house.settings.publishing.four_eyes,
            now=now(),
        )
    out.print(_("Approved by {name}.", name=as_))


def refuse(
    office_hour_id: OfficeHourArgument,
    reason: Annotated[str, typer.Option(help=_("Why it must not go out like this."))],
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    house = open_house(data)
    with house.writing() as db:
        approvals.refuse(
            db,
            programme=programmes.reviewable_programme(db, office_hour_id),
            reason=reason,
            name=actor_name(as_),
            now=now(),
        )
    out.print(_("Refused."))


def publish(
    office_hour_id: OfficeHourArgument,
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.writing() as db:
        programme = programmes.reviewable_programme(db, office_hour_id)
        if not approvals.approvals_of(db, programme.id):
            raise InvalidInput(
                field="publish",
                reason=phrase(
                    "version {version} is not approved", version=programme.version
                ),
            )
        for publication in publications.publications_of(db, office_hour_id):
            if publication.state is PublicationState.FAILED:  # somebody has looked
                publications.publish_again(
                    db, publication=publication, actor=actor_name(as_), now=now()
                )
    status = run_flows(house, "publish")
    _show_channels(house, office_hour_id, as_json=as_json)
    raise typer.Exit(status)


def retract(
    office_hour_id: OfficeHourArgument,
    reason: Annotated[str, typer.Option(help=_("A sentence for the tombstone page."))],
    as_: ActorOption = None,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.writing() as db:
        publications.retract(
            db,
            office_hour=schedule.find_office_hour(db, office_hour_id),
            reason=reason,
            actor=actor_name(as_),
            now=now(),
        )
    _take_down(house)
    _show_channels(house, office_hour_id, as_json=as_json)


def _take_down(house: House) -> None:
    """Carry out what must go, now.

    Raises:
        StillPublic: it could not be taken down; it is noted, and tried again.
    """
    if run_flows(house, "retract"):
        raise StillPublic(folder=str(house.site_folder / "current"))


def _show_channels(house: House, office_hour_id: str, *, as_json: bool) -> None:
    with house.reading() as db:
        found = publications.publications_of(db, office_hour_id)
    states = channel_states(found)
    if as_json:
        show_json(
            {
                "office_hour": office_hour_id,
                "channels": states,
                "addresses": {str(p.channel): p.address for p in found if p.address},
            }
        )
    else:
        show_table(
            [_("Channel"), _("State")],
            [[channel, word(state)] for channel, state in states.items()],
        )


@consent_app.command("list", help=_("Everybody's consent and withdrawal token."))
def list_(
    office_hour_id: OfficeHourArgument,
    data: DataOption = DEFAULT_DATA,
    as_json: JsonOption = False,
) -> None:
    house = open_house(data)
    with house.reading() as db:
        schedule.find_office_hour(db, office_hour_id)
        people = [
            {
                "participant": participant.name,
                "role": str(participant.role),
                "consent": str(consents.level_of(db, participant.id)),
                "token": consents.withdrawal_token(participant.id, secret=house.secret),
            }
            for consultation in consultations.consultations_of(db, office_hour_id)
            for participant in consultations.participants_of(db, consultation.id)
        ]
    if as_json:
        show_json(people)
    else:
        show_table(
            [_("Participant"), _("Role"), _("Consent"), _("Token")],
            [
                [p["participant"], word(p["role"]), word(p["consent"]), p["token"]]
                for p in people
            ],
        )


@consent_app.command(help=_("Take consent back; what is public goes within seconds."))
def withdraw(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help=_("From the slip."))],
    to: Annotated[
        ConsentLevel, typer.Option(help=_("How much consent is left."))
    ] = ConsentLevel.NONE,
    data: DataOption = DEFAULT_DATA,
) -> None:
    house = open_house(data)
    with house.writing() as db:
        participant = consents.participant_by_token(db, token, secret=house.secret)
        consents.withdraw_consent(db, participant=participant, to=to, now=now())
    _take_down(house)
    out.print(_("Withdrawn. What was public has been taken down."))
