"""Findings about contacts: those who come and go, those everybody writes to, those stored wrong."""

from collections.abc import Iterator
from datetime import timedelta

from integration.decide.health.facts import Case, Finding, Kind, share


def by_flapping(case: Case) -> Iterator[Finding]:
    """Find segments that the same contacts enter again and again."""
    limits = case.limits
    for each in case.facts.flapping:
        if each.segment not in case.facts.sizes:
            continue
        contact_id, times = each.worst[0]
        yield Finding(
            Kind.FLAPPING,
            (each.segment,),
            f"{case.name(each.segment)} was entered {limits.flaps} times or more in "
            f"{limits.flap_days} days by {_contacts(each.contacts)}, most often by contact "
            f"{contact_id} ({times} times).",
            "Widen its window or ask for more than one event, so that one event more or less "
            "doesn't decide; give its triggers `again: after ...` or `never`.",
            {"contacts": each.contacts, "most": times},
            tuple(contact for contact, _ in each.worst),
        )


def by_crowd(case: Case) -> Iterator[Finding]:
    """Find contacts that are in very many segments at once."""
    facts, limits = case.facts, case.limits
    number = sum(each.contacts for each in facts.combinations if len(each.segments) >= limits.crowd)
    if not number:
        return
    part = share(number / facts.contacts) if facts.contacts else "0 %"
    most = max(len(each.segments) for each in facts.combinations)
    ids = tuple(contact_id for contact_id, _ in facts.crowded)
    yield Finding(
        Kind.CROWDED,
        (),
        f"{_contacts(number)} ({part}) {'is' if number == 1 else 'are'} in {limits.crowd} segments "
        f"or more, at most in {most}; among them: {', '.join(map(str, ids))}.",
        "Switch off segments that nothing uses, and cap in HubSpot how many marketing e-mails a "
        "contact gets a day.",
        {"contacts": number, "most": most},
        ids,
    )


def by_proof(case: Case) -> Iterator[Finding]:
    """Tell of what the continuous proof found of late."""
    first = case.facts.today - timedelta(days=case.limits.proof_days)
    late = [each for each in case.facts.proofs if each.day > first]
    checked, differed = (
        sum(each.checked for each in late),
        sum(each.differed for each in late),
    )
    if not differed:
        return
    ids = dict.fromkeys(each.contact_id for each in case.facts.differences)
    yield Finding(
        Kind.WRONG,
        (),
        f"In {case.limits.proof_days} days {_contacts(differed)} of {checked:,} that were "
        "evaluated from scratch stood otherwise in the database.",
        "They were put right, and nobody was enrolled by it. What was wrong stands below; "
        "if it goes on, tell whoever runs this Segue (the log says “stored state differed”).",
        {"checked": checked, "differed": differed},
        tuple(ids)[:5],
    )


def _contacts(number: int) -> str:
    return f"{number:,} {'contact' if number == 1 else 'contacts'}"
