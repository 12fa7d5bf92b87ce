"""The part of a book that some rules need."""

import pytest

from mappings.rules import kinds_used, portion
from tests.decide.kernel.asking import book

BOOK = book("""
segments:
  buyers: {when: {event: purchase}}
  fans: {when: {all: [{segment: buyers}, {event: video_watched}]}}
  loyal: {when: {stage: customer}}
  readers: {when: {event: article_read}}
lifecycle:
  stages:
    customer: {when: {segment: buyers}}
    lead: {when: {segment: readers}}
triggers:
  thanks: {on: {enters: fans}, enroll: {workflow: Thanks}, goal: {event: comment_posted}}
  hello: {on: {stage: lead}, enroll: {workflow: Hello}}
  sorry: {on: {event: {event: refund}}, enroll: {workflow: Sorry}}
""")


@pytest.mark.parametrize(
    ("segments", "triggers", "stages", "kept"),
    [
        (["readers"], [], False, ({"readers"}, False)),
        (["fans"], [], False, ({"fans", "buyers"}, False)),
        (["loyal"], [], False, ({"loyal", "buyers", "readers"}, True)),
        ([], ["thanks"], False, ({"fans", "buyers"}, False)),
        ([], ["hello"], False, ({"buyers", "readers"}, True)),
        ([], ["sorry"], False, (set(), False)),
        ([], [], True, ({"buyers", "readers"}, True)),
    ],
)
def test_a_portion_holds_what_is_asked_for_and_all_that_it_refers_to(
    segments: list[str], triggers: list[str], stages: bool, kept: tuple[set[str], bool]
) -> None:
    part = portion(BOOK, segments, triggers, stages)
    assert (set(part.segments), part.lifecycle is not None) == kept
    assert list(part.triggers) == triggers


def test_a_portion_looks_at_the_kinds_of_its_own_rules_alone() -> None:
    kinds = kinds_used(portion(BOOK, ["fans"], ["thanks"]))
    assert set(kinds or ()) == {
        "purchase",
        "video_watched",
        "comment_posted",
    }


def test_what_isnt_in_the_book_has_no_portion() -> None:
    with pytest.raises(KeyError):
        portion(BOOK, ["nobody"])
