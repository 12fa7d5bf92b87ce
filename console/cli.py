"""The command line: `segue ...`."""

import click


@click.group()
def main() -> None:
    """Behavioural segments beside HubSpot."""
