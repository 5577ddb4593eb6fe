"""The command line: ``sprechstunde …``. Thin; each command lives in ``portal.commands``."""

from __future__ import annotations

from typer.exceptions import Abort, TyperException

from portal.commands import (
    demonstration,
    editing,
    housekeeping,
    office_hours,
    processing,
    publishing,
    questions,
    recordings,
    reviewing,
    transcripts,
)
from portal.console import err
from portal.language import _, refusal
from portal.usage import Commands, explain_misuse
from townhall.errors import SprechstundeError

app = Commands(name="sprechstunde", help=_("Digital office hours of a municipality."))

app.command(help=_("Set up a data directory, or bring its tables up to date."))(
    housekeeping.init
)
app.command(help=_("Run the house: machine, flows and website, until Ctrl-C."))(
    housekeeping.up
)
app.command(help=_("Look at the machine and the house, and say what to do."))(
    housekeeping.doctor
)
app.command(help=_("All settings, their values and what they do."))(
    housekeeping.settings
)
app.add_typer(office_hours.app, name="office-hour")
app.add_typer(questions.app, name="questions")
app.add_typer(recordings.app, name="recording")
app.command(help=_("Have the machine build the programme of an office hour."))(
    processing.process
)
app.command(help=_("See the newest version as the public would; prints its digest."))(
    reviewing.review
)
app.command(
    help=_("Take out, bleep or blank a passage (times of the newest version).")
)(editing.cut)
app.command(help=_("Say where the answer to a question begins."))(editing.chapter)
app.add_typer(transcripts.app, name="transcript")
app.command(help=_("Say yes to exactly what was reviewed."))(publishing.approve)
app.command(help=_("Say no to the newest version."))(publishing.refuse)
app.command(help=_("Show what is approved now, and say where it stands."))(
    publishing.publish
)
app.command(help=_("Take a publication down on every channel."))(publishing.retract)
app.add_typer(publishing.consent_app, name="consent")
app.command(help=_("Where everything stands."))(processing.status)
app.add_typer(housekeeping.audit_app, name="audit")
app.command("serve-site", help=_("Serve the public website for a look."))(
    housekeeping.serve_site
)
app.command(help=_("Hold the demo office hour, from recorded tracks to the page."))(
    demonstration.demo
)
app.add_typer(housekeeping.model_app, name="model")


def main() -> int:
    """Run the command; return the exit status: 0 done, 1 refused, 2 misused."""
    try:
        status = app(prog_name="sprechstunde", standalone_mode=False)
    except SprechstundeError as error:
        err.print(refusal(error), style="bold red")
        return 1
    except TyperException as misuse:
        explain_misuse(misuse)
        return misuse.exit_code
    except (KeyboardInterrupt, Abort):
        return 130
    return status if isinstance(status, int) else 0
