"""HubSpot, as one portal sees it: one object a portal and use, giving the families of calls."""

from functools import cached_property

from integration.hubspot.account import details
from integration.hubspot.associations import Associations
from integration.hubspot.consent import Consent
from integration.hubspot.contacts import Contacts
from integration.hubspot.door import Door
from integration.hubspot.emails import Emails
from integration.hubspot.forms import Forms
from integration.hubspot.lists import Lists
from integration.hubspot.objects import Objects
from integration.hubspot.occurrences import Occurrences
from integration.hubspot.pipelines import stages
from integration.hubspot.properties import Properties
from integration.hubspot.search import Search
from integration.hubspot.transport import Transport
from integration.hubspot.uninstall import uninstall
from integration.hubspot.webinars import Webinars
from integration.hubspot.workflows import Workflows
from mappings.model import Account, Lane, ObjectType
from mappings.pipelines import Stage


class HubSpot:
    """All that Segue asks of one portal, in one lane. Cheap to make; holds no token."""

    def __init__(self, transport: Transport, portal_id: int, lane: Lane = Lane.LIVE) -> None:
        self.portal_id = portal_id
        self._door = Door(transport, portal_id, lane)

    def account(self) -> Account:
        """Read the portal's account details."""
        return details(self._door)

    def uninstall(self) -> None:
        """Remove the app from the portal."""
        uninstall(self._door)

    @cached_property
    def contacts(self) -> Contacts:
        """Contacts."""
        return Contacts(self._door)

    @cached_property
    def objects(self) -> Objects:
        """Records of every type but contacts."""
        return Objects(self._door, self.associations)

    @cached_property
    def associations(self) -> Associations:
        """The links between records."""
        return Associations(self._door)

    @cached_property
    def properties(self) -> Properties:
        """Definitions of contact properties."""
        return Properties(self._door)

    @cached_property
    def lists(self) -> Lists:
        """Lists of contacts."""
        return Lists(self._door)

    @cached_property
    def emails(self) -> Emails:
        """Marketing e-mail events."""
        return Emails(self._door)

    @cached_property
    def forms(self) -> Forms:
        """Forms and submissions."""
        return Forms(self._door)

    @cached_property
    def webinars(self) -> Webinars:
        """Marketing events and who took part."""
        return Webinars(self._door)

    def stages(self, kind: ObjectType) -> dict[str, Stage]:
        """Read the stages of an object type's pipelines, by id."""
        return stages(self._door, kind)

    @cached_property
    def occurrences(self) -> Occurrences:
        """Event occurrences."""
        return Occurrences(self._door)

    @cached_property
    def consent(self) -> Consent:
        """Communication preferences."""
        return Consent(self._door)

    @cached_property
    def search(self) -> Search:
        """Who changed within a stretch of time."""
        return Search(self._door)

    @cached_property
    def workflows(self) -> Workflows:
        """Workflows and enrollment."""
        return Workflows(self._door)
