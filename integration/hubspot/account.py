"""The portal's own settings."""

from integration.hubspot import versions
from integration.hubspot.door import Door
from integration.hubspot.reading import understood
from mappings.hubspot import account
from mappings.model import Account


def details(door: Door) -> Account:
    """Read the portal's account details: its time zone, currency and the domain of its pages."""
    return understood(account, door.call("GET", versions.path("account", "/details")).body)
