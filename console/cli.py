"""The command line: `segue ...`. A command's module is read only when the command is asked for."""

from importlib import import_module
from typing import Final

import click

from integration.settings import BadSettings

BAD_SETTINGS: Final = 2

COMMANDS: Final = {
    "serve": "console.commands.serve:serve",
    "web": "console.commands.web:web",
    "worker": "console.commands.worker:worker",
    "db": "console.commands.db:db",
    "keys": "console.commands.keys:group",
    "retry": "console.commands.retry:retry",
    "health": "console.commands.health:health",
    "sync": "console.commands.sync:show",
    "reconcile": "console.commands.reconcile:reconcile",
    "check": "console.commands.check:check",
    "evaluate": "console.commands.evaluate:evaluate",
    "rules": "console.commands.rules:rules",
    "sources": "console.commands.sources:sources",
    "preview": "console.commands.preview:preview",
    "simulate": "console.commands.simulate:simulate",
    "explain": "console.commands.explain:why",
    "timeline": "console.commands.timeline:timeline",
    "privacy": "console.commands.privacy:privacy",
    "sandbox": "sandbox.command:sandbox",
    "demo": "console.commands.demo:demo",
}


class Commands(click.Group):
    """Finds commands by name in COMMANDS, and says in one message what is wrong with settings."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """List the commands, the ones used most first."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Read the command of a name."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; bad settings end it with their message."""
        try:
            return super().invoke(ctx)
        except BadSettings as error:
            click.echo(str(error), err=True)
            raise click.exceptions.Exit(BAD_SETTINGS) from error


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="segue")
def main() -> None:
    """Behavioural segments beside HubSpot: exact, explained, written back once.

    What contacts do moves them into and out of segments; Segue keeps those as lists in HubSpot.

    \b
    To try it:       segue sandbox   in one terminal: a stand-in HubSpot
                     segue serve     in another: everything in one process
    In production:   segue db upgrade, then segue web and segue worker

    Settings come from the environment; .env.example names each of them.
    """
