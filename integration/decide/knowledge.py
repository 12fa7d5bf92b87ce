"""Which changes were the passing of time's alone, and which came of something learnt: pure."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from integration.decide.kernel import NEVER, Timelines, Verdicts
from integration.decide.kernel.courses import Ints
from integration.decide.why import Basis, Grounds

LONG_AGO = -(2**63)


def by_time_alone(
    verdicts: Verdicts,
    timelines: Timelines,
    grounds: Grounds,
    learnt: Mapping[int, int],
    since: int,
) -> Verdicts:
    """Let `changed_at` say only when time alone changed anything, after `since` (epoch ms).

    It did where all that had happened by then was known before: no event of what the rule looks
    at was learnt then or later. Such a change is exact, however late somebody looks and whatever
    was learnt after it. Of a contact's properties only the last instant at which any of them was
    news is known (`learnt`, epoch ms).
    """
    news = _News(timelines, learnt, since)
    segments = {
        key: replace(
            verdict, changed_at=news.without(verdict.changed_at, grounds.segments.get(key, Basis()))
        )
        for key, verdict in verdicts.segments.items()
    }
    stages = verdicts.stages
    if stages is not None:
        stages = replace(stages, changed_at=news.without(stages.changed_at, grounds.lifecycle))
    return Verdicts(verdicts.contacts, segments, stages)


class _News:
    """What was learnt of some contacts since an instant. Found by kind, when first asked for."""

    def __init__(self, timelines: Timelines, learnt: Mapping[int, int], since: int) -> None:
        self._timelines, self._since, self._learnt = timelines, since, learnt
        self._of_kind: dict[str, tuple[Ints, Ints, Ints]] = {}

    def without(self, changed_at: Ints, basis: Basis) -> Ints:
        """Leave out the changes, (n,), at which not all was known yet that had happened."""
        moved = np.flatnonzero(changed_at != NEVER)
        if not len(moved):
            return changed_at
        alone = changed_at.copy()
        for kind in basis.kinds:
            contact, at, known = self._events(kind)
            change = changed_at[contact]
            alone[contact[(at <= change) & (change <= known)]] = NEVER
        if basis.properties:
            for place in moved.tolist():
                whom = int(self._timelines.contacts[place])
                if self._learnt.get(whom, LONG_AGO) >= changed_at[place]:
                    alone[place] = NEVER
        return alone

    def _events(self, kind: str) -> tuple[Ints, Ints, Ints]:
        if kind not in self._of_kind:
            events = self._timelines.kind(kind)
            known = self._timelines.known[events.row]
            new = np.flatnonzero(known > self._since)
            self._of_kind[kind] = events.contact[new], events.at[new], known[new]
        return self._of_kind[kind]
