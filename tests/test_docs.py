"""The documentation tells the truth about the tests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROW = re.compile(r"^\| (\d+) \|.*\| (?:`([^`]+)`)? ?\|$", re.MULTILINE)
NAMED = re.compile(r"\((\d[\d, and]*)\)|[Ff]ailure modes? ([\d, and]+)")
NOT_TOUCHED = {27, 42}


def rows() -> dict[int, str]:
    """Read which test file is named for which failure mode."""
    page = (ROOT / "docs" / "failure-modes.md").read_text("utf-8")
    return {int(number): path for number, path in ROW.findall(page)}


def numbers_in(path: str) -> set[int]:
    """Read the failure modes that a test file's docstrings name."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    named = [
        ast.get_docstring(node) or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.Module)
    ]
    groups = [one or two for text in named for one, two in NAMED.findall(text)]
    return {int(number) for group in groups for number in re.findall(r"\d+", group)}


def test_every_failure_mode_has_its_row() -> None:
    assert sorted(rows()) == list(range(1, 46))


@pytest.mark.parametrize("number", sorted(set(range(1, 46)) - NOT_TOUCHED))
def test_a_failure_mode_is_shown_by_the_test_that_its_row_names(number: int) -> None:
    assert number in numbers_in(rows()[number])


def test_every_page_that_is_linked_exists() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]

    assert broken == []
