"""`segue keys`: a key for TOKEN_KEYS."""

import click
from cryptography.fernet import Fernet


@click.command("keys")
def keys() -> None:
    """Print a fresh key for TOKEN_KEYS.

    TOKEN_KEYS is a comma-separated list: the first key encrypts HubSpot's tokens, all of them
    decrypt. To change keys, put a fresh one in front and keep the old one behind it until every
    token was renewed (an hour), then take the old one away.
    """
    click.echo(Fernet.generate_key().decode())
