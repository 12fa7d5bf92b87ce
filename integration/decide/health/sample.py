"""How many contacts a test with a control group takes."""

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Experiment:
    """What a test is to tell apart: rates of reaching a goal, from 0 to 1.

    `rate` is the control group's, `uplift` by how much of it the others' is higher: 0.05 and
    0.5 tell 5 % from 7.5 %. `significance` is the chance of seeing what isn't there (of either
    sign), `power` that of seeing what is.
    """

    rate: float = 0.05
    uplift: float = 0.5
    significance: float = 0.05
    power: float = 0.8

    @property
    def raised(self) -> float:
        """The rate of those who aren't held out."""
        return self.rate * (1 + self.uplift)


def contacts_needed(experiment: Experiment, control: float) -> int:
    """Give how many contacts a test takes, both groups together; `control` is a part of 1.

    Two independent proportions in groups of unequal size, normal approximation without
    correction for continuity: Fleiss, Levin and Paik, Statistical Methods for Rates and
    Proportions, 3rd edition (2003), chapter 4, "unequal sample sizes". With equal groups it is
    the formula of R's power.prop.test.
    """
    normal = NormalDist()
    chance = normal.inv_cdf(1 - experiment.significance / 2)
    power = normal.inv_cdf(experiment.power)
    held, treated = experiment.rate, experiment.raised
    ratio = (1 - control) / control
    mean = (held + ratio * treated) / (ratio + 1)
    spread = chance * sqrt((ratio + 1) * mean * (1 - mean))
    spread += power * sqrt(ratio * held * (1 - held) + treated * (1 - treated))
    of_control = spread**2 / (ratio * (treated - held) ** 2)
    return ceil(of_control) + ceil(ratio * of_control)
