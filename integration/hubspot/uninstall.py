"""Taking the app out of a portal."""

from integration.hubspot import versions
from integration.hubspot.door import Door


def uninstall(door: Door) -> None:
    """Remove the app from the portal; HubSpot tells the portal's admins by e-mail."""
    door.call("DELETE", versions.path("installs", "/external-install"))
