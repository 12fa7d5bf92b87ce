"""Faulty rule files and what is said of each, word for word.

After a change of the words, `SEGUE_WRITE_GOLDEN=1 pytest tests/mappings/test_faulty_rules.py`
writes them anew; read the difference before it is committed.
"""

import os
from pathlib import Path

import pytest

from mappings.catalogue import load_catalogue
from mappings.rules import RuleFaults, parse

FAULTY = sorted((Path(__file__).parent / "faulty").glob("*.yml"))


@pytest.mark.parametrize("path", FAULTY, ids=[path.stem for path in FAULTY])
def test_a_faulty_file_is_refused_with_all_that_is_wrong(path: Path) -> None:
    golden = path.with_suffix(".txt")

    with pytest.raises(RuleFaults) as refusal:
        parse(path.read_bytes().decode(), path.name, load_catalogue())

    said = f"{refusal.value}\n"
    if os.environ.get("SEGUE_WRITE_GOLDEN"):
        golden.write_text(said, encoding="utf-8")
    assert said == golden.read_text(encoding="utf-8")


def test_there_are_at_least_thirty() -> None:
    assert len(FAULTY) >= 30
