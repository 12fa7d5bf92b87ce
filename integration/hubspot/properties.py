"""Definitions of contact properties: making ours exist, reading and extending others."""

from collections.abc import Sequence
from typing import Any, Final

from hubspot.crm.properties import (
    BatchInputPropertyCreate,
    BatchReadInputPropertyName,
    PropertyCreate,
    PropertyGroupCreate,
    PropertyName,
    PropertyUpdate,
)

from integration.errors import Conflict, NotFound
from integration.hubspot.door import Door
from integration.hubspot.reading import chunks, only_not_found, results_of, understood
from mappings.hubspot import option_bodies, property_body, property_definition
from mappings.model import ObjectType
from mappings.words import TYPE_IDS
from mappings.writing import Choice, PropertyDefinition, PropertyOutcome

CONTACTS: Final = TYPE_IDS[ObjectType.CONTACT]
BATCH = 100


class Properties:
    """The contact properties of one portal."""

    def __init__(self, door: Door) -> None:
        self._api = door.official.crm.properties

    def ensure_group(self, name: str, label: str) -> bool:
        """Make the property group exist; true where it had to be made."""
        try:
            self._api.groups_api.get_by_name(CONTACTS, name, _preload_content=False)
        except NotFound:
            ask = PropertyGroupCreate(name=name, label=label)
            try:
                self._api.groups_api.create(CONTACTS, ask, _preload_content=False)
            except Conflict:  # another worker made it meanwhile
                return False
            return True
        return False

    def ensure(self, definitions: Sequence[PropertyDefinition]) -> dict[str, PropertyOutcome]:
        """Make properties exist and say what became of each, by name.

        One that an admin archived stays archived (creating it again would restore it), and one
        that differs in type or lacks an option stays as it is.
        """
        names = [one.name for one in definitions]
        present = self._read(names, archived=False)
        absent = [one for one in definitions if one.name not in present]
        archived = self._read([one.name for one in absent], archived=True)
        outcomes = {
            one.name: _compared(one, present[one.name])
            for one in definitions
            if one.name in present
        }
        outcomes |= dict.fromkeys(archived, PropertyOutcome.ARCHIVED_BY_ADMIN)
        return outcomes | self._create([one for one in absent if one.name not in archived])

    def _read(self, names: Sequence[str], *, archived: bool) -> dict[str, PropertyDefinition]:
        found: dict[str, PropertyDefinition] = {}
        for some in chunks(names, BATCH):
            ask = BatchReadInputPropertyName(
                archived=archived, inputs=[PropertyName(name=one) for one in some]
            )
            body = self._api.batch_api.read(CONTACTS, ask, _preload_content=False).body
            only_not_found(body)
            read = [understood(property_definition, one) for one in results_of(body)]
            found |= {one.name: one for one in read}
        return found

    def _create(self, wanted: Sequence[PropertyDefinition]) -> dict[str, PropertyOutcome]:
        """Create in batches; what a batch left out is tried alone, so that its fault shows."""
        made: dict[str, PropertyOutcome] = {}
        for some in chunks(wanted, BATCH):
            ask = BatchInputPropertyCreate(inputs=[property_body(one) for one in some])
            try:
                body = self._api.batch_api.create(CONTACTS, ask, _preload_content=False).body
            except Conflict:
                continue
            created = [understood(property_definition, one).name for one in results_of(body)]
            made |= dict.fromkeys(created, PropertyOutcome.CREATED)
        return made | {one.name: self._alone(one) for one in wanted if one.name not in made}

    def _alone(self, wanted: PropertyDefinition) -> PropertyOutcome:
        try:
            ask = PropertyCreate(**_arguments(wanted))
            self._api.core_api.create(CONTACTS, ask, _preload_content=False)
        except Conflict:
            there = self.definition(wanted.name)
            return PropertyOutcome.DIFFERS if there is None else _compared(wanted, there)
        return PropertyOutcome.CREATED

    def definition(self, name: str) -> PropertyDefinition | None:
        """Read a property's definition; None where it doesn't exist or is archived."""
        try:
            reply = self._api.core_api.get_by_name(CONTACTS, name, _preload_content=False)
        except NotFound:
            return None
        return understood(property_definition, reply.body)

    def set_options(self, name: str, options: Sequence[Choice]) -> None:
        """Replace all options of an enumeration: pass the ones to keep as well."""
        ask = PropertyUpdate(options=option_bodies(options))
        self._api.core_api.update(CONTACTS, name, ask, _preload_content=False)


def _arguments(wanted: PropertyDefinition) -> dict[str, Any]:
    return {
        "name": wanted.name,
        "label": wanted.label,
        "type": wanted.type,
        "field_type": wanted.field_type,
        "group_name": wanted.group,
        "description": wanted.description,
        "options": option_bodies(wanted.options),
    }


def _compared(wanted: PropertyDefinition, there: PropertyDefinition) -> PropertyOutcome:
    """Is what is there good for what is wanted? More options than wanted do no harm."""
    same = (wanted.type, wanted.field_type) == (there.type, there.field_type)
    lacks = {one.value for one in wanted.options} - {one.value for one in there.options}
    return PropertyOutcome.PRESENT if same and not lacks else PropertyOutcome.DIFFERS
