"""From where on something is worth saying."""

from dataclasses import dataclass, field

from integration.decide.health.sample import Experiment


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of all findings. Shares and rates are from 0 to 1, spans are in days."""

    # Below this many members a campaign isn't worth its making.
    act_on: int = 25
    # What a test with a control group is to find out, which says how many contacts it takes.
    experiment: Experiment = field(default_factory=Experiment)
    # The control group that is reckoned with where a segment's triggers hold nobody out.
    control: float = 0.10
    # How long a test may gather contacts: by then the season and the offer have changed.
    learn_days: int = 90
    # Nobody in or out for so long: the rule doesn't follow behaviour.
    static_days: int = 30
    # Pairs of smaller segments overlap by chance.
    overlap_members: int = 25
    # Common members to members of either (Jaccard), from where on two segments are one.
    same: float = 0.90
    # The part of one segment that is in another, from where on it is inside of it.
    inside: float = 0.95
    # So many times more often than in all contacts: nearly everybody is in a segment of nearly
    # everybody, which says nothing.
    lift: float = 1.2
    # Entering a segment so often within so many days is flapping: it is entered by a hair.
    flaps: int = 4
    flap_days: int = 30
    # In so many segments at once a contact gets everybody's mail.
    crowd: int = 12
    # Growing or shrinking within so many days by such a factor and so many members.
    change_days: int = 7
    change_factor: float = 1.5
    change_members: int = 50
    # How far back a difference that the proof found is still told of.
    proof_days: int = 7
