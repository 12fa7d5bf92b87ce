"""Holds proposals against the kernel: does it flip the answer, does less not, and until when?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from integration.decide.explaining.evidence import instant
from integration.decide.explaining.ground import Ground, Trial
from integration.decide.explaining.reach import window_of
from integration.decide.explaining.story import Act, Deed, Doing
from integration.decide.explaining.variants import variants
from mappings.rules import Condition, EventCondition, PropertyCondition
from mappings.rules.values import DAY, read_moment

_MOST_EDGES: Final = 2_000
_MOST_ROWS: Final = 300_000  # beyond that an earlier deadline is given, which is true as well
_MOST_STEPS: Final = 60


def confirmed(
    ground: Ground, condition: Condition, target: bool, proposed: Iterable[Doing], most: int
) -> list[Doing]:
    """Give the first few proposals, least effort first, that make the answer the target.

    Each is cut down to what it takes, and given from when until when it works.
    """
    waiting = sorted(proposed, key=lambda doing: doing.effort)
    found: dict[object, Doing] = {}
    for start in _starts(ground, condition, waiting):
        trials = [_trial(doing, start) for doing in waiting]
        failed = []
        for doing, answer in zip(waiting, ground.answers(condition, trials), strict=True):
            if answer is not target:
                failed.append(doing)
            elif _is_better(doing, found, most):
                least = _least(ground, condition, target, doing, start)
                if least is not None and _fits_all(ground, condition, target, least, start):
                    found[_shape(least)] = _dated(ground, condition, target, least, start)
        waiting = failed
    return sorted(found.values(), key=lambda doing: doing.effort)[:most]


def _is_better(doing: Doing, found: Mapping[object, Doing], most: int) -> bool:
    """Is it another way than those found, of which there are enough, or less of the same?"""
    known = found.get(_shape(doing))
    return len(found) < most if known is None else doing.effort < known.effort


def _shape(doing: Doing) -> object:
    """Say what a proposal asks for, whatever the number."""
    acts = tuple(replace(act, number=0, examples=()) for act in doing.acts)
    return acts, tuple((edit.condition, edit.holds) for edit in doing.edits)


def _fits_all(ground: Ground, condition: Condition, target: bool, doing: Doing, start: int) -> bool:
    """Does it work with every other event, too, that its words would fit?"""
    others = [_trial(each, start) for each in variants(ground, condition, doing)]
    return all(answer is target for answer in ground.answers(condition, others))


def _starts(ground: Ground, condition: Condition, proposed: Sequence[Doing]) -> list[int]:
    """Give the instants from which on it may work: now, the next day, as a window opens."""
    starts = {ground.now + 1}
    if any(act.daily for doing in proposed for act in doing.acts):
        starts.add((ground.now // DAY + 1) * DAY)
    for leaf in ground.reach(condition).leaves:
        opens = window_of(leaf).start
        if opens is not None and opens > ground.now:
            starts.add(opens)
    return sorted(starts)


def _trial(doing: Doing, start: int) -> Trial:
    """Let it be done from an instant on, and be asked when it shall have worked."""
    deeds: list[tuple[int, Deed]] = []
    for act in doing.acts:
        pace = DAY if act.daily else 0
        deeds += [
            (start + act.step + pace * place, deed) for place, deed in enumerate(act.examples)
        ]
    end = max((at for at, _ in deeds), default=start)
    values = {edit.condition.name: edit.example for edit in doing.edits}
    return Trial(end + doing.wait, tuple(deeds), values)


def lesser(doing: Doing) -> Iterator[Doing]:
    """Give it with one event or one value less, in each way."""
    for place, act in enumerate(doing.acts):
        fewer = [replace(act, number=act.number - 1, examples=act.examples[:-1])]
        acts = (*doing.acts[:place], *(fewer if act.number > 1 else ()), *doing.acts[place + 1 :])
        yield replace(doing, acts=acts)
    for place in range(len(doing.edits)):
        yield replace(doing, edits=(*doing.edits[:place], *doing.edits[place + 1 :]))


def _checks(doing: Doing, start: int) -> list[Trial]:
    """Give the trial of it, and those of less, asked at the same instant."""
    whole = _trial(doing, start)
    less = [replace(_trial(each, start), asked_at=whole.asked_at) for each in lesser(doing)]
    return [whole, *less]


def _least(
    ground: Ground, condition: Condition, target: bool, doing: Doing, start: int
) -> Doing | None:
    """Take away what isn't needed; None where all of it isn't, or it takes too many steps."""
    for _ in range(_MOST_STEPS):
        smaller = list(lesser(doing))
        answers = list(ground.answers(condition, _checks(doing, start)))[1:]
        enough = [each for each, answer in zip(smaller, answers, strict=True) if answer is target]
        if not enough:
            return doing
        doing = enough[0]
        if not doing.effort:
            return None  # it comes by itself
        if next(ground.answers(condition, [_trial(doing, start)])) is not target:
            return None
    return None


def _dated(ground: Ground, condition: Condition, target: bool, doing: Doing, start: int) -> Doing:
    """Find the first instant at which it wouldn't work any more, or less would do."""
    begins = instant(start) if start > ground.now + 1 else None
    if not doing.acts:  # a value that is set stays
        return replace(doing, start=begins)
    most = min(_MOST_EDGES, _MOST_ROWS // (len(ground.rows_for(condition)) + 1) + 1)
    edges = _edges(ground, condition, doing, start)[:most]
    size = len(_checks(doing, start))
    trials = [trial for edge in edges for trial in _checks(doing, edge)]
    answers = ground.answers(condition, trials)
    expected = [target, *[not target] * (size - 1)]
    for edge in edges:
        if list(islice(answers, size)) != expected:
            return replace(doing, start=begins, before=instant(edge))
    cut = instant(edges[-1]) if len(edges) == most else None
    return replace(doing, start=begins, before=cut)


def _edges(ground: Ground, condition: Condition, doing: Doing, start: int) -> list[int]:
    """Give every instant at which doing it may begin to mean something else, in order.

    Conditions compare the instants of events, of dates and of windows with that at which it is
    done, and that at which it is asked, a duration apart; and days begin at midnight.
    """
    found = ground.reach(condition)
    bases = {row.at for row in ground.rows_for(condition)}
    lengths = {0}
    for leaf in found.leaves:
        bases |= {at for at in (window_of(leaf).start, window_of(leaf).end) if at is not None}
        lengths |= _lengths(leaf)
    values = [ground.values.get(name) for name in found.properties]
    dates = [read_moment(text or "") for text in (*values, *(e.example for e in doing.edits))]
    bases |= {date for date in dates if date is not None}
    midnights = {(at // DAY + days) * DAY for at in (start, *bases) for days in (1, 2)}
    apart = {sign * length for length in lengths for sign in (1, -1)}
    offsets = _offsets(doing)
    instants = {
        at + length - offset + late
        for at in bases
        for length in apart
        for offset in offsets
        for late in (0, 1)
    }
    instants |= {at - offset for at in midnights for offset in offsets}
    return sorted(at for at in instants if at > start)


def _offsets(doing: Doing) -> set[int]:
    trial = _trial(doing, 0)
    return {0, trial.asked_at, *(at for at, _ in trial.deeds)}


def _lengths(leaf: Condition) -> set[int]:
    window = window_of(leaf)
    lengths = [window.within, window.before]
    if isinstance(leaf, PropertyCondition):
        lengths += [leaf.within, leaf.before, leaf.in_next]
    if isinstance(leaf, EventCondition):
        lengths += [each.inside for each in (leaf.then, leaf.without) if each is not None]
    return {length for length in lengths if length is not None}


def united(doings: Sequence[Doing]) -> Doing:
    """Join what several parts of a rule ask for; what they ask alike is asked once."""
    acts: dict[object, Act] = {}
    for act in (act for doing in doings for act in doing.acts):
        same = replace(act, number=0, examples=())
        if same not in acts or acts[same].number < act.number:
            acts[same] = act
    edits = tuple(dict.fromkeys(edit for doing in doings for edit in doing.edits))
    return Doing(tuple(acts.values()), edits, max(doing.wait for doing in doings))
