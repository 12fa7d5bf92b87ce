"""What docs/segment-language.md shows can be read, and its examples hold."""

import re
from pathlib import Path
from textwrap import indent

from integration.decide.examples import examples_of, failing_examples
from mappings.catalogue import load_catalogue
from mappings.rules import Own, build_book, parse, shipped_files

PAGE = (Path(__file__).parents[2] / "docs" / "segment-language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)


def test_whole_files_on_the_page_can_be_read_and_hold() -> None:
    files = [text for text in BLOCKS if text.startswith(("version:", "settings:"))]

    books = [parse(text, "page.yml", load_catalogue()) for text in files]

    assert len(books) == 2
    assert [failing_examples(book) for book in books] == [[], []]


def test_the_example_of_a_trigger_holds_of_the_trigger_that_ships() -> None:
    trigger = next(text for text in BLOCKS if text.startswith("triggers:"))
    examples = next(text for text in BLOCKS if "enrolls:" in text)
    mine = trigger + indent(examples, "    ")

    book = build_book(shipped_files(), Own(files={"page.yml": mine}), load_catalogue())

    assert book.triggers["abandoned_cart"].source == "page.yml"
    assert len(book.triggers["abandoned_cart"].examples) == 1
    assert failing_examples(book) == []
    assert examples_of(book) > 200
