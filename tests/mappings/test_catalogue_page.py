"""docs/catalogue.md says what ships, no more and no less.

After a change of the rules, `SEGUE_WRITE_GOLDEN=1 pytest tests/mappings/test_catalogue_page.py`
writes it anew; read the difference before it is committed.
"""

import os
from pathlib import Path

from mappings.catalogue import load_catalogue
from mappings.rules import shipped
from tests.mappings.catalogue_page import page

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"


def test_the_page_is_written_from_the_rules() -> None:
    said = page(shipped(load_catalogue()))
    if os.environ.get("SEGUE_WRITE_GOLDEN"):
        PAGE.write_text(said, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == said
