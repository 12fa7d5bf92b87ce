"""A random case, made from its seed alone."""

import json
from dataclasses import dataclass
from functools import cached_property
from random import Random

from mappings.catalogue import load_catalogue
from mappings.rules import RuleBook, parse
from tests.decide.kernel.plain_reading import PlainContact
from tests.proof.palette import Palette, some_palette
from tests.proof.people import some_people
from tests.proof.writer import Rule, some_document

CATALOGUE = load_catalogue()


@dataclass(frozen=True)
class Case:
    """A rule file, and some people whom it is evaluated for at `palette.now`."""

    seed: int
    palette: Palette
    document: Rule
    people: list[PlainContact]

    @cached_property
    def book(self) -> RuleBook:
        """The rule file as the parser reads it."""
        return parse(json.dumps(self.document, ensure_ascii=False), "random.yml", CATALOGUE)


def some_case(seed: int, people: int) -> Case:
    """Make the case of a seed."""
    chance = Random(seed)
    palette = some_palette(chance)
    document = some_document(chance, palette)
    return Case(seed, palette, document, some_people(chance, palette, people))
