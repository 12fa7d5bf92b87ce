"""The random cases use every word of the language and lie on every edge of it."""

from collections import Counter
from itertools import product

from tests.proof.cases import some_case
from tests.proof.expected import Reading
from tests.proof.palette import CUSTOM, TYPES
from tests.proof.sights import BOUNDS, MEASURES, NEAR, edges_of, words_of
from tests.proof.writer import DATED, EQUALITY, ORDER, TEXTUAL, WINDOW

EVERYWHERE = ("bare", *EQUALITY, "known")
WORDS = {
    *("all", "any", "not", "segment", "stage", "lifecycle", "no lifecycle", "nested 20 deep"),
    *WINDOW,
    *("within and before", "then and without", "list of kinds", "one kind twice", "no measure"),
    *(f"kind {kind}" for kind in (*TYPES, *CUSTOM)),
    *(f"{word}{how}" for word in ("then", "without") for how in ("", " inside", " same 1")),
    *("then same 2", "without same 2"),
    *(f"{measure} {bound}" for measure, bound in product(MEASURES, BOUNDS)),
    *(f"{measure} of {number} bounds" for measure, number in product(MEASURES, (1, 2))),
    *("ratio", "ratio minimum", *(f"ratio {word}" for word in (*WINDOW, *BOUNDS))),
    *(f"property {word}" for word in (*EQUALITY, "contains", "known", *ORDER, *DATED)),
    *("property before and within", "property before and in_next", "property in_next and within"),
    *(f"where {word} on {make}" for word in (*EVERYWHERE, *TEXTUAL) for make in ("text", "url")),
    *(
        f"where {word} on {make}"
        for word in (*EVERYWHERE, *ORDER)
        for make in ("number", "money", "seconds")
    ),
    *(f"where {word} on json" for word in (*EVERYWHERE, *TEXTUAL, *ORDER)),
    "where is on none",  # of a list of kinds, some lack the property
}
BESIDE = (
    *WINDOW,
    *(
        f"{word}: {what}"
        for word in ("then", "without")
        for what in ("b against a", "b against the wait", "wait against now")
    ),
    *("event against now", "date against now"),
)
EDGES = {
    *(f"{what} {distance:+d} ms" for what, distance in product(BESIDE, NEAR)),
    *("nobody's event", "an id twice", "future event", "event before 1970"),
    *("event at a day's end", "event at a day's beginning"),
}


def test_the_cases_use_every_word_of_the_language_in_every_place() -> None:
    seen = {word for seed in range(400) for word in words_of(some_case(seed, 0))}

    assert WORDS - seen == set()


def test_the_cases_lie_on_every_edge_many_times() -> None:
    seen = Counter(edge for seed in range(40) for edge in edges_of(some_case(seed, 30)))

    assert {edge: seen[edge] for edge in EDGES if seen[edge] < 30} == {}


def test_the_answers_to_the_cases_are_of_every_sort() -> None:
    """Rules that nobody meets, or that never change, would prove little."""
    sorts: Counter[tuple[bool, bool]] = Counter()
    for seed in range(30):
        case = some_case(seed, 20)
        expected = Reading(case.document, case.people).at(case.palette.now)
        for answers in expected.segments.values():
            sorts.update((member, change is not None) for member, change in answers)

    whole = sum(sorts.values())
    assert len(sorts) == 4, sorts
    assert min(sorts.values()) > whole / 20, sorts
