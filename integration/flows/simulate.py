"""Simulate rules over a portal's recorded history: everybody's timelines in chunks. Writes nothing.

Contact properties have no history: today's values count on every day.
"""

from integration.decide import simulation
from integration.decide.kernel import ContactId
from integration.decide.simulation import Days, Simulation
from integration.flows.crowd import everyone
from integration.flows.preview import Person, Progress, people, watched
from integration.flows.tools import Tools
from integration.store import contacts
from mappings.rules import RuleBook


def simulate(
    tools: Tools, portal_id: int, book: RuleBook, days: Days, told: Progress
) -> Simulation:
    """Replay the days of a portal's live contacts by a book; `told` hears of the progress."""
    with tools.store.read() as connection:
        total = contacts.live_count(connection, portal_id)
        crowd = watched(everyone(connection, portal_id, book), total, told)
        return simulation.together(simulation.simulate(book, each, days) for each in crowd)


def who(tools: Tools, portal_id: int, ids: list[int]) -> dict[ContactId, Person]:
    """Read who these contacts are."""
    with tools.store.read() as connection:
        return people(connection, portal_id, ids)
