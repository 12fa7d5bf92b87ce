"""`segue demo`: the main job against the stand-in HubSpot."""

from pathlib import Path
from threading import Event

import click

from console.demo import report
from console.demo.browser import InstallFailed
from console.demo.play import PlayFailed, perform
from console.demo.stage import Stage, StageFailed, set_up
from console.stopping import stop_on_signals
from mappings.catalogue import load_catalogue
from mappings.rules import shipped

FOLDER = Path("var/demo")


@click.command()
@click.option("--once", is_flag=True, help="Report and end; exit 1 if anything checked is wrong.")
@click.option("--port", default=0, help="Where Segue listens; without it, any free port.")
@click.option(
    "--size",
    type=click.Choice(["full", "small"]),
    default="full",
    show_default=True,
    help="The whole CDNOW sample (2,357 customers), or its first sixty.",
)
def demo(once: bool, port: int, size: str) -> None:
    """Run the whole job: install, first sync, behaviour, time, lists, enrollments.

    Starts a stand-in HubSpot whose portal has the real purchases of the CDNOW sample, runs Segue
    beside it, and reads back what stands in HubSpot. Its files are in ./var/demo.
    """
    book = shipped(load_catalogue())
    try:
        with set_up(FOLDER, port, size) as stage:
            found = report.read_back(stage, perform(stage, book))
            click.echo("\n" + report.lay_out(found, book) + "\n")
            good = _say(report.checks(found))
            if not once:
                _stay(stage, stop_on_signals())
    except (StageFailed, PlayFailed, InstallFailed) as error:
        click.echo(str(error), err=True)
        raise click.exceptions.Exit(1) from error
    if not good:
        raise click.exceptions.Exit(1)


def _say(results: list[report.Check]) -> bool:
    for check in results:
        mark = "ok   " if check.holds else "WRONG"
        click.echo(f"{mark} {check.words}{': ' + check.detail if check.detail else ''}")
    return all(check.holds for check in results)


def _stay(stage: Stage, stop: Event) -> None:
    click.echo(
        f"\nSegue is at {stage.service_url} and the stand-in HubSpot at {stage.stand_in.url}.\n"
        f"Open {stage.service_url}/install and press Install to see the overview. Ctrl-C ends it."
    )
    while stage.service.poll() is None and not stop.wait(1):
        pass
    click.echo("Stopping ...")
